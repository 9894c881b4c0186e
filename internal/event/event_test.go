package event_test

import (
	"testing"

	"housecall/internal/event"
)

func TestTimerIsNamedByItsDocumentAndKind(t *testing.T) {
	t.Parallel()
	if got := event.TimerID("ord_1", "order.late"); got != "ord_1.order.late" {
		t.Errorf("timer id = %q", got)
	}
	if event.TimerID("ord_1", "order.late") == event.TimerID("ord_1", "order.lost") {
		t.Error("two timers of one document are one")
	}
}
