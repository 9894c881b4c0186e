package load

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"housecall/internal/sim"
)

// told is one event as a live feed told it.
type told struct {
	Place uint64            `json:"-"`
	ID    string            `json:"id"`
	Kind  string            `json:"kind"`
	Doc   string            `json:"doc"`
	Data  map[string]string `json:"data"`
}

// follower reads somebody's live feed, loses it at random, and takes it up where it broke off.
type follower struct {
	who    string
	client *sim.Client
	on     func(told) // may be nil
	rand   *rand.Rand
	every  time.Duration // between two breaks, on average
	leave  func()        // ends it

	mu      sync.Mutex // guards what follows
	base    uint64     // what came after this place is known whole
	last    uint64     // place of the last event, to resume after
	begun   bool
	events  []told
	counts  map[string]int // by kind and document
	waiting map[string][]chan struct{}
	breaks  int
	resets  int
	doubled []string
	over    bool // the session ended
}

func newFollower(who string, c *sim.Client, seed uint64, on func(told)) *follower {
	return &follower{
		who: who, client: c, on: on, every: 6 * time.Second, rand: rand.New(rand.NewPCG(seed, 2)), //nolint:gosec // chance for a test, not a secret
		counts: map[string]int{}, waiting: map[string][]chan struct{}{},
	}
}

// run follows until ctx ends. begun is called once the feed runs for the first time.
func (f *follower) run(ctx context.Context, begun func()) {
	for tries := 0; ctx.Err() == nil; tries++ {
		live, stop := context.WithTimeout(ctx, f.stretch())
		err := f.read(live, f.resumeAt(), func(e told, reset bool) bool {
			f.take(e, reset)
			if begun != nil {
				begun()
				begun = nil
			}
			tries = 0
			return true
		})
		cut := err == nil || live.Err() != nil
		stop()
		f.mu.Lock()
		if over := f.over; over {
			f.mu.Unlock()
			return
		}
		f.breaks++
		f.mu.Unlock()
		if !cut || tries > 0 {
			rest(ctx, min(20*time.Millisecond<<min(tries, 6), time.Second))
		}
	}
}

// stretch is how long the feed is followed before it is cut off.
func (f *follower) stretch() time.Duration {
	return time.Second/4 + time.Duration(f.rand.ExpFloat64()*float64(f.every))
}

func (f *follower) resumeAt() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.begun {
		return ""
	}
	return strconv.FormatUint(f.last, 10)
}

// read opens the feed after a place and hands on what it tells, until take says no, or it breaks.
func (f *follower) read(ctx context.Context, after string, take func(e told, reset bool) bool) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.client.Base+"/api/v1/feed", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", streams)
	r.Header.Set("Authorization", "Bearer "+f.client.Token)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	w, err := f.client.HTTP.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	if w.StatusCode != http.StatusOK {
		return fmt.Errorf("the feed of %s was answered %d", f.who, w.StatusCode)
	}
	return messages(w, func(kind, place, data string) bool {
		e, reset := told{}, kind == "reset"
		e.Place, err = strconv.ParseUint(place, 10, 64)
		switch {
		case kind == "ended":
			f.mu.Lock()
			f.over = true
			f.mu.Unlock()
			return false
		case err != nil:
			return false
		case !reset:
			if err = json.Unmarshal([]byte(data), &e); err != nil {
				return false
			}
		}
		return take(e, reset)
	})
}

// messages reads the text of a stream, message by message.
func messages(w *http.Response, take func(kind, place, data string) bool) error {
	lines := bufio.NewScanner(w.Body)
	lines.Buffer(nil, 1<<20)
	kind, place, data := "", "", ""
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line == "":
			if data != "" && !take(kind, place, data) {
				return nil
			}
			kind, data = "", ""
		case strings.HasPrefix(line, "event: "):
			kind = line[len("event: "):]
		case strings.HasPrefix(line, "id: "):
			place = line[len("id: "):]
		case strings.HasPrefix(line, "data: "):
			data = line[len("data: "):]
		}
	}
	return lines.Err()
}

// take notes an event and wakes who waits for it.
func (f *follower) take(e told, reset bool) {
	f.mu.Lock()
	if reset {
		if f.begun {
			f.resets++
		}
		f.begun, f.base, f.last = true, e.Place, e.Place
		f.mu.Unlock()
		return
	}
	if e.Place <= f.last {
		f.doubled = append(f.doubled, fmt.Sprintf("%s at place %d came after place %d", e.ID, e.Place, f.last))
	}
	f.last = max(f.last, e.Place)
	f.events = append(f.events, e)
	key := keyOf(e.Kind, e.Doc)
	f.counts[key]++
	for _, w := range f.waiting[key] {
		close(w)
	}
	delete(f.waiting, key)
	f.mu.Unlock()
	if f.on != nil {
		f.on(e)
	}
}

func keyOf(kind, doc string) string { return kind + " " + doc }

// heard is closed once more than `before` events of this kind have come for a document.
func (f *follower) heard(kind, doc string, before int) (<-chan struct{}, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key, w := keyOf(kind, doc), make(chan struct{})
	n := f.counts[key]
	if n > before {
		close(w)
		return w, n
	}
	f.waiting[key] = append(f.waiting[key], w)
	return w, before
}

// inAnyCase is how long a screen believes that nothing has happened.
const inAnyCase = time.Second

// until reads again each time the feed tells of this kind and document, until what is read is as wished.
func (f *follower) until(ctx context.Context, kind, doc string, read func(context.Context) (sim.Answer, error), wished func(sim.Answer) bool) (sim.Answer, error) {
	ctx, stop := context.WithTimeout(ctx, stuckAfter)
	defer stop()
	seen := 0
	for {
		var news <-chan struct{}
		news, seen = f.heard(kind, doc, seen)
		if !wait(ctx, news, inAnyCase) {
			return sim.Answer{}, fmt.Errorf("waited %s in vain for %s of %s", stuckAfter, kind, doc)
		}
		a, err := read(ctx)
		if err != nil && sim.StatusOf(err) != http.StatusNotFound {
			return a, err
		}
		if err == nil && wished(a) {
			return a, nil
		}
	}
}
