package signalingtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"housecall/signaling"
)

// LoadOptions say how much a load is.
type LoadOptions struct {
	URL      string // the websocket
	Secret   []byte // of tickets
	Calls    int    // rooms of two
	Duration time.Duration
	Bitrate  int
	Now      func() time.Time
}

// LoadReport is what came of it.
type LoadReport struct {
	People             int
	Sent, Delivered    int64 // packets of both media
	P50, P99           time.Duration
	SoundGapP99        time.Duration
	JoinP50, JoinP95   time.Duration // from the websocket dialled to media connected
	PictureSent, Shown int64
}

// Fraction is what was delivered of what was sent.
func (r LoadReport) Fraction() float64 {
	if r.Sent == 0 {
		return 0
	}
	return float64(r.Delivered) / float64(r.Sent)
}

// String says it on a few lines.
func (r LoadReport) String() string {
	return fmt.Sprintf("people %d\npackets sent %d, delivered %d (%.4f)\none way p50 %.2f ms, p99 %.2f ms\njoin to media p50 %.1f ms, p95 %.1f ms\n",
		r.People, r.Sent, r.Delivered, r.Fraction(), ms(r.P50), ms(r.P99), ms(r.JoinP50), ms(r.JoinP95))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Quantile of some durations.
func Quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(q*float64(len(all))))]
}

// TicketFor signs a ticket for a load's seat.
func TicketFor(secret []byte, now time.Time, room, seat string) (string, error) {
	return signaling.Ticket{
		Room: room, Seat: seat, Role: "patient", Expiry: now.Add(time.Minute),
		Rights: []string{signaling.Speak, signaling.Chat, signaling.Share, signaling.File},
	}.Sign(secret)
}

// Crowd is people in calls.
type Crowd struct {
	people []*Client
	joins  []time.Duration
}

// Gather brings everybody in, one call after the other.
func Gather(ctx context.Context, o LoadOptions) (*Crowd, error) {
	c := &Crowd{}
	for n := range o.Calls {
		for seat := range 2 {
			if err := c.add(ctx, o, n, seat); err != nil {
				c.Leave()
				return nil, fmt.Errorf("call %d: %w", n, err)
			}
		}
	}
	for _, p := range c.people { // nobody's packets slow who has yet to come
		p.Media.keyframe.Store(true)
		p.Media.Paused.Store(false)
	}
	return c, nil
}

// Flows tells whether everybody sees and hears by now.
func (c *Crowd) Flows() bool {
	for _, p := range c.people {
		if p.Media.Shown[0].Packets.Load() < 3 || p.Media.Shown[1].Packets.Load() < 3 {
			return false
		}
	}
	return true
}

func (c *Crowd) add(ctx context.Context, o LoadOptions, room, seat int) error {
	ticket, err := TicketFor(o.Secret, o.Now(), fmt.Sprintf("load_%d", room), fmt.Sprintf("seat_%d", seat))
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	p, err := Join(limited, JoinOptions{URL: o.URL, Ticket: ticket, Media: MediaOptions{Bitrate: o.Bitrate, Muted: true}})
	if err != nil {
		return err
	}
	c.people = append(c.people, p)
	p.Media.Send(uint32(2*room + seat + 1))
	select {
	case <-p.Media.Connected:
		c.joins = append(c.joins, time.Since(p.Began))
		return nil
	case <-limited.Done():
		return errors.New("no media in time")
	}
}

// Leave ends all of it.
func (c *Crowd) Leave() {
	var all sync.WaitGroup
	for _, p := range c.people {
		all.Add(1)
		go func() {
			defer all.Done()
			p.Close()
		}()
	}
	all.Wait()
}

// Measure looks at the calls for a while.
func (c *Crowd) Measure(ctx context.Context, d time.Duration) LoadReport {
	r := LoadReport{People: len(c.people), JoinP50: Quantile(c.joins, 0.5), JoinP95: Quantile(c.joins, 0.95)}
	count := func() (sent, shown int64) {
		for _, p := range c.people {
			sent += p.Media.SentSound.Load() + p.Media.SentPicture.Load()
			shown += p.Media.Shown[0].Packets.Load() + p.Media.Shown[1].Packets.Load()
			if sent == 0 {
				continue
			}
		}
		return sent, shown
	}
	for _, p := range c.people {
		p.Media.Shown[0].Delays()
		p.Media.Shown[1].Delays()
	}
	sent, shown := count()
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	sent2, shown2 := count()
	r.Sent, r.Delivered = sent2-sent, shown2-shown
	var delays []time.Duration
	for _, p := range c.people {
		delays = append(delays, p.Media.Shown[0].Delays()...)
		delays = append(delays, p.Media.Shown[1].Delays()...)
	}
	r.P50, r.P99 = Quantile(delays, 0.5), Quantile(delays, 0.99)
	return r
}

// Load gathers, measures and leaves.
func Load(ctx context.Context, o LoadOptions) (LoadReport, error) {
	c, err := Gather(ctx, o)
	if err != nil {
		return LoadReport{}, err
	}
	defer c.Leave()
	return c.Measure(ctx, o.Duration), nil
}
