package delivery_test

import (
	"math"
	"testing"
	"time"

	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/geo"
)

// at is a position some seconds from now and some metres north of the counter.
func (w *world) at(after time.Duration, metres float64) delivery.Position {
	return delivery.Position{At: w.clock.Now().Add(after), Accuracy: 5, Point: geo.Point{Lat: counterAt.Lat + metres/111_195, Lon: counterAt.Lon}}
}

func TestImpossiblePositionsGetAClearAnswerAndMoveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onShift(t, ann)
	w.clock.Advance(time.Minute)
	_, err := w.Report(t.Context(), w.as(ann), []delivery.Position{w.at(0, 100)})
	must(t, err)
	w.clock.Advance(10 * time.Second)
	nan := w.at(0, 100)
	nan.Accuracy = math.NaN()
	noPlace := w.at(0, 100)
	noPlace.Point = geo.Point{Lat: math.NaN()}
	tests := []struct {
		name string
		code string
		sent []delivery.Position
	}{
		{"out of the world", "position-off-earth", []delivery.Position{{At: w.clock.Now(), Point: geo.Point{Lat: 91, Lon: 2}}}},
		{"nowhere", "position-off-earth", []delivery.Position{{At: w.clock.Now()}}},
		{"not a number", "position-off-earth", []delivery.Position{noPlace}},
		{"accurate to nothing", "position-accuracy", []delivery.Position{nan}},
		{"from the future", "position-from-future", []delivery.Position{w.at(time.Minute, 100)}},
		{"out of order in what is sent", "position-out-of-order", []delivery.Position{w.at(-2*time.Second, 100), w.at(-3*time.Second, 100)}},
		{"older than what is known", "position-out-of-order", []delivery.Position{w.at(-20*time.Second, 100)}},
		{"too fast to be true", "position-too-fast", []delivery.Position{w.at(0, 3000)}},
		{"too fast in the middle", "position-too-fast", []delivery.Position{w.at(-9*time.Second, 110), w.at(-8*time.Second, 2000), w.at(0, 150)}},
		{"none", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Report(t.Context(), w.as(ann), tt.sent)
			refused(t, err, fault.Invalid, tt.code)
		})
	}

	h, err := w.Shift(t.Context(), ann, ann.Account)
	must(t, err)
	if want := w.at(-10*time.Second, 100); !h.Last.At.Equal(want.At) || h.Last.Point != want.Point {
		t.Errorf("last = %+v, want %+v", h.Last, want)
	}
}

func TestCourierReportsOnlyThemselvesAndOnlyOnShift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onShift(t, ann)
	w.clock.Advance(time.Second)

	_, err := w.Report(t.Context(), bob, []delivery.Position{w.at(0, 0)})
	refused(t, err, fault.Conflict, "off-shift")
	_, err = w.Report(t.Context(), mum, []delivery.Position{w.at(0, 0)})
	refused(t, err, fault.NotFound, "")
	_, err = w.Shift(t.Context(), bob, ann.Account)
	refused(t, err, fault.NotFound, "")
}

func TestSilentCourierIsShownSoAndKeepsTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)

	w.clock.Advance(61 * time.Second)

	h, err := w.Shift(t.Context(), operator, ann.Account)
	must(t, err)
	if !h.Silent(w.clock.Now()) || w.state(t, job) != delivery.Accepted {
		t.Errorf("silent = %v, job %s; want silent and accepted", h.Silent(w.clock.Now()), w.state(t, job))
	}
}

func TestPositionIsSeenOnlyWithinTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Offered)
	ctx := t.Context()
	view := func() *delivery.View {
		t.Helper()
		v, err := w.Track(ctx, mum, order1)
		must(t, err)
		return v
	}

	if v := view(); v.Courier != nil || v.State != delivery.Planned {
		t.Errorf("while offered: %s, courier %+v; want planned and nobody", v.State, v.Courier)
	}
	must(t, w.do(t, job, w.Accept))
	w.clock.Advance(5 * time.Second)
	_, err := w.Report(ctx, w.as(ann), []delivery.Position{w.at(0, 20)})
	must(t, err)
	if v := view(); v.Courier == nil || v.Courier.Old || v.Courier.FirstName.Reveal() != "Name of acc_ann" || v.Arrives.IsZero() {
		t.Errorf("after accepting: %+v, want ann on the map", v)
	}
	w.clock.Advance(31 * time.Second)
	if v := view(); !v.Courier.Old || v.Courier.Age != 31*time.Second {
		t.Errorf("position of age %s: old = %v, want true", v.Courier.Age, v.Courier.Old)
	}
	must(t, w.do(t, job, w.Arrive))
	must(t, w.collect(t, job))
	must(t, w.do(t, job, w.AtDoor))
	w.beyond(t, job, delivery.Delivered)
	if v := view(); v.Courier != nil || v.State != delivery.Delivered {
		t.Errorf("after the end: %+v, want nobody", v)
	}

	fixes, err := w.Path(ctx, support, job)
	must(t, err)
	if len(fixes) != 1 || fixes[0].Courier != ann.Account {
		t.Errorf("evidence = %+v, want one fix of ann", fixes)
	}
}

func TestTrackIsBoundedAndKeepsItsLastFix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	var last delivery.Position
	for range 3 {
		var sent []delivery.Position
		w.clock.Advance(700 * time.Second)
		for i := range 600 {
			sent = append(sent, w.at(time.Duration(i-600)*time.Second, float64(i%7)))
		}
		last = sent[len(sent)-1]
		_, err := w.Report(t.Context(), w.as(ann), sent)
		must(t, err)
	}

	fixes, err := w.Path(t.Context(), operator, job)
	must(t, err)
	if len(fixes) > 720 || !fixes[len(fixes)-1].At.Equal(last.At) {
		t.Errorf("%d fixes, the last %s; want 720 at most, the last %s", len(fixes), fixes[len(fixes)-1].At, last.At)
	}
}

func TestTrackingLinkShowsNoPINAndEndsWithTheDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.AtDoor)
	ctx := t.Context()
	_, err := w.TrackLink(ctx, stranger, order1)
	refused(t, err, fault.NotFound, "")
	token, err := w.TrackLink(ctx, mum, order1)
	must(t, err)

	v, err := w.TrackView(ctx, nobody, token)
	must(t, err)
	if v.Order != order1 || v.Courier == nil {
		t.Errorf("view = %+v, want ann on the way", v)
	}
	for _, bad := range []string{"", "x", token + "A", token[:len(token)-1], "b3JkXzI" + token[7:], "." + token} {
		_, err := w.TrackView(ctx, nobody, bad)
		refused(t, err, fault.NotFound, "tracking-unknown")
	}

	w.beyond(t, job, delivery.Delivered)
	_, err = w.TrackView(ctx, nobody, token)
	refused(t, err, fault.NotFound, "tracking-ended")
	_, err = w.TrackLink(ctx, mum, order1)
	refused(t, err, fault.NotFound, "tracking-ended")
}

func TestTrackingLinkFollowsTheNextAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Offered)
	token, err := w.TrackLink(t.Context(), mum, order1)
	must(t, err)
	must(t, w.Cancel(t.Context(), w.as(house), "job_ord_1_1", "rerouted"))

	must(t, w.Plan(t.Context(), w.as(house), delivery.Request{Order: order1, Attempt: 2, Pharmacy: "phm_b", PharmacyAt: counterAt, Door: doorAt, Patient: mum.Patient}))

	v, err := w.TrackView(t.Context(), nobody, token)
	must(t, err)
	if v.Attempt != 2 || v.State != delivery.Planned {
		t.Errorf("view = attempt %d, %s; want the second, planned", v.Attempt, v.State)
	}
}

func TestTheWayOfAJobIsKeptAsEvidenceAndClearedAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)
	w.clock.Advance(time.Second)
	_, err := w.Report(t.Context(), w.as(ann), []delivery.Position{w.at(0, 1)})
	must(t, err)

	early, errEarly := w.ClearTracks(t.Context(), w.clock.Now())
	w.clock.Advance(31 * 24 * time.Hour)
	late, errLate := w.ClearTracks(t.Context(), w.clock.Now().Add(-30*24*time.Hour))

	if early != 0 || late != 1 || errEarly != nil || errLate != nil {
		t.Errorf("cleared %d at once and %d after a month; %v, %v", early, late, errEarly, errLate)
	}
}
