package pharmacy_test

import (
	"sync"
	"testing"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
)

func TestPackingAgainstTheCheckListIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		bag  []pharmacy.Packed
		kind fault.Kind
		code string
	}{
		{"the wrong product", []pharmacy.Packed{{Line: 0, Product: ibuprofen, Batch: "A1", Expiry: "2027-03-31", Units: 20}}, fault.Conflict, "wrong-product"},
		{"an expired batch", []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "OLD", Expiry: "2026-11-22", Units: 20}}, fault.Conflict, "batch-expired"},
		{"a batch that nobody received", []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "ZZ", Expiry: "2027-03-31", Units: 20}}, fault.Conflict, "batch-unknown"},
		{"another expiry than the batch has", []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "A1", Expiry: "2028-03-31", Units: 20}}, fault.Conflict, "expiry-mismatch"},
		{"more of a batch than there is", []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "FEW", Expiry: "2027-03-31", Units: 20}}, fault.Conflict, "batch-short"},
		{"too few units", []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "A1", Expiry: "2027-03-31", Units: 10}}, fault.Invalid, ""},
		{"too many units", []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "A1", Expiry: "2027-03-31", Units: 30}}, fault.Invalid, ""},
		{"a line that is not there", []pharmacy.Packed{{Line: 1, Product: amoxicillin, Batch: "A1", Expiry: "2027-03-31", Units: 20}}, fault.Invalid, ""},
		{"nothing", nil, fault.Invalid, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.receive(w.oak, amoxicillin, "OLD", "2026-11-22", 100)
			w.receive(w.oak, amoxicillin, "FEW", "2027-03-31", 5)
			fill := w.preparing("ord_1", pharmacy.ByCourier)

			_, err := w.Pack(t.Context(), staff(w.oak), fill, c.bag)

			wantFault(t, err, c.kind, c.code)
			if f := w.fill(fill); len(f.Packed) != 0 {
				t.Errorf("packed = %+v", f.Packed)
			}
		})
	}
}

func TestBagIsClosedOnlyWhenComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		packed  bool
		sealing pharmacy.Sealing
		pointer string
	}{
		{"without a line", false, sealed(), "/packed/0"},
		{"without a seal number", true, pharmacy.Sealing{Labelled: true}, "/seal"},
		{"with a seal number that is none", true, pharmacy.Sealing{Seal: "my seal", Labelled: true}, "/seal"},
		{"without labels", true, pharmacy.Sealing{Seal: "S-1001"}, "/labelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := w.preparing("ord_1", pharmacy.ByCourier)
			if c.packed {
				_, err := w.Pack(t.Context(), staff(w.oak), fill, bag())
				must(t, err)
			}

			_, err := w.Ready(t.Context(), staff(w.oak), fill, c.sealing)

			wantFault(t, err, fault.Invalid, "bag-incomplete")
			if !pointsAt(err, c.pointer) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestLabelCarriesNameDosageAndBatch(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.preparing("ord_1", pharmacy.ByCourier)
	_, err := w.Pack(t.Context(), staff(w.oak), fill, bag())
	must(t, err)

	label, err := w.Label(t.Context(), staff(w.oak), fill)

	must(t, err)
	if label.PatientName.Reveal() != "Ann Example" || label.Lines[0].Dosage.Reveal() != "Three times a day." || label.Lines[0].Batches[0] != "A1" {
		t.Error("the label lacks something")
	}
}

func TestCollectedTakesTheBatchOffTheShelfOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByCourier)

	must(t, w.Collected(t.Context(), journey("1"), fill))
	must(t, w.Collected(t.Context(), journey("2"), fill))

	st := w.item(w.oak, amoxicillin)
	if st.Batches[0].Units != 80 || len(st.Held) != 0 || st.Free("2026-11-23") != 80 {
		t.Errorf("stock = %+v", st)
	}
	if e := w.heard(string(fill), pharmacy.KindCollected); e.Data["fulfilment"] != pharmacy.ByCourier || e.Data["order"] != "ord_1" {
		t.Errorf("told %v", e.Data)
	}
	for _, v := range w.heard(string(fill), pharmacy.KindReady).Data {
		if v == "S-1001" {
			t.Error("the seal was told to whoever listens")
		}
	}
}

