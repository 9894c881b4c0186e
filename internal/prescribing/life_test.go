package prescribing_test

import (
	"errors"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/prescribing"
)

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestLifeOfAPrescriptionIsAsDrawn(t *testing.T) {
	t.Parallel()

	golden(t, "testdata/prescription.mmd", prescribing.Moves().Mermaid())
	golden(t, "testdata/part.mmd", prescribing.PartMoves().Mermaid())
	golden(t, "testdata/challenge.mmd", prescribing.ChallengeMoves().Mermaid())
}

func TestPrescriptionIsDraftedSignedClaimedAndDispensed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	rx := w.signed(sheet(amoxicillin()))
	part := rx.Parts[0].ID
	claimed := w.Claim(t.Context(), asJourney(), part, order)
	dispensed := w.Dispensed(t.Context(), asJourney(), part, order)

	if claimed != nil || dispensed != nil {
		t.Fatalf("claim: %v, dispense: %v", claimed, dispensed)
	}
	now := w.stands(rx.ID)
	if got := now.Parts[0].State; got != prescribing.Dispensed {
		t.Errorf("part is %s, want dispensed", got)
	}
	if steps := now.Parts[0].History; len(steps) != 2 || steps[0].By != "journey" || steps[0].At.IsZero() {
		t.Errorf("history = %v, want who and when of two steps", steps)
	}
}

func TestADraftCanNeverBeDownloadedClaimedOrDispensed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	part := id.PartOf(rx.ID, 1)

	_, page := w.Page(t.Context(), asDoctor(), rx.ID)
	claim := w.Claim(t.Context(), asJourney(), part, order)
	dispense := w.Dispensed(t.Context(), asJourney(), part, order)
	_, read := w.Prescription(t.Context(), asPatient(), rx.ID)

	is(t, page, "rx-draft")
	is(t, claim, "rx-draft")
	is(t, dispense, "rx-draft")
	if !fault.Is(read, fault.NotFound) {
		t.Errorf("patient reads a draft: %v, want not found", read)
	}
}

func TestARefusedOrReturnedClaimMakesItClaimableAgainElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := w.signed(sheet(amoxicillin())).Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}

	taken := w.Claim(t.Context(), asJourney(), part, other)
	back := w.Unclaim(t.Context(), asJourney(), part, order, "out-of-stock")
	again := w.Claim(t.Context(), asJourney(), part, other)

	is(t, taken, "rx-claimed")
	if back != nil || again != nil {
		t.Errorf("hand back: %v, claim elsewhere: %v", back, again)
	}
}

func TestACancelWhileClaimedTakesEffectWhenThePharmacyReturnsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	part := rx.Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}

	cancel := w.Cancel(t.Context(), asDoctor(), rx.ID, "wrong-patient")
	held := w.stands(rx.ID).Parts[0].State
	back := w.Unclaim(t.Context(), asJourney(), part, order, "cancelled")

	if cancel != nil || back != nil {
		t.Fatalf("cancel: %v, hand back: %v", cancel, back)
	}
	if held != prescribing.Claimed {
		t.Errorf("while the pharmacy holds it the part is %s, want claimed", held)
	}
	if got := w.stands(rx.ID).Parts[0].State; got != prescribing.Cancelled {
		t.Errorf("after the return the part is %s, want cancelled", got)
	}
	is(t, w.Claim(t.Context(), asJourney(), part, other), "rx-cancelled")
}

func TestACancelWhileClaimedIsTooLateOnceItIsDispensed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	part := rx.Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}
	if err := w.Cancel(t.Context(), asDoctor(), rx.ID, "changed-mind"); err != nil {
		t.Fatal(err)
	}

	err := w.Dispensed(t.Context(), asJourney(), part, order)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.stands(rx.ID).Parts[0].State; got != prescribing.Dispensed {
		t.Errorf("part is %s, want dispensed", got)
	}
}

