package prescribing_test

import (
	"context"
	"errors"
	"testing"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// What the issue calls bad input, each by its name; refusal_test.go holds the long table of dosages.

// unsigned fails the test when a sheet can be signed, or was.
func unsigned(t *testing.T, w *world, rx *prescribing.Prescription) {
	t.Helper()
	_, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	is(t, err, "rx-unsafe")
	if got := w.stands(rx.ID).State; got != prescribing.Draft {
		t.Errorf("it is %s", got)
	}
}

func TestADoseTenTimesTooLargeIsNotSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := prescribing.WrittenItem{Product: "amlodipine/tablet/5mg", Steps: one(prescribing.Dosage{Dose: measure("10", "tablet"), Timing: daily(1, 30)})}

	rx, err := w.Create(t.Context(), asDoctor(), visit, sheet(item))
	if err != nil { // more tablets at once than anybody is told to take
		return
	}
	unsigned(t, w, rx)
}

func TestALookAlikeLetterInANameOfAPresentMedicineIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) { f.Present = []safety.Medicine{{INN: "wаrfarin", From: "told at intake"}} }) // a Cyrillic а

	unsigned(t, w, w.draft(sheet(amoxicillin())))
}

func TestFiveHundredPresentMedicinesAreNotSignedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) {
		for range 500 {
			f.Present = append(f.Present, safety.Medicine{INN: "amlodipine", From: "told at intake"})
		}
	})

	unsigned(t, w, w.draft(sheet(amoxicillin())))
}

func TestABirthAfterTodayIsAskedBeforeAnythingIsSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) { f.Patient.Born = safety.MustDate("2031-01-01") })

	unsigned(t, w, w.draft(sheet(amlodipine())))
}

func TestPregnantAndMaleIsAQuestionAndNoCrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) {
		f.Patient.Sex, f.Patient.Pregnancy = "m", safety.Pregnancy{Is: safety.Yes, Weeks: 12}
	})

	unsigned(t, w, w.draft(sheet(amoxicillin())))
}

func TestASignatureReplayedOnAnotherPrescriptionIsForged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	genuine, other := w.signed(sheet(amlodipine())), w.signed(sheet(amoxicillin()))
	w.forge(other.ID, func(rx *prescribing.Prescription) { rx.Signature = genuine.Signature })

	is(t, w.Verify(t.Context(), other.ID), "rx-forged")
	is(t, w.Claim(t.Context(), asJourney(), other.Parts[0].ID, order), "rx-forged")
	ok(t, w.Verify(t.Context(), genuine.ID))
}

func TestAMedicineInFreeWordsIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, err := w.Create(t.Context(), asDoctor(), visit, sheet(prescribing.WrittenItem{Product: "something for the cough", Steps: amoxicillin().Steps}))

	if err == nil {
		t.Error("it was taken")
	}
}

// keysAway is a store that does not answer for the keys that signatures are checked with, once it has a reason.
type keysAway struct {
	docstore.Store
	why error
}

func (s *keysAway) Get(ctx context.Context, collection, doc string) (docstore.Record, error) {
	if s.why != nil && collection == "public_keys" {
		return docstore.Record{}, s.why
	}
	return s.Store.Get(ctx, collection, doc)
}

func TestASignatureWhoseKeyCanNotBeReadNowIsNotCalledForged(t *testing.T) {
	t.Parallel()
	for name, why := range map[string]error{
		"the store is away": docstore.ErrAway, "the request took too long": context.DeadlineExceeded, "something else": errors.New("a disk"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &keysAway{Store: sqliteStore(t)}
			w := newWorldOn(t, store)
			rx := w.signed(sheet(amlodipine()))
			store.why = why

			verify := w.Verify(t.Context(), rx.ID)
			claim := w.Claim(t.Context(), asJourney(), rx.Parts[0].ID, order)

			for what, err := range map[string]error{"verify": verify, "claim": claim} {
				var f *fault.Error
				if err == nil || errors.As(err, &f) && f.Code == "rx-forged" {
					t.Errorf("%s = %v, want that it could not be looked at", what, err)
				}
			}
			store.why = nil
			ok(t, w.Verify(t.Context(), rx.ID))
		})
	}
}
