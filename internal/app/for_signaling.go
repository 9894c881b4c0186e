package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/consult"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/signaling"
)

// gate admits to a room who holds a ticket of ours, while the call it is for goes on.
type gate struct {
	*Services
	key   []byte
	clock clock.Clock // of the service: tickets are given by it
	demo  bool
}

// Admit implements signaling.Gate.
func (g gate) Admit(ctx context.Context, token string) (signaling.Ticket, error) {
	t, err := signaling.ReadTicket(g.key, token, g.clock.Now())
	if err != nil {
		return t, err
	}
	goesOn, err := g.goesOn(ctx, t)
	if err != nil {
		return t, fmt.Errorf("ask whether the call goes on: %w", err)
	}
	if !goesOn {
		return t, signaling.ErrTicketRefused
	}
	return t, nil
}

func (g gate) goesOn(ctx context.Context, t signaling.Ticket) (bool, error) {
	if strings.HasPrefix(t.Room, "check_") || (g.demo && strings.HasPrefix(t.Room, consult.LabRoom)) {
		return true, nil
	}
	if order, ok := delivery.OrderOfRoom(t.Room); ok {
		goes, err := g.Delivery.TalkGoesOn(ctx, order, t.Seat)
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return goes, err
	}
	return g.Consult.CallGoesOn(ctx, t.Room, t.Seat)
}

// watcher tells the capabilities what becomes of rooms.
type watcher struct {
	*Services
	log   *slog.Logger
	clock clock.Clock

	mu    sync.Mutex // guards rooms
	rooms map[string]*watched
}

// watched is one room of a visit, as far as this node has seen it.
type watched struct {
	seats     map[string]string // by seat: what was heard of it last
	connected bool              // two seats have had media
	samples   []consult.Sample
	last      map[string]time.Time // by slot's two ends: one sample every ten seconds, and on every change of level
	level     map[string]string
}

// whole tells whether two or more are in the room and nobody is away from it: who left on purpose is missed as well,
// where one is left alone.
func (w *watched) whole() bool {
	there := 0
	for _, last := range w.seats {
		switch last {
		case signaling.SeatAway:
			return false
		case signaling.SeatJoined, signaling.SeatBack:
			there++
		}
	}
	return there > 1
}

// How often a slot is kept, and how many samples wait for a write.
const (
	sampleEvery = 10 * time.Second
	mostWaiting = 60
)

func newWatcher(s *Services, log *slog.Logger, clk clock.Clock) *watcher {
	return &watcher{Services: s, log: log.With("component", "calls"), clock: clk, rooms: map[string]*watched{}}
}

// rooms is who runs the rooms, where it acts on a visit or an order.
func roomKeeper() access.Actor { return access.Part("rooms", id.Request{}) }

// Happened implements signaling.Watcher.
func (w *watcher) Happened(ctx context.Context, e signaling.Event) {
	var err error
	if order, ok := delivery.OrderOfRoom(e.Room); ok {
		err = w.talked(ctx, order, e)
	} else if _, ok := consult.VisitOfRoom(e.Room); ok {
		err = w.called(ctx, e)
	}
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Conflict) {
		w.log.ErrorContext(ctx, "event of a room was not kept", "kind", e.Kind, "error", err)
	}
}

// talked keeps what is written in the sound room of an order, and who is in it.
func (w *watcher) talked(ctx context.Context, order id.Order, e signaling.Event) error {
	switch e.Kind {
	case signaling.SeatJoined:
		return w.Delivery.EnteredRoom(ctx, roomKeeper(), order, delivery.Speaker{Seat: e.Seat, Role: e.Role})
	case signaling.SeatLeft:
		return w.Delivery.LeftRoom(ctx, roomKeeper(), order, e.Seat)
	case signaling.RoomEnded, signaling.RoomClosed:
		return w.Delivery.LeftRoom(ctx, roomKeeper(), order, "")
	}
	if e.Kind != signaling.ChatKept || e.Chat == nil || e.Chat.Text == "" {
		return nil
	}
	return w.Delivery.SaidInRoom(ctx, roomKeeper(), order, e.Role, e.Chat.ID, phi.Text(e.Chat.Text))
}

