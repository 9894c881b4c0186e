package apptest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/app"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/id"
	"housecall/internal/notify"
)

// Noon is when every story begins.
var Noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// patience is how long a story waits for what must come.
const patience = 30 * time.Second

// Town is a running housecall with people in it.
type Town struct {
	*app.App
	Clock  *clock.Fake
	Outbox *notify.Outbox
	Log    *Buffer
	People

	t         testing.TB
	dir       string
	configure func(*config.Config)

	mu   sync.Mutex // guards asks, used
	asks int
	used time.Time // of the doctor's authenticator, last
}

// Buffer keeps what is written to it.
type Buffer struct {
	mu  sync.Mutex // guards all
	all bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// String is all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// Start starts a town, and stops it with the test.
func Start(t testing.TB) *Town {
	t.Helper()
	return StartWith(t, func(*config.Config) {})
}

// StartWith starts a town that is configured otherwise.
func StartWith(t testing.TB, configure func(*config.Config)) *Town {
	t.Helper()
	w := &Town{t: t, dir: scratch.Folder(t), Clock: clock.NewFake(Noon), Log: &Buffer{}, configure: configure}
	w.Outbox = notify.NewOutbox(w.Clock)
	w.open()
	t.Cleanup(w.close)
	w.settlePeople()
	w.Settle()
	return w
}

func (w *Town) open() {
	w.t.Helper()
	c := config.Default()
	c.Data, c.Listen, c.PublicURL, c.Node = w.dir, "localhost:0", "http://localhost", "story"
	c.StopWithin = 10 * time.Second
	w.configure(&c)
	var err error
	w.App, err = app.Start(w.t.Context(), app.Options{
		Config: c, Log: slog.New(slog.NewJSONHandler(w.Log, &slog.HandlerOptions{Level: slog.LevelDebug})), TestTimers: w.Clock, Demo: true,
		Outbox: w.Outbox, Secret: []byte("a secret of a story, of more than 32 bytes"),
	})
	w.Must(err)
}

func (w *Town) close() {
	if err := w.Stop(context.Background()); err != nil {
		w.t.Log(err)
	}
}

// Crash stops housecall without letting it finish anything, and starts it again on the same folder.
func (w *Town) Crash() {
	w.t.Helper()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Stop(over); err != nil && !errors.Is(err, context.Canceled) {
		w.t.Log(err)
	}
	w.open()
}

// Folder is where the town keeps all it has.
func (w *Town) Folder() string { return w.dir }

// Must ends the story when something that has to succeed does not.
func (w *Town) Must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// As is a person who does something new.
func (w *Town) As(p access.Actor) access.Actor {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asks++
	p.Request = id.RequestOf(nil, "story", string(p.Account), strconv.Itoa(w.asks))
	return p
}

// House is housecall itself.
func (w *Town) House() access.Actor { return w.As(access.Part("journey", id.Request{})) }

// Settle waits until all that has happened has had its effects. What became a dead letter fails the story.
func (w *Town) Settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	w.Must(w.Bus.Settle(ctx))
	letters, err := w.Bus.Dead(ctx)
	w.Must(err)
	for _, l := range letters {
		w.t.Errorf("dead letter of %s: %s of %s: %s", l.Consumer, l.Event.Kind, l.Event.Doc, l.Cause)
	}
}

// Pass lets time go by, and what it was due to bring happen.
func (w *Town) Pass(d time.Duration) {
	w.t.Helper()
	w.Clock.Advance(d)
	w.Settle()
}

// Until waits for what comes by itself, a second of the town's clock at a time.
func (w *Town) Until(what string, come func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for try := 1; ; try++ {
		w.Settle()
		if come() {
			return
		}
		if ctx.Err() != nil {
			w.t.Fatalf("waited in vain until %s", what)
		}
		if try%25 == 0 {
			w.Clock.Advance(time.Second)
		}
	}
}

// LedgerIsZero fails the story when money came from nowhere.
func (w *Town) LedgerIsZero() {
	w.t.Helper()
	w.Settle()
	total, err := w.Billing.LedgerTotal(w.t.Context(), w.As(w.Operator))
	w.Must(err)
	if !total.Zero() {
		w.t.Errorf("the ledger does not sum to zero: %+v", total)
	}
}
