package signaling_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/signaling"
	"housecall/signaling/sfu"
	"housecall/signaling/signalingtest"
)

var secret = []byte("a secret of tests, of more than 32 bytes")

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a real server with what the product would connect to it.
type world struct {
	t      *testing.T
	clock  *clock.Fake
	server *signaling.Server
	sfu    *sfu.SFU
	http   *httptest.Server
	watch  *watcher
}

func newWorld(t *testing.T, change ...func(*signaling.Deps)) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(noon), watch: &watcher{}}
	media, err := sfu.Start(sfu.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	d := signaling.Deps{
		Gate: signaling.SecretGate{Secret: secret, Clock: w.clock}, Media: media, Clock: w.clock,
		Log: slog.New(slog.DiscardHandler), Watcher: w.watch,
	}
	for _, c := range change {
		c(&d)
	}
	w.server, w.sfu = signaling.New(d), media
	w.http = httptest.NewServer(w.server)
	t.Cleanup(func() {
		w.server.Stop()
		w.http.Close()
		media.Stop()
	})
	return w
}

func (w *world) url() string { return "ws" + strings.TrimPrefix(w.http.URL, "http") }

// ticket is for a doctor, a patient or a guest, by the seat's name.
func (w *world) ticket(room, seat string) string {
	w.t.Helper()
	rights := []string{"speak", "chat", "share", "file"}
	switch {
	case seat == "doctor":
		rights = append(rights, "record", "end")
	case strings.HasPrefix(seat, "guest"):
		rights = []string{"speak", "chat"}
	}
	token, err := signaling.Ticket{Room: room, Seat: seat, Role: seat, Rights: rights, Expiry: w.clock.Now().Add(time.Minute)}.Sign(secret)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

// joins brings somebody in, who sends at once.
func (w *world) joins(room, seat string, change ...func(*signalingtest.JoinOptions)) *signalingtest.Client {
	w.t.Helper()
	o := signalingtest.JoinOptions{URL: w.url(), Ticket: w.ticket(room, seat)}
	for _, c := range change {
		c(&o)
	}
	c, err := signalingtest.Join(w.ctx(), o)
	if err != nil {
		w.t.Fatalf("%s joins: %v", seat, err)
	}
	if o.Reuse == nil {
		c.Media.Send(mark(seat))
	}
	w.t.Cleanup(c.Close)
	return c
}

// refused answers why a join was not taken.
func (w *world) refused(o signalingtest.JoinOptions) signalingtest.ErrBye {
	w.t.Helper()
	o.URL = w.url()
	c, err := signalingtest.Join(w.ctx(), o)
	if err == nil {
		c.Close()
		w.t.Fatal("the join was taken")
	}
	var bye signalingtest.ErrBye
	if !asBye(err, &bye) {
		w.t.Fatalf("join: %v", err)
	}
	return bye
}

func mark(seat string) uint32 {
	var m uint32
	for _, c := range seat {
		m = m*31 + uint32(c)
	}
	return m
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	w.t.Fatalf("%s: not in time", what)
}

// sees waits until c is shown new pictures of a seat in a slot, and hears them.
func (w *world) sees(c *signalingtest.Client, slot int, seat string) {
	w.t.Helper()
	sound, picture := 0, 1
	if slot > 1 {
		sound, picture = 2*slot-1, 2*slot
	}
	before, heard := c.Media.Shown[picture].By(mark(seat)), c.Media.Shown[sound].By(mark(seat))
	w.eventually("the picture of "+seat, func() bool {
		return c.Media.Shown[picture].By(mark(seat)) > before+5 && c.Media.Shown[sound].By(mark(seat)) > heard+5
	})
}

func (w *world) says(c *signalingtest.Client, m any) {
	w.t.Helper()
	if err := c.Send(w.ctx(), m); err != nil {
		w.t.Fatal(err)
	}
}

type person = signaling.Person

// told waits until c is told of a seat in this way.
func (w *world) told(c *signalingtest.Client, seat string, right func(person) bool) person {
	w.t.Helper()
	var p signaling.PersonChanged
	_, err := c.Until(w.ctx(), 0, func(m signalingtest.Message) bool {
		p = signaling.PersonChanged{}
		return m.T == "seat" && json.Unmarshal(m.Data, &p) == nil && p.Seat.Seat == seat && right(p.Seat)
	})
	if err != nil {
		w.t.Fatalf("told of %s: %v", seat, err)
	}
	return p.Seat
}

func (w *world) said(c *signalingtest.Client, kind string, into any) {
	w.t.Helper()
	m, err := c.Wait(w.ctx(), kind, 0)
	if err != nil {
		w.t.Fatalf("waiting for %s: %v", kind, err)
	}
	if err := m.Decode(into); err != nil {
		w.t.Fatal(err)
	}
}

func joined(t *testing.T, c *signalingtest.Client) signaling.Joined {
	t.Helper()
	var j signaling.Joined
	if err := c.Joined.Decode(&j); err != nil {
		t.Fatal(err)
	}
	return j
}

type m = map[string]any

// watcher keeps what it was told.
type watcher struct {
	mu     sync.Mutex
	events []signaling.Event
	lines  []signaling.Quality
}

func (w *watcher) Happened(_ context.Context, e signaling.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *watcher) Measured(_ context.Context, q signaling.Quality) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, q)
}

func (w *watcher) saw(kind, seat string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == kind && e.Seat == seat {
			return true
		}
	}
	return false
}

func (w *watcher) quality() []signaling.Quality {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]signaling.Quality{}, w.lines...)
}

func (w *watcher) count(kind string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
