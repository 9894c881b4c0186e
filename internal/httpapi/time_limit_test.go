package httpapi

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestThatNobodyWaitsForKnowsThatItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limit := &timeLimit{Context: t.Context(), until: time.Now().Add(time.Minute)}
		defer limit.stop()
		before := limit.Err()

		<-time.After(time.Minute)

		if before != nil || !errors.Is(limit.Err(), context.DeadlineExceeded) {
			t.Errorf("err = %v, then %v", before, limit.Err())
		}
		select {
		case <-limit.Done():
		default:
			t.Error("its time is over and who waits now is kept")
		}
	})
}

func TestWhoWaitsForARequestIsToldOfItsEnd(t *testing.T) {
	t.Parallel()
	ends := map[string]func(limit *timeLimit, cancel context.CancelFunc){
		"its time is over":   func(*timeLimit, context.CancelFunc) {},
		"the caller is gone": func(_ *timeLimit, cancel context.CancelFunc) { cancel() },
		"it was answered":    func(limit *timeLimit, _ context.CancelFunc) { limit.stop() },
	}
	for name, end := range ends {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			limit := &timeLimit{Context: ctx, until: time.Now().Add(time.Minute)}
			defer limit.stop()
			below, release := context.WithCancel(limit) // as a driver makes one of its own
			defer release()

			end(limit, cancel)
			<-below.Done()

			if limit.Err() == nil || !errors.Is(below.Err(), limit.Err()) {
				t.Errorf("%s: err = %v, below it %v", name, limit.Err(), below.Err())
			}
		})
	}
}

func TestTimeLimitKeepsAnEarlierDeadlineAndItsValues(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(time.Second)
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), infoKey{}, &info{reference: "HC-1"}), soon)
	defer cancel()
	limit := &timeLimit{Context: ctx, until: soon.Add(time.Hour)}
	defer limit.stop()

	got, known := limit.Deadline()
	quiet := infoOf(limit).reference
	_ = limit.Done()

	if !known || !got.Equal(soon) {
		t.Errorf("deadline = %v, want the earlier one", got)
	}
	if quiet != "HC-1" || infoOf(limit).reference != "HC-1" {
		t.Error("what the context bears is lost")
	}
}
