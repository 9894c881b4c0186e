package signalingtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Message is what the server said, as it was.
type Message struct {
	T    string
	N    int
	Data json.RawMessage
}

// Decode reads a message into a struct of its kind.
func (m Message) Decode(into any) error { return json.Unmarshal(m.Data, into) }

// Client is one person's connection to a call.
type Client struct {
	Media   *Media
	Session string
	Seen    int
	Joined  Message
	Began   time.Time

	url      string
	ws       *websocket.Conn
	mu       sync.Mutex // guards said, wake
	said     []Message
	wake     chan struct{}
	done     chan struct{}
	closeErr error
	bye      *Message
}

// JoinOptions are what a client brings.
type JoinOptions struct {
	URL     string // ws://...
	Ticket  string
	Session string
	Seen    int
	Muted   struct{ Sound, Picture bool }
	Media   MediaOptions
	Reuse   *Media // a PeerConnection that stands: ICE is restarted
	V       int    // 0 is 1
}

// ErrBye is a join that the server ended; the reason stands in it.
type ErrBye struct {
	Reason string `json:"reason"`
	Node   string `json:"node"`
}

// Error implements error.
func (e ErrBye) Error() string { return "the server said bye: " + e.Reason }

// Join dials, sends the ticket and the offer, and takes the answer.
func Join(ctx context.Context, o JoinOptions) (*Client, error) {
	media := o.Reuse
	if media == nil {
		var err error
		if media, err = NewMedia(o.Media); err != nil {
			return nil, err
		}
	}
	offer, err := media.Offer(o.Reuse != nil)
	if err != nil {
		return nil, errors.Join(err, media.Close())
	}
	return join(ctx, o, media, offer)
}

// Prepare makes the PeerConnection and its offer before the moment of joining, as a page does.
func Prepare(o JoinOptions) (func(context.Context) (*Client, error), *Media, error) {
	media, err := NewMedia(o.Media)
	if err != nil {
		return nil, nil, err
	}
	offer, err := media.Offer(false)
	if err != nil {
		return nil, nil, errors.Join(err, media.Close())
	}
	return func(ctx context.Context) (*Client, error) { return join(ctx, o, media, offer) }, media, nil
}

func join(ctx context.Context, o JoinOptions, media *Media, offer string) (*Client, error) {
	if o.V == 0 {
		o.V = 1
	}
	c := &Client{Media: media, url: o.URL, wake: make(chan struct{}), done: make(chan struct{}), Began: time.Now()}
	fail := func(err error) (*Client, error) {
		if o.Reuse == nil {
			err = errors.Join(err, media.Close())
		}
		return nil, err
	}
	ws, _, err := websocket.Dial(ctx, o.URL, nil)
	if err != nil {
		return fail(err)
	}
	ws.SetReadLimit(1 << 20)
	c.ws = ws
	first := map[string]any{"t": "join", "v": o.V, "ticket": o.Ticket, "offer": offer, "session": o.Session, "seen": o.Seen, "muted": map[string]bool{"sound": o.Muted.Sound, "picture": o.Muted.Picture}}
	if err := c.Send(ctx, first); err != nil {
		return fail(err)
	}
	go c.read()
	m, err := c.Wait(ctx, "joined", 0)
	if err != nil {
		c.Drop()
		return fail(err)
	}
	c.Joined = m
	var j struct{ Session, Answer string }
	if err := m.Decode(&j); err != nil {
		return fail(err)
	}
	c.Session = j.Session
	if err := media.Answer(j.Answer); err != nil {
		c.Drop()
		return fail(err)
	}
	return c, nil
}

// Send says something to the server.
func (c *Client) Send(ctx context.Context, m any) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.ws.Write(ctx, websocket.MessageText, data)
}

// SendRaw says exactly this.
func (c *Client) SendRaw(ctx context.Context, data []byte) error {
	return c.ws.Write(ctx, websocket.MessageText, data)
}

func (c *Client) read() {
	defer close(c.done)
	for {
		_, data, err := c.ws.Read(context.Background())
		if err != nil {
			c.mu.Lock()
			c.closeErr = err
			close(c.wake)
			c.wake = nil
			c.mu.Unlock()
			return
		}
		var m Message
		var h struct {
			T string
			N int
		}
		if json.Unmarshal(data, &h) == nil {
			m = Message{T: h.T, N: h.N, Data: data}
		}
		c.mu.Lock()
		if h.N > 0 {
			c.Seen = h.N
		}
		c.said = append(c.said, m)
		if m.T == "bye" {
			c.bye = &m
		}
		close(c.wake)
		c.wake = make(chan struct{})
		c.mu.Unlock()
	}
}

// Wait answers the first message of this kind behind the first skip messages.
func (c *Client) Wait(ctx context.Context, kind string, skip int) (Message, error) {
	return c.Until(ctx, skip, func(m Message) bool { return m.T == kind })
}

// Until answers the first message that is right, behind the first skip messages.
func (c *Client) Until(ctx context.Context, skip int, right func(Message) bool) (Message, error) {
	for {
		c.mu.Lock()
		for i, m := range c.said {
			if i >= skip && right(m) {
				c.mu.Unlock()
				return m, nil
			}
		}
		wake, bye := c.wake, c.bye
		c.mu.Unlock()
		if bye != nil {
			e := ErrBye{}
			return Message{}, errors.Join(e.from(bye))
		}
		if wake == nil {
			return Message{}, fmt.Errorf("the websocket is closed: %w", c.closeErr)
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

func (e ErrBye) from(m *Message) error {
	if err := m.Decode(&e); err != nil {
		return err
	}
	return e
}

// Said answers how many messages have come.
func (c *Client) Said() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.said)
}

// Ended waits until the websocket is closed, and answers its code and the reason that was said.
func (c *Client) Ended(ctx context.Context) (code int, reason, node string) {
	select {
	case <-c.done:
	case <-ctx.Done():
		return 0, "still open", ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var e ErrBye
	if c.bye != nil {
		_ = c.bye.Decode(&e)
	}
	return int(websocket.CloseStatus(c.closeErr)), e.Reason, e.Node
}

// Drop loses the websocket without a word, as a dead network does; media goes on.
func (c *Client) Drop() {
	_ = c.ws.CloseNow()
	<-c.done
}

// Close ends both.
func (c *Client) Close() {
	c.Drop()
	_ = c.Media.Close()
}
