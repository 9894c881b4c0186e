package prescribing_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

func allergicTo(allergen, reaction string) func(*prescribing.Facts) {
	return func(f *prescribing.Facts) {
		f.Patient.Allergies = []safety.Allergy{{Allergen: allergen, Reaction: reaction, From: "told at intake"}}
	}
}

func TestSigningNeedsAFreshSecondFactorForThisChallengeAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if err != nil {
		t.Fatal(err)
	}

	_, wrong := w.Sign(t.Context(), asDoctor(), c.ID, "1")
	before := w.stands(rx.ID).State
	code := freshCode()
	_, right := w.Sign(t.Context(), asDoctor(), c.ID, code)

	is(t, wrong, "code")
	if before != prescribing.Draft || right != nil {
		t.Errorf("after a wrong code it is %s; the right one: %v", before, right)
	}
	if w.codes[code] != "sign:"+string(c.ID) {
		t.Errorf("the code was asked for %q, want this challenge", w.codes[code])
	}
}

func TestAChallengeIsGoodOnceAndForTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.draft(sheet(amoxicillin())), w.draft(sheet(amlodipine()))
	used, err := w.BeginSigning(t.Context(), asDoctor(), second.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sign(t.Context(), asDoctor(), used.ID, freshCode()); err != nil {
		t.Fatal(err)
	}
	late, err := w.BeginSigning(t.Context(), asDoctor(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(10 * time.Minute)

	_, again := w.Sign(t.Context(), asDoctor(), used.ID, freshCode())
	_, expired := w.Sign(t.Context(), asDoctor(), late.ID, freshCode())

	is(t, again, "challenge-used")
	is(t, expired, "challenge-expired")
	if got := w.stands(first.ID).State; got != prescribing.Draft {
		t.Errorf("it is %s, want draft", got)
	}
}

func TestTheSameSigningRequestSentTwiceSignsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if err != nil {
		t.Fatal(err)
	}
	a := asDoctor()
	a.Request = id.RequestOf(nil, "sign", "1")
	code := freshCode()

	once, err1 := w.Sign(t.Context(), a, c.ID, code)
	twice, err2 := w.Sign(t.Context(), a, c.ID, code)

	if err1 != nil || err2 != nil {
		t.Fatalf("once: %v, twice: %v", err1, err2)
	}
	if once[0].Signature.Value != twice[0].Signature.Value || w.asked != 1 {
		t.Errorf("two signatures, or the code asked %d times", w.asked)
	}
}

func TestAKeyThatBeganOneSigningBeginsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.draft(sheet(amoxicillin())), w.draft(sheet(loratadine()))
	a, b := asDoctor(), asDoctor()
	a.Request = id.RequestOf([]byte("first"), "signings", "key")
	b.Request = id.RequestOf([]byte("second"), "signings", "key")

	one, err1 := w.BeginSigning(t.Context(), a, first.ID)
	again, err2 := w.BeginSigning(t.Context(), a, first.ID)
	_, other := w.BeginSigning(t.Context(), b, second.ID)
	_, twice := w.BeginSigning(t.Context(), asDoctor(), first.ID, first.ID)

	if err1 != nil || err2 != nil || one.ID != again.ID {
		t.Errorf("asked twice: %v and %v (%v, %v)", one, again, err1, err2)
	}
	is(t, other, "key-reused")
	if !fault.Is(twice, fault.Invalid) {
		t.Errorf("one sheet named twice: %v, want invalid", twice)
	}
}

func TestAllSheetsOfAChallengeAreSignedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.draft(sheet(amoxicillin())), w.draft(sheet(loratadine()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), first.ID, second.ID)
	if err != nil {
		t.Fatal(err)
	}

	signed, err := w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	if err != nil || len(signed) != 2 || w.asked != 1 {
		t.Fatalf("signed %d sheets with %d codes: %v", len(signed), w.asked, err)
	}
	for _, rx := range signed {
		if err := w.Verify(t.Context(), rx.ID); err != nil || !rx.Signature.At.Equal(signed[0].Signature.At) {
			t.Errorf("%s: %v, signed at %v", rx.ID, err, rx.Signature.At)
		}
	}
}

