package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/apptest/engine"
	"housecall/internal/backup"
	"housecall/internal/blob"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/id"
)

// bell is a document that announces and has a timer.
type bell struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Owner         string `json:"owner"`
}

func (b *bell) DocID() string { return b.ID }

var key = []byte(strings.Repeat("k", 32))

// place is engines to keep something in.
type place struct {
	t       *testing.T
	engines backup.Engines
	cfg     bus.Config
	bells   *docstore.Collection[bell, *bell]
	bus     *bus.Bus
	files   blob.Store
}

// small is a place in a folder; large one on MongoDB, NATS and MinIO.
func small(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "x.db"))
	must(t, err)
	files, err := blob.New(filepath.Join(dir, "files"), key, clock.NewReal(), "")
	must(t, err)
	return &place{t: t, engines: backup.Engines{Store: store, Files: files}, files: files, cfg: bus.Config{Dir: filepath.Join(dir, "events")}}
}

func large(t *testing.T, minio *engine.MinioServer, nats *engine.NATSCluster, server *engine.MongoServer) *place {
	t.Helper()
	store, err := mongo.Open(t.Context(), server.Database(fmt.Sprint("b", time.Now().UnixNano())))
	must(t, err)
	files, err := blob.OpenBucket(t.Context(), blob.BucketConfig{
		URL: minio.URL, Name: minio.Bucket(t), AccessKey: minio.AccessKey, Secret: minio.Secret, Keep: 24 * time.Hour,
	}, clock.NewReal())
	must(t, err)
	cfg := bus.Config{URL: nats.URL, CA: nats.CA, Creds: nats.Credentials(t)}
	return &place{t: t, engines: backup.Engines{Store: store, Files: files}, files: files, cfg: cfg}
}

