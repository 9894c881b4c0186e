package prescribing_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// ok ends the test when a step of its arrangement fails.
func ok(tb testing.TB, errs ...error) {
	tb.Helper()
	for _, err := range errs {
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// claimed signs a prescription whose part the order holds.
func (w *world) claimed() *prescribing.Prescription {
	w.t.Helper()
	rx := w.signed(sheet(amoxicillin()))
	ok(w.t, w.Claim(w.t.Context(), asJourney(), rx.Parts[0].ID, order))
	return rx
}

func (w *world) replaced(old id.Prescription) {
	w.t.Helper()
	written := sheet(amoxicillin())
	written.Replaces = old
	w.signed(written)
}

func (w *world) expired(rx *prescribing.Prescription) {
	w.t.Helper()
	w.clock.Advance(rx.Parts[0].Until.Sub(w.clock.Now()))
	ok(w.t, w.TimerFired(w.t.Context(), asJourney(), string(rx.ID), prescribing.KindValidityEnded))
}

// try asks for one step of a prescription, by another order where an order is meant.
func (w *world) try(step string, rx id.Prescription) error {
	w.t.Helper()
	ctx, part := w.t.Context(), id.PartOf(rx, 1)
	switch step {
	case "edit":
		_, err := w.Edit(ctx, asDoctor(), rx, 0, sheet(amlodipine()))
		return err
	case "sign":
		_, err := w.BeginSigning(ctx, asDoctor(), rx)
		return err
	case "cancel":
		return w.Cancel(ctx, asDoctor(), rx, "changed-mind")
	case "replace":
		return w.Replace(ctx, asDoctor(), rx, rx)
	case "claim":
		return w.Claim(ctx, asJourney(), part, other)
	case "dispense":
		return w.Dispensed(ctx, asJourney(), part, other)
	}
	w.t.Fatalf("nobody knows the step %s", step)
	return nil
}

var illegal = []struct {
	name  string
	sheet prescribing.State
	part  prescribing.State // "" while it is a draft
	reach func(w *world) *prescribing.Prescription
	steps []string
}{
	{"a draft", prescribing.Draft, "", func(w *world) *prescribing.Prescription { return w.draft(sheet(amoxicillin())) }, []string{"replace", "claim", "dispense"}},
	{"signed", prescribing.Signed, prescribing.Signed, func(w *world) *prescribing.Prescription { return w.signed(sheet(amoxicillin())) }, []string{"edit", "sign", "replace", "dispense"}},
	{"claimed", prescribing.Signed, prescribing.Claimed, (*world).claimed, []string{"edit", "sign", "replace", "claim", "dispense"}},
	{"dispensed", prescribing.Signed, prescribing.Dispensed, func(w *world) *prescribing.Prescription {
		rx := w.claimed()
		ok(w.t, w.Dispensed(w.t.Context(), asJourney(), rx.Parts[0].ID, order))
		return rx
	}, []string{"edit", "sign", "cancel", "replace", "claim", "dispense"}},
	{"cancelled", prescribing.Cancelled, prescribing.Cancelled, func(w *world) *prescribing.Prescription {
		rx := w.signed(sheet(amoxicillin()))
		ok(w.t, w.Cancel(w.t.Context(), asDoctor(), rx.ID, "changed-mind"))
		return rx
	}, []string{"edit", "sign", "cancel", "replace", "claim", "dispense"}},
	{"expired", prescribing.Signed, prescribing.Expired, func(w *world) *prescribing.Prescription {
		rx := w.signed(sheet(amoxicillin()))
		w.expired(rx)
		return rx
	}, []string{"edit", "sign", "cancel", "replace", "claim", "dispense"}},
	{"replaced", prescribing.Replaced, prescribing.Replaced, func(w *world) *prescribing.Prescription {
		rx := w.signed(sheet(amoxicillin()))
		w.replaced(rx.ID)
		return rx
	}, []string{"edit", "sign", "cancel", "replace", "claim", "dispense"}},
}

func TestAnIllegalTransitionOfAPrescriptionOrItsPartIsRefusedWithAConflictFromEveryStateAndChangesNothing(t *testing.T) {
	t.Parallel()
	var sheets, parts []prescribing.State
	for _, c := range illegal {
		sheets, parts = append(sheets, c.sheet), append(parts, c.part)
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			rx := c.reach(w).ID
			before := w.stands(rx)
			if before.State != c.sheet || (c.part != "" && before.Parts[0].State != c.part) {
				t.Fatalf("it is %s, want %s with its part %s", before.State, c.sheet, c.part)
			}

			for _, step := range c.steps {
				if err := w.try(step, rx); !fault.Is(err, fault.Conflict) {
					t.Errorf("%s: %v, want a conflict", step, err)
				}
				if now := w.stands(rx); !reflect.DeepEqual(now, before) {
					t.Errorf("%s changed it: version %d, then %d", step, before.Version, now.Version)
				}
			}
		})
	}
	for _, s := range prescribing.Moves().States() {
		if !slices.Contains(sheets, s) {
			t.Errorf("no case begins with a prescription that is %s", s)
		}
	}
	for _, s := range prescribing.PartMoves().States() {
		if !slices.Contains(parts, s) {
			t.Errorf("no case begins with a part that is %s", s)
		}
	}
}

