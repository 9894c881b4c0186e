package sfu_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"housecall/signaling/sfu"
	"housecall/signaling/signalingtest"
)

// told is what a room would be.
type told struct {
	mu     sync.Mutex // guards levels
	levels []sfu.Level
}

func (*told) Reached(time.Duration)  {}
func (*told) Pictured(time.Duration) {}
func (*told) Gone()                  {}

func (h *told) Levels(_ int, l sfu.Level, _ string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.levels = append(h.levels, l)
}

func (h *told) level() sfu.Level {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.levels) == 0 {
		return sfu.LevelVideo
	}
	return h.levels[len(h.levels)-1]
}

func start(t *testing.T) *sfu.SFU {
	t.Helper()
	s, err := sfu.Start(sfu.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func enter(t *testing.T, s *sfu.SFU, seat *sfu.Seat, o signalingtest.MediaOptions) (*sfu.Peer, *signalingtest.Media) {
	t.Helper()
	m, err := signalingtest.NewMedia(o)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := m.Offer(false)
	if err != nil {
		t.Fatal(err)
	}
	p, answer, err := s.Join(seat, offer, sfu.Speaks, &told{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close(); p.Close() })
	if err := m.Answer(answer); err != nil {
		t.Fatal(err, answer)
	}
	return p, m
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not within five seconds", what)
}

func TestTwoPeopleSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, b := sfu.NewSeat(), sfu.NewSeat()
	pa, ma := enter(t, s, a, signalingtest.MediaOptions{})
	pb, mb := enter(t, s, b, signalingtest.MediaOptions{})

	pa.Watch(1, b)
	pb.Watch(1, a)
	ma.Send(1)
	mb.Send(2)

	eventually(t, "sound and picture both ways", func() bool {
		return ma.Shown[0].By(2) > 10 && ma.Shown[1].By(2) > 10 && mb.Shown[0].By(1) > 10 && mb.Shown[1].By(1) > 10 && mb.Shown[1].Keyframes.Load() > 0
	})
}
