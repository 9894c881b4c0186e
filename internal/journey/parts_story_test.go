package journey_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/notify"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// threePacks is a prescription of 60 tablets: three packs.
func threePacks(w *apptest.Town) apptest.Script {
	return w.PrescribedAs(prescribing.WrittenItem{Product: apptest.Tablets, Steps: []prescribing.Dosage{{
		Dose:   prescribing.Measure{Value: "1", Unit: "tablet"},
		Timing: prescribing.Timing{Frequency: 3, Period: 1, PeriodUnit: "d", Duration: 20, DurationUnit: "d"},
	}}})
}

// wasTold tells whether a message with this subject went to an address.
func wasTold(w *apptest.Town, to phi.Text, subject string) bool {
	w.Settle()
	return slices.ContainsFunc(w.Outbox.List(to), func(m notify.Kept) bool { return m.Subject == subject })
}

func TestAPartialDispensingEndsItsPartAndTheRestIsANewSignedPartForAnyPharmacy(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	w.OnShift(w.Couriers[0])
	s := threePacks(w)
	o := w.Unpaid(s, w.Corner, order.Courier)
	w.Pays(o, "card_ok")
	w.Brings(o, order.Reviewing)
	_, err := w.Pharmacy.GiveLess(ctx, w.As(w.Corner.Pharmacist), id.FillOf(o, 1), "out_of_stock", []pharmacy.Less{{Line: 0, Quantity: 20}})
	w.Must(err)
	c := w.Collects(o)
	w.Knocks(o, c)
	w.HandsOver(o, c)

	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
	paid := w.Paid(string(o))
	if p := paid[len(paid)-1]; p.State != billing.Captured || p.Paid().Minor != 1250+800 {
		t.Errorf("the payment is %s of %d, want one pack and the ride", p.State, p.Paid().Minor)
	}
	if free := w.Free(w.Corner); free != 20*(apptest.Packs-1) {
		t.Errorf("%d tablets are free, want all but the pack that was given", free)
	}
	rx, _, err := w.Prescribing.Part(ctx, w.As(w.Mother), s.Part)
	w.Must(err)
	rest := rx.Parts[len(rx.Parts)-1]
	if len(rx.Parts) != 2 || rest.State != prescribing.Signed || rest.RestOf != s.Part || rest.Lines[0].Quantity != 40 {
		t.Fatalf("parts = %+v, want a second one, signed, of the 40 tablets that are owed", rx.Parts)
	}
	if !wasTold(w, apptest.MotherMail, "Part of your order is still to come") {
		t.Error("nobody told the patient that there is a rest")
	}

	second := w.Unpaid(apptest.Script{Visit: s.Visit, ID: s.ID, Part: rest.ID}, w.Mill, order.Pickup)
	w.Pays(second, "card_ok")
	w.Brings(second, order.Ready)
	w.PicksUp(second)
	w.In(second, order.Delivered)
	wantPart(t, w, apptest.Script{Part: rest.ID}, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestOnePartIsNeverSplitBetweenPharmacies(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := threePacks(w)
	o := w.Unpaid(s, w.Corner, order.Pickup)
	w.Pays(o, "card_ok")
	w.Brings(o, order.Reviewing)
	_, err := w.Pharmacy.GiveLess(t.Context(), w.As(w.Corner.Pharmacist), id.FillOf(o, 1), "damaged", []pharmacy.Less{{Line: 0, Quantity: 20}})
	w.Must(err)
	_, err = w.Order.Place(t.Context(), w.As(w.Daughter), apptest.Wanted(s.Part, w.Mill, order.Pickup))
	w.Refuses("ordering the rest before the first of it was handed over", err, fault.Conflict)

	w.RefusesTo(o, "damaged")

	w.In(o, order.Placed)
	if f := w.FillNow(o, 2); f.Pharmacy != w.Mill.ID || f.Partly != nil || f.Lines[0].Quantity != 60 {
		t.Errorf("the next pharmacy has %+v, want all of the part", f.Lines)
	}
	if free := w.Free(w.Corner); free != 20*apptest.Packs {
		t.Errorf("%d tablets are free at the first pharmacy, want all", free)
	}
}

func TestARepeatPrescriptionIsFilledPartByPartNotBeforeItsEarliestDate(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.PrescribedSheet(prescribing.Written{Items: []prescribing.WrittenItem{{Product: apptest.Tablets}}, Repeats: 1, EveryDays: 20})
	rx, first, err := w.Prescribing.Part(t.Context(), w.As(w.Mother), s.Part)
	w.Must(err)
	if len(rx.Parts) != 2 || !rx.Parts[1].Earliest.After(first.Earliest) {
		t.Fatalf("parts = %+v, want a second with a later date", rx.Parts)
	}
	second := apptest.Script{Visit: s.Visit, ID: s.ID, Part: rx.Parts[1].ID}
	early := w.Unpaid(second, w.Corner, order.Pickup)
	w.In(early, order.Cancelled)
	wantPart(t, w, second, prescribing.Signed)
	o := w.Unpaid(s, w.Corner, order.Pickup)
	w.Pays(o, "card_ok")
	w.Brings(o, order.Ready)
	w.PicksUp(o)
	wantPart(t, w, s, prescribing.Dispensed)

	w.Pass(rx.Parts[1].Earliest.Sub(w.Clock.Now()))
	again := w.Unpaid(second, w.Mill, order.Pickup)
	w.Pays(again, "card_ok")
	w.Brings(again, order.Ready)
	w.PicksUp(again)

	w.In(again, order.Delivered)
	wantPart(t, w, second, prescribing.Dispensed)
	w.LedgerIsZero()
}

func TestAClaimMadeInTimeHoldsPastTheExpiryUntilItIsDispensedOrReturned(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.Prescribed()
	_, part, err := w.Prescribing.Part(t.Context(), w.House(), s.Part)
	w.Must(err)
	w.Pass(part.Until.Sub(w.Clock.Now()) - time.Minute)
	o := w.Unpaid(s, w.Corner, order.Pickup)
	w.Pays(o, "card_ok")
	w.Brings(o, order.Ready)
	w.Pass(2 * time.Minute)
	wantPart(t, w, s, prescribing.Claimed)

	w.PicksUp(o)

	w.In(o, order.Delivered)
	wantPart(t, w, s, prescribing.Dispensed)
}

func TestAClaimThatIsReturnedAfterTheExpiryEndsAsExpired(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.Prescribed()
	_, part, err := w.Prescribing.Part(t.Context(), w.House(), s.Part)
	w.Must(err)
	w.Pass(part.Until.Sub(w.Clock.Now()) - time.Minute)
	o := w.Unpaid(s, w.Corner, order.Pickup)
	w.Pays(o, "card_ok")
	w.Pass(2 * time.Minute)
	wantPart(t, w, s, prescribing.Claimed)

	_, err = w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Must(err)
	w.Settle()

	w.In(o, order.Cancelled)
	wantPart(t, w, s, prescribing.Expired)
	w.LedgerIsZero()
}