func TestPatientPicksUpWithTheCodeOnTheirScreen(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByPickup)
	daughter := access.Actor{Account: "acc_daughter", Role: access.Patient, Patient: "pat_3"}

	code, err := w.PickupCode(t.Context(), patient, fill)
	must(t, err)
	same, err := w.PickupCode(t.Context(), daughter, fill)
	must(t, err)
	f, err := w.HandOverAtCounter(t.Context(), staff(w.oak), fill, code)

	must(t, err)
	if f.State != pharmacy.Collected || len(code) != 6 || same != code {
		t.Errorf("state %s, code of %d digits", f.State, len(code))
	}
	if e := w.heard(string(fill), pharmacy.KindCollected); e.Data["fulfilment"] != pharmacy.ByPickup {
		t.Errorf("told %v", e.Data)
	}
}

func TestPickUpCodeIsNeverShownToTheSideThatTypesIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByPickup)

	for _, a := range []access.Actor{pharmacist(w.oak), staff(w.oak), operator, stranger, doctor} {
		_, err := w.PickupCode(t.Context(), a, fill)
		wantFault(t, err, fault.NotFound, "")
	}
}

func TestCounterIsLockedAfterFiveTriesUntilTheOperatorOpensIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByPickup)
	code := w.CodeOf(w.fill(fill))
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}

	var all sync.WaitGroup
	for range 8 { // more at once than are allowed
		all.Go(func() { _, _ = w.HandOverAtCounter(t.Context(), staff(w.oak), fill, wrong) })
	}
	all.Wait()
	_, locked := w.HandOverAtCounter(t.Context(), staff(w.oak), fill, code)
	_, err := w.UnlockCounter(t.Context(), operator, fill)
	must(t, err)
	_, old := w.HandOverAtCounter(t.Context(), staff(w.oak), fill, code)
	_, err = w.HandOverAtCounter(t.Context(), staff(w.oak), fill, w.CodeOf(w.fill(fill)))

	wantFault(t, locked, fault.Limited, "code-locked")
	wantFault(t, old, fault.Invalid, "wrong-code")
	must(t, err)
	if e := w.heard(string(fill), pharmacy.KindCodeLocked); !contains(e.To, event.ToOperators) {
		t.Errorf("told to %v", e.To)
	}
}

func TestParcelIsCollectedByTheCarrierAndDeliveredByItsWord(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByParcel)

	_, bare := w.Ship(t.Context(), staff(w.oak), fill, "Post", "")
	_, err := w.Ship(t.Context(), staff(w.oak), fill, "Post", "RR123456785CN")
	must(t, err)
	for range 2 {
		_, err = w.ParcelDelivered(t.Context(), staff(w.oak), fill)
		must(t, err)
	}

	wantFault(t, bare, fault.Invalid, "")
	if e := w.heard(string(fill), pharmacy.KindCollected); e.Data["fulfilment"] != pharmacy.ByParcel {
		t.Errorf("told %v", e.Data)
	}
	w.heard(string(fill), pharmacy.KindParcelDelivered)
}

func TestWrongWayOfHandingOverIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByCourier)

	_, counter := w.HandOverAtCounter(t.Context(), staff(w.oak), fill, "123456")
	_, ship := w.Ship(t.Context(), staff(w.oak), fill, "Post", "RR123456785CN")

	wantFault(t, counter, fault.Conflict, "not-pickup")
	wantFault(t, ship, fault.Conflict, "not-parcel")
}

func TestReturnedBagIsRestockedOrDestroyedAndNeverSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		free int
	}{{pharmacy.Restock, 100}, {pharmacy.Destroy, 80}} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := w.ready("ord_1", pharmacy.ByCourier)
			must(t, w.Collected(t.Context(), journey("1"), fill))
			must(t, w.Returned(t.Context(), journey("2"), fill, ""))

			_, err := w.Dispose(t.Context(), pharmacist(w.oak), fill, c.what)
			must(t, err)
			_, twice := w.Dispose(t.Context(), pharmacist(w.oak), fill, c.what)
			again := w.Collected(t.Context(), journey("3"), fill)

			wantFault(t, twice, fault.Conflict, "disposed")
			wantFault(t, again, fault.Conflict, "illegal-transition")
			if f := w.fill(fill); f.Disposed == nil || f.Disposed.By != pharmacist(w.oak).Account {
				t.Error("nobody is recorded")
			}
			if got := w.free(w.oak, amoxicillin); got != c.free {
				t.Errorf("free = %d, want %d", got, c.free)
			}
		})
	}
}

