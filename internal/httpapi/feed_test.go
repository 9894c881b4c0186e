package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/bus"
	"housecall/internal/bus/bustest"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/policies"
)

// feedWorld is a server with a live feed on a real bus.
type feedWorld struct {
	t     *testing.T
	bus   *bus.Bus
	url   string
	notes *docstore.Collection[feedNote, *feedNote]
	reach *feedReach
	n     int
}

type feedNote struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
}

func (n *feedNote) DocID() string { return n.ID }

type feedReach struct {
	mu     sync.Mutex // guards both
	closed bool
	seen   []id.Patient
}

func (r *feedReach) StillOpen(context.Context, string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fault.New(fault.Unauthenticated, "Sign in.")
	}
	return nil
}

func (r *feedReach) Seen(context.Context, access.Actor) ([]id.Patient, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]id.Patient{}, r.seen...), nil
}

// aboutAnn knows one case, which is about Ann.
type aboutAnn struct{}

func (aboutAnn) Concerned(_ context.Context, a access.Actor, cs id.Case) (id.Patient, error) {
	if a.Account != "acc_sue" || cs != "case_ann" {
		return "", docstore.NotFound()
	}
	return "pat_ann", nil
}

func newFeedWorld(t *testing.T) *feedWorld {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	clk := clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	w := &feedWorld{t: t, reach: &feedReach{}}
	if w.notes, err = docstore.Open[feedNote](t.Context(), store, clk, docstore.Spec[feedNote]{Name: "notes"}); err != nil {
		t.Fatal(err)
	}
	w.bus = bustest.Start(t, store, clk)
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	s := httpapi.New(httpapi.Deps{
		Auth: tokens{
			"ann": {Account: "acc_ann", Role: access.Patient, Patient: "pat_ann", Session: "ses_1"}, "max": {Account: "acc_max", Role: access.Guest, Visit: "vis_1"},
			"dan": {Account: "acc_dan", Role: access.Doctor}, "sue": {Account: "acc_sue", Role: access.Support, Session: "ses_2"},
		},
		Guard: access.NewGuard(rules, noGrants{}, noGrants{}), Clock: clk, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Timeout: 50 * time.Millisecond, Ready: func(context.Context) map[string]string { return nil },
	}, httpapi.FeedEvery(20*time.Millisecond, w.bus, w.reach, aboutAnn{}))
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *feedWorld) happens(kind event.Kind, to ...string) {
	w.t.Helper()
	w.n++
	n := &feedNote{ID: fmt.Sprintf("note_%d", w.n)}
	n.Emit(event.Event{Kind: kind, Data: map[string]string{"n": fmt.Sprint(w.n)}, To: to})
	if err := w.notes.Insert(w.t.Context(), id.Request{}, n); err != nil {
		w.t.Fatal(err)
	}
}

// line is one message of a stream.
type line struct{ id, kind, data string }

// stream is an open feed, read as a browser does.
type stream struct {
	t     *testing.T
	lines chan line
	beats chan struct{}
	ended chan struct{}
	close context.CancelFunc
}

func (w *feedWorld) open(token, last string) *stream {
	w.t.Helper()
	return w.openAt("/feed", token, last)
}

func (w *feedWorld) openAt(path, token, last string) *stream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/api/v1"+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // read closes it
	if err != nil {
		w.t.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		w.t.Fatalf("answered %d %s", res.StatusCode, kind)
	}
	s := &stream{t: w.t, lines: make(chan line, 1000), beats: make(chan struct{}, 1000), ended: make(chan struct{}), close: cancel}
	go s.read(res)
	w.t.Cleanup(func() { cancel(); <-s.ended })
	return s
}

func (s *stream) read(res *http.Response) {
	defer close(s.ended)
	defer func() { _ = res.Body.Close() }()
	var l line
	for in := bufio.NewScanner(res.Body); in.Scan(); {
		key, value, _ := strings.Cut(in.Text(), ": ")
		switch {
		case in.Text() == ": beat":
			s.beats <- struct{}{}
		case in.Text() == "" && l != line{}:
			s.lines <- l
			l = line{}
		case key == "id":
			l.id = value
		case key == "event":
			l.kind = value
		case key == "data":
			l.data = value
		}
	}
}

func (s *stream) next() line {
	s.t.Helper()
	return arrives(s.t, s.lines)
}

func (s *stream) event() (httpapi.FeedEvent, string) {
	s.t.Helper()
	l := s.next()
	var e httpapi.FeedEvent
	if err := json.Unmarshal([]byte(l.data), &e); err != nil || l.kind != "" {
		s.t.Fatalf("line %+v: %v", l, err)
	}
	return e, l.id
}

func arrives[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came within 10 s")
		panic("unreachable")
	}
}

