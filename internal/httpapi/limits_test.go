package httpapi_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/httpapi"
	"housecall/internal/intake"
	"housecall/policies"
)

// desk is the resource of intakes on a store that can be full, slow or gone over its rate.
type desk struct {
	server *httpapi.Server
	clock  *clock.Fake
	store  *troubled
}

// troubled is a real store that can be told to have no room, or to take its time.
type troubled struct {
	docstore.Store
	full, slow bool
}

func (s *troubled) Insert(ctx context.Context, collection string, r docstore.Record) error {
	switch {
	case s.full:
		return docstore.ErrFull
	case s.slow:
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.Insert(ctx, collection, r)
}

func newDesk(t *testing.T, limits httpapi.Limits) *desk {
	t.Helper()
	return newDeskWithin(t, limits, 50*time.Millisecond)
}

// newDeskWithin gives one request as long as timeout.
func newDeskWithin(t *testing.T, limits httpapi.Limits, timeout time.Duration) *desk {
	t.Helper()
	return newDeskOf(t, httpapi.Deps{Limits: limits, Timeout: timeout})
}

// newDeskBehind stands behind proxies.
func newDeskBehind(t *testing.T, limits httpapi.Limits, proxies httpapi.Proxies) *desk {
	t.Helper()
	return newDeskOf(t, httpapi.Deps{Limits: limits, Proxies: proxies})
}

func newDeskOf(t *testing.T, deps httpapi.Deps) *desk {
	t.Helper()
	store, err := sqlite.Open(t.Context(), scratch.Folder(t)+"/x.db")
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	rules, err := access.NewRules(policies.Model, policies.Rules)
	must(t, err)
	d := &desk{clock: clock.NewFake(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)), store: &troubled{Store: store}}
	guard, p := access.NewGuard(rules, noGrants{}, noGrants{}), &practice{}
	intakes, err := intake.New(t.Context(), intake.Deps{
		Store: d.store, Clock: d.clock, Guard: guard, Places: p, Rules: intake.HouseRules{}, People: p, Files: p, Care: p,
		Consent: "2026-11", Outside: intake.Place{Jurisdiction: "house", EmergencyNumber: "112", Currency: "CNY", TimeZone: "UTC"},
	})
	must(t, err)
	deps.Auth = tokens{
		"ann": {Account: "acc_ann", Role: access.Patient, Patient: "pat_ann"},
		"bob": {Account: "acc_bob", Role: access.Patient, Patient: "pat_bob"},
	}
	deps.Guard, deps.Clock, deps.Log, deps.Metrics = guard, d.clock, slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	deps.BodyTime, deps.Ready = 300*time.Millisecond, func(context.Context) map[string]string { return nil }
	d.server = httpapi.New(deps, httpapi.Intakes(intakes))
	return d
}

func (d *desk) ask(who, method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, httpapi.Base+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+who)
	r.Header.Set("Content-Type", "application/json")
	set(r, "Idempotency-Key", key, key)
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	return w
}

const annsIntake = `{"patient":"pat_ann"}`

func TestWhoAsksTooOftenIsToldWhenToComeBackAndNobodyElseIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, httpapi.Limits{PerSecond: 1, Burst: 3, Nobody: 1})
	for range 3 {
		if w := d.ask("ann", "GET", "/intake-options", "", ""); w.Code != 200 {
			t.Fatalf("status = %d, want 200: %s", w.Code, w.Body)
		}
	}

	over, other := d.ask("ann", "GET", "/intake-options", "", ""), d.ask("bob", "GET", "/intake-options", "", "")
	d.clock.Advance(time.Second)
	later := d.ask("ann", "GET", "/intake-options", "", "")

	if over.Code != 429 || over.Header().Get("Retry-After") != "1" {
		t.Errorf("over the rate = %d, Retry-After %q; want 429 after 1", over.Code, over.Header().Get("Retry-After"))
	}
	if other.Code != 200 || later.Code != 200 {
		t.Errorf("somebody else = %d, a second later = %d; want 200", other.Code, later.Code)
	}
}

func TestFullDiskIsSaidWithWhenToComeBackAndKeepsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, httpapi.Limits{})
	d.store.full = true

	refused := d.ask("ann", "POST", "/intakes", "k", annsIntake)
	d.store.full = false
	list := d.ask("ann", "GET", "/patients/pat_ann/intakes", "", "")
	again := d.ask("ann", "POST", "/intakes", "k", annsIntake)

	if refused.Code != 503 || refused.Header().Get("Retry-After") != "60" || !strings.Contains(refused.Body.String(), "Nothing was changed") {
		t.Errorf("full = %d, Retry-After %q: %s", refused.Code, refused.Header().Get("Retry-After"), refused.Body)
	}
	if !strings.Contains(list.Body.String(), `"items":[]`) {
		t.Errorf("something was kept: %s", list.Body)
	}
	if again.Code != 201 {
		t.Errorf("the same request with room = %d, want 201: %s", again.Code, again.Body)
	}
}

func TestRequestThatTakesTooLongIsGivenUpAndSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, httpapi.Limits{})
	d.store.slow = true

	w := d.ask("ann", "POST", "/intakes", "k", annsIntake)

	if w.Code != 503 || !strings.Contains(w.Body.String(), "took too long") {
		t.Errorf("status = %d, want 503 that says why: %s", w.Code, w.Body)
	}
}

func TestSamePostAnswersTheSameAndAnotherBodyUnderItsKeyIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, httpapi.Limits{})
	first := d.ask("ann", "POST", "/intakes", "k", annsIntake)

	replay := d.ask("ann", "POST", "/intakes", "k", annsIntake)
	reused := d.ask("ann", "POST", "/intakes", "k", `{"patient":"pat_ann","specialty":"skin"}`)
	list := d.ask("ann", "GET", "/patients/pat_ann/intakes", "", "")

	if first.Code != 201 || replay.Code != 201 || replay.Body.String() != first.Body.String() {
		t.Errorf("first = %d %s, replay = %d %s; want the same", first.Code, first.Body, replay.Code, replay.Body)
	}
	if reused.Code != 409 {
		t.Errorf("reused key = %d, want 409: %s", reused.Code, reused.Body)
	}
	if strings.Count(list.Body.String(), `"emergency_number"`) != 1 {
		t.Errorf("kept %s, want one", list.Body)
	}
}

func TestListOfVersionsIsNoVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, httpapi.Limits{})
	for _, match := range []string{`"1", "2"`, `W/"1"`, `"abc"`, `"0"`} {
		r := httptest.NewRequestWithContext(t.Context(), "PATCH", httpapi.Base+"/intakes/int_1", strings.NewReader(`{"words":"x"}`))
		r.Header.Set("Authorization", "Bearer ann")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", match)
		w := httptest.NewRecorder()

		d.server.ServeHTTP(w, r)

		if w.Code != 400 || !strings.Contains(w.Body.String(), "version-unreadable") {
			t.Errorf("If-Match: %s = %d, want 400: %s", match, w.Code, w.Body)
		}
	}
}
