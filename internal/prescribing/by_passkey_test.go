package prescribing_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/prescribing"
)

// question is what the doctor's device is asked to sign for a challenge.
func (w *world) question(t *testing.T, c *prescribing.Challenge) []byte {
	t.Helper()
	q, err := w.Service.BeginPasskey(t.Context(), asDoctor(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func (w *world) begun(t *testing.T, rxs ...id.Prescription) *prescribing.Challenge {
	t.Helper()
	c, err := w.BeginSigning(t.Context(), asDoctor(), rxs...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDoctorSignsByAPasskeyThatCoversExactlyWhatWasOnScreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.begun(t, w.draft(sheet(amoxicillin())).ID)
	other := w.begun(t, w.draft(sheet(loratadine())).ID)
	mine, others := w.question(t, c), w.question(t, other)

	_, crossed := w.SignByPasskey(t.Context(), asDoctor(), c.ID, others)
	signed, err := w.SignByPasskey(t.Context(), asDoctor(), c.ID, mine)
	_, again := w.SignByPasskey(t.Context(), asDoctor(), c.ID, mine)
	_, late := w.Service.BeginPasskey(t.Context(), asDoctor(), c.ID)

	is(t, crossed, "passkey-failed")
	is(t, again, "challenge-used")
	is(t, late, "challenge-used")
	if err != nil || len(signed) != 1 || signed[0].State != prescribing.Signed {
		t.Fatalf("signed %+v, %v", signed, err)
	}
	if bytes.Equal(c.Covers(), other.Covers()) {
		t.Error("two challenges cover the same")
	}
}

func TestTheProofOfThePasskeyIsKeptWithTheSigning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.begun(t, w.draft(sheet(amoxicillin())).ID)
	answer := w.question(t, c)
	if _, err := w.SignByPasskey(t.Context(), asDoctor(), c.ID, answer); err != nil {
		t.Fatal(err)
	}

	kept, err := w.store.Get(t.Context(), "signing_challenges", string(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Shown *prescribing.Shown }
	if err := json.Unmarshal(kept.Body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Shown == nil || doc.Shown.Passkey != "psk_1" || !bytes.Equal(doc.Shown.ClientData, answer) {
		t.Errorf("kept %+v, want what the device has signed", doc.Shown)
	}
}

func TestNothingIsSignedByPasskeyWhenTheSheetChangedOrTheTimeIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	edited, slow := w.draft(sheet(amoxicillin())), w.draft(sheet(amlodipine()))
	first, second := w.begun(t, edited.ID), w.begun(t, slow.ID)
	answers := [][]byte{w.question(t, first), w.question(t, second)}
	if _, err := w.Edit(t.Context(), asDoctor(), edited.ID, 1, sheet(loratadine())); err != nil {
		t.Fatal(err)
	}

	_, changed := w.SignByPasskey(t.Context(), asDoctor(), first.ID, answers[0])
	w.clock.Advance(10 * time.Minute)
	_, late := w.SignByPasskey(t.Context(), asDoctor(), second.ID, answers[1])
	_, begun := w.Service.BeginPasskey(t.Context(), asDoctor(), second.ID)

	is(t, changed, "rx-changed")
	is(t, late, "challenge-expired")
	is(t, begun, "challenge-expired")
	for _, rx := range []id.Prescription{edited.ID, slow.ID} {
		if got := w.stands(rx).State; got != prescribing.Draft {
			t.Errorf("%s is %s, want draft", rx, got)
		}
	}
}

func TestAnotherDoctorsSigningIsNotFoundByPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.begun(t, w.draft(sheet(amoxicillin())).ID)
	answer := w.question(t, c)
	elsewhere := access.Actor{Account: stranger, Role: access.Doctor}

	_, begun := w.Service.BeginPasskey(t.Context(), elsewhere, c.ID)
	_, signed := w.SignByPasskey(t.Context(), elsewhere, c.ID, answer)

	for _, err := range []error{begun, signed} {
		if !fault.Is(err, fault.NotFound) || err.Error() != docstore.NotFound().Error() {
			t.Errorf("another doctor reads %v", err)
		}
	}
}

func TestTheSamePasskeySigningSentTwiceSignsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.begun(t, w.draft(sheet(amoxicillin())).ID)
	answer := w.question(t, c)
	a := asDoctor()
	a.Request = id.RequestOf(nil, "sign", "1")

	once, err1 := w.SignByPasskey(t.Context(), a, c.ID, answer)
	twice, err2 := w.SignByPasskey(t.Context(), a, c.ID, answer)

	if err1 != nil || err2 != nil || once[0].Signature.Value != twice[0].Signature.Value || w.asked != 1 {
		t.Errorf("once %v, twice %v, asked %d times", err1, err2, w.asked)
	}
}
