// Package tlsport ends TLS on one port for two protocols: the web, and TURN for callers whose network
// lets nothing but the web through. Who names a protocol (ALPN) has chosen: stun.turn, h2 or http/1.1.
// Who names none is told by the first bytes: TURN messages carry STUN's cookie or come in channels,
// anything else is HTTP. Listeners of both sides hand out connections whose handshake is done.
package tlsport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// handshakeTime is how long a client may take to say what it wants.
const handshakeTime = 10 * time.Second

// mostGreeting is how many connections may be shaking hands at once; the next waits.
const mostGreeting = 1024

const turnProtocol = "stun.turn"

// Port is a TLS port that serves the web and TURN.
type Port struct {
	raw      net.Listener
	conf     *tls.Config
	web      *side
	turn     *side
	greeting chan struct{}
	running  sync.WaitGroup
	stop     context.CancelFunc
}

// Serve ends TLS on a listener, which Close closes. The configuration needs certificates; its protocols
// are ours.
func Serve(raw net.Listener, conf *tls.Config) *Port {
	conf = conf.Clone()
	conf.NextProtos = []string{turnProtocol, "h2", "http/1.1"}
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	ctx, stop := context.WithCancel(context.Background())
	p := &Port{raw: raw, conf: conf, greeting: make(chan struct{}, mostGreeting), stop: stop}
	p.web, p.turn = newSide(raw.Addr()), newSide(raw.Addr())
	p.running.Go(func() { p.accept(ctx) })
	return p
}

// Web is the listener of HTTP. Serve it with http.Server.Serve, with ConnContext and Handler of this package.
func (p *Port) Web() net.Listener { return p.web }

// Turn is the listener of TURN.
func (p *Port) Turn() net.Listener { return p.turn }

// Close stops both sides and waits for those who were still being greeted.
func (p *Port) Close() error {
	p.stop()
	err := p.raw.Close()
	_ = p.web.Close()
	_ = p.turn.Close()
	p.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (p *Port) accept(ctx context.Context) {
	for {
		c, err := p.raw.Accept()
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) && pause(ctx) {
				continue // no descriptor left, or a client that was gone before it came
			}
			_ = p.web.Close()
			_ = p.turn.Close()
			return
		}
		select {
		case p.greeting <- struct{}{}:
		case <-ctx.Done():
			_ = c.Close()
			return
		}
		p.running.Go(func() {
			defer func() { <-p.greeting }()
			p.greet(ctx, c)
		})
	}
}

// pause waits a moment, and tells whether to go on.
func pause(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	return errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// greet shakes hands and hands the connection to whom it is for.
func (p *Port) greet(ctx context.Context, raw net.Conn) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	c := tls.Server(raw, p.conf)
	if c.HandshakeContext(ctx) != nil {
		_ = raw.Close()
		return
	}
	switch c.ConnectionState().NegotiatedProtocol {
	case turnProtocol:
		p.turn.take(ctx, c)
	case "":
		p.sniff(ctx, c)
	default:
		p.web.take(ctx, c) // unwrapped: net/http speaks h2 only with a *tls.Conn
	}
}

// sniff looks at the first bytes of somebody who named no protocol.
func (p *Port) sniff(ctx context.Context, c *tls.Conn) {
	quit := context.AfterFunc(ctx, func() { _ = c.NetConn().Close() })
	first, err := peek(c)
	if !quit() || err != nil {
		_ = c.Close()
		return
	}
	seen := &Peeked{Conn: c, first: first}
	if isTurn(first) {
		p.turn.take(ctx, seen)
		return
	}
	p.web.take(ctx, seen)
}

// looked is how many bytes tell STUN's cookie.
const looked = 8

// peek reads until it can be told what is spoken: a first byte of the web is enough.
func peek(c net.Conn) ([]byte, error) {
	b := make([]byte, looked)
	n := 0
	for n < looked {
		more, err := c.Read(b[n:])
		n += more
		if err != nil {
			return nil, err
		}
		if b[0] >= 0x40 { // no STUN message, and every letter of HTTP
			break
		}
	}
	return b[:n], nil
}

// isTurn tells a STUN message by its cookie (RFC 8489). Nobody begins with channel data.
func isTurn(b []byte) bool {
	return len(b) >= looked && b[0] < 0x40 && b[4] == 0x21 && b[5] == 0x12 && b[6] == 0xA4 && b[7] == 0x42
}

// Peeked is a connection whose first bytes were looked at.
type Peeked struct {
	*tls.Conn
	first []byte
}

// Read implements net.Conn.
func (p *Peeked) Read(b []byte) (int, error) {
	if len(p.first) == 0 {
		return p.Conn.Read(b)
	}
	n := copy(b, p.first)
	p.first = p.first[n:]
	return n, nil
}

type peekedKey struct{}

// ConnContext is for http.Server: it keeps what Handler needs of a connection that was peeked at.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if p, ok := c.(*Peeked); ok {
		return context.WithValue(ctx, peekedKey{}, p)
	}
	return ctx
}

// Handler puts the state of TLS into requests from connections that were peeked at, where net/http
// can't see it.
func Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, ok := r.Context().Value(peekedKey{}).(*Peeked); ok && r.TLS == nil {
			state := p.ConnectionState()
			r.TLS = &state
		}
		h.ServeHTTP(w, r)
	})
}

// side is the listener of one protocol.
type side struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	shut  chan struct{}
}

func newSide(addr net.Addr) *side {
	return &side{addr: addr, conns: make(chan net.Conn), shut: make(chan struct{})}
}

func (s *side) take(ctx context.Context, c net.Conn) {
	select {
	case s.conns <- c:
	case <-s.shut:
		_ = c.Close()
	case <-ctx.Done():
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (s *side) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.shut:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. The other side goes on.
func (s *side) Close() error {
	s.once.Do(func() { close(s.shut) })
	return nil
}

// Addr implements net.Listener.
func (s *side) Addr() net.Addr { return s.addr }
