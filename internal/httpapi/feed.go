package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"housecall/internal/access"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/identity"
)

// Following is where a live feed comes from.
type Following interface {
	Feed(ctx context.Context, topics []string, after uint64) (<-chan bus.FeedItem, error)
}

// Reaching knows who may follow what, and until when.
type Reaching interface {
	// StillOpen answers nil while a request with this token would be let in, without counting as use.
	StillOpen(ctx context.Context, token string) error
	// Seen lists the patients whose records who asks may see by a grant.
	Seen(ctx context.Context, a access.Actor) ([]id.Patient, error)
}

// Concerning knows whom the evidence of a case is about, and who may gather it.
type Concerning interface {
	Concerned(ctx context.Context, a access.Actor, cs id.Case) (id.Patient, error)
}

// Feed is the live feed of each signed-in person, and that of a case whose evidence somebody looks at.
func Feed(events Following, reach Reaching, cases Concerning) []Route {
	return feedEvery(feedBeat, events, reach, cases)
}

func feedEvery(beat time.Duration, events Following, reach Reaching, cases Concerning) []Route {
	r := &feedRoutes{events: events, reach: reach, cases: cases, beat: beat, open: map[id.Account]int{}}
	return []Route{
		get("/feed", "feed.follow", "Follow what happens to you, as text/event-stream", r.follow),
		get("/cases/{id}/feed", "case.evidence", "Be told when the evidence of a case has changed, as text/event-stream", r.followCase),
	}
}

const (
	feedBeat = 15 * time.Second // a proxy closes what is silent for longer
	mostOpen = 20               // feeds of one account: tabs and devices
)

type feedRoutes struct {
	events Following
	reach  Reaching
	cases  Concerning
	beat   time.Duration

	mu   sync.Mutex // guards open
	open map[id.Account]int
}

// ReachOf asks identity; clk is the clock that identity goes by.
func ReachOf(people *identity.Service, clk clock.Clock) Reaching { return peopleReach{people, clk} }

type peopleReach struct {
	*identity.Service
	clock clock.Clock
}

// Seen implements Reaching.
func (p peopleReach) Seen(ctx context.Context, a access.Actor) ([]id.Patient, error) {
	held, _, err := p.GrantsHeld(ctx, a)
	if err != nil {
		return nil, err
	}
	var seen []id.Patient
	for _, g := range held {
		if g.Holds(p.clock.Now()) && slices.Contains(g.Scopes, access.See) {
			seen = append(seen, g.Patient)
		}
	}
	return seen, nil
}

