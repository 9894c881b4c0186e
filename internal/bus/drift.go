package bus

import (
	"context"
	"fmt"
	"time"
)

// mostDrift is how far a node's clock may be off that of the event engine. Couriers' positions are old after
// seconds, and offers end after some.
const (
	mostDrift  = 5 * time.Second
	driftEvery = time.Second
)

// watchClock compares this node's clock with that of the engine. A node whose clock is wrong would find timers
// due that are not, so it takes no lease, gives back those it has, and says that it is not ready.
func (b *Bus) watchClock() {
	tick := time.NewTicker(driftEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.stopping:
			return
		case <-tick.C:
		}
		drift, err := b.drift()
		if err != nil {
			continue // Ping says what is wrong there
		}
		if wrong := drift.Abs() > mostDrift; b.adrift.Swap(wrong) != wrong {
			b.log.Error("clock and that of the event engine parted or met", "wrong", wrong, "duration", drift)
		}
	}
}

func (b *Bus) drift() (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), driftEvery)
	defer cancel()
	info, err := b.events.Info(ctx)
	if err != nil {
		return 0, err
	}
	return b.clock.Wall(b.clock.Now()).Sub(info.TimeStamp), nil
}

func clockIsWrong() error {
	return fmt.Errorf("this node's clock is more than %s off that of the event engine: set it right", mostDrift)
}
