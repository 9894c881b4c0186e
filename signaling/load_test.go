package signaling_test

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"housecall/signaling/signalingtest"
)

func TestTwentyRoomsTalkAtOnce(t *testing.T) {
	w := newWorld(t)

	crowd, err := signalingtest.Gather(t.Context(), signalingtest.LoadOptions{URL: w.url(), Secret: secret, Calls: 20, Bitrate: 100_000, Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Leave()
	w.eventually("everybody sees and hears", crowd.Flows)
	r := crowd.Measure(t.Context(), time.Second)

	// How much is delivered at full rate BenchmarkCalls measures; under the race detector a second is short.
	if r.People != 40 || r.Delivered == 0 {
		t.Errorf("%d people, %d of %d packets delivered, want 40 people and some", r.People, r.Delivered, r.Sent)
	}
	if rooms, seats := w.server.Rooms(); rooms != 20 || seats != 40 {
		t.Errorf("%d rooms, %d seats, want 20 and 40", rooms, seats)
	}
}

func TestJoinsAndLeavesLeaveNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("joins and leaves", func(t *testing.T) {
		w := newWorld(t)
		for n := range 40 {
			c, err := signalingtest.Join(w.ctx(), signalingtest.JoinOptions{URL: w.url(), Ticket: w.ticket("room", fmt.Sprintf("seat_%d", n%2))})
			if err != nil {
				t.Fatal(err)
			}
			<-c.Media.Connected
			if n%3 == 0 {
				w.says(c, m{"t": "leave"})
			}
			c.Close()
		}
	})
	goleak.VerifyNone(t, before)
}