func TestPharmacyTakesACouriersBagBackByTheCouriersCodeOnly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.ready("ord_1", pharmacy.ByCourier)
	must(t, w.Collected(t.Context(), journey("1"), fill))

	err := w.Returned(t.Context(), staff(w.oak), fill, pharmacy.Restock)

	wantFault(t, err, fault.Conflict, "courier-code")
}

func TestBatchRecallAnswersWhoGotIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	got := w.ready("ord_1", pharmacy.ByCourier)
	must(t, w.Collected(t.Context(), journey("1"), got))
	w.receive(w.oak, amoxicillin, "A2", "2027-06-30", 100)
	changed := w.preparing("ord_2", pharmacy.ByCourier)
	_, err := w.Pack(t.Context(), staff(w.oak), changed, bag())
	must(t, err)
	_, err = w.Pack(t.Context(), staff(w.oak), changed, []pharmacy.Packed{{Line: 0, Product: amoxicillin, Batch: "A2", Expiry: "2027-06-30", Units: 20}})
	must(t, err)

	all, _, err := w.Recall(t.Context(), operator, amoxicillin, "A1", "")
	must(t, err)
	own, _, err := w.Recall(t.Context(), pharmacist(w.oak), amoxicillin, "A1", "")
	must(t, err)
	other, _, err := w.Recall(t.Context(), pharmacist(w.elm), amoxicillin, "A1", "")
	must(t, err)

	if len(all) != 1 || all[0].Patient != "pat_1" || all[0].Order != "ord_1" || all[0].Units != 20 || len(own) != 1 || len(other) != 0 {
		t.Errorf("operator sees %+v, own pharmacy %d, other %d", all, len(own), len(other))
	}
	if !contains(w.trail.seen, "acc_operator recall.read "+string(got)) {
		t.Errorf("the audit has %v", w.trail.seen)
	}
	_, _, err = w.Recall(t.Context(), staff(w.oak), amoxicillin, "A1", "")
	wantFault(t, err, fault.NotFound, "")
}

func TestPackingTwiceWithOneKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.preparing("ord_1", pharmacy.ByCourier)
	a := asking(staff(w.oak), "pack")

	first, err := w.Pack(t.Context(), a, fill, bag())
	must(t, err)
	second, err := w.Pack(t.Context(), a, fill, bag())

	must(t, err)
	if first.Version != second.Version {
		t.Errorf("version %d, then %d", first.Version, second.Version)
	}
}

func TestWorkListShowsTheNearestDeadlineFirst(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	second := w.offered("ord_2", pharmacy.ByCourier)
	w.clock.Advance(1)
	packing := w.preparing("ord_1", pharmacy.ByCourier)

	list, err := w.WorkList(t.Context(), staff(w.oak), w.oak.ID, "", "", 10)
	must(t, err)
	only, err := w.WorkList(t.Context(), staff(w.oak), w.oak.ID, pharmacy.Preparing, "", 10)
	must(t, err)
	_, foreign := w.WorkList(t.Context(), staff(w.elm), w.oak.ID, "", "", 10)
	must(t, w.Release(t.Context(), journey("x"), second, "cancelled"))
	past, err := w.Past(t.Context(), staff(w.oak), w.oak.ID, "", 10)
	must(t, err)

	if ids(list.Items) != string(second)+" "+string(packing)+" " || ids(only.Items) != string(packing)+" " || ids(past.Items) != string(second)+" " {
		t.Errorf("lists: %s; %s; %s", ids(list.Items), ids(only.Items), ids(past.Items))
	}
	wantFault(t, foreign, fault.NotFound, "")
}

func ids(fills []*pharmacy.Fill) string {
	out := ""
	for _, f := range fills {
		out += string(f.ID) + " "
	}
	return out
}

func TestNobodyDispensesForAnOrderThatAPharmacyDoesNotHave(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.offered("ord_1", pharmacy.ByCourier)

	during, err := w.Filling(t.Context(), "ord_1")
	must(t, err)
	_, err = w.Refuse(t.Context(), pharmacist(w.oak), fill, "overload", "")
	must(t, err)
	after, err := w.Filling(t.Context(), id.Order("ord_1"))
	must(t, err)

	if during != w.oak.ID || after != "" {
		t.Errorf("filling: %q, then %q", during, after)
	}
}
