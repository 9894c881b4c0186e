package notify_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/bus"
	"housecall/internal/bus/bustest"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/notify"
	"housecall/internal/phi"
	"housecall/policies"
)

type world struct {
	t       *testing.T
	clock   *clock.Fake
	store   docstore.Store
	bus     *bus.Bus
	post    *post
	book    book
	notify  *notify.Service
	sources *docstore.Collection[source, *source]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), post: &post{}, book: book{}}
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w.store = store
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	w.notify, err = notify.New(t.Context(), notify.Deps{
		Store: store, Clock: w.clock, Guard: access.NewGuard(rules, nobody{}, nobody{}),
		Mailer: w.post, Texter: w.post, Directory: w.book, Website: "https://clinic.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.notify.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if w.sources, err = docstore.Open[source](t.Context(), store, w.clock, docstore.Spec[source]{Name: "sources"}); err != nil {
		t.Fatal(err)
	}
	w.bus = bustest.Start(t, store, w.clock)
	if err := w.bus.Subscribe(bus.Consumer{Name: "notify", Kinds: notify.Kinds(), Handle: w.notify.Handle}); err != nil {
		t.Fatal(err)
	}
	return w
}

// source is a document of somebody else's that announces.
type source struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
}

func (s *source) DocID() string { return s.ID }

func (w *world) happens(doc string, e event.Event) {
	w.t.Helper()
	s := &source{ID: doc}
	s.Emit(e)
	if err := w.sources.Insert(w.t.Context(), id.Request{}, s); err != nil {
		w.t.Fatal(err)
	}
	bustest.Settle(w.t, w.bus)
}

func (w *world) about(record string) []*notify.Message {
	w.t.Helper()
	all, err := w.notify.About(w.t.Context(), access.Actor{Account: "acc_s", Role: access.Support}, record)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// post is a mail and text gateway that keeps what it is given, or fails as it is told.
type post struct {
	mu    sync.Mutex // guards all
	mails []notify.Mail
	texts []notify.SMS
	err   error
	tries int
}

func (p *post) Mail(_ context.Context, m notify.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	if p.err == nil {
		p.mails = append(p.mails, m)
	}
	return p.err
}

func (p *post) Text(_ context.Context, m notify.SMS) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	if p.err == nil {
		p.texts = append(p.texts, m)
	}
	return p.err
}

func (p *post) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *post) seen() (mails []notify.Mail, texts []notify.SMS, tries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]notify.Mail{}, p.mails...), append([]notify.SMS{}, p.texts...), p.tries
}

var errDown = errors.New("connection refused")

// book is a directory by hand.
type book map[string][]notify.Contact

func (b book) Helpers(_ context.Context, patient string) ([]notify.Contact, error) {
	return b["helpers of "+patient], nil
}

func (b book) Contacts(_ context.Context, who string) ([]notify.Contact, error) { return b[who], nil }

// nobody has no grants and keeps no audit.
type nobody struct{}

func (nobody) Scopes(context.Context, id.Patient, id.Account) ([]access.Scope, error) {
	return nil, nil
}
func (nobody) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (nobody) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

func mail(to, language string) notify.Contact {
	return notify.Contact{Channel: notify.ByMail, To: phi.Text(to), Language: language, Zone: "Asia/Shanghai"}
}

func text(to, language string) notify.Contact {
	return notify.Contact{Channel: notify.ByText, To: phi.Text(to), Language: language}
}

func has(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%q does not say %q", got, want)
	}
}
