package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/httpapi"
	"housecall/internal/tlsport"
	"housecall/signaling"
	"housecall/signaling/sfu"
	"housecall/signaling/turn"
)

// calls are the rooms that live on this node, with the media that flows through them.
type calls struct {
	media  *sfu.SFU
	relay  *turn.Relay // nil: callers reach the media directly, or not at all
	rooms  *signaling.Server
	places *places
	watch  *watcher
	kept   *recordings
	urls   []string // of the relay

	mu      sync.Mutex // guards checked, result
	checked time.Time
	result  error
	clock   clock.Clock
}

// openCalls opens the media port, the relay and the rooms. The port is nil where somebody else ends TLS.
func (a *App) openCalls(ctx context.Context, o Options, e engines, port *tlsport.Port) error {
	c := &calls{clock: e.wall}
	a.calls = c
	reach, err := c.openMedia(o.Config, e)
	if err != nil {
		return err
	}
	if err := c.openRelay(ctx, o.Config, e, reach, port); err != nil {
		return err
	}
	c.places = newPlaces(a.Bus, e.log, e.node, o.Config.Media.NodeURL)
	c.watch = newWatcher(a.Services, e.log, e.clock)
	d := signaling.Deps{
		Gate: gate{a.Services, ticketKey(e.secret), e.clock, o.Demo}, Media: c.media, Clock: e.wall, Log: e.log.With("component", "calls"),
		Origins: origins(o.Config), Watcher: c.watch, Place: c.places, History: c.watch, Meter: c.meter(a.Metrics),
	}
	if c.relay != nil {
		d.Relay = c
	}
	c.kept = newRecordings(a.Services, e, c.places)
	d.Recorder = c.kept
	c.rooms = signaling.New(d)
	c.kept.start(ctx)
	c.places.lost = func(room string) { c.rooms.EndRoom(room, "placed_elsewhere") }
	c.gauges(a.Metrics)
	return a.endCalls()
}

// openMedia opens the port of media, and answers what callers reach it by.
func (c *calls) openMedia(conf config.Config, e engines) ([]netip.AddrPort, error) {
	host, _, err := net.SplitHostPort(conf.Media.Listen)
	if err != nil {
		return nil, fmt.Errorf("media.listen is %q: say it like :7443 (%w)", conf.Media.Listen, err)
	}
	addresses, err := mediaAddresses(conf.Media.Addresses, host)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, at := range addresses {
		texts = append(texts, at.String())
	}
	if c.media, err = sfu.Start(sfu.Config{Listen: conf.Media.Listen, Addresses: texts, Log: e.log.With("component", "media")}); err != nil {
		return nil, fmt.Errorf("open the port of calls, media.listen %s: %w", conf.Media.Listen, err)
	}
	number := uint16(c.media.Addr().Port)
	reach := make([]netip.AddrPort, 0, len(addresses))
	for _, at := range addresses {
		reach = append(reach, netip.AddrPortFrom(at, number))
	}
	return reach, nil
}

// mediaAddresses are the addresses that callers are told: those set, the one listened on, or this machine's.
func mediaAddresses(set, host string) ([]netip.Addr, error) {
	var all []netip.Addr
	for _, text := range strings.FieldsFunc(set, func(r rune) bool { return r == ',' || r == ' ' }) {
		at, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("media.addresses: %q is no IP address", text)
		}
		all = append(all, at.Unmap())
	}
	if len(all) > 0 {
		return all, nil
	}
	if host == "localhost" {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	if at, err := netip.ParseAddr(host); err == nil && !at.IsUnspecified() {
		return []netip.Addr{at.Unmap()}, nil
	}
	for at := range ownAddresses() {
		if !at.IsLoopback() && !at.IsLinkLocalUnicast() {
			all = append(all, at)
		}
	}
	if len(all) == 0 {
		all = append(all, netip.MustParseAddr("127.0.0.1"))
	}
	return all, nil
}

func ownAddresses() map[netip.Addr]bool {
	own := map[netip.Addr]bool{}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if at, ok := netip.AddrFromSlice(n.IP); ok {
				own[at.Unmap()] = true
			}
		}
	}
	return own
}

// openRelay opens the ways in that are set: UDP and TCP on turn.listen, TLS on the service's own port.
func (c *calls) openRelay(ctx context.Context, conf config.Config, e engines, reach []netip.AddrPort, port *tlsport.Port) error {
	public, err := url.Parse(conf.PublicURL)
	if err != nil || (conf.Turn.Listen == "" && port == nil) {
		return err
	}
	host := conf.Turn.Host
	if host == "" {
		host = public.Hostname()
	}
	d := turn.Deps{Clock: e.wall, Secret: config.Key(e.secret, "relay"), Realm: "housecall", Media: reach, Local: c.behind(reach)}
	if conf.Turn.Listen != "" {
		if err := c.listenTurn(ctx, conf.Turn.Listen, host, &d); err != nil {
			return err
		}
	}
	if port != nil {
		d.TCP = append(d.TCP, port.Turn())
		number := public.Port()
		if number == "" {
			number = "443"
		}
		c.urls = append(c.urls, "turns:"+net.JoinHostPort(host, number)+"?transport=tcp")
		if conf.Turn.Listen == "" {
			d.Dial = dialOwn(port)
		}
	}
	if c.relay, err = turn.Start(d); err != nil {
		return err
	}
	if err := c.relay.Check(ctx); err != nil { // at start a relay that does not work is a mistake to say
		return fmt.Errorf("the relay of calls does not work: look at turn.* and media.*: %w", err)
	}
	return nil
}

