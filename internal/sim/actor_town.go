package sim

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
)

// town is everybody of the demo who acts by themselves, over the HTTP API alone.
type town struct {
	demo  *Demo
	base  string
	http  *http.Client
	log   *slog.Logger
	clock clock.Clock // of the service
	wall  clock.Clock // of the machine
	speed int

	actors   []*actor
	operator *actor // sees whom a job is offered to
	doors    *doors

	mu      sync.Mutex             // guards persons, tokens
	persons map[string]access.Role // accounts that a real person is signed in as
	tokens  map[string]string      // of the demo's own sessions, by address

	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newTown(d *Demo, o DemoOptions, wall clock.Clock) *town {
	t := &town{
		demo: d, base: d.URL, http: d.http, log: o.Log.With("component", "demo"), clock: d.clock, wall: wall, speed: o.Speed,
		persons: map[string]access.Role{}, tokens: map[string]string{},
	}
	for _, p := range d.People {
		if kindOf(p.Role) != "" {
			t.actors = append(t.actors, t.actorOf(p))
		}
	}
	t.operator = t.actorOf(d.person(DemoOperator))
	t.doors = &doors{town: t, director: t.actorOf(d.person(DemoOperator)), sessions: map[string]*Client{}}
	return t
}

// trusting takes the certificate of the demo, which made it itself a moment ago.
func trusting() *http.Client {
	return &http.Client{Transport: gentle{&http.Transport{
		MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as above
	}}}
}

// gentle lets a request that is under way come to its end when the town is sent home; a live feed is
// let go of.
type gentle struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (g gentle) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/feed") {
		r = r.WithContext(context.WithoutCancel(r.Context()))
	}
	return g.Transport.RoundTrip(r)
}

// start sets everybody going; stop ends it.
func (t *town) start(ctx context.Context) {
	ctx, t.cancel = context.WithCancel(ctx)
	for i, a := range t.actors {
		turn := a.turns(i)
		t.running.Go(func() { a.live(ctx, turn) })
	}
	t.running.Go(func() { t.operator.follow(ctx) })
}

func (t *town) stop() {
	t.cancel()
	t.running.Wait()
	t.http.CloseIdleConnections()
}

// turns is what an actor does all day.
func (a *actor) turns(i int) func(context.Context) (time.Duration, error) {
	switch a.who.Role {
	case access.Doctor:
		return (&doctor{actor: a}).turn
	case access.Pharmacist:
		return (&pharmacist{actor: a}).turn
	default:
		return (&rider{actor: a, at: somewhere(), target: somewhere(), spread: time.Duration(i) * 400 * time.Millisecond}).turn
	}
}

// follow reads the operator's live feed and tells the couriers that something concerns them: an offer
// does not wait for the next look.
func (a *actor) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := a.free(ctx); err == nil {
			a.listen(ctx)
		}
		a.rest(ctx, 10*time.Second)
	}
}

func (a *actor) listen(ctx context.Context) {
	r, err := a.request(ctx, http.MethodGet, "/feed", nil)
	if err != nil {
		return
	}
	w, err := a.http.Do(r)
	if err != nil {
		return
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	if w.StatusCode != http.StatusOK {
		return // without a feed they look by themselves
	}
	lines := bufio.NewScanner(w.Body)
	for lines.Scan() {
		raw, found := strings.CutPrefix(lines.Text(), "data: ")
		var e struct {
			Kind string            `json:"kind"`
			Data map[string]string `json:"data"`
		}
		if !found || json.Unmarshal([]byte(raw), &e) != nil || !strings.HasPrefix(e.Kind, "job.") {
			continue
		}
		for _, other := range a.actors {
			if id := string(other.who.account); id == e.Data["courier"] || other.who.Role == access.Pharmacist && string(other.who.pharmacy) == e.Data["pharmacy"] {
				other.hear()
			}
		}
	}
}

func (a *actor) hear() {
	select {
	case a.nudge <- struct{}{}:
	default: // they are told already
	}
}

// taken tells whether a real person is signed in as one of the others with this role.
func (t *town) taken(role access.Role) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.persons {
		if r == role {
			return true
		}
	}
	return false
}

// token is that of the actor's own session, for who looks over their shoulder.
func (a *actor) token() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens[a.who.Address]
}

// know notes what free found out.
func (t *town) know(p *Person, alone bool, token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens[p.Address] = token
	if alone {
		delete(t.persons, p.Address)
		return
	}
	t.persons[p.Address] = p.Role
}
