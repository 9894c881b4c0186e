package estimate_test

import (
	"testing"
	"time"

	"housecall/internal/estimate"
)

func question(metres float64) estimate.Question {
	return estimate.Question{
		At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Review: 4 * time.Minute, Pack: 6 * time.Minute, Metres: metres,
		Courier: true, Riders: estimate.Riders{On: 9, Free: 9},
	}
}

func TestAPlaceWhereNothingHasHappenedYetIsJudgedByTheZonesBudgets(t *testing.T) {
	t.Parallel()
	got := estimate.NewBook().Estimate("phm_new", question(1000))

	if got.Median < 12*time.Minute || got.Median > 20*time.Minute || got.P90 <= got.Median || got.P90 > 30*time.Minute {
		t.Errorf("a kilometre from a new pharmacy: %+v, want some 16 minutes and a bound above it", got)
	}
}

func TestFartherIsLaterAndRainLaterStill(t *testing.T) {
	t.Parallel()
	book := estimate.NewBook()
	near, far, wet := question(500), question(3000), question(3000)
	wet.Pace = 0.75

	n, f, w := book.Estimate("phm_a", near), book.Estimate("phm_a", far), book.Estimate("phm_a", wet)

	if n.Median >= f.Median || f.Median >= w.Median || f.P90 >= w.P90 {
		t.Errorf("near %v, far %v, far in rain %v", n, f, w)
	}
}

func TestASlowPharmacyIsKnownAfterAFewBags(t *testing.T) {
	t.Parallel()
	var slow estimate.Pharmacy
	for i := range 12 {
		slow.Learn(estimate.Bag{Fill: string(rune('a' + i)), Took: 20 * time.Minute, Review: 5 * time.Minute})
	}
	slow.Learn(estimate.Bag{Fill: "a", Took: time.Minute}) // told again it teaches nothing

	if got := slow.Preparation(question(0)); got < 18*time.Minute {
		t.Errorf("after a dozen bags of 20 minutes a bag is expected after %v", got)
	}
	if got := slow.Packing(6 * time.Minute); got < 13*time.Minute {
		t.Errorf("after a dozen bags packed in 15 minutes packing is expected to take %v", got)
	}
}

func TestWhatHasTakenLongTakesLongerStill(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	last := time.Duration(0)
	for _, gone := range []time.Duration{0, 2 * time.Minute, 6 * time.Minute, 20 * time.Minute, 2 * time.Hour} {
		ready := estimate.Ready(began, 4*time.Minute, began.Add(gone))

		if took := ready.Sub(began); took < gone || took < last {
			t.Errorf("after %v the whole is expected to take %v, before it was %v", gone, took, last)
		} else {
			last = took
		}
	}
}

func TestABoundThatIsMissedRisesUntilNineOfTenHold(t *testing.T) {
	t.Parallel()
	book := estimate.NewBook()
	before := book.Estimate("phm_a", question(1000))
	for i := range 60 {
		book.Zone.LearnDone(estimate.Done{
			Order: string(rune('A' + i)), Told: before, Took: 2 * before.P90, Delivered: true, Courier: true, PlacedAt: question(0).At,
		})
	}

	if after := book.Estimate("phm_a", question(1000)); after.P90 <= before.P90*5/4 {
		t.Errorf("after sixty orders twice as late as told the bound is %v, it was %v", after.P90, before.P90)
	}
}