func (c *calls) listenTurn(ctx context.Context, listen, host string, d *turn.Deps) error {
	var lc net.ListenConfig
	tcp, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("open turn.listen %s: %w", listen, err)
	}
	udp, err := lc.ListenPacket(ctx, "udp", tcp.Addr().String())
	if err != nil {
		return errors.Join(fmt.Errorf("open turn.listen %s: %w", listen, err), tcp.Close())
	}
	d.TCP, d.UDP = append(d.TCP, tcp), append(d.UDP, udp)
	_, number, _ := net.SplitHostPort(tcp.Addr().String())
	for _, transport := range []string{"udp", "tcp"} {
		c.urls = append(c.urls, "turn:"+net.JoinHostPort(host, number)+"?transport="+transport)
	}
	return nil
}

// behind is where the media listens on this machine, where its addresses are not this machine's own.
func (c *calls) behind(reach []netip.AddrPort) netip.AddrPort {
	own := ownAddresses()
	for _, at := range reach {
		if own[at.Addr()] || at.Addr().IsLoopback() {
			return netip.AddrPort{}
		}
	}
	local := c.media.Addr().AddrPort()
	if local.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), local.Port())
	}
	return netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
}

// dialOwn goes in by the service's own TLS port, as the self-test of a relay that has no other.
func dialOwn(port *tlsport.Port) func(ctx context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		_, number, err := net.SplitHostPort(port.Turn().Addr().String())
		if err != nil {
			return nil, err
		}
		// Whether the certificate is good for the public name is not what is looked at from inside.
		d := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"stun.turn"}, MinVersion: tls.VersionTLS12}} //nolint:gosec // as said
		return d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", number))
	}
}

// Credentials implements signaling.Relay.
func (c *calls) Credentials(room, seat string) (signaling.RelayAccess, error) {
	cred := c.relay.Credential(room + "." + seat)
	return signaling.RelayAccess{URLs: c.urls, Username: cred.Username, Credential: cred.Password, Expires: cred.Expires}, nil
}

// Way implements httpapi.Rooms: the address of the websocket, on whichever node the room lives, and the relay.
func (c *calls) Way(ctx context.Context, room, seat string) (httpapi.CallWay, error) {
	node, err := c.places.where(ctx, room)
	if err != nil {
		return httpapi.CallWay{}, err
	}
	way := httpapi.CallWay{URL: strings.TrimSuffix(node, "/") + httpapi.Base + "/calls/" + url.PathEscape(room) + "/ws"}
	if c.relay != nil && node == "" {
		access, err := c.Credentials(room, seat)
		if err != nil {
			return httpapi.CallWay{}, err
		}
		relay := httpapi.CallRelay(access)
		way.Relay = &relay
	}
	return way, nil
}

// ready tells whether the relay works, asked anew every few seconds at the most.
func (c *calls) ready(ctx context.Context) error {
	if c.relay == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.clock.Now(); now.Sub(c.checked) > 5*time.Second {
		c.result, c.checked = c.relay.Check(ctx), now
	}
	return c.result
}

// stop lets calls end or move by half of the time there is, then ends everything.
func (c *calls) stop(ctx context.Context) {
	if c.rooms != nil {
		if n, _ := c.rooms.Rooms(); n > 0 {
			c.drain(ctx)
		}
		c.rooms.Stop()
	}
	if c.kept != nil {
		c.kept.stop()
	}
	if c.watch != nil {
		c.watch.flushAll(ctx)
	}
	if c.relay != nil {
		c.relay.Stop()
	}
	if c.media != nil {
		c.media.Stop()
	}
}

func (c *calls) drain(ctx context.Context) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, end.Sub(clock.NewReal().Now())/2)
		defer cancel()
	}
	c.rooms.Drain(ctx, "")
}

// meter is where rooms measure: join to first keyframe, reconnect to media, delay of forwarding.
func (c *calls) meter(reg *prometheus.Registry) signaling.Meter {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "housecall_call_seconds", Help: "Of calls: join to first keyframe, reconnect to media, delay of forwarding.",
		Buckets: prometheus.ExponentialBuckets(.0001, 2.5, 13),
	}, []string{"what"})
	reg.MustRegister(h)
	return meter{h}
}

type meter struct{ h *prometheus.HistogramVec }

// Observe implements signaling.Meter.
func (m meter) Observe(what string, d time.Duration) { m.h.WithLabelValues(what).Observe(d.Seconds()) }

func (c *calls) gauges(reg *prometheus.Registry) {
	count := func(name, help string, value func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	count("housecall_call_rooms", "Rooms of calls on this node.", func() float64 { n, _ := c.rooms.Rooms(); return float64(n) })
	count("housecall_call_seats", "Seats taken on this node.", func() float64 { _, n := c.rooms.Rooms(); return float64(n) })
	if c.relay != nil {
		count("housecall_call_relayed", "Allocations of the relay.", func() float64 { return float64(c.relay.Allocations()) })
	}
}

// origins are the hosts whose pages may open the websocket besides the one that is asked.
func origins(c config.Config) []string {
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

// Way answers how a room is reached: on which node, and by which relay.
func (a *App) Way(ctx context.Context, room, seat string) (httpapi.CallWay, error) {
	return a.calls.Way(ctx, room, seat)
}
