package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"housecall/internal/sim"
)

// stutter is a network on which every answer to a POST is lost once: what was done is asked for again, with
// the same key, at once; and once more by after.
type stutter struct {
	t    *testing.T
	sent []sentPOST
}

type sentPOST struct {
	request *http.Request
	body    []byte
	status  int
	id      string
}

// keyless POSTs make nothing: asking them again is another question.
var keyless = []string{"/sign-in", "/quotes", "/visits/offer", "/session/", "/ticket"}

func (s *stutter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return http.DefaultTransport.RoundTrip(r)
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	p := sentPOST{request: r, body: body}
	answer, raw, err := p.send(r.Context())
	if err != nil {
		return nil, err
	}
	if answer.StatusCode < http.StatusMultipleChoices {
		p.status, p.id = answer.StatusCode, idOf(raw)
		s.again(r.Context(), p)
		s.sent = append(s.sent, p)
	}
	answer.Body = io.NopCloser(bytes.NewReader(raw))
	return answer, nil
}

func (p sentPOST) send(ctx context.Context) (*http.Response, []byte, error) {
	r := p.request.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(p.body))
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	raw, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	return answer, raw, err
}

func (s *stutter) again(ctx context.Context, p sentPOST) {
	s.t.Helper()
	for _, path := range keyless {
		if strings.Contains(p.request.URL.Path, path) {
			return
		}
	}
	answer, raw, err := p.send(ctx) //nolint:bodyclose // send closes it
	if err != nil {
		s.t.Errorf("%s again: %v", p.request.URL.Path, err)
		return
	}
	if answer.StatusCode != p.status || idOf(raw) != p.id {
		s.t.Errorf("%s with the same key: %d %s, want %d for %q", p.request.URL.Path, answer.StatusCode, raw, p.status, p.id)
	}
}

func idOf(raw []byte) string {
	var a struct{ ID string }
	_ = json.Unmarshal(raw, &a)
	return a.ID
}

// TestWhatIsAskedTwiceInTheWholeChainIsDoneOnce walks on a network that loses every first answer, and asks
// for everything once more when it is over: the walk itself finds what was done twice.
func TestWhatIsAskedTwiceInTheWholeChainIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := served(t)
	network := &stutter{t: t}
	w.Operator.HTTP = &http.Client{Transport: network}

	w.RunAsking(t, func(string) {})
	before := end(t, w)
	for _, p := range network.sent {
		network.again(t.Context(), p)
	}

	if len(network.sent) < 30 {
		t.Errorf("only %d POSTs were sent twice", len(network.sent))
	}
	if after := end(t, w); after != before {
		t.Errorf("asked for once more, something changed:\n%s\n%s", before, after)
	}
}

// end is what the walk left: the order with its steps, its payments, its rides, what the courier earned, and the ledger.
func end(t *testing.T, w *sim.Walk) string {
	t.Helper()
	people, records := w.People(), w.Records()
	var all []string
	order := "/orders/" + records["orders"]
	for _, path := range []string{order, order + "/payments", order + "/fills"} {
		a, err := people["patient"].Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, path+" "+string(text))
	}
	return strings.Join(all, "\n")
}
