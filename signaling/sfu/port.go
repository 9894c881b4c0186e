package sfu

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// maxPacket is the largest datagram that media, STUN or DTLS brings.
const maxPacket = 1500

// port is the one UDP port of everybody, with ICE-TCP on the same number. What arrives is handed on by
// where it came from; STUN finds its peer by the user name it carries.
type port struct {
	udp  *net.UDPConn
	wire *datagrams // reads and writes udp
	tcp  net.Listener
	log  *slog.Logger

	mu      sync.RWMutex // guards the two maps, tcps
	byName  map[string]*Peer
	byRoute map[netip.AddrPort]*Peer
	tcps    map[*stream]struct{}

	asked   sync.Map // transaction of a check of ours -> *Peer
	closed  atomic.Bool
	delay   delays
	running sync.WaitGroup
}

// listen opens both; when the number is free for one only, another is tried.
func listen(address string, log *slog.Logger) (*port, error) {
	var err error
	for range 10 {
		var p *port
		if p, err = listenOnce(address, log); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("listen for media: %w", err)
}

func listenOnce(address string, log *slog.Logger) (*port, error) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	network := "udp"
	if at.IP.To4() != nil {
		network = "udp4"
	}
	udp, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	// What the kernel grants is taken: a burst of keyframes must not be lost here.
	_ = udp.SetReadBuffer(4 << 20)
	_ = udp.SetWriteBuffer(4 << 20)
	wire, err := newDatagrams(udp)
	if err != nil {
		return nil, errors.Join(err, udp.Close())
	}
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: at.IP, Port: udp.LocalAddr().(*net.UDPAddr).Port})
	if err != nil {
		return nil, errors.Join(err, udp.Close())
	}
	return &port{
		udp: udp, wire: wire, tcp: tcp, log: log,
		byName: map[string]*Peer{}, byRoute: map[netip.AddrPort]*Peer{}, tcps: map[*stream]struct{}{},
	}, nil
}

func (p *port) start() {
	p.running.Add(2)
	go p.read()
	go p.accept()
}

func (p *port) stop() {
	p.closed.Store(true)
	_ = p.udp.Close()
	_ = p.tcp.Close()
	p.mu.Lock()
	for s := range p.tcps {
		_ = s.conn.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

func (p *port) number() int { return p.udp.LocalAddr().(*net.UDPAddr).Port }

// route is a way to a client: an address on the UDP port, or a TCP connection.
type route struct {
	addr netip.AddrPort
	tcp  *stream
}

func (p *port) send(r *route, packet []byte) {
	if r.tcp != nil {
		r.tcp.send(packet)
		return
	}
	p.wire.write(packet, r.addr)
}

// handle gives one packet to whom it is for. The packet is the callee's for the call only.
func (p *port) handle(r route, packet []byte, at time.Time) {
	if len(packet) < 12 {
		return
	}
	switch first := packet[0]; {
	case first < 4:
		p.stun(r, packet)
	case first >= 20 && first < 64:
		if peer := p.from(r); peer != nil {
			peer.link.shake(packet)
		}
	case first >= 128 && first < 192:
		if peer := p.from(r); peer != nil {
			peer.receive(packet, at)
		}
	}
}

// from answers whose route this is: only addresses whose owner has answered a check are known.
func (p *port) from(r route) *Peer {
	if r.tcp != nil {
		return r.tcp.peer.Load()
	}
	p.mu.RLock()
	peer := p.byRoute[r.addr]
	p.mu.RUnlock()
	return peer
}

func (p *port) named(name string) *Peer {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.byName[name]
}

// name makes a peer reachable by a user name fragment of ICE.
func (p *port) name(fragment string, peer *Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byName[fragment] = peer
}

// claim makes a route a peer's.
func (p *port) claim(r route, peer *Peer) {
	if r.tcp != nil {
		r.tcp.peer.Store(peer)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byRoute[r.addr] = peer
	peer.ice.routes[r.addr] = struct{}{}
}

// forget removes everything that leads to a peer.
func (p *port) forget(peer *Peer) {
	peer.ice.forget(p)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range peer.ice.names {
		delete(p.byName, n)
	}
	for r := range peer.ice.routes {
		if p.byRoute[r] == peer {
			delete(p.byRoute, r)
		}
	}
	for s := range p.tcps {
		if s.peer.Load() == peer {
			_ = s.conn.Close()
		}
	}
}

func (p *port) read() {
	defer p.running.Done()
	err := p.wire.read(func(from netip.AddrPort, packet []byte, at time.Time) {
		p.handle(route{addr: from}, packet, at)
	}, p.delay.sample)
	if !p.closed.Load() {
		p.log.Error("media can't be received any more", "error", err)
	}
}

// Limits of ICE-TCP: who has not proved in time to be a peer is not kept.
const (
	maxStreams  = 2000
	streamProof = 10 * time.Second
	streamQueue = 128
)

// stream is one ICE-TCP connection: packets behind a length of 16 bits (RFC 4571).
type stream struct {
	conn net.Conn
	peer atomic.Pointer[Peer]
	out  chan []byte
	gone chan struct{}
}

func (p *port) accept() {
	defer p.running.Done()
	for {
		conn, err := p.tcp.Accept()
		if err != nil {
			if p.closed.Load() {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of descriptors, say
			continue
		}
		s := &stream{conn: conn, out: make(chan []byte, streamQueue), gone: make(chan struct{})}
		p.mu.Lock()
		full := len(p.tcps) >= maxStreams || p.closed.Load()
		if !full {
			p.tcps[s] = struct{}{}
			p.running.Add(1)
		}
		p.mu.Unlock()
		if full {
			_ = conn.Close()
			continue
		}
		go p.serve(s)
	}
}

func (p *port) serve(s *stream) {
	defer p.running.Done()
	written := make(chan struct{})
	go func() { defer close(written); s.write() }()
	s.read(p)
	_ = s.conn.Close()
	p.mu.Lock()
	delete(p.tcps, s)
	p.mu.Unlock()
	close(s.gone)
	<-written
}

func (s *stream) read(p *port) {
	addr := s.conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	r := route{addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), tcp: s}
	buf := make([]byte, 2+maxPacket)
	_ = s.conn.SetReadDeadline(time.Now().Add(streamProof))
	for {
		if _, err := io.ReadFull(s.conn, buf[:2]); err != nil {
			return
		}
		n := int(buf[0])<<8 | int(buf[1])
		if n > maxPacket {
			return
		}
		if _, err := io.ReadFull(s.conn, buf[2:2+n]); err != nil {
			return
		}
		p.handle(r, buf[2:2+n], time.Now())
		if s.peer.Load() != nil {
			_ = s.conn.SetReadDeadline(time.Now().Add(time.Minute))
		}
	}
}

// send queues a packet; one that finds the queue full is lost, as on any slow way.
func (s *stream) send(packet []byte) {
	framed := make([]byte, 2+len(packet))
	framed[0], framed[1] = byte(len(packet)>>8), byte(len(packet))
	copy(framed[2:], packet)
	select {
	case s.out <- framed:
	default:
	}
}

func (s *stream) write() {
	for {
		select {
		case <-s.gone:
			return
		case packet := <-s.out:
			_ = s.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if _, err := s.conn.Write(packet); err != nil {
				_ = s.conn.Close() // the reader notices
				return
			}
		}
	}
}