func TestNothingIsSignedWhenTheSheetChangedAfterItWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.draft(sheet(amoxicillin())), w.draft(sheet(amlodipine()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), a.ID, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Edit(t.Context(), asDoctor(), b.ID, 1, sheet(loratadine())); err != nil {
		t.Fatal(err)
	}

	_, err = w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	is(t, err, "rx-changed")
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Pointer != "/prescriptions/"+string(b.ID)+"/items" {
		t.Errorf("said to have changed: %+v, want the items", f)
	}
	if w.asked != 0 {
		t.Error("the code was burnt for nothing")
	}
	for _, rx := range []*prescribing.Prescription{a, b} {
		if got := w.stands(rx.ID).State; got != prescribing.Draft {
			t.Errorf("%s is %s, want draft", rx.ID, got)
		}
	}
}

func TestSafetyRunsAgainAtTheSignatureAndSaysWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.know(allergicTo("penicillin", "hives"))

	_, err = w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	is(t, err, "rx-changed")
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 1 || !strings.HasPrefix(f.Fields[0].Pointer, "/findings/allergy-") || f.Fields[0].Message != "new" {
		t.Errorf("fields = %v, want the new allergy finding", f)
	}
}

func TestAHardStopCannotBeOverridden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(allergicTo("penicillin", "hives"))
	rx := w.draft(sheet(amoxicillin()))
	stop := rx.Findings[0]

	written := sheet(amoxicillin())
	written.Reasons = []prescribing.WrittenReason{{Finding: stop.ID, Code: "benefit-outweighs"}}
	_, override := w.Edit(t.Context(), asDoctor(), rx.ID, 1, written)
	_, begin := w.BeginSigning(t.Context(), asDoctor(), rx.ID)

	if stop.Severity != safety.HardStop {
		t.Fatalf("finding = %+v, want a hard stop", stop)
	}
	if !fault.Is(override, fault.Invalid) {
		t.Errorf("a reason for a hard stop: %v, want invalid", override)
	}
	is(t, begin, "rx-unsafe")
}

func TestAWarningNeedsAReasonThatIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) { f.Present = []safety.Medicine{{INN: "naproxen", From: "told at intake"}} })
	written := sheet(ibuprofen())
	rx := w.draft(written)

	_, silent := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	for _, f := range rx.Findings {
		if f.Severity == safety.Warning {
			written.Reasons = append(written.Reasons, prescribing.WrittenReason{Finding: f.ID, Words: "naproxen stopped today"})
		}
	}
	if _, err := w.Edit(t.Context(), asDoctor(), rx.ID, 1, written); err != nil {
		t.Fatal(err)
	}
	c, begin := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if begin != nil {
		t.Fatal(begin)
	}
	signed, err := w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	is(t, silent, "rx-unsafe")
	if err != nil {
		t.Fatal(err)
	}
	if got := signed[0].Reasons; len(got) == 0 || got[0].Words != "naproxen stopped today" || got[0].By != doctor {
		t.Errorf("reasons = %v, want the doctor's", got)
	}
}

func TestMedicinesStillRunningCountWhoeverSignedThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := access.Actor{Account: stranger, Role: access.Doctor}
	rx, err := w.Create(t.Context(), elsewhere, "vis_2", sheet(naproxen()))
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.BeginSigning(t.Context(), elsewhere, rx.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sign(t.Context(), elsewhere, c.ID, freshCode()); err != nil {
		t.Fatal(err)
	}

	mine := w.draft(sheet(ibuprofen()))
	w.clock.Advance(60 * 24 * time.Hour)
	later := w.draft(sheet(ibuprofen()))

	if !hasKind(mine.Findings, safety.KindDuplicate) {
		t.Errorf("findings = %v, want the doubled NSAID", mine.Findings)
	}
	for _, f := range later.Findings {
		if f.Kind == safety.KindDuplicate && !strings.Contains(f.Fact, "same visit") {
			t.Errorf("two months later it still counts: %v", f)
		}
	}
}

func TestOtherDraftsOfTheVisitCountToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.draft(sheet(naproxen()))

	rx := w.draft(sheet(ibuprofen()))

	if !hasKind(rx.Findings, safety.KindDuplicate) {
		t.Errorf("findings = %v, want the doubled NSAID", rx.Findings)
	}
}

func TestAnUnvettedDoctorSignsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.unvetted = true
	w.mu.Unlock()

	_, begin := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	_, sign := w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	is(t, begin, "unvetted")
	is(t, sign, "unvetted")
}

func TestAnotherDoctorCanNeitherWriteNorSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	if err != nil {
		t.Fatal(err)
	}

	_, write := w.Create(t.Context(), asStranger(), visit, sheet(amoxicillin()))
	_, edit := w.Edit(t.Context(), asStranger(), rx.ID, 1, sheet(amoxicillin()))
	_, begin := w.BeginSigning(t.Context(), asStranger(), rx.ID)
	_, sign := w.Sign(t.Context(), asStranger(), c.ID, freshCode())
	_, patient := w.BeginSigning(t.Context(), asPatient(), rx.ID)

	for name, err := range map[string]error{"write": write, "edit": edit, "begin": begin, "sign": sign, "patient": patient} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
}

func TestNothingIsPrescribedOutsideAVisitThatIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	w.visits[visit] = prescribing.VisitFacts{Doctor: doctor, Patient: mei, State: "cancelled"}

	_, write := w.Create(t.Context(), asDoctor(), visit, sheet(amoxicillin()))
	_, begin := w.BeginSigning(t.Context(), asDoctor(), rx.ID)

	is(t, write, "visit-closed")
	is(t, begin, "visit-closed")
}

func TestASignedPrescriptionIsNeverEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))

	_, edit := w.Edit(t.Context(), asDoctor(), rx.ID, 0, sheet(amlodipine()))
	_, begin := w.BeginSigning(t.Context(), asDoctor(), rx.ID)

	is(t, edit, "rx-signed")
	is(t, begin, "rx-signed")
}

