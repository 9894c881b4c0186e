package journey_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/support"
)

func TestSupportGivesRefundAndCouponFromTheCaseAndIsToldWhatCameOfIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, _, c := w.OnItsWay()
	w.Knocks(o, c)
	w.HandsOver(o, c)
	cs, err := w.App.Support.Open(ctx, w.As(w.Mother), support.Opening{Subject: string(o), Category: support.Late, Text: "It came late."})
	w.Must(err)
	_, err = w.App.Support.WantRefund(ctx, w.As(w.Support), cs.ID, []string{string(billing.DeliveryFee)}, "goodwill")
	w.Must(err)
	_, err = w.App.Support.WantCoupon(ctx, w.As(w.Support), cs.ID, money.Of(500, "CNY"), "goodwill")
	w.Must(err)
	_, err = w.App.Support.WantRedelivery(ctx, w.As(w.Support), cs.ID, "goodwill")
	w.Must(err)
	w.Settle()

	wantFeeBack(t, w, o, 1)
	for _, a := range caseNow(t, w, cs.ID).Actions {
		want := support.Done
		if a.What == support.Redeliver {
			want = support.Failed // it was delivered: that needs a new order
		}
		if a.State != want {
			t.Errorf("%s is %s (%s), want %s", a.What, a.State, a.Result, want)
		}
	}
	w.In(o, order.Delivered)
	w.LedgerIsZero()
}

func TestSupportHasAnUndeliveredOrderBroughtAgain(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, _, c := w.OnItsWay()
	w.Fails(o, c, "breakdown")
	w.In(o, order.Undelivered)
	cs, err := w.App.Support.Open(ctx, w.As(w.Mother), support.Opening{Subject: string(o), Category: support.NotGiven, Text: "Nobody came."})
	w.Must(err)
	_, err = w.App.Support.WantRedelivery(ctx, w.As(w.Support), cs.ID, "goodwill")
	w.Must(err)
	w.Settle()

	if again := w.In(o, order.Placed); again.Attempt != 2 {
		t.Errorf("attempt %d, want the second", again.Attempt)
	}
	if a := caseNow(t, w, cs.ID).Actions[0]; a.State != support.Done {
		t.Errorf("the case says %s, want done", a.State)
	}
	w.LedgerIsZero()
}

func caseNow(t *testing.T, w *apptest.Town, cs id.Case) *support.Case {
	t.Helper()
	doc, err := w.App.Support.Case(t.Context(), w.As(w.Support), cs)
	w.Must(err)
	return doc
}

func TestACaseHoldsTheWholeEvidenceForSupportAlone(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	w.OnShift(w.Couriers[0])
	o, s := w.Placed(order.Courier)
	w.Brings(o, order.Reviewing)
	f, err := w.Pharmacy.AskDoctor(ctx, w.As(w.Corner.Pharmacist), w.OrderNow(o).Fill(), "Is the dose meant so?")
	w.Must(err)
	_, err = w.Pharmacy.Answer(ctx, w.As(w.Doctor), f.ID, f.Questions[0].ID, pharmacy.Advised, "Yes, for five days.")
	w.Must(err)
	c := w.Collects(o)
	w.Pass(time.Minute)
	_, err = w.Delivery.Report(ctx, w.As(c), []delivery.Position{{At: w.Clock.Now(), Point: apptest.Door, Accuracy: 10}})
	w.Must(err)
	_, err = w.Delivery.Say(ctx, w.As(w.Mother), o, "The bell is broken.")
	w.Must(err)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	_, err = w.Consult.Question(ctx, w.As(w.Mother), s.Visit, "With food?")
	w.Must(err)
	cs, err := w.App.Support.Open(ctx, w.As(w.Mother), support.Opening{Subject: string(o), Category: support.Late, Text: "It came late."})
	w.Must(err)

	d, err := w.App.Support.Evidence(ctx, w.As(w.Support), cs.ID)
	w.Must(err)
	_, own := w.App.Support.Evidence(ctx, w.As(w.Mother), cs.ID)

	if len(d.Missing) > 0 {
		t.Errorf("missing: %v", d.Missing)
	}
	kinds, texts := map[string]int{}, []string{}
	for _, i := range d.Items {
		kinds[i.Kind]++
		texts = append(texts, i.Text.Reveal())
	}
	for _, kind := range []string{"intake", "visit", "prescription", "order", "review", "packing", "hand_over", "position", "message", "payment"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing of %s: %v", kind, kinds)
		}
	}
	for _, text := range []string{apptest.Words, "Is the dose meant so?", "Yes, for five days.", "With food?", "The bell is broken."} {
		if !slices.Contains(texts, text) {
			t.Errorf("the case does not hold %q", text)
		}
	}
	w.Refuses("the patient's look at the evidence", own, fault.NotFound)
}