// partLives walk a part, together, through every event of its table.
var partLives = []struct {
	name string
	live func(w *world) *prescribing.Prescription
}{
	{"handed back, claimed again, dispensed", func(w *world) *prescribing.Prescription {
		rx := w.claimed()
		part, ctx := rx.Parts[0].ID, w.t.Context()
		ok(w.t, w.Unclaim(ctx, asJourney(), part, order, "out-of-stock"), w.Claim(ctx, asJourney(), part, other), w.Dispensed(ctx, asJourney(), part, other))
		return rx
	}},
	{"cancelled", illegal[4].reach},
	{"expired", illegal[5].reach},
	{"replaced", illegal[6].reach},
	{"cancelled while claimed", func(w *world) *prescribing.Prescription {
		rx := w.claimed()
		ok(w.t, w.Cancel(w.t.Context(), asDoctor(), rx.ID, "changed-mind"), w.Unclaim(w.t.Context(), asJourney(), rx.Parts[0].ID, order, "cancelled"))
		return rx
	}},
	{"replaced while claimed", func(w *world) *prescribing.Prescription {
		rx := w.claimed()
		w.replaced(rx.ID)
		ok(w.t, w.Unclaim(w.t.Context(), asJourney(), rx.Parts[0].ID, order, "replaced"))
		return rx
	}},
	{"expired while claimed", func(w *world) *prescribing.Prescription {
		rx := w.claimed()
		w.expired(rx)
		ok(w.t, w.Unclaim(w.t.Context(), asJourney(), rx.Parts[0].ID, order, "out-of-stock"))
		return rx
	}},
}

func TestEveryTransitionOfAPartRecordsWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	var seen []prescribing.Event
	for _, c := range partLives {
		w := newWorld(t)
		began := w.clock.Now()
		w.clock.Advance(time.Minute)

		part := w.stands(c.live(w).ID).Parts[0]

		from := prescribing.Signed
		for _, step := range part.History {
			seen = append(seen, step.Event)
			if step.By == "" || !step.At.After(began) || step.From != from {
				t.Errorf("%s: %s by %q at %v from %s, want who and when from %s", c.name, step.Event, step.By, step.At, step.From, from)
			}
			if step.Why == "" {
				t.Errorf("%s: %s does not say why", c.name, step.Event)
			}
			from = step.To
		}
		if from != part.State {
			t.Errorf("%s: the history ends in %s, the part is %s", c.name, from, part.State)
		}
	}
	for _, e := range prescribing.PartMoves().Events() {
		if !slices.Contains(seen, e) {
			t.Errorf("no life of a part goes through %s", e)
		}
	}
}

func TestAnInfoFindingIsOnlyShownAndNeverBlocksSigning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) { carrying(8)(&f.Patient) })

	rx := w.draft(sheet(ibuprofen()))
	c, begin := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	ok(t, begin)
	signed, err := w.Sign(t.Context(), asDoctor(), c.ID, freshCode())
	ok(t, err)

	if !hasKind(rx.Findings, safety.KindPregnancy) || safety.Worst(rx.Findings) != safety.Info {
		t.Errorf("findings = %+v, want infos alone", rx.Findings)
	}
	if signed[0].State != prescribing.Signed || len(signed[0].Reasons) != 0 || !hasKind(signed[0].Findings, safety.KindPregnancy) {
		t.Errorf("signed: %s with %d reasons and %+v", signed[0].State, len(signed[0].Reasons), signed[0].Findings)
	}
}

func TestAMedicineThatNoListKnowsIsSignedBesideOnlyWithHowItWasCheckedByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) {
		f.Present = []safety.Medicine{{INN: "grandmother's tea", From: "told at intake"}}
	})
	written := sheet(amoxicillin())
	rx := w.draft(written)
	unknown := rx.Findings[slices.IndexFunc(rx.Findings, func(f safety.Finding) bool { return f.Kind == safety.KindUnknownDrug })]
	answer := func(code string, words phi.Text) error {
		written.Reasons = []prescribing.WrittenReason{{Finding: unknown.ID, Code: code, Words: words}}
		_, err := w.Edit(t.Context(), asDoctor(), rx.ID, 0, written)
		return err
	}

	_, silent := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	coded, blank := answer("benefit-outweighs", ""), answer("checked-by-hand", "  ")
	ok(t, answer("checked-by-hand", "Chamomile alone, she brought the box."))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	ok(t, err)
	signed, err := w.Sign(t.Context(), asDoctor(), c.ID, freshCode())
	ok(t, err)

	is(t, silent, "rx-unsafe")
	for name, err := range map[string]error{"a code alone": coded, "blanks": blank} {
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Pointer != "/reasons/0/words" {
			t.Errorf("%s: %v, want the words to be asked for", name, err)
		}
	}
	if unknown.Severity != safety.Warning || signed[0].Reasons[0].Words != "Chamomile alone, she brought the box." {
		t.Errorf("%s, signed with %+v", unknown.Severity, signed[0].Reasons)
	}
}