// forge changes a stored prescription behind the service's back.
func (w *world) forge(rx id.Prescription, change func(*prescribing.Prescription)) {
	w.t.Helper()
	all, err := docstore.Open[prescribing.Prescription](w.t.Context(), w.store, w.clock, docstore.Spec[prescribing.Prescription]{Name: "prescriptions"})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := all.Update(w.t.Context(), string(rx), docstore.On{}, func(rx *prescribing.Prescription) error { change(rx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

func TestAForgedAlteredOrRedatedPrescriptionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.signed(sheet(amlodipine()))

	for name, change := range map[string]func(*prescribing.Prescription){
		"another dose in the sentence":   func(rx *prescribing.Prescription) { rx.Items[0].Sentence.EN = "Take 9 capsules." },
		"another quantity":               func(rx *prescribing.Prescription) { rx.Items[0].Quantity.Count = 400 },
		"another patient":                func(rx *prescribing.Prescription) { rx.Patient = "pat_other" },
		"another doctor":                 func(rx *prescribing.Prescription) { rx.Doctor = stranger },
		"more repeats":                   func(rx *prescribing.Prescription) { rx.Repeats = 5 },
		"a later date of signing":        func(rx *prescribing.Prescription) { rx.Signature.At = rx.Signature.At.Add(time.Hour) },
		"a longer validity of a part":    func(rx *prescribing.Prescription) { rx.Parts[0].Until = rx.Parts[0].Until.Add(time.Hour) },
		"a longer validity of the sheet": func(rx *prescribing.Prescription) { rx.ValidUntil = rx.ValidUntil.Add(time.Hour) },
		"more in a part":                 func(rx *prescribing.Prescription) { rx.Parts[0].Lines[0].Quantity = 400 },
		"a part that nobody signed": func(rx *prescribing.Prescription) {
			p := rx.Parts[0]
			p.ID, p.N = id.PartOf(rx.ID, 2), 2
			rx.Parts = append(rx.Parts, p)
		},
		"the signature of another sheet": func(rx *prescribing.Prescription) { rx.Signature = other.Signature },
		"a warning's reason taken out":   func(rx *prescribing.Prescription) { rx.Findings = nil; rx.Reasons = []prescribing.Reason{{}} },
		"a key that is not there":        func(rx *prescribing.Prescription) { rx.Signature.Key = "none" },
		"a signature that is no base64":  func(rx *prescribing.Prescription) { rx.Signature.Value = "%" },
		"a signature of zeros": func(rx *prescribing.Prescription) {
			rx.Signature.Value = base64.RawURLEncoding.EncodeToString(make([]byte, 64))
		},
	} {
		t.Run(name, func(t *testing.T) {
			rx := w.signed(sheet(amoxicillin()))
			part := rx.Parts[0].ID
			w.forge(rx.ID, change)

			verify := w.Verify(t.Context(), rx.ID)
			claim := w.Claim(t.Context(), asJourney(), part, order)

			is(t, verify, "rx-forged")
			is(t, claim, "rx-forged")
			w.forge(rx.ID, func(rx *prescribing.Prescription) { rx.State = prescribing.Cancelled; rx.Parts = nil }) // out of the next one's way
		})
	}
}

func TestADraftMadeSignedByHandIsWorthNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	w.forge(rx.ID, func(rx *prescribing.Prescription) {
		rx.State = prescribing.Signed
		rx.Parts = []prescribing.Part{{ID: id.PartOf(rx.ID, 1), N: 1, State: prescribing.Signed, Until: w.clock.Now().Add(time.Hour)}}
	})

	err := w.Claim(t.Context(), asJourney(), id.PartOf(rx.ID, 1), order)

	is(t, err, "rx-draft")
}

func TestASignatureStaysGenuineWhenItsKeyIsReplacedOrRevokedLaterAndNoneAfterThatCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signed(sheet(amoxicillin()))
	w.clock.Advance(time.Hour)
	if err := w.keys.Rotate(t.Context(), asOperator(), doctor); err != nil {
		t.Fatal(err)
	}
	second := w.signed(sheet(amlodipine()))
	w.clock.Advance(time.Hour)

	rotated := w.Verify(t.Context(), first.ID)
	if err := w.keys.Revoke(t.Context(), asOperator(), second.Signature.Key, w.clock.Now(), "lost"); err != nil {
		t.Fatal(err)
	}
	before := w.Verify(t.Context(), second.ID)
	third := w.signed(sheet(loratadine()))
	if err := w.keys.Revoke(t.Context(), asOperator(), second.Signature.Key, second.Signature.At, "lost earlier than thought"); err != nil {
		t.Fatal(err)
	}
	after := w.Verify(t.Context(), second.ID)
	claim := w.Claim(t.Context(), asJourney(), second.Parts[0].ID, order)

	if first.Signature.Key == second.Signature.Key || second.Signature.Key == third.Signature.Key {
		t.Error("the key did not change")
	}
	if rotated != nil || before != nil || w.Verify(t.Context(), third.ID) != nil {
		t.Errorf("after it was replaced: %v; signed before the key was revoked: %v", rotated, before)
	}
	is(t, after, "rx-forged")
	is(t, claim, "rx-forged")
}

func TestSigningKeysAreSealedAtRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signed(sheet(amoxicillin()))

	r, err := w.store.Get(t.Context(), "signing_keys", "keys_"+string(doctor))
	wrong, errKey := prescribing.NewKeyBook(t.Context(), w.store, w.clock, []byte(strings.Repeat("x", 32)))

	if err != nil || errKey != nil {
		t.Fatal(err, errKey)
	}
	kid, _, err := wrong.Key(t.Context(), doctor)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Sign(t.Context(), doctor, kid, []byte("m")); err == nil {
		t.Error("another service key opened the doctor's key")
	}
	if _, err := w.keys.Sign(t.Context(), doctor, "another", []byte("m")); codeOf(err) != "key-replaced" {
		t.Errorf("signing with a key that is not the doctor's newest: %v", err)
	}
	if !json.Valid(r.Body) || strings.Contains(string(r.Body), `"d":`) {
		t.Error("the stored key is readable")
	}
	if _, err := prescribing.NewKeyBook(t.Context(), w.store, w.clock, []byte("short")); err == nil {
		t.Error("a short service key was taken")
	}
}

func TestASigningThatStalledIsFinishedByItsTimer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	challenge := rx.Signature.Challenge
	w.stall(rx.ID, challenge)
	if got := w.stands(rx.ID).State; got != prescribing.Draft {
		t.Fatalf("it is %s, want the draft of a crash", got)
	}

	err := w.TimerFired(t.Context(), asJourney(), string(challenge), prescribing.KindSigningStalled)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(t.Context(), rx.ID); err != nil {
		t.Errorf("after the timer: %v", err)
	}
}

