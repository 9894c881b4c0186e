package journey_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/journey"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

func TestAnOrderIsReroutedFromReviewingPreparingAndReadyWithTheSamePrescription(t *testing.T) {
	t.Parallel()
	for _, from := range []order.State{order.Reviewing, order.Ready} { // preparing: another story
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			w := apptest.Start(t)
			o, s := w.Placed(order.Pickup)
			due := w.OrderNow(o).Promise.Started
			w.Brings(o, from)
			w.RefusesTo(o, "damaged")

			next := w.In(o, order.Placed)
			if next.Attempt != 2 || next.Pharmacy != w.Mill.ID || next.Part != s.Part || !next.Promise.Started.Equal(due) {
				t.Errorf("attempt %d at %s, clock since %v; want the second at the mill, the clock running on", next.Attempt, next.Pharmacy, next.Promise.Started)
			}
			if last := next.History[len(next.History)-1]; last.From != from || last.Why != "damaged" {
				t.Errorf("rerouted from %s because of %q", last.From, last.Why)
			}
			if free := w.Free(w.Corner); free != 20*apptest.Packs {
				t.Errorf("%d tablets are free at the first pharmacy, want all", free)
			}
			wantPart(t, w, s, prescribing.Claimed)
			wantPayment(t, w, string(o), billing.Authorised)
			w.Brings(o, order.Ready)
			w.PicksUp(o)
			w.In(o, order.Delivered)
			w.LedgerIsZero()
		})
	}
}

func TestAPharmacyThatHasSoldOutSinceItWasChosenLosesTheOrderToTheNext(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.Shelve(w.Harbour, apptest.Tablets, 1250, 2)
	o, s := w.Placed(order.Pickup)
	before := w.OrderNow(o)
	quotes, err := w.Pharmacy.Quotes(t.Context(), w.As(w.Mother), pharmacy.QuoteRequest{Part: s.Part, Door: apptest.Door})
	w.Must(err)
	mill := slices.IndexFunc(quotes, func(q pharmacy.Quote) bool { return q.Pharmacy == w.Mill.ID })
	runsOut(t, w, w.Mill)
	w.Must(w.Order.Reroute(t.Context(), w.House(), o, 1, journey.Quote(quotes[mill], order.Pickup), "damaged"))
	w.Settle()

	next := w.In(o, order.Placed)
	if next.Attempt != 3 || next.Pharmacy != w.Harbour.ID {
		t.Fatalf("attempt %d at %s, want the third at the harbour", next.Attempt, next.Pharmacy)
	}
	if last := next.History[len(next.History)-1]; last.Why != "out-of-stock" {
		t.Errorf("rerouted because of %q", last.Why)
	}
	if f := w.FillNow(o, 1); f.State != pharmacy.Released || w.Free(w.Corner) != 20*apptest.Packs {
		t.Errorf("the first fill is %s, %d tablets free; want it released", f.State, w.Free(w.Corner))
	}
	if len(next.Tried) != 2 || next.Quote.Medicine != before.Quote.Medicine {
		t.Errorf("tried %v at %v", next.Tried, next.Quote.Medicine)
	}
	wantPart(t, w, s, prescribing.Claimed)
}

func TestWhileTheDoctorOwesAnAnswerThePharmacysBudgetPausesForSixMinutesAndTheClockRunsOn(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, _ := w.Placed(order.Courier)
	due := w.OrderNow(o).Promise.Due
	w.Brings(o, order.Reviewing)
	fill := id.FillOf(o, 1)
	_, err := w.Pharmacy.AskDoctor(ctx, w.As(w.Corner.Pharmacist), fill, "Is the dose meant so?")
	w.Must(err)
	w.Settle()
	_, early := w.Pharmacy.Accept(ctx, w.As(w.Corner.Pharmacist), fill, pharmacy.Acceptance{})
	w.Refuses("accepting while the doctor is asked", early, fault.Conflict)
	w.Pass(6*time.Minute - time.Second)
	if f := w.FillNow(o, 1); f.Paused == nil || f.State != pharmacy.Reviewing {
		t.Fatalf("after almost six minutes the fill is %s, paused %v", f.State, f.Paused)
	}
	w.Pass(time.Second)

	f := w.FillNow(o, 1)
	if f.Paused != nil || f.Questions[0].Answer != pharmacy.Lapsed || f.State != pharmacy.Reviewing {
		t.Errorf("%s, paused %v, answer %q; want the question lapsed and the pharmacist free to decide", f.State, f.Paused, f.Questions[0].Answer)
	}
	if p := w.In(o, order.Reviewing).Promise; !p.Due.Equal(due) || !p.Paused.IsZero() {
		t.Errorf("promise %+v, want the clock running on to %v", p, due)
	}
	w.Accepts(o)
	w.In(o, order.Preparing)
}

