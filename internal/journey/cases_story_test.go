package journey_test

import (
	"testing"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/order"
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
