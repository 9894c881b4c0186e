package pharmacy_test

import (
	"testing"
	"time"

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
