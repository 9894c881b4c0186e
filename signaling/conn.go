package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"
)

// Limits of a websocket.
const (
	firstTime  = 5 * time.Second
	writeTime  = 10 * time.Second
	pingAfter  = 4 * time.Second
	pingTime   = 4 * time.Second
	outQueue   = 512
	perSecond  = 20
	inOneBurst = 60
)

// conn is one websocket. Its reader posts to the room, its writer sends what the room says.
type conn struct {
	ws   *websocket.Conn
	out  chan []byte
	over chan *reason // at most one: why the server ends it
}

// serve is the life of one websocket: the first message takes a seat, the others act from it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: s.Origins, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = ws.CloseNow() }()
	ctx, cancel := context.WithCancel(s.alive)
	defer cancel()
	c := &conn{ws: ws, out: make(chan []byte, outQueue), over: make(chan *reason, 1)}
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write(ctx)
	}()
	seat, why := s.first(ctx, c)
	if why == nil {
		why = c.read(ctx, func(m any) { seat.room.post(func() { seat.room.hear(seat, c, m) }) })
		seat.room.post(func() { seat.room.lost(seat, c) })
	}
	if why != nil {
		c.end(why)
		<-written
	}
	cancel()
	<-written
}

// first reads the join and has it answered by the room.
func (s *Server) first(ctx context.Context, c *conn) (*seat, *reason) {
	c.ws.SetReadLimit(-1) // next limits, and says so in this protocol's words
	limited, cancel := context.WithTimeout(ctx, firstTime)
	defer cancel()
	inTime := context.AfterFunc(limited, func() { c.end(late) }) // reading with this deadline would close without a word
	data, why := c.next(ctx, maxFirst)
	switch {
	case !inTime():
		return nil, late
	case why != nil:
		return nil, why
	}
	m, err := read(data)
	join, isJoin := m.(*Join)
	switch {
	case err != nil || !isJoin:
		return nil, malformed
	case join.V != Version:
		return nil, version
	}
	type answer struct {
		seat *seat
		why  *reason
	}
	answered := make(chan answer, 1)
	if join.Session != "" {
		r := s.resume(join.Session)
		if r != nil && r.post(func() {
			seat, why := r.resume(c, join)
			answered <- answer{seat, why}
		}) {
			if a := <-answered; a.why != sessionGone || join.Ticket == "" {
				return a.seat, a.why
			}
		}
		if join.Ticket == "" {
			return nil, sessionGone
		}
	}
	t, err := s.Gate.Admit(ctx, join.Ticket)
	switch {
	case errors.Is(err, ErrTicketExpired):
		return nil, ticketExpired
	case errors.Is(err, ErrTicketRefused):
		return nil, ticketRefused
	case err != nil:
		s.Log.ErrorContext(ctx, "ticket could not be judged", "error", err)
		return nil, unavailable
	}
	if why := s.in(ctx, t, func(r *room) {
		seat, why := r.join(c, t, join)
		answered <- answer{seat, why}
	}); why != nil {
		return nil, why
	}
	a := <-answered
	return a.seat, a.why
}

// read gives every message to hear until the websocket ends; the answer is why we end it, if we do.
func (c *conn) read(ctx context.Context, hear func(any)) *reason {
	limit := rate.NewLimiter(perSecond, inOneBurst)
	for {
		data, why := c.next(ctx, maxMessage)
		if data == nil {
			return why
		}
		if !limit.Allow() {
			return flood
		}
		m, err := read(data)
		if err != nil {
			return malformed
		}
		if m != nil {
			hear(m)
		}
	}
}

// next reads one text message; nothing without a reason is a websocket that is gone.
func (c *conn) next(ctx context.Context, limit int64) ([]byte, *reason) {
	kind, r, err := c.ws.Reader(ctx)
	if err != nil {
		return nil, nil //nolint:nilerr // gone is no reason to say anything
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, nil //nolint:nilerr // as above
	case int64(len(data)) > limit:
		return nil, tooLarge
	case kind != websocket.MessageText:
		return nil, malformed
	}
	return data, nil
}

// send queues a message; a client that does not take them is let go, and may come back.
func (c *conn) send(data []byte) {
	select {
	case c.out <- data:
	default:
		c.end(slow)
	}
}

// end says why and closes. The first reason counts.
func (c *conn) end(why *reason) {
	select {
	case c.over <- why:
	default:
	}
}

// write sends what is said. In silence it asks whether anybody is there: a network that died says nothing.
func (c *conn) write(ctx context.Context) {
	for {
		silence, cancel := context.WithTimeout(ctx, pingAfter)
		again := c.writeOne(ctx, silence)
		cancel()
		if !again {
			return
		}
	}
}

func (c *conn) writeOne(ctx, silence context.Context) bool {
	select {
	case data := <-c.out:
		return c.put(ctx, data)
	case why := <-c.over:
		c.last(ctx, why)
		return false
	case <-silence.Done():
		if ctx.Err() != nil {
			return false
		}
		limited, cancel := context.WithTimeout(ctx, pingTime)
		defer cancel()
		if c.ws.Ping(limited) != nil {
			_ = c.ws.CloseNow()
			return false
		}
		return true
	}
}

// last sends what is queued, then the goodbye.
func (c *conn) last(ctx context.Context, why *reason) {
	for len(c.out) > 0 {
		if !c.put(ctx, <-c.out) {
			return
		}
	}
	data, err := json.Marshal(Bye{T: "bye", Reason: why.name, Text: why.text, Node: why.node})
	if err == nil && c.put(ctx, data) {
		_ = c.ws.Close(websocket.StatusCode(why.code), why.name)
	}
}

func (c *conn) put(ctx context.Context, data []byte) bool {
	limited, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if c.ws.Write(limited, websocket.MessageText, data) != nil {
		_ = c.ws.CloseNow()
		return false
	}
	return true
}
