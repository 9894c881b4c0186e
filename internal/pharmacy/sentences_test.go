package pharmacy_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
)

func TestAParcelNeedsATrackingNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		tracking phi.Text
	}{
		{"none", ""},
		{"blanks", "    "},
		{"too short to be one", "RR1"},
		{"words with signs", "ask the carrier!"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := w.ready("ord_1", pharmacy.ByParcel)

			_, err := w.Ship(t.Context(), staff(w.oak), fill, "Post", c.tracking)

			wantFault(t, err, fault.Invalid, "")
			if !pointsAt(err, "/tracking") {
				t.Errorf("err = %v does not point at the tracking number", err)
			}
			if f := w.fill(fill); f.State != pharmacy.Ready || f.Parcel != nil {
				t.Errorf("it is %s, want ready and no parcel", f.State)
			}
		})
	}
}

func TestWhereThePromiseCannotBeKeptTheQuoteSaysSoWithTheHonestTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	kept, err := w.Quote(t.Context(), patient, w.oak.ID, request())
	must(t, err)
	w.world.terms.Promise = 5 * time.Minute

	q, err := w.Quote(t.Context(), patient, w.oak.ID, request())

	must(t, err)
	if !kept.Kept || q.Kept || q.PromiseMinutes != 5 || q.P90Minutes <= q.PromiseMinutes {
		t.Errorf("kept %v, then %v with %d minutes of a promised %d", kept.Kept, q.Kept, q.P90Minutes, q.PromiseMinutes)
	}
	if q.P90Minutes != kept.P90Minutes || q.MedianMinutes != kept.MedianMinutes {
		t.Errorf("%d to %d minutes, want %d to %d whatever is promised", q.MedianMinutes, q.P90Minutes, kept.MedianMinutes, kept.P90Minutes)
	}
}

func TestWhatAPharmacyDidIsAnsweredAsDoneWhateverHasBecomeOfTheFill(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, brand, "B1", "2027-03-31", 100)
	fill := w.offered("ord_1", pharmacy.ByPickup)
	ctx, ours := t.Context(), pharmacist(w.oak)
	steps := []struct {
		name string
		do   func(a access.Actor) error
	}{
		{"review", func(a access.Actor) error { _, err := w.Review(ctx, a, fill); return err }},
		{"substitute", func(a access.Actor) error { _, err := w.ProposeSubstitute(ctx, a, fill, 0, brand); return err }},
		{"accept", func(a access.Actor) error { _, err := w.Accept(ctx, a, fill, pharmacy.Acceptance{}); return err }},
		{"pack", func(a access.Actor) error {
			_, err := w.Pack(ctx, a, fill, []pharmacy.Packed{{Line: 0, Product: brand, Batch: "B1", Expiry: "2027-03-31", Units: 20}})
			return err
		}},
		{"ready", func(a access.Actor) error { _, err := w.Ready(ctx, a, fill, sealed()); return err }},
		{"hand over", func(a access.Actor) error {
			_, err := w.HandOverAtCounter(ctx, a, fill, w.CodeOf(w.fill(fill))) //nolint:contextcheck // the town has its own
			return err
		}},
	}
	for _, s := range steps {
		must(t, s.do(asking(ours, s.name)))
		if s.name == "substitute" {
			_, err := w.AnswerSubstitution(ctx, journey("yes"), fill, w.fill(fill).Questions[0].ID, pharmacy.Agreed)
			must(t, err)
		}
	}
	gone := w.fill(fill)

	for _, s := range steps {
		if err := s.do(asking(ours, s.name)); err != nil {
			t.Errorf("%s, asked again once the bag had gone: %v", s.name, err)
		}
		if err := s.do(asking(ours, "another "+s.name)); err == nil {
			t.Errorf("%s was done once the bag had gone", s.name)
		}
	}
	if now := w.fill(fill); now.Version != gone.Version || now.State != pharmacy.Collected {
		t.Errorf("it is %s in version %d, was in %d", now.State, now.Version, gone.Version)
	}
}