func TestFeedShowsWhatHappensToMeAndToNobodyElse(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	s := w.open("ann", "")
	if l := s.next(); l.kind != "reset" {
		t.Fatalf("began with %+v", l)
	}

	w.happens("order.placed", "pat_bob", "acc_bob", "operators")
	w.happens("order.placed", "pat_ann", "acc_ann", "operators")

	e, place := s.event()
	if e.Kind != "order.placed" || e.Doc != "note_2" || e.Data["n"] != "2" || e.ID == "" || place == "" {
		t.Errorf("heard %+v at %q", e, place)
	}
}

func TestFeedOfACaseSaysThatItsEvidenceChangedAndNoWordOfWhat(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	s := w.openAt("/cases/case_ann/feed", "sue", "")
	if l := s.next(); l.kind != "reset" {
		t.Fatalf("began with %+v", l)
	}

	w.happens("order.placed", "pat_bob", "acc_bob", "support")
	w.happens("job.at_door", "pat_ann", "acc_rider", "operators")

	e, place := s.event()
	if e.Kind != "case.evidence_changed" || e.Doc != "case_ann" || e.Data != nil || place == "" {
		t.Errorf("heard %+v at %q, want only that it changed", e, place)
	}
}

func TestNobodyFollowsACaseWhoMayNotGatherItsEvidence(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	for _, tt := range []struct {
		who, path string
		want      int
	}{
		{"ann", "/cases/case_ann/feed", http.StatusForbidden},
		{"dan", "/cases/case_ann/feed", http.StatusForbidden},
		{"sue", "/cases/case_other/feed", http.StatusNotFound},
		{"", "/cases/case_ann/feed", http.StatusUnauthorized},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/api/v1"+tt.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if tt.who != "" {
			req.Header.Set("Authorization", "Bearer "+tt.who)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%q at %s: %d, want %d", tt.who, tt.path, res.StatusCode, tt.want)
		}
	}
}

func TestFeedGoesOnAfterTheNetworkWasGone(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	s := w.open("ann", "")
	s.next()
	var got []string
	place := ""
	for i := 1; i <= 30; i++ {
		w.happens("order.placed", "acc_ann", "pat_ann")
	}
	for len(got) < 30 {
		var e httpapi.FeedEvent
		e, place = s.event()
		got = append(got, e.Data["n"])
		if len(got)%4 == 0 {
			s.close()
			<-s.ended
			s = w.open("ann", place)
		}
	}
	for i, n := range got {
		if n != fmt.Sprint(i+1) {
			t.Fatalf("lost or doubled: %v", got)
		}
	}
}

func TestFeedOutlivesTheTimeOfARequestAndIsNeverSilent(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	s := w.open("ann", "")

	for range 8 { // eight beats of 20 ms are longer than a request's 50 ms
		arrives(t, s.beats)
	}
}

func TestFeedEndsWithTheSession(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	s := w.open("ann", "")
	s.next()

	w.reach.mu.Lock()
	w.reach.closed = true
	w.reach.mu.Unlock()

	if l := s.next(); l.kind != "ended" {
		t.Errorf("heard %+v", l)
	}
	arrives(t, s.ended)
}

func TestFeedFollowsAGrantFromTheMomentItIsGiven(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	s := w.open("ann", "")
	s.next()
	w.happens("order.placed", "pat_mother")

	w.reach.mu.Lock()
	w.reach.seen = []id.Patient{"pat_mother"}
	w.reach.mu.Unlock()
	w.happens("grant.accepted", "pat_mother", "acc_ann")
	w.happens("order.ready", "pat_mother")

	if e, _ := s.event(); e.Kind != "grant.accepted" {
		t.Errorf("heard %+v", e)
	}
	if e, _ := s.event(); e.Kind != "order.ready" {
		t.Errorf("heard %+v", e)
	}

	w.reach.mu.Lock()
	w.reach.seen = nil
	w.reach.mu.Unlock()
	w.happens("grant.revoked", "pat_mother", "acc_ann")
	w.happens("order.delivered", "pat_mother")
	w.happens("order.placed", "acc_ann")

	if e, _ := s.event(); e.Kind != "grant.revoked" {
		t.Errorf("heard %+v", e)
	}
	if e, _ := s.event(); e.Kind != "order.placed" {
		t.Errorf("heard %+v after the grant had ended", e)
	}
}

func TestFeedRefusals(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	for _, row := range []struct {
		name, token, last string
		status            int
	}{
		{"nobody must sign in", "", "", 401},
		{"a guest has none", "max", "", 403},
		{"a place that is none", "ann", "yesterday", 400},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/api/v1/feed", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		set(req, "Authorization", row.token, "Bearer "+row.token)
		set(req, "Last-Event-ID", row.last, row.last)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != row.status || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", row.name, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
}

func TestNobodyFollowsOnEndlessScreens(t *testing.T) {
	t.Parallel()
	w := newFeedWorld(t)
	for range 20 {
		w.open("dan", "")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/api/v1/feed", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer dan")

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()

	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("the 21st: %d", res.StatusCode)
	}
}
