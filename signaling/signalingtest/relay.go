package signalingtest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Relay passes UDP between clients and a server, losing and delaying on the way, as bad networks do.
type Relay struct {
	server  *net.UDPAddr
	front   *net.UDPConn
	Loss    atomic.Int64 // of 10,000 packets each way
	Delay   atomic.Int64 // nanoseconds each way
	Rate    atomic.Int64 // bit/s towards each client; 0: as much as comes. What waits longer than 500 ms is dropped
	Cut     atomic.Bool  // nothing passes
	Passed  atomic.Int64
	Dropped atomic.Int64

	mu      sync.Mutex // guards backs
	backs   map[string]*net.UDPConn
	running sync.WaitGroup
}

// NewRelay passes on to a port of this machine.
func NewRelay(port int) (*Relay, error) {
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	r := &Relay{server: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, front: front, backs: map[string]*net.UDPConn{}}
	r.running.Add(1)
	go r.forward()
	return r, nil
}

// Port is what a client sends to instead of the server's.
func (r *Relay) Port() int { return r.front.LocalAddr().(*net.UDPAddr).Port }

// Close ends the relay.
func (r *Relay) Close() {
	_ = r.front.Close()
	r.mu.Lock()
	for _, b := range r.backs {
		_ = b.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

func (r *Relay) forward() {
	defer r.running.Done()
	buf := make([]byte, 2000)
	for {
		n, from, err := r.front.ReadFromUDP(buf)
		if err != nil {
			return
		}
		back := r.back(from)
		if back == nil {
			return
		}
		r.pass(buf[:n], func(b []byte) { _, _ = back.WriteToUDP(b, r.server) })
	}
}

func (r *Relay) back(client *net.UDPAddr) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.backs[client.String()]; b != nil {
		return b
	}
	b, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil
	}
	r.backs[client.String()] = b
	r.running.Add(1)
	go func() {
		defer r.running.Done()
		buf := make([]byte, 2000)
		var free time.Time // when the narrow way to this client has carried all that waits
		for {
			n, _, err := b.ReadFromUDP(buf)
			if err != nil {
				return
			}
			waits, fits := r.queue(&free, n)
			if !fits {
				r.Dropped.Add(1)
				continue
			}
			r.passAfter(waits, buf[:n], func(b []byte) { _, _ = r.front.WriteToUDP(b, client) })
		}
	}()
	return b
}

// longest is how much of a narrow way's traffic waits for it at the most.
const longest = 500 * time.Millisecond

// queue is how long n bytes wait until the narrow way has carried them; false when there is no room.
func (r *Relay) queue(free *time.Time, n int) (time.Duration, bool) {
	rate := r.Rate.Load()
	if rate == 0 {
		return 0, true
	}
	now := time.Now()
	if free.Before(now) {
		*free = now
	}
	if free.Sub(now) > longest {
		return 0, false
	}
	*free = free.Add(time.Duration(int64(n) * 8 * int64(time.Second) / rate))
	return free.Sub(now), true
}

func (r *Relay) pass(packet []byte, send func([]byte)) { r.passAfter(0, packet, send) }

func (r *Relay) passAfter(waits time.Duration, packet []byte, send func([]byte)) {
	if r.Cut.Load() || rand.Int64N(10_000) < r.Loss.Load() {
		r.Dropped.Add(1)
		return
	}
	r.Passed.Add(1)
	if d := waits + time.Duration(r.Delay.Load()); d > 0 {
		kept := append([]byte(nil), packet...)
		time.AfterFunc(d, func() { send(kept) })
		return
	}
	send(packet)
}

// through rewrites the candidates of an answer to another UDP port; TCP ones are dropped.
func through(sdp string, via func(int) int) string {
	var out []string
	for l := range strings.SplitSeq(sdp, "\r\n") {
		if f := strings.Fields(l); strings.HasPrefix(l, "a=candidate:") && len(f) > 5 {
			if f[2] != "udp" {
				continue
			}
			if port, err := strconv.Atoi(f[5]); err == nil {
				f[5] = strconv.Itoa(via(port))
			}
			l = strings.Join(f, " ")
		}
		out = append(out, l)
	}
	return strings.Join(out, "\r\n")
}