// FeedIn says where to go on.
type FeedIn struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"20" doc:"The id of the last event that arrived; browsers send it by themselves."`
	After       string `query:"after" maxLength:"20" doc:"The same, for who can't set the header."`
}

// FeedEvent is one event of the stream: the data of a message whose id is its place in the feed. A message
// of the type "reset" has no data: load again what is shown, from then on nothing is missing. One of the
// type "ended" is the last: sign in again.
type FeedEvent struct {
	ID   string            `json:"id"`
	Kind string            `json:"kind"`
	Doc  string            `json:"doc"`
	At   time.Time         `json:"at"`
	Data map[string]string `json:"data,omitempty"`
}

func (r *feedRoutes) follow(ctx context.Context, a access.Actor, in *FeedIn) (*huma.StreamResponse, error) {
	after, err := placeOf(in)
	if err != nil {
		return nil, err
	}
	return r.stream(ctx, &feedStream{
		feedRoutes: r, actor: a, last: after, tell: told,
		follows: func(ctx context.Context) ([]string, error) { return r.topics(ctx, a) },
	})
}

// CaseFeedIn says which case, and where to go on.
type CaseFeedIn struct {
	ByID
	FeedIn
}

// followCase tells that something happened to the one whom a case is about, and no word of what: the evidence says
// what of it belongs to the case.
func (r *feedRoutes) followCase(ctx context.Context, a access.Actor, in *CaseFeedIn) (*huma.StreamResponse, error) {
	after, err := placeOf(&in.FeedIn)
	if err != nil {
		return nil, err
	}
	patient, err := r.cases.Concerned(ctx, a, id.Case(in.ID))
	if err != nil {
		return nil, err
	}
	topics := []string{in.ID} // nobody is told by it: a case about no record has a feed that stays empty
	if patient != "" {
		topics = []string{string(patient)}
	}
	return r.stream(ctx, &feedStream{
		feedRoutes: r, actor: a, last: after,
		follows: func(context.Context) ([]string, error) { return topics, nil },
		tell: func(e event.Event) FeedEvent {
			return FeedEvent{ID: e.ID, Kind: "case.evidence_changed", Doc: in.ID, At: e.At}
		},
	})
}

// stream opens a feed and answers with it.
func (r *feedRoutes) stream(ctx context.Context, s *feedStream) (*huma.StreamResponse, error) {
	a := s.actor
	if i := infoOf(ctx); i != nil {
		s.token = i.token
	}
	if !r.enter(a.Account) {
		return nil, fault.New(fault.Limited, "You follow this on too many screens. Close one, then try again.").After(r.beat)
	}
	live, stop := context.WithCancel(ctx)
	if err := s.attach(live); err != nil {
		stop()
		r.leave(a.Account)
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer r.leave(a.Account)
		defer stop()
		c.SetHeader("Content-Type", "text/event-stream; charset=utf-8")
		c.SetHeader("Cache-Control", "no-store")
		c.SetHeader("X-Accel-Buffering", "no")
		c.SetStatus(http.StatusOK)
		s.run(live, c.BodyWriter())
	}}, nil
}

func placeOf(in *FeedIn) (uint64, error) {
	place := in.LastEventID
	if place == "" {
		place = in.After
	}
	if place == "" {
		return 0, nil
	}
	after, err := strconv.ParseUint(place, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Malformed, "Last-Event-ID is the id of an event of this feed. Leave it out to begin anew.")
	}
	return after, nil
}

func (r *feedRoutes) enter(account id.Account) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[account] >= mostOpen {
		return false
	}
	r.open[account]++
	return true
}

func (r *feedRoutes) leave(account id.Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[account]--; r.open[account] <= 0 {
		delete(r.open, account)
	}
}

// topics lists what an actor follows.
func (r *feedRoutes) topics(ctx context.Context, a access.Actor) ([]string, error) {
	topics := []string{string(a.Account)}
	switch a.Role {
	case access.Patient:
		patients, err := r.reach.Seen(ctx, a)
		if err != nil {
			return nil, err
		}
		if a.Patient != "" {
			patients = append(patients, a.Patient)
		}
		for _, p := range patients {
			topics = append(topics, string(p))
		}
	case access.Doctor:
		topics = append(topics, event.ToDoctors)
	case access.Pharmacist, access.PharmacyStaff:
		topics = append(topics, string(a.Pharmacy))
	case access.Support:
		topics = append(topics, event.ToSupport)
	case access.Operator:
		topics = append(topics, event.ToSupport, event.ToOperators)
	case access.Courier, access.Auditor, access.Guest, access.System, access.Nobody: // their own at the most
	}
	topics = slices.DeleteFunc(topics, func(t string) bool { return t == "" })
	slices.Sort(topics)
	return slices.Compact(topics), nil
}

// feedStream is one open feed.
type feedStream struct {
	*feedRoutes
	actor   access.Actor
	token   string
	follows func(context.Context) ([]string, error) // the topics, as they are now
	tell    func(event.Event) FeedEvent
	topics  []string
	items   <-chan bus.FeedItem
	detach  context.CancelFunc
	last    uint64   // place in the feed up to which everything was sent
	sent    []string // the last events, so that one is not sent again when the topics change
}

// attach follows the topics that the actor has now, from the place that was reached.
func (s *feedStream) attach(ctx context.Context) error {
	topics, err := s.follows(ctx)
	if err != nil {
		return err
	}
	if s.detach != nil {
		if slices.Equal(topics, s.topics) {
			return nil
		}
		s.detach()
	}
	ctx, s.detach = context.WithCancel(ctx)
	s.topics = topics
	s.items, err = s.events.Feed(ctx, topics, s.last)
	if err != nil {
		s.detach()
	}
	return err
}

// run sends until the reader leaves, the session ends or the service stops.
func (s *feedStream) run(ctx context.Context, w io.Writer) {
	defer func() { s.detach() }()
	beat := time.NewTicker(s.beat) //nolint:forbidigo // for the connection, whatever time the service shows
	defer beat.Stop()
	if !push(w, "retry: 2000\n: following\n\n") {
		return
	}
	for {
		var ok bool
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			ok = s.allowed(ctx, w) && push(w, ": beat\n\n")
		case item, open := <-s.items:
			ok = open && s.pass(ctx, w, item)
		}
		if !ok {
			return
		}
	}
}

// allowed tells whether the session is still open, and the reader when it is not.
func (s *feedStream) allowed(ctx context.Context, w io.Writer) bool {
	err := s.reach.StillOpen(ctx, s.token)
	if fault.Is(err, fault.Unauthenticated) {
		push(w, "event: ended\ndata: {}\n\n")
	}
	return err == nil
}

// pass sends an item, and looks again at what it may have changed: the session, or whom one may see.
func (s *feedStream) pass(ctx context.Context, w io.Writer, item bus.FeedItem) bool {
	kind := string(item.Event.Kind)
	if strings.HasPrefix(kind, "session.") || strings.HasPrefix(kind, "account.") {
		if !s.allowed(ctx, w) {
			return false
		}
	}
	if !s.write(w, item) {
		return false
	}
	if strings.HasPrefix(kind, "grant.") {
		return s.attach(ctx) == nil
	}
	return true
}

func (s *feedStream) write(w io.Writer, item bus.FeedItem) bool {
	const remembered = 64
	s.last = item.Seq
	if item.Reset {
		return push(w, fmt.Sprintf("id: %d\nevent: reset\ndata: {}\n\n", item.Seq))
	}
	if slices.Contains(s.sent, item.Event.ID) {
		return true
	}
	s.sent = append(s.sent[max(0, len(s.sent)-remembered):], item.Event.ID)
	data, err := json.Marshal(s.tell(item.Event))
	if err != nil {
		return false
	}
	return push(w, fmt.Sprintf("id: %d\ndata: %s\n\n", item.Seq, data))
}

// told is an event as who follows it hears it.
func told(e event.Event) FeedEvent {
	return FeedEvent{ID: e.ID, Kind: string(e.Kind), Doc: e.Doc, At: e.At, Data: e.Data}
}

// push sends at once; false when nobody reads any more.
func push(w io.Writer, text string) bool {
	if _, err := io.WriteString(w, text); err != nil {
		return false
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	return true
}
