package support

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
)

func TestEveryMoveThatIsNotDrawnIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, from := range moves.States() {
		for _, e := range moves.Events() {
			c := &Case{State: from}

			err := c.apply(time.Time{}, access.Actor{Account: "test"}, e, "")

			if allowed := moves.Allows(from, e); allowed != (err == nil) || allowed != (len(c.History) == 1) {
				t.Errorf("%s in %s: %v, history %v", e, from, err, c.History)
			}
			if err != nil && (!fault.Is(err, fault.Conflict) || c.State != from || len(c.Timers) != 0) {
				t.Errorf("%s in %s: %v, now %s", e, from, err, c.State)
			}
		}
	}
}
