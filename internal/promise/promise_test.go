package promise_test

import (
	"testing"
	"time"

	"housecall/internal/promise"
)

var (
	noon    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	due     = noon.Add(30 * time.Minute)
	budgets = promise.Budgets{Review: 4 * time.Minute, Pack: 6 * time.Minute, Ride: 9 * time.Minute}
)

func TestSlackIsWhatIsLeftWhenEveryStageTakesItsBudget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		now   int // minutes after placing
		stage promise.Stage
		since int
		want  int
	}{
		{"just placed", 0, promise.Review, 0, 11},
		{"while the stage is within its budget nothing is lost", 3, promise.Review, 0, 11},
		{"a quick review leaves more", 1, promise.Pack, 1, 14},
		{"packing that has overrun eats the slack", 15, promise.Pack, 3, 6},
		{"a bag that waits for a courier", 18, promise.Collect, 10, 3},
		{"on the way", 20, promise.Ride, 18, 3},
		{"on the way, longer than it may take", 31, promise.Ride, 18, -1},
	}
	for _, tt := range tests {
		at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
		if got := budgets.Slack(at(tt.now), due, tt.stage, at(tt.since)); got != time.Duration(tt.want)*time.Minute {
			t.Errorf("%s: slack = %v, want %d minutes", tt.name, got, tt.want)
		}
	}
}

func TestRiskIsForeseenToTheMinute(t *testing.T) {
	t.Parallel()
	for stage, minutes := range map[promise.Stage]int{promise.Review: 11, promise.Pack: 17, promise.Collect: 17, promise.Ride: 26} {
		at := budgets.RiskAt(due, stage, noon.Add(2*time.Minute))
		if want := noon.Add(time.Duration(minutes) * time.Minute); !at.Equal(want) {
			t.Errorf("stage %d is at risk at %v, want %v", stage, at, want)
		}
		if s := budgets.Slack(at, due, stage, noon.Add(2*time.Minute)); s != promise.Risk {
			t.Errorf("stage %d: slack then = %v, want %v", stage, s, promise.Risk)
		}
	}
	far := budgets
	far.Ride = 19 * time.Minute
	if at := far.RiskAt(due, promise.Review, noon); !at.Equal(noon) {
		t.Errorf("what can't be done in time is at risk at %v, want from the start", at)
	}
}
