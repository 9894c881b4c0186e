package signaling

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"housecall/internal/clock"
	"housecall/signaling/sfu"
)

// Meter takes durations for whatever histograms the product keeps: what is "join_to_media",
// "join_to_keyframe", "reconnect_to_media", "reconnect_to_keyframe" or "forwarding_delay".
type Meter interface {
	Observe(what string, d time.Duration)
}

// Deps is what a server needs. Relay, Place, History, Recorder, Watcher and Meter may be nil.
type Deps struct {
	Gate     Gate
	Media    *sfu.SFU
	Clock    clock.Clock
	Log      *slog.Logger
	Origins  []string // whose pages may open the websocket besides this host's own
	Watcher  Watcher
	Relay    Relay
	Place    Place
	History  History
	Recorder Recorder
	Meter    Meter
}

// Server holds the rooms of this node and the websockets of who is in them.
type Server struct {
	Deps
	mu       sync.Mutex // guards rooms, sessions
	rooms    map[string]*room
	sessions map[string]*room
	drained  atomic.Pointer[string] // set: no new rooms; where they go instead
	events   queue
	running  sync.WaitGroup
	stopTick func()
	stopOnce sync.Once
	conns    sync.WaitGroup
	quit     context.CancelFunc
	alive    context.Context //nolint:containedctx // the life of the server, which every websocket shares
}

// beat is how often rooms look at their clocks.
const beat = 200 * time.Millisecond

// New starts a server without rooms.
func New(d Deps) *Server {
	if d.Gate == nil || d.Media == nil || d.Clock == nil || d.Log == nil {
		panic("signaling: a dependency is missing")
	}
	s := &Server{Deps: d, rooms: map[string]*room{}, sessions: map[string]*room{}}
	s.alive, s.quit = context.WithCancel(context.Background())
	s.events.wake = make(chan struct{}, 1)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.events.run(s.alive)
	}()
	s.stopTick = sfu.Every(beat, s.tick)
	return s
}

// Stop ends every call on this node and waits for all that runs.
func (s *Server) Stop() { s.stopOnce.Do(s.stop) }

func (s *Server) stop() {
	none := ""
	s.drained.Store(&none)
	s.stopTick()
	for _, r := range s.all() {
		r.post(func() { r.end(moved, "stopped", "") })
	}
	for _, r := range s.all() {
		<-r.done
	}
	s.quit()
	s.conns.Wait()
	s.running.Wait()
}

// Drain takes no new rooms any more; those that are here by the deadline's end move to another node
// ("" leaves finding it to the product). It returns when none is left or ctx is done.
func (s *Server) Drain(ctx context.Context, elsewhere string) {
	s.drained.Store(&elsewhere)
	tick := make(chan struct{}, 1)
	stop := sfu.Every(beat, func() {
		select {
		case tick <- struct{}{}:
		default:
		}
	})
	defer stop()
	for len(s.all()) > 0 {
		select {
		case <-tick:
			continue
		case <-ctx.Done():
		}
		break
	}
	for _, r := range s.all() {
		r.post(func() { r.end(moved, "drained", elsewhere) })
		<-r.done
	}
}

// EndRoom ends a call for all, as the product decided. It answers whether there was one.
func (s *Server) EndRoom(name, why string) bool {
	s.mu.Lock()
	r := s.rooms[name]
	s.mu.Unlock()
	return r != nil && r.post(func() { r.end(ended, why, "") })
}

// Rooms counts the rooms and the seats taken in them.
func (s *Server) Rooms() (rooms, seats int) {
	for _, r := range s.all() {
		rooms++
		seats += int(r.taken.Load())
	}
	return rooms, seats
}

func (s *Server) all() []*room {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*room, 0, len(s.rooms))
	for _, r := range s.rooms {
		all = append(all, r)
	}
	return all
}

func (s *Server) tick() {
	for _, r := range s.all() {
		r.post(r.tick)
	}
}

// in runs act in a room's loop, and opens the room when there is none.
func (s *Server) in(ctx context.Context, t Ticket, act func(*room)) *reason {
	for {
		s.mu.Lock()
		r := s.rooms[t.Room]
		s.mu.Unlock()
		if r == nil {
			var why *reason
			if r, why = s.open(ctx, t); why != nil {
				return why
			}
		}
		if r.post(func() { act(r) }) {
			return nil
		}
		<-r.done // it was closing: the next one is new
	}
}

// open makes a room live here, if it does not live elsewhere.
func (s *Server) open(ctx context.Context, t Ticket) (*room, *reason) {
	if to := s.drained.Load(); to != nil {
		return nil, draining.at(*to)
	}
	if s.Place != nil {
		node, err := s.Place.Claim(ctx, t.Room)
		if err != nil {
			s.Log.ErrorContext(ctx, "room could not be placed", "error", err)
			return nil, unavailable
		}
		if node != "" {
			return nil, wrongNode.at(node)
		}
	}
	chat, err := s.history(ctx, t.Room)
	if err != nil {
		s.Log.ErrorContext(ctx, "chat of a room could not be read", "error", err)
		return nil, unavailable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[t.Room]; r != nil {
		return r, nil
	}
	r := newRoom(s, t.Room, chat)
	s.rooms[t.Room] = r
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		r.run()
	}()
	return r, nil
}

// history is what was written in a room, as much as a room keeps.
func (s *Server) history(ctx context.Context, room string) ([]Entry, error) {
	if s.History == nil {
		return nil, nil
	}
	chat, err := s.History.Chat(ctx, room)
	return chat[max(0, len(chat)-maxChat):], err
}

// resume finds the room of a session.
func (s *Server) resume(session string) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[session]
}

func (s *Server) happened(e Event) {
	if s.Watcher == nil {
		return
	}
	e.At = s.Clock.Now()
	s.events.add(func(ctx context.Context) { s.Watcher.Happened(ctx, e) })
}

func (s *Server) measured(q Quality) {
	if s.Watcher == nil {
		return
	}
	q.At = s.Clock.Now()
	s.events.add(func(ctx context.Context) { s.Watcher.Measured(ctx, q) })
}

func (s *Server) observe(what string, d time.Duration) {
	if s.Meter != nil {
		s.Meter.Observe(what, d)
	}
}

// ServeHTTP takes a client's websocket.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.conns.Add(1)
	defer s.conns.Done()
	s.serve(w, r)
}

// queue calls what is added, in order, from one goroutine.
type queue struct {
	mu    sync.Mutex // guards waits
	waits []func(context.Context)
	wake  chan struct{}
}

func (q *queue) add(f func(context.Context)) {
	q.mu.Lock()
	q.waits = append(q.waits, f)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) take() []func(context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waits
	q.waits = nil
	return all
}

// run ends with ctx, after all that was added before: what happened is told whole, even while it stops.
func (q *queue) run(ctx context.Context) {
	call := func() {
		for _, f := range q.take() {
			f(context.WithoutCancel(ctx))
		}
	}
	for {
		select {
		case <-q.wake:
			call()
		case <-ctx.Done():
			call()
			return
		}
	}
}

// token is a name that nobody can guess.
func token(prefix string) string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}