// called moves the call of a visit.
func (w *watcher) called(ctx context.Context, e signaling.Event) error {
	r := w.room(e.Room)
	switch e.Kind {
	case signaling.ChatKept:
		return w.Consult.Wrote(ctx, roomKeeper(), e.Room, lineOf(*e.Chat))
	case signaling.RoomConnected:
		r.connected = true
		return w.Consult.RoomSaw(ctx, roomKeeper(), e.Room, consult.RoomConnects)
	case signaling.SeatAway, signaling.SeatBack, signaling.SeatJoined, signaling.SeatLeft:
		before := r.whole()
		r.seats[e.Seat] = e.Kind
		if r.connected && before && !r.whole() {
			return w.Consult.RoomSaw(ctx, roomKeeper(), e.Room, consult.RoomInterrupts)
		}
		if r.connected && !before && r.whole() {
			return w.Consult.RoomSaw(ctx, roomKeeper(), e.Room, consult.RoomConnects)
		}
	case signaling.RoomEnded, signaling.RoomClosed:
		err := w.flush(ctx, e.Room, true)
		what := consult.RoomEnds
		if e.Reason == "drained" || e.Reason == "stopped" || e.Reason == "placed_elsewhere" {
			what = consult.RoomInterrupts // it goes on, on another node
		}
		return errors.Join(err, w.Consult.RoomSaw(ctx, roomKeeper(), e.Room, what))
	}
	return nil
}

func lineOf(e signaling.Entry) consult.ChatLine {
	l := consult.ChatLine{N: e.N, ID: e.ID, Seat: e.From, At: e.At, Text: phi.Text(e.Text)}
	if f := e.File; f != nil {
		l.File = &consult.ChatFile{Name: phi.Text(f.Name), Size: f.Size, Type: f.Type, Ref: f.Ref}
	}
	return l
}

// Chat implements signaling.History: that of a visit's calls. What is written to an order stands with the order.
func (w *watcher) Chat(ctx context.Context, room string) ([]signaling.Entry, error) {
	if _, ok := consult.VisitOfRoom(room); !ok {
		return nil, nil
	}
	lines, err := w.Consult.Written(ctx, roomKeeper(), room)
	all := make([]signaling.Entry, 0, len(lines))
	for _, l := range lines {
		e := signaling.Entry{N: l.N, ID: l.ID, From: l.Seat, At: l.At, Text: l.Text.Reveal()}
		if f := l.File; f != nil {
			e.File = &signaling.Offered{Name: f.Name.Reveal(), Size: f.Size, Type: f.Type, Ref: f.Ref}
		}
		all = append(all, e)
	}
	return all, err
}

// room is what was seen of a room. Only the server's one goroutine of events asks, and stop after it.
func (w *watcher) room(name string) *watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rooms[name]
	if r == nil {
		r = &watched{seats: map[string]string{}, last: map[string]time.Time{}, level: map[string]string{}}
		w.rooms[name] = r
	}
	return r
}

// Measured implements signaling.Watcher.
func (w *watcher) Measured(ctx context.Context, q signaling.Quality) {
	if _, ok := consult.VisitOfRoom(q.Room); !ok {
		return
	}
	r, now, pair := w.room(q.Room), w.clock.Now(), q.Seat+"\x1f"+q.Of
	if now.Sub(r.last[pair]) < sampleEvery && r.level[pair] == q.Level && q.Freezes == 0 {
		return
	}
	r.last[pair], r.level[pair] = now, q.Level
	r.samples = append(r.samples, consult.Sample{
		At: now, Seat: q.Seat, Of: q.Of, Loss: math.Round(q.Loss*1000) / 1000, JitterMS: int(q.Jitter.Milliseconds()), RTTMS: int(q.RTT.Milliseconds()),
		Kbps: q.Bitrate / 1000, Freezes: q.Freezes, FrozenMS: int(q.Frozen.Milliseconds()), Level: q.Level, Relayed: q.Relayed,
	})
	if len(r.samples) < mostWaiting {
		return
	}
	if err := w.flush(ctx, q.Room, false); err != nil {
		w.log.WarnContext(ctx, "quality of a call was not kept", "error", err)
	}
}

// flush writes the samples that wait, and forgets the room at its end.
func (w *watcher) flush(ctx context.Context, room string, end bool) error {
	w.mu.Lock()
	r := w.rooms[room]
	if end {
		delete(w.rooms, room)
	}
	w.mu.Unlock()
	if r == nil || len(r.samples) == 0 {
		return nil
	}
	samples := r.samples
	r.samples = nil
	return w.Consult.Measured(ctx, roomKeeper(), room, samples)
}

