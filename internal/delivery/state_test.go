package delivery_test

import (
	"os"
	"slices"
	"testing"

	"housecall/internal/delivery"
)

func TestJobAndShiftLiveAsDrawn(t *testing.T) {
	t.Parallel()
	for file, got := range map[string]string{"testdata/job.mmd": delivery.Moves().Mermaid(), "testdata/shift.mmd": delivery.ShiftMoves().Mermaid()} {
		if *update {
			must(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		must(t, err)
		if got != string(want) {
			t.Errorf("%s is not the drawing of the table; run with -update and read it", file)
		}
	}
}

func TestCourierCantSkipAState(t *testing.T) {
	t.Parallel()
	order := []delivery.State{delivery.Planned, delivery.Offered, delivery.Accepted, delivery.AtPharmacy, delivery.Collected, delivery.AtDoor, delivery.Delivered}
	for i, from := range order {
		for _, to := range order[min(i+2, len(order)):] {
			for _, ev := range delivery.Moves().Events() {
				if next, err := delivery.Moves().Next(from, ev); err == nil && next == to {
					t.Errorf("%s leads from %s to %s and skips", ev, from, to)
				}
			}
		}
	}
}

func TestJobIsCancelledOnlyBeforeItIsCollected(t *testing.T) {
	t.Parallel()
	before := []delivery.State{delivery.Planned, delivery.Offered, delivery.Accepted, delivery.AtPharmacy}
	for _, s := range delivery.Moves().States() {
		if got, want := delivery.Moves().Allows(s, delivery.Cancel), slices.Contains(before, s); got != want {
			t.Errorf("cancel in %s = %v, want %v", s, got, want)
		}
	}
}
