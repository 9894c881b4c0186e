package turn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"

	"housecall/internal/clock"
)

// Deps is what a relay stands on. What it listens on it closes when it stops.
type Deps struct {
	Clock  clock.Clock
	Secret []byte // of this service's credentials
	Realm  string // any name; clients show it to nobody
	// Media lists the only addresses that are relayed to, as callers are told them.
	Media []netip.AddrPort
	// Local is where the media server listens on this machine, where its public addresses are not this
	// machine's own (a cloud's translated address); zero: the addresses of Media themselves.
	Local netip.AddrPort
	UDP   []net.PacketConn
	TCP   []net.Listener // connections in the clear, or with their TLS ended
	// Dial goes in by the first of TCP, for the self-test of a relay without UDP; nil: to its address.
	Dial func(ctx context.Context) (net.Conn, error)
}

// Relay is a running TURN server.
type Relay struct {
	Deps
	server *pion.Server
	doors  []*door

	mu   sync.Mutex // guards held
	held map[string]int

	refused atomic.Int64
}

// Start opens the relay.
func Start(d Deps) (*Relay, error) {
	if len(d.Media) == 0 || len(d.Secret) < 16 || d.Realm == "" {
		return nil, errors.New("start the relay: it needs a media address, a secret and a realm")
	}
	if len(d.UDP)+len(d.TCP) == 0 {
		return nil, errors.New("start the relay: it listens nowhere")
	}
	r := &Relay{Deps: d, held: map[string]int{}}
	conf := pion.ServerConfig{
		Realm: d.Realm, AuthHandler: r.authenticate, QuotaHandler: r.mayHold, LoggerFactory: silence{},
		EventHandler: pion.EventHandler{OnAllocationCreated: r.allocated, OnAllocationDeleted: r.freed},
	}
	for _, c := range d.UDP {
		conf.PacketConnConfigs = append(conf.PacketConnConfigs, pion.PacketConnConfig{PacketConn: c, RelayAddressGenerator: r, PermissionHandler: r.permit})
	}
	for _, l := range d.TCP {
		door := newDoor(l)
		r.doors = append(r.doors, door)
		conf.ListenerConfigs = append(conf.ListenerConfigs, pion.ListenerConfig{Listener: door, RelayAddressGenerator: r, PermissionHandler: r.permit})
	}
	var err error
	if r.server, err = pion.NewServer(conf); err != nil {
		return nil, fmt.Errorf("start the relay: %w", err)
	}
	return r, nil
}

// Stop closes every way in, every connection and every allocation.
func (r *Relay) Stop() {
	_ = r.server.Close()
	for _, d := range r.doors {
		d.closeAll()
	}
}

// Allocations counts what is relayed now.
func (r *Relay) Allocations() int { return r.server.AllocationCount() }

// Refused counts packets that were meant for some other address since the start.
func (r *Relay) Refused() int64 { return r.refused.Load() }

// authenticate answers the key of a user name. Its age counts when an allocation is made; afterwards
// the allocation itself, which belongs to this user name and this connection, is what is asked for.
func (r *Relay) authenticate(a *pion.RequestAttributes) (user string, key []byte, ok bool) {
	if a.Realm != r.Realm || (a.Method == stun.MethodAllocate && !r.fresh(a.Username)) {
		return "", nil, false
	}
	return a.Username, pion.GenerateAuthKey(a.Username, r.Realm, r.password(a.Username)), true
}

func (r *Relay) mayHold(user, _ string, _ net.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[user] < mostAllocations
}

func (r *Relay) allocated(_, _ net.Addr, _, user, _ string, _ net.Addr, _ int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[user]++
}

func (r *Relay) freed(_, _ net.Addr, _, user, _ string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[user]--; r.held[user] <= 0 {
		delete(r.held, user)
	}
}

// permit implements pion's PermissionHandler, which knows no port; the socket pins that.
func (r *Relay) permit(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	for _, m := range r.Media {
		if ok && m.Addr() == ip.Unmap() {
			return true
		}
	}
	return false
}

// Validate implements pion's RelayAddressGenerator.
func (r *Relay) Validate() error { return nil }

var errNoTCP = errors.New("only UDP is relayed")

// AllocateListener implements pion's RelayAddressGenerator: nobody connects through the relay.
func (r *Relay) AllocateListener(pion.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn implements pion's RelayAddressGenerator.
func (r *Relay) AllocateConn(pion.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// AllocatePacketConn implements pion's RelayAddressGenerator: a socket that goes to the media address alone.
func (r *Relay) AllocatePacketConn(c pion.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	shown, ok := r.mediaOf(c.Network)
	if !ok {
		return nil, nil, fmt.Errorf("no media address of %s", c.Network)
	}
	conn, err := net.ListenUDP(c.Network, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("open a relay's socket: %w", err)
	}
	local, isUDP := conn.LocalAddr().(*net.UDPAddr)
	if !isUDP {
		return nil, nil, errors.Join(errors.New("a relay's socket has no UDP address"), conn.Close())
	}
	return &pinned{UDPConn: conn, relay: r}, &net.UDPAddr{IP: shown.AsSlice(), Port: local.Port}, nil
}

// mediaOf is the first media address of a family.
func (r *Relay) mediaOf(network string) (netip.Addr, bool) {
	for _, m := range r.Media {
		if m.Addr().Is4() == (network == "udp4") {
			return m.Addr(), true
		}
	}
	return netip.Addr{}, false
}

// silentFor is after how long without a byte a connection is closed; a call sends every few seconds.
const silentFor = 2 * time.Minute