// start opens the events, idle or not.
func (p *place) start(idle bool) {
	p.t.Helper()
	p.cfg.Idle = idle
	p.cfg.Backoff = []time.Duration{time.Millisecond}
	b, err := bus.Start(p.t.Context(), p.cfg, bus.Deps{Store: p.engines.Store, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
	must(p.t, err)
	p.bus, p.engines.Events = b, b
}

func (p *place) stop() {
	p.t.Helper()
	must(p.t, p.bus.Stop(context.WithoutCancel(p.t.Context())))
}

func (p *place) open() {
	p.t.Helper()
	var err error
	p.bells, err = docstore.Open[bell](p.t.Context(), p.engines.Store, clock.NewReal(), docstore.Spec[bell]{
		Name: "bells", Indexes: map[string]func(*bell) (docstore.Key, bool){
			"by_owner": func(b *bell) (docstore.Key, bool) { return docstore.Key{Equal: b.Owner, Order: b.ID}, b.Owner != "" },
		},
	})
	must(p.t, err)
}

// live fills a place: documents in an index, an event that a consumer has handled and another not, one that waits in
// its document, a dead letter, timers that are due before and after the backup, a file, and one in quarantine.
func (p *place) live() {
	t := p.t
	t.Helper()
	p.open()
	p.start(false)
	broken := make(chan struct{}, 100)
	must(t, p.bus.Subscribe(bus.Consumer{Name: "fine", Kinds: []event.Kind{"bell.rung"}, Handle: func(context.Context, event.Event) error { return nil }}))
	must(t, p.bus.Subscribe(bus.Consumer{Name: "broken", Kinds: []event.Kind{"bell.cracked"}, Handle: func(context.Context, event.Event) error {
		broken <- struct{}{}
		return errors.New("no hand for this")
	}}))
	p.put("bell_dead", func(b *bell) { b.Emit(event.Event{Kind: "bell.cracked"}) })
	must(t, p.bus.Settle(t.Context()))
	must(t, p.bus.Subscribe(bus.Consumer{Name: "slow", Kinds: []event.Kind{"bell.rung"}, Handle: func(ctx context.Context, _ event.Event) error {
		<-ctx.Done() // it has not come to an end when the backup is made
		return ctx.Err()
	}}))
	for n := range 30 {
		p.put(fmt.Sprintf("bell_%02d", n), func(b *bell) { b.Owner = "ann" })
	}
	p.put("bell_rung", func(b *bell) { b.Emit(event.Event{Kind: "bell.rung", Data: map[string]string{"n": "1"}}) })
	p.put("bell_timer", func(b *bell) { b.SetTimer("bell.silent", time.Now().Add(time.Hour)) })
	p.put("bell_due", func(b *bell) { b.SetTimer("bell.silent", time.Now().Add(1500*time.Millisecond)) })
	for waiting := true; waiting; { // until all has left the documents
		w, err := p.engines.Store.Waiting(t.Context(), 1)
		must(t, err)
		waiting = len(w) > 0
	}
	_, err := p.files.Put(t.Context(), "receipts/a.pdf", "application/pdf", strings.NewReader("%PDF-1.4 a"))
	must(t, err)
	cut, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cancel()
	_ = p.bus.Stop(cut)
	p.put("bell_late", func(b *bell) { b.Emit(event.Event{Kind: "bell.rung", Data: map[string]string{"n": "2"}}) }) // nobody relays it
}

func (p *place) put(name string, change func(*bell)) {
	p.t.Helper()
	b := &bell{ID: name}
	change(b)
	must(p.t, p.bells.Insert(p.t.Context(), id.RequestOf(nil, name), b))
}

func TestWhatWasBackedUpIsRestoredWhereverAndItsTimersRun(t *testing.T) {
	t.Parallel()
	pairs := map[string]func(t *testing.T) (from, to *place){
		"a folder into another": func(t *testing.T) (*place, *place) { t.Helper(); return small(t), small(t) },
		"engines into engines": func(t *testing.T) (*place, *place) {
			t.Helper()
			m, n, d := engine.Minio(t), engine.NATS(t), engine.Mongod(t)
			return large(t, m, n, d), large(t, m, n, d)
		},
		"a folder into engines": func(t *testing.T) (*place, *place) {
			t.Helper()
			return small(t), large(t, engine.Minio(t), engine.NATS(t), engine.Mongod(t))
		},
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := pair(t)
			from.live()
			file := from.backup()
			if bytes.Contains(file, []byte("bell_00")) || bytes.Contains(file, []byte("%PDF")) {
				t.Error("the backup can be read without its key")
			}

			counts := to.restore(file)

			if counts.Documents != 36 || // 35 bells, and the note that their index is whole
				counts.Dead != 1 || counts.Files != 1 || counts.Events < 1 {
				t.Errorf("restored %+v", counts)
			}
			if diff := cmp.Diff(from.all(), to.all()); diff != "" {
				t.Errorf("documents differ: %s", diff)
			}
			to.lives()
		})
	}
}

func (p *place) backup() []byte {
	p.t.Helper()
	p.start(true)
	defer p.stop()
	var out bytes.Buffer
	_, err := backup.Write(p.t.Context(), &out, key, backup.Head{Service: "svc_1", At: time.Now()}, p.engines)
	must(p.t, err)
	return out.Bytes()
}

func (p *place) restore(file []byte) backup.Counts {
	p.t.Helper()
	p.start(true)
	defer p.stop()
	head, a, err := backup.Read(bytes.NewReader(file), key)
	must(p.t, err)
	if head.Service != "svc_1" {
		p.t.Errorf("head = %+v", head)
	}
	counts, err := a.Restore(p.t.Context(), p.engines)
	must(p.t, err)
	return counts
}

// all is every document with what stands beside it.
func (p *place) all() map[string]docstore.Record {
	p.t.Helper()
	out := map[string]docstore.Record{}
	must(p.t, p.engines.Store.Export(p.t.Context(), func(collection string, r docstore.Record) error {
		out[collection+"/"+r.ID] = r
		return nil
	}, func(event.Event) error { return nil }))
	return out
}