// flushAll writes what waits of every room, when the node stops and nothing is told any more.
func (w *watcher) flushAll(ctx context.Context) {
	w.mu.Lock()
	var names []string
	for name := range w.rooms {
		names = append(names, name)
	}
	w.mu.Unlock()
	for _, name := range names {
		if err := w.flush(ctx, name, true); err != nil {
			w.log.WarnContext(ctx, "quality of a call was not kept", "error", err)
		}
	}
}

// places says which node a room lives on, by a lease that this node keeps up while the room is here.
type places struct {
	bus  *bus.Bus
	log  *slog.Logger
	name string // the holder of our leases
	base string // how browsers reach this node; "" when it is the only one
	lost func(room string)

	mu     sync.Mutex // guards leases
	leases map[string]*bus.Lease
}

func newPlaces(b *bus.Bus, log *slog.Logger, node, base string) *places {
	return &places{bus: b, log: log, name: node + " " + strings.TrimSuffix(base, "/"), base: base, leases: map[string]*bus.Lease{}, lost: func(string) {}}
}

func placeOf(room string) string { return "room_" + room }

// Claim implements signaling.Place.
func (p *places) Claim(ctx context.Context, room string) (elsewhere string, err error) {
	p.mu.Lock()
	held := p.leases[room] != nil
	p.mu.Unlock()
	if held {
		return "", nil
	}
	lease, err := p.bus.Lease(ctx, placeOf(room), p.name)
	if errors.Is(err, bus.ErrHeld) {
		return p.where(ctx, room)
	}
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	p.leases[room] = lease
	p.mu.Unlock()
	go p.keep(room, lease)
	return "", nil
}

// keep waits for the end of a lease. One that was lost, not given back, ends the room here: it may live
// elsewhere from now on.
func (p *places) keep(room string, lease *bus.Lease) {
	<-lease.Lost()
	p.mu.Lock()
	ours := p.leases[room] == lease
	if ours {
		delete(p.leases, room)
	}
	p.mu.Unlock()
	if ours {
		p.lost(room)
	}
}

// Release implements signaling.Place.
func (p *places) Release(_ context.Context, room string) {
	p.mu.Lock()
	lease := p.leases[room]
	delete(p.leases, room)
	p.mu.Unlock()
	if lease != nil {
		lease.Release()
	}
}

// where is the address of the node that a room lives on; "" for this one, and where it lives nowhere yet.
func (p *places) where(ctx context.Context, room string) (string, error) {
	holder, err := p.bus.Holder(ctx, placeOf(room))
	if err != nil || holder == "" || holder == p.name {
		return "", err
	}
	_, base, _ := strings.Cut(holder, " ")
	if base == "" {
		return "", fault.New(fault.Unavailable, "This call lives on a node that has no address of its own. Try again in a moment.").Because(errors.New("media.node_url is not set there"))
	}
	return base, nil
}

// endRoom is the broadcast by which every node ends a room, wherever it lives.
const endRoom = "end_room"

// endCalls ends rooms whose visit or order has ended, on whichever node they are.
func (a *App) endCalls() error {
	_, err := a.Bus.Listen(endRoom, func(data []byte) {
		room, why, _ := strings.Cut(string(data), " ")
		a.calls.rooms.EndRoom(room, why)
	})
	if err != nil {
		return err
	}
	return a.Bus.Subscribe(bus.Consumer{Name: "calls", Handle: a.endedElsewhere, Kinds: []event.Kind{
		consult.RoomChanged, consult.Completed, consult.Cancelled, consult.Redirected, consult.Requeued, consult.NoShow,
		delivery.TalkClosed, delivery.JobDeclined, delivery.JobRematched,
	}})
}

// endedElsewhere finds out which room an event closes, and tells every node.
func (a *App) endedElsewhere(ctx context.Context, e event.Event) error {
	if order := id.Order(e.Data["order"]); order != "" {
		if e.Kind != delivery.TalkClosed { // who stays may come back at once, the courier who has gone may not
			lost, err := a.Delivery.TalkLostCourier(ctx, roomKeeper(), order)
			if err != nil || !lost {
				return err
			}
		}
		return a.Bus.Broadcast(endRoom, []byte(delivery.TalkRoom(order)+" order_moved_on"))
	}
	room, over, err := a.Consult.RoomOf(ctx, roomKeeper(), id.Visit(e.Doc))
	if fault.Is(err, fault.NotFound) || (err == nil && (!over || room == "")) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.Bus.Broadcast(endRoom, []byte(room+" visit_moved_on"))
}
