package turn

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
)

// pinned is the socket of one allocation. It writes to the media address, port included, and reads from
// there; anything else does not exist for it.
type pinned struct {
	*net.UDPConn
	relay *Relay
	asked atomic.Pointer[netip.AddrPort] // the media address that was written to last
}

var errElsewhere = errors.New("the relay goes to the media address alone")

// WriteTo implements net.PacketConn.
func (p *pinned) WriteTo(b []byte, to net.Addr) (int, error) {
	at, ok := addrOf(to)
	if !ok || !slices.Contains(p.relay.Media, at) {
		p.relay.refused.Add(1)
		return 0, errElsewhere
	}
	if !p.relay.Local.IsValid() {
		return p.WriteToUDPAddrPort(b, at)
	}
	if was := p.asked.Load(); was == nil || *was != at {
		p.asked.Store(&at)
	}
	return p.WriteToUDPAddrPort(b, p.relay.Local)
}

// ReadFrom implements net.PacketConn.
func (p *pinned) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := p.ReadFromUDPAddrPort(b)
		if err != nil {
			return n, nil, err
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if at, ok := p.shown(from); ok {
			return n, net.UDPAddrFromAddrPort(at), nil
		}
		p.relay.refused.Add(1)
	}
}

// shown is the address that the client knows the sender by.
func (p *pinned) shown(from netip.AddrPort) (netip.AddrPort, bool) {
	if !p.relay.Local.IsValid() {
		return from, slices.Contains(p.relay.Media, from)
	}
	at := p.asked.Load()
	if at == nil || from.Port() != p.relay.Local.Port() {
		return from, false
	}
	return *at, from.Addr() == p.relay.Local.Addr()
}

func addrOf(a net.Addr) (netip.AddrPort, bool) {
	udp, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	at := udp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), true
}