// stall puts a signing back to where a crash right after its one deciding write would leave it.
func (w *world) stall(rx id.Prescription, challenge id.Challenge) {
	w.t.Helper()
	w.forge(rx, func(rx *prescribing.Prescription) {
		rx.State, rx.Signature, rx.Parts, rx.ValidUntil, rx.Signing = prescribing.Draft, nil, nil, time.Time{}, challenge
	})
	all, err := docstore.Open[prescribing.Challenge](w.t.Context(), w.store, w.clock, docstore.Spec[prescribing.Challenge]{Name: "signing_challenges"})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := all.Update(w.t.Context(), string(challenge), docstore.On{}, func(c *prescribing.Challenge) error {
		c.State = prescribing.ChallengeConfirmed
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

func TestAStalledSigningCannotBeEditedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	w.stall(rx.ID, rx.Signature.Challenge)

	_, err := w.Edit(t.Context(), asDoctor(), rx.ID, 0, sheet(amlodipine()))

	is(t, err, "rx-signed")
}

func TestPharmacistReviewsWithTodaysFactsAndSeesWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	part := rx.Parts[0].ID
	if err := w.Claim(t.Context(), asJourney(), part, order); err != nil {
		t.Fatal(err)
	}
	w.know(allergicTo("amoxicillin", "swelling"))

	check, err := w.Recheck(t.Context(), asPharmacist(), part)
	elsewhere := access.Actor{Account: "acc_x", Role: access.Pharmacist, Pharmacy: "phm_other"}
	_, foreign := w.Recheck(t.Context(), elsewhere, part)
	sheet, errSheet := w.Dispensable(t.Context(), asPharmacist(), part)

	if err != nil || errSheet != nil {
		t.Fatal(err, errSheet)
	}
	if safety.Worst(check.Findings) != safety.HardStop || len(check.Changes) == 0 || check.Changes[0].How != "new" {
		t.Errorf("recheck = %+v, want a new hard stop", check)
	}
	if !fault.Is(foreign, fault.NotFound) {
		t.Errorf("another pharmacy reviews: %v, want not found", foreign)
	}
	if !sheet.Genuine || len(sheet.Items) != 1 || sheet.Items[0].INN != "amoxicillin" {
		t.Errorf("the sheet holds %v", sheet.Items)
	}
}

func TestDoctorKeepsFavourites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := []prescribing.Favourite{{Name: "blood pressure", Product: "amlodipine/tablet/5mg", Steps: amlodipine().Steps}}

	kept, err := w.KeepFavourites(t.Context(), asDoctor(), 0, list)
	_, stale := w.KeepFavourites(t.Context(), asDoctor(), 7, nil)
	_, unknown := w.KeepFavourites(t.Context(), asDoctor(), 1, []prescribing.Favourite{{Name: "x", Product: "nothing"}})
	theirs, errTheirs := w.Favourites(t.Context(), asStranger())

	if err != nil || errTheirs != nil || len(kept.List) != 1 || len(theirs.List) != 0 {
		t.Errorf("kept %v (%v), the other doctor has %v (%v)", kept, err, theirs, errTheirs)
	}
	if !fault.Is(stale, fault.Stale) || !fault.Is(unknown, fault.Invalid) {
		t.Errorf("stale: %v, unknown product: %v", stale, unknown)
	}
}

func hasKind(found []safety.Finding, k safety.Kind) bool {
	for _, f := range found {
		if f.Kind == k {
			return true
		}
	}
	return false
}

func amlodipine() prescribing.WrittenItem {
	return prescribing.WrittenItem{Product: "amlodipine/tablet/5mg", Steps: one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(1, 28)})}
}

func loratadine() prescribing.WrittenItem {
	return prescribing.WrittenItem{Product: "loratadine/tablet/10mg", Steps: one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(1, 7)})}
}

func ibuprofen() prescribing.WrittenItem {
	return prescribing.WrittenItem{Product: "ibuprofen/tablet/200mg", Steps: one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(3, 3)})}
}

func naproxen() prescribing.WrittenItem {
	return prescribing.WrittenItem{Product: "naproxen/tablet/250mg", Steps: one(prescribing.Dosage{Dose: measure("1", "tablet"), Timing: daily(2, 5)})}
}