func TestAClaimMadeInTimeHoldsPastTheExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	written := sheet(amoxicillin())
	written.ValidDays = 3
	rx := w.signed(written)
	part := rx.Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(4 * 24 * time.Hour)

	timer := w.TimerFired(t.Context(), asJourney(), string(rx.ID), prescribing.KindValidityEnded)
	held := w.stands(rx.ID).Parts[0].State
	back := w.Unclaim(t.Context(), asJourney(), part, order, "out-of-stock")

	if timer != nil || back != nil {
		t.Fatalf("timer: %v, hand back: %v", timer, back)
	}
	if held != prescribing.Claimed {
		t.Errorf("after the expiry the claimed part is %s, want claimed", held)
	}
	if got := w.stands(rx.ID).Parts[0].State; got != prescribing.Expired {
		t.Errorf("returned after the expiry it is %s, want expired", got)
	}
}

func TestAnUnclaimedPrescriptionExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	written := sheet(amoxicillin())
	written.ValidDays = 3
	rx := w.signed(written)
	fire := func() error {
		return w.TimerFired(t.Context(), asJourney(), string(rx.ID), prescribing.KindValidityEnded)
	}

	early := fire()
	before := w.stands(rx.ID).Parts[0].State
	w.clock.Advance(3 * 24 * time.Hour)
	late := w.Claim(t.Context(), asJourney(), rx.Parts[0].ID, order)
	due, twice := fire(), fire()

	if early != nil || due != nil || twice != nil {
		t.Fatalf("timer: %v, %v, %v", early, due, twice)
	}
	if before != prescribing.Signed {
		t.Errorf("an early timer made it %s", before)
	}
	is(t, late, "rx-expired")
	if got := w.stands(rx.ID).Parts[0].State; got != prescribing.Expired {
		t.Errorf("part is %s, want expired", got)
	}
}

func TestARepeatPrescriptionIsSeveralPartsWithEarliestDates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	written := sheet(prescribing.WrittenItem{Product: "amlodipine/tablet/5mg", Steps: one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(1, 28)})})
	written.Repeats, written.EveryDays = 2, 28
	rx := w.signed(written)

	early := w.Claim(t.Context(), asJourney(), rx.Parts[1].ID, order)
	w.clock.Advance(28 * 24 * time.Hour)
	onTime := w.Claim(t.Context(), asJourney(), rx.Parts[1].ID, order)

	if len(rx.Parts) != 3 {
		t.Fatalf("%d parts, want 3", len(rx.Parts))
	}
	is(t, early, "rx-early")
	if onTime != nil {
		t.Errorf("claim on the earliest date: %v", onTime)
	}
}

func TestAPartialDispensingEndsItsPartAndIssuesTheRestAsANewSignedPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	part := rx.Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}

	err := w.DispensedPartly(t.Context(), asJourney(), part, order, []prescribing.Line{{Item: 1, Product: "amoxicillin/capsule/500mg", Quantity: 9}})
	if err != nil {
		t.Fatal(err)
	}
	parts := w.stands(rx.ID).Parts
	if len(parts) != 2 || parts[0].State != prescribing.Dispensed || parts[1].State != prescribing.Signed || parts[1].Lines[0].Quantity != 12 {
		t.Fatalf("parts = %+v, want 9 dispensed and 12 signed", parts)
	}
	if err := w.Claim(t.Context(), asJourney(), parts[1].ID, other); err != nil {
		t.Errorf("claim the rest: %v", err)
	}
}

func TestMoreThanAPartHoldsIsNeverGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := w.signed(sheet(amoxicillin())).Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}

	for _, given := range [][]prescribing.Line{{{Item: 1, Quantity: 22}}, {{Item: 2, Quantity: 1}}, {{Item: 1, Quantity: -1}}, {}} {
		if err := w.DispensedPartly(t.Context(), asJourney(), part, order, given); !fault.Is(err, fault.Invalid) {
			t.Errorf("given %v: %v, want invalid", given, err)
		}
	}
}

