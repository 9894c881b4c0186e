package httpapi_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"housecall/internal/docstore"
	"housecall/internal/httpapi"
)

// witness is a store that writes down what is changed in it.
type witness struct {
	docstore.Store
	mu      sync.Mutex // guards changed
	changed []string
}

func (w *witness) Insert(ctx context.Context, collection string, r docstore.Record) error {
	return w.saw(collection, r.ID, w.Store.Insert(ctx, collection, r))
}

func (w *witness) Replace(ctx context.Context, collection string, r docstore.Record) error {
	return w.saw(collection, r.ID, w.Store.Replace(ctx, collection, r))
}

func (w *witness) Delete(ctx context.Context, collection, docID string, version int64) error {
	return w.saw(collection, docID, w.Store.Delete(ctx, collection, docID, version))
}

func (w *witness) saw(collection, doc string, err error) error {
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changed = append(w.changed, collection+" "+doc)
	}
	return err
}

func (w *witness) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.changed)
}

// witnesses are those of the servers that stories are asking, by server.
var witnesses sync.Map

// watched has every refusal of this server in a story held against its store: nothing may be changed by it.
func watched(t *testing.T, s *httpapi.Server, w *witness) *httpapi.Server {
	t.Helper()
	witnesses.Store(s, w)
	t.Cleanup(func() { witnesses.Delete(s) })
	return s
}

// guesses are the routes where a refused code is counted, or the answer of a passkey used up, which is the one thing
// that a refusal may leave behind.
var guesses = []string{
	"/collect", "/hand-over", "/hand-over-by-phone", "/take-back", "/confirm-seal", "/confirm", "/unlock", "/second-factor", "/sign-in", "/sign-in/staff", "/sign-in/passkey",
}

// unchanged fails the story when a refused request changed something.
func unchanged(t *testing.T, s *httpapi.Server, r *http.Request, status int, before []string) {
	t.Helper()
	w, ok := witnesses.Load(s)
	if !ok || status < http.StatusBadRequest {
		return
	}
	if slices.ContainsFunc(guesses, func(end string) bool { return strings.HasSuffix(r.URL.Path, end) }) {
		return
	}
	changed := w.(*witness).all()[len(before):]
	if status == http.StatusUnauthorized { // time has locked a counter that was left alone
		changed = slices.DeleteFunc(changed, func(doc string) bool { return strings.HasPrefix(doc, "sessions ") })
	}
	if len(changed) > 0 {
		t.Errorf("%s %s was refused with %d and changed %v", r.Method, r.URL.Path, status, changed)
	}
}

// changesOf is what has been changed behind a server so far.
func changesOf(s *httpapi.Server) []string {
	if w, ok := witnesses.Load(s); ok {
		return w.(*witness).all()
	}
	return nil
}
