package sfu

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"
)

// ice answers the connectivity checks of one peer. The client controls: it checks and nominates, since it
// is the one behind a NAT. We answer, and check every address once ourselves before anything but an answer
// is sent to it: nobody makes us send media to somebody else. Waiting for no tick, a way stands after one
// and a half round trips.
type ice struct {
	selected atomic.Pointer[route]
	heard    atomic.Int64 // unix nanoseconds of the last packet that proved to be the peer's

	mu     sync.Mutex // guards what follows
	local  []login    // the newest last; an older one answers until the newer is nominated
	remote login
	checks map[netip.AddrPort]*check
	names  []string                    // guarded by port.mu
	routes map[netip.AddrPort]struct{} // guarded by port.mu
}

type login struct{ name, password string }

// check is one address that a client has reached us from.
type check struct {
	id        [stun.TransactionIDSize]byte
	login     string
	proved    bool
	nominated bool
	chosen    bool
	heard     time.Time
	tries     int
}

const (
	maxChecks = 32              // addresses one client may try
	stale     = 2 * time.Second // not heard for so long, a way is left
)

func newLogin() login { return login{secret(6), secret(18)} }

func secret(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return strings.NewReplacer("-", "+", "_", "/").Replace(base64.RawURLEncoding.EncodeToString(b))
}

func (p *port) stun(r route, packet []byte) {
	m := &stun.Message{Raw: append([]byte(nil), packet...)}
	if m.Decode() != nil || m.Type.Method != stun.MethodBinding {
		return
	}
	switch m.Type.Class {
	case stun.ClassRequest:
		var user stun.Username
		if user.GetFrom(m) != nil {
			return
		}
		local, _, _ := strings.Cut(user.String(), ":")
		if peer := p.named(local); peer != nil {
			peer.ice.request(p, peer, r, local, m)
		}
	case stun.ClassSuccessResponse:
		// The route is not known yet: who asked?
		if peer, waits := p.asked.Load(m.TransactionID); waits {
			peer.(*Peer).ice.answered(p, peer.(*Peer), r, m)
		}
	default:
	}
}

func (i *ice) passwordOf(name string) (string, bool) {
	for _, l := range i.local {
		if l.name == name {
			return l.password, true
		}
	}
	return "", false
}

// request answers a client's check, and checks its address when that has not been done.
func (i *ice) request(p *port, peer *Peer, r route, name string, m *stun.Message) {
	i.mu.Lock()
	defer i.mu.Unlock()
	password, known := i.passwordOf(name)
	if !known || stun.NewShortTermIntegrity(password).Check(m) != nil {
		return
	}
	ip := r.addr.Addr()
	answer, err := stun.Build(m, stun.BindingSuccess,
		&stun.XORMappedAddress{IP: net.IP(ip.AsSlice()), Port: int(r.addr.Port())},
		stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		return
	}
	p.send(&r, answer.Raw)
	c := i.checks[r.addr]
	if c == nil || c.login != name {
		if len(i.checks) >= maxChecks {
			return
		}
		c = &check{id: stun.NewTransactionID(), login: name}
		i.checks[r.addr] = c
		p.asked.Store(c.id, peer)
	}
	c.nominated = c.nominated || m.Contains(stun.AttrUseCandidate)
	if !c.proved && c.tries < 20 || !c.nominated && c.tries < 40 {
		c.tries++
		i.check(p, r, c)
	}
	if c.proved {
		c.heard = time.Now()
		i.heard.Store(c.heard.UnixNano())
		i.choose(peer, r, c)
	}
}

// check sends ours. Pion's client nominates when it is asked back, without waiting for its next tick.
func (i *ice) check(p *port, r route, c *check) {
	var role [8]byte
	copy(role[:], c.id[:8])
	priority := make([]byte, 4)
	binary.BigEndian.PutUint32(priority, 2130706431)
	m, err := stun.Build(stun.NewTransactionIDSetter(c.id), stun.BindingRequest,
		stun.NewUsername(i.remote.name+":"+c.login),
		stun.RawAttribute{Type: stun.AttrICEControlled, Value: role[:]},
		stun.RawAttribute{Type: stun.AttrPriority, Value: priority},
		stun.NewShortTermIntegrity(i.remote.password), stun.Fingerprint)
	if err == nil {
		p.send(&r, m.Raw)
	}
}

func (i *ice) answered(p *port, peer *Peer, r route, m *stun.Message) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c := i.checks[r.addr]
	if c == nil || c.id != m.TransactionID || stun.NewShortTermIntegrity(i.remote.password).Check(m) != nil {
		return
	}
	p.asked.Delete(c.id)
	c.proved, c.heard = true, time.Now()
	p.claim(r, peer)
	i.heard.Store(c.heard.UnixNano())
	i.choose(peer, r, c)
}

// choose sends media to the address that was nominated last, once it has proved to be the peer's. Among
// several that are nominated again and again, the first stays for as long as it is heard.
func (i *ice) choose(peer *Peer, r route, c *check) {
	now := i.selected.Load()
	if !c.nominated || now != nil && now.addr == r.addr && now.tcp == r.tcp {
		return
	}
	if now != nil {
		before := i.checks[now.addr]
		alive := before != nil && before.proved && time.Since(before.heard) < stale
		same := alive && before.login == c.login
		if alive && c.chosen || same && now.tcp == nil && r.tcp != nil { // TCP of the same round is the spare way
			return
		}
	}
	c.chosen = true
	i.selected.Store(&r)
	peer.reached()
}

// forget drops what waits for an answer.
func (i *ice) forget(p *port) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range i.checks {
		p.asked.Delete(c.id)
	}
}

// restart takes the client's new login and answers ours; the old way carries media until the new stands.
func (i *ice) restart(p *port, peer *Peer, remote login) login {
	mine := newLogin()
	i.mu.Lock()
	i.remote = remote
	i.local = append(i.local, mine)
	if len(i.local) > 2 {
		i.local = i.local[1:]
	}
	for a, c := range i.checks {
		if s := i.selected.Load(); s == nil || s.addr != a {
			p.asked.Delete(c.id)
			delete(i.checks, a)
		} else {
			c.login = ""
		}
	}
	i.mu.Unlock()
	p.name(mine.name, peer)
	p.mu.Lock()
	i.names = append(i.names, mine.name)
	p.mu.Unlock()
	return mine
}
