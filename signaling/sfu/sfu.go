package sfu

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Config says where media is received.
type Config struct {
	Listen    string   // address of the UDP port and of ICE-TCP on the same number
	Addresses []string // what clients can reach it by; empty: the listening address, or every one of this machine
	Log       *slog.Logger
}

// SFU forwards media between the seats of all rooms of this node.
type SFU struct {
	port       *port
	identity   identity
	candidates []string
	log        *slog.Logger

	mu    sync.Mutex // guards peers
	peers map[*Peer]struct{}

	quit    chan struct{}
	ticking sync.WaitGroup
}

// Start opens the port.
func Start(c Config) (*SFU, error) {
	id, err := newIdentity()
	if err != nil {
		return nil, fmt.Errorf("make a certificate for media: %w", err)
	}
	p, err := listen(c.Listen, c.Log)
	if err != nil {
		return nil, err
	}
	s := &SFU{port: p, identity: id, log: c.Log, peers: map[*Peer]struct{}{}, quit: make(chan struct{})}
	addresses := c.Addresses
	if len(addresses) == 0 {
		addresses = s.own()
	}
	for i, a := range addresses {
		local := 65535 - i
		s.candidates = append(s.candidates,
			fmt.Sprintf("%d 1 udp %d %s %d typ host", 2*i+1, uint32(126)<<24|uint32(local)<<8|255, a, p.number()),
			fmt.Sprintf("%d 1 tcp %d %s %d typ host tcptype passive", 2*i+2, uint32(90)<<24|uint32(local)<<8|255, a, p.number()))
	}
	p.start()
	s.ticking.Add(1)
	go s.tick()
	return s, nil
}

// own lists the addresses of this machine that a client may reach, or the one that is listened on.
func (s *SFU) own() []string {
	at := s.port.udp.LocalAddr().(*net.UDPAddr).IP
	if !at.IsUnspecified() {
		return []string{at.String()}
	}
	var found []string
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			found = append(found, n.IP.String())
		}
	}
	if len(found) == 0 {
		found = []string{"127.0.0.1"}
	}
	return found
}

// Addr is the UDP address that media is received on.
func (s *SFU) Addr() *net.UDPAddr { return s.port.udp.LocalAddr().(*net.UDPAddr) }

// Stop closes every connection and the port, and waits for all that runs.
func (s *SFU) Stop() {
	s.mu.Lock()
	peers := make([]*Peer, 0, len(s.peers))
	for p := range s.peers {
		peers = append(peers, p)
	}
	s.mu.Unlock()
	for _, p := range peers {
		p.Close()
	}
	close(s.quit)
	s.ticking.Wait()
	s.port.stop()
}

// beat is how often losses are asked for; the rest of the feedback is sent every so many beats.
const beat = 20 * time.Millisecond

// tick sends everybody's feedback: one timer for all of them.
func (s *SFU) tick() {
	defer s.ticking.Done()
	t := time.NewTicker(beat)
	defer t.Stop()
	var peers []*Peer
	for n := 0; ; n++ {
		select {
		case <-s.quit:
			return
		case <-t.C:
		}
		s.mu.Lock()
		peers = peers[:0]
		for p := range s.peers {
			peers = append(peers, p)
		}
		s.mu.Unlock()
		now := time.Now().UnixNano()
		for _, p := range peers {
			p.beat(n+p.phase, now)
		}
		clear(peers)
	}
}

var ssrcs atomic.Uint32

// newSSRC is a number that no other stream of this process has.
func newSSRC() uint32 {
	if ssrcs.Load() == 0 {
		var b [4]byte
		_, _ = rand.Read(b[:])
		ssrcs.CompareAndSwap(0, binary.BigEndian.Uint32(b[:])|1)
	}
	return ssrcs.Add(7919)
}