func TestASecondDispensingIsRefusedAlways(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := w.signed(sheet(amoxicillin())).Parts[0].ID
	for _, step := range []error{w.Claim(t.Context(), asJourney(), part, order), w.Dispensed(t.Context(), asJourney(), part, order)} {
		if step != nil {
			t.Fatal(step)
		}
	}

	is(t, w.Dispensed(t.Context(), asJourney(), part, other), "rx-dispensed")
	is(t, w.Claim(t.Context(), asJourney(), part, other), "rx-dispensed")
	is(t, w.Claim(t.Context(), asJourney(), part, order), "rx-dispensed")
	if err := w.Dispensed(t.Context(), asJourney(), part, order); err != nil {
		t.Errorf("the same order told again: %v, want no change and no error", err)
	}
}

func TestNothingIsDispensedThatNoOrderHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := w.signed(sheet(amoxicillin())).Parts[0].ID

	unclaimed := w.Dispensed(t.Context(), asJourney(), part, order)
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}
	another := w.Dispensed(t.Context(), asJourney(), part, other)

	is(t, unclaimed, "illegal-transition")
	is(t, another, "rx-claimed")
}

func TestAReplacementIsNotFilledBesideWhatItReplaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.signed(sheet(amoxicillin()))
	if err := w.Claim(t.Context(), asJourney(), old.Parts[0].ID, order); err != nil {
		t.Fatal(err)
	}
	written := sheet(amoxicillin())
	written.Replaces = old.ID
	newer := w.signed(written)

	tooEarly := w.Claim(t.Context(), asJourney(), newer.Parts[0].ID, other)
	back := w.Unclaim(t.Context(), asJourney(), old.Parts[0].ID, order, "replaced")
	now := w.Claim(t.Context(), asJourney(), newer.Parts[0].ID, other)

	is(t, tooEarly, "rx-replaced-claimed")
	if back != nil || now != nil {
		t.Fatalf("hand back: %v, claim the new one: %v", back, now)
	}
	if got := w.stands(old.ID).Parts[0].State; got != prescribing.Replaced {
		t.Errorf("the old part is %s, want replaced", got)
	}
}

func TestAReplacementIsWorthlessOnceTheOldOneIsDispensed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.signed(sheet(amoxicillin()))
	if err := w.Claim(t.Context(), asJourney(), old.Parts[0].ID, order); err != nil {
		t.Fatal(err)
	}
	written := sheet(amoxicillin())
	written.Replaces = old.ID
	newer := w.signed(written)
	w.clock.Advance(time.Minute)
	if err := w.Dispensed(t.Context(), asJourney(), old.Parts[0].ID, order); err != nil {
		t.Fatal(err)
	}

	err := w.Claim(t.Context(), asJourney(), newer.Parts[0].ID, other)

	is(t, err, "rx-replaced-dispensed")
}

func TestEachStepIsAnnouncedInIDsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	part := rx.Parts[0].ID
	for _, err := range []error{
		w.Claim(t.Context(), asJourney(), part, order), w.Cancel(t.Context(), asDoctor(), rx.ID, "changed-mind"),
		w.Unclaim(t.Context(), asJourney(), part, order, "cancelled"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}

	waiting, err := w.store.Waiting(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, o := range waiting {
		if o.Event.Due == nil && !o.Event.Cancelled {
			kinds = append(kinds, string(o.Event.Kind))
			for k, v := range o.Event.Data {
				if v == "Mei Lin" || v == "amoxicillin" {
					t.Errorf("%s tells %s = %s", o.Event.Kind, k, v)
				}
			}
		}
	}
	want := []string{"rx.signed", "rx.claimed", "rx.cancel_wanted", "rx.unclaimed", "rx.cancelled"}
	if len(kinds) != len(want) {
		t.Fatalf("announced %v, want %v", kinds, want)
	}
	for i := range want {
		if kinds[i] != want[i] {
			t.Errorf("announced %v, want %v", kinds, want)
		}
	}
}

func TestNobodyButTheDoctorCancels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))

	for _, a := range []access.Actor{asStranger(), asPatient(), asPharmacist()} {
		if err := w.Cancel(t.Context(), a, rx.ID, "changed-mind"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s cancels: %v, want not found", a.Role, err)
		}
	}
	if err := w.Cancel(t.Context(), asDoctor(), rx.ID, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("cancel without a reason: %v, want invalid", err)
	}
}
