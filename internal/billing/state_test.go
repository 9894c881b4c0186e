package billing

import (
	"testing"
	"time"

	"housecall/internal/fault"
)

func TestEveryMoveThatIsNotDrawnIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, from := range moves.States() {
		for _, e := range moves.Events() {
			p := &Payment{State: from}

			err := p.apply(time.Time{}, Intent{By: "test"}, e, "")

			if allowed := moves.Allows(from, e); allowed != (err == nil) || allowed != (len(p.History) == 1) {
				t.Errorf("%s in %s: %v, history %v", e, from, err, p.History)
			}
			if err != nil && (!fault.Is(err, fault.Conflict) || p.State != from) {
				t.Errorf("%s in %s: %v, now %s", e, from, err, p.State)
			}
		}
	}
}

func TestAMovementThatIsNotBalancedIsNeverWritten(t *testing.T) {
	t.Parallel()

	_, err := movement("capture", time.Time{}, "CNY", []Posting{{Account: gatewayAccount, Minor: 2}, {Account: revenue, Minor: -1}})

	if err == nil {
		t.Error("a movement that is off by one was taken")
	}
}