func TestADoctorWhoAnswersInTimeLetsThePharmacistGoOnAndOneWhoWithdrawsEndsTheOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, s := w.Placed(order.Pickup)
	w.Brings(o, order.Reviewing)
	fill := id.FillOf(o, 1)
	f, err := w.Pharmacy.AskDoctor(ctx, w.As(w.Corner.Pharmacist), fill, "Is the dose meant so?")
	w.Must(err)
	asked, err := w.Pharmacy.Owed(ctx, w.As(w.Doctor))
	w.Must(err)
	others, err := w.Pharmacy.Owed(ctx, w.As(w.Locum))
	w.Must(err)
	if len(asked) != 1 || asked[0].ID != fill || len(others) != 0 {
		t.Errorf("the doctor is shown %d questions, another doctor %d; want one and none", len(asked), len(others))
	}
	_, foreign := w.Pharmacy.Answer(ctx, w.As(w.Locum), fill, f.Questions[0].ID, pharmacy.Confirmed, "")
	_, err = w.Pharmacy.Answer(ctx, w.As(w.Doctor), fill, f.Questions[0].ID, pharmacy.Withdrawn, "")
	w.Must(err)
	if asked, err = w.Pharmacy.Owed(ctx, w.As(w.Doctor)); err != nil || len(asked) != 0 {
		t.Errorf("%d questions are left after the answer, %v", len(asked), err)
	}
	w.RefusesTo(o, "doctor_withdrew")

	w.Refuses("another doctor's answer", foreign, fault.NotFound)
	w.In(o, order.Cancelled)
	wantPart(t, w, s, prescribing.Signed)
	wantPayment(t, w, string(o), billing.Released)
}

func TestWhereThirtyMinutesCantBeKeptTheHonestTimePickupAndParcelAreSaidBeforePaying(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx, s := t.Context(), w.Prescribed()
	far := geo.Point{Lat: 54.69, Lon: 2.19} // of the same zone, an hour's ride
	quotes, err := w.Pharmacy.Quotes(ctx, w.As(w.Mother), pharmacy.QuoteRequest{Part: s.Part, Door: far})
	w.Must(err)
	for _, q := range quotes {
		if q.Kept || q.P90Minutes <= q.PromiseMinutes || !slices.Contains(q.Fulfilments, pharmacy.ByParcel) {
			t.Errorf("%s promises %v, nine of ten in %d minutes by %v; want an honest time, and a parcel", q.Name, q.Kept, q.P90Minutes, q.Fulfilments)
		}
	}
	want := apptest.Wanted(s.Part, w.Corner, order.Courier)
	want.Address.Point = far
	placed, err := w.Order.Place(ctx, w.As(w.Daughter), want)
	w.Must(err)
	if placed.Quote.Promised != 0 || placed.Quote.Late <= 30*time.Minute || placed.Quote.Median > placed.Quote.Late {
		t.Errorf("quote = %+v, want no promise and the honest bound", placed.Quote)
	}
	w.Settle()
	w.Pays(placed.ID, "card_ok")
	w.Pass(40 * time.Minute)

	if p := w.OrderNow(placed.ID).Promise; p.Broken != "" {
		t.Errorf("promise %+v, want none broken where none was given", p)
	}
}

func TestOutsideEveryZoneNoCourierIsOfferedButPickupAndParcelAre(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx, s := t.Context(), w.Prescribed()
	outside := geo.Point{Lat: 54.49, Lon: 2.1}
	quotes, err := w.Pharmacy.Quotes(ctx, w.As(w.Mother), pharmacy.QuoteRequest{Part: s.Part, Door: outside})
	w.Must(err)
	for _, q := range quotes {
		if slices.Contains(q.Fulfilments, pharmacy.ByCourier) || !slices.Contains(q.Fulfilments, pharmacy.ByParcel) {
			t.Errorf("%s offers %v", q.Name, q.Fulfilments)
		}
	}
	want := apptest.Wanted(s.Part, w.Corner, order.Courier)
	want.Address.Point = outside
	_, refused := w.Order.Place(ctx, w.As(w.Daughter), want)
	if refused == nil {
		t.Error("a courier was promised where none rides")
	}
	want.Fulfilment = order.Parcel
	o, err := w.Order.Place(ctx, w.As(w.Daughter), want)
	w.Must(err)
	w.Settle()
	w.Pays(o.ID, "card_ok")
	w.In(o.ID, order.Placed)
}
