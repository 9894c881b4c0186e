package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of the proxies in front, whose word is taken for where a request came from.
type Proxies []netip.Prefix

func (p Proxies) trust(at netip.Addr) bool {
	for _, network := range p {
		if network.Contains(at) {
			return true
		}
	}
	return false
}

// remote is the network address that a request came from. Each proxy appends whom it was asked by, so the list is read
// from its end, for as long as who says so is trusted: what a stranger wrote into it stands further in front.
func (p Proxies) remote(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at := from.Addr().Unmap()
	if !p.trust(at) {
		return network(at)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trust(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = next.Unmap()
	}
	return network(at)
}

// network is what one customer of a network has: an IPv4 address, or as many IPv6 addresses as they like of one /64.
func network(at netip.Addr) string {
	if at.Is4() {
		return at.String()
	}
	whole, err := at.WithZone("").Prefix(64)
	if err != nil {
		return at.String()
	}
	return whole.String()
}