// lives starts a restored place: the index lists, what was not handled comes, timers run, the dead letter and the
// file are there.
func (p *place) lives() {
	t := p.t
	t.Helper()
	p.open()
	heard, silent := make(chan event.Event, 10), make(chan event.Event, 10)
	p.start(false)
	defer p.stop()
	must(t, p.bus.Subscribe(bus.Consumer{Name: "slow", Kinds: []event.Kind{"bell.rung"}, Handle: func(_ context.Context, e event.Event) error { heard <- e; return nil }}))
	must(t, p.bus.Subscribe(bus.Consumer{Name: "timers", Kinds: []event.Kind{"bell.silent"}, Handle: func(_ context.Context, e event.Event) error { silent <- e; return nil }}))
	if one, two := next(t, heard), next(t, heard); one.Doc == two.Doc { // of two documents, in any order
		t.Errorf("handled %v and %v", one, two)
	}
	if e := next(t, silent); e.Doc != "bell_due" {
		t.Errorf("the timer of %s fired, want bell_due", e.Doc)
	}
	page, err := p.bells.Find(t.Context(), docstore.Query{Index: "by_owner", Equal: "ann", Limit: 100})
	must(t, err)
	letters, err := p.bus.Dead(t.Context())
	must(t, err)
	if len(page.Items) != 30 || len(letters) != 1 || letters[0].Event.Doc != "bell_dead" {
		t.Errorf("%d listed, dead letters %v", len(page.Items), letters)
	}
	r, info, err := p.files.Get(t.Context(), "receipts/a.pdf")
	must(t, err)
	defer func() { _ = r.Close() }()
	if text, _ := io.ReadAll(r); string(text) != "%PDF-1.4 a" || info.Type != "application/pdf" {
		t.Errorf("file = %s, %+v", text, info)
	}
}

func next(t *testing.T, from <-chan event.Event) event.Event {
	t.Helper()
	select {
	case e := <-from:
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came within 30 s")
		panic("unreachable")
	}
}

func TestRestoreWritesOverNothing(t *testing.T) {
	t.Parallel()
	from := small(t)
	from.live()
	file := from.backup()
	for name, fill := range map[string]func(*place){
		"documents": func(p *place) { p.open(); p.put("bell_own", func(*bell) {}) },
		"files": func(p *place) {
			_, err := p.files.Put(t.Context(), "own", "application/pdf", strings.NewReader("%PDF"))
			must(t, err)
		},
	} {
		to := small(t)
		fill(to)
		before := to.all()
		to.start(true)
		_, a, err := backup.Read(bytes.NewReader(file), key)
		must(t, err)

		_, err = a.Restore(t.Context(), to.engines)

		to.stop()
		if !errors.Is(err, backup.ErrOccupied) || !strings.Contains(err.Error(), name) {
			t.Errorf("over %s: restore = %v, want it refused", name, err)
		}
		if diff := cmp.Diff(before, to.all()); diff != "" {
			t.Errorf("over %s: the refused restore changed %s", name, diff)
		}
	}
}

func TestBackupThatWasCutOffOrChangedOrHasAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	from := small(t)
	from.live()
	file := from.backup()
	changed := bytes.Clone(file)
	changed[len(changed)/2] ^= 1
	for name, row := range map[string]struct {
		file, key []byte
	}{
		"cut off":             {file[:len(file)-100], key},
		"changed":             {changed, key},
		"of another key":      {file, []byte(strings.Repeat("q", 32))},
		"no backup":           {[]byte("something else altogether"), key},
		"empty":               {nil, key},
		"cut off in its head": {file[:10], key},
	} {
		to := small(t)
		to.start(true)
		_, a, err := backup.Read(bytes.NewReader(row.file), row.key)
		if err == nil {
			_, err = a.Restore(t.Context(), to.engines)
		}
		to.stop()

		if !errors.Is(err, backup.ErrSealed) {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
