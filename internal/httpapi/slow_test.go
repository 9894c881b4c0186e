package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"housecall/internal/httpapi"
)

// Whoever stands behind a proxy shares its connections with others.
func TestOneSlowRequestSpoilsNothingForTheNextOnTheSameConnection(t *testing.T) {
	t.Parallel()
	d := newDeskWithin(t, httpapi.Limits{}, 5500*time.Millisecond)
	s := httptest.NewServer(d.server)
	t.Cleanup(s.Close)
	one := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	ask := func(key string) (int, time.Duration) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+httpapi.Base+"/intakes", strings.NewReader(annsIntake))
		must(t, err)
		r.Header.Set("Authorization", "Bearer ann")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		begun := time.Now()
		w, err := one.Do(r)
		must(t, err)
		_, err = io.Copy(io.Discard, w.Body)
		must(t, err)
		must(t, w.Body.Close())
		return w.StatusCode, time.Since(begun)
	}

	d.store.slow = true
	given, took := ask("slow")
	d.store.slow = false
	next, _ := ask("next")

	if given != http.StatusServiceUnavailable || took < 5500*time.Millisecond {
		t.Errorf("the slow one = %d after %s; want 503 once its own time is over", given, took)
	}
	if next != http.StatusCreated {
		t.Errorf("the next one = %d, want 201", next)
	}
}

func TestWhoSendsTheirBodyByDropsIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, httpapi.Limits{})
	s := httptest.NewServer(d.server)
	t.Cleanup(s.Close)
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_, err = fmt.Fprintf(c, "POST %s/intakes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 20\r\n\r\n{", httpapi.Base)
	must(t, err)

	w, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(t, err)

	if w.StatusCode != http.StatusBadRequest || !w.Close {
		t.Errorf("status = %d, closed %v; want 400 and the connection ended", w.StatusCode, w.Close)
	}
	must(t, w.Body.Close())
}
