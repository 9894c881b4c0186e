package load_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"housecall/internal/sim"
	"housecall/internal/sim/load"
)

// taker takes each job from its courier once, as an operator does, when a step of theirs was answered.
type taker struct {
	t        *testing.T
	operator *sim.Client
	after    string // the step

	mu    sync.Mutex // guards taken
	taken map[string]bool
}

func (k *taker) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := http.DefaultTransport.RoundTrip(r)
	path, of := strings.CutPrefix(r.URL.Path, "/api/v1/jobs/")
	job, step := strings.CutSuffix(path, "/"+k.after)
	if !of || !step || err != nil || w.StatusCode != http.StatusOK || !k.first(job) {
		return w, err
	}
	if _, err := k.operator.Post(r.Context(), "/jobs/"+job+"/rematch", load.JSON{"reason": "silent"}); err != nil {
		k.t.Errorf("take %s from its courier: %v", job, err)
	}
	return w, nil
}

func (k *taker) first(job string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.taken[job]
	k.taken[job] = true
	return !was
}

func TestJobTakenFromItsCourierIsFinishedByWhoHasItNext(t *testing.T) {
	t.Parallel()
	url, token := town(t)
	for _, after := range []string{"accept", "arrive"} {
		o := few(url, token)
		k := &taker{t: t, operator: &sim.Client{Base: url, Token: token}, after: after, taken: map[string]bool{}}
		o.Transport = k

		r, err := load.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}

		if !r.OK || r.Orders.Delivered < 2 || r.Orders.Anew < 2 {
			var text strings.Builder
			r.Print(&text)
			t.Errorf("taken after %q, %d times:\n%s", after, len(k.taken), text.String())
		}
	}
}
