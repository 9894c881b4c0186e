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

	crowd, err := signalingtest.Gather(w.ctx(), signalingtest.LoadOptions{URL: w.url(), Secret: secret, Calls: 20, Bitrate: 100_000, Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Leave()
	r := crowd.Measure(t.Context(), time.Second)

	if r.People != 40 || r.Fraction() < 0.9 || r.Sent == 0 {
		t.Errorf("%d people, %.3f of %d packets delivered, want 40 and nearly all", r.People, r.Fraction(), r.Sent)
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
