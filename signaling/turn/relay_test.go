package turn_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/turn/v5"

	"housecall/internal/clock"
	"housecall/signaling/turn"
)

const realm = "housecall"

// world is a relay with its ways in, and a media server that echoes.
type world struct {
	relay             *turn.Relay
	clock             *clock.Fake
	udp, tcp, overTLS string
	media, other      *net.UDPConn
}

func newWorld(t *testing.T, local bool) *world {
	t.Helper()
	w := &world{clock: clock.NewFake(time.Now()), media: echo(t), other: echo(t)}
	udp, tcp, raw := socket(t), listener(t), listener(t)
	w.udp, w.tcp, w.overTLS = udp.LocalAddr().String(), tcp.Addr().String(), raw.Addr().String()
	d := turn.Deps{
		Clock: w.clock, Secret: bytes.Repeat([]byte("s"), 32), Realm: realm, Media: []netip.AddrPort{at(w.media)},
		UDP: []net.PacketConn{udp}, TCP: []net.Listener{tcp, tls.NewListener(raw, &tls.Config{Certificates: []tls.Certificate{certificate(t)}})},
	}
	if local {
		d.Media, d.Local = []netip.AddrPort{public}, at(w.media)
	}
	var err error
	w.relay, err = turn.Start(d)
	must(t, err)
	t.Cleanup(w.relay.Stop)
	return w
}

// public is the address of a node behind a cloud's translation.
var public = netip.MustParseAddrPort("198.51.100.7:7000")

func socket(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	must(t, err)
	return c
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	return l
}

func dial(t *testing.T, to string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to)
	must(t, err)
	return c
}

func echo(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	return c
}

func at(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// way is how a client comes in.
type way func(t *testing.T, w *world) (net.PacketConn, string)

func overUDP(t *testing.T, w *world) (net.PacketConn, string) {
	t.Helper()
	return socket(t), w.udp
}

func overTCP(t *testing.T, w *world) (net.PacketConn, string) {
	t.Helper()
	c := dial(t, w.tcp)
	return pion.NewSTUNConn(c), w.tcp
}

func overTLS(t *testing.T, w *world) (net.PacketConn, string) {
	t.Helper()
	c := tls.Client(dial(t, w.overTLS), &tls.Config{InsecureSkipVerify: true}) // its certificate is not what is tested here
	return pion.NewSTUNConn(c), w.overTLS
}

func (w *world) client(t *testing.T, in way, username, password string) *pion.Client {
	t.Helper()
	conn, server := in(t, w)
	c, err := pion.NewClient(&pion.ClientConfig{TURNServerAddr: server, Username: username, Password: password, Realm: realm, Conn: conn, RTO: 100 * time.Millisecond})
	must(t, err)
	must(t, c.Listen())
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	return c
}

func (w *world) allocate(t *testing.T, in way) (*pion.Client, net.PacketConn) {
	t.Helper()
	cred := w.relay.Credential("room_1.patient")
	c := w.client(t, in, cred.Username, cred.Password)
	relayed, err := c.Allocate()
	must(t, err)
	t.Cleanup(func() { _ = relayed.Close() })
	return c, relayed
}

// answered sends a word to an address through the relay and tells whether the echo came back from there.
func answered(t *testing.T, relayed net.PacketConn, to netip.AddrPort, within time.Duration) bool {
	t.Helper()
	if _, err := relayed.WriteTo([]byte("can you hear me"), net.UDPAddrFromAddrPort(to)); err != nil {
		return false
	}
	must(t, relayed.SetReadDeadline(time.Now().Add(within)))
	b := make([]byte, 1500)
	n, from, err := relayed.ReadFrom(b)
	return err == nil && string(b[:n]) == "can you hear me" && from.String() == to.String()
}

const soon, never = 2 * time.Second, 200 * time.Millisecond

func TestCallerWhoseNetworkAllowsLittleReachesTheMediaServer(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]way{"over UDP": overUDP, "over TCP": overTCP, "over TLS": overTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)

			_, relayed := w.allocate(t, in)

			if !answered(t, relayed, at(w.media), soon) {
				t.Error("no answer from the media server through the relay")
			}
		})
	}
}

func TestRelayReachesMediaServerBehindTranslatedAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)

	_, relayed := w.allocate(t, overTCP)

	if !answered(t, relayed, public, soon) {
		t.Error("no answer from the public address of the media server")
	}
	if answered(t, relayed, at(w.media), never) {
		t.Error("the address behind the translation answered under its own name")
	}
}

func TestRelayGoesNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	c, relayed := w.allocate(t, overUDP)

	if answered(t, relayed, at(w.other), never) {
		t.Error("another port of the media server's machine answered through the relay")
	}
	if w.relay.Refused() == 0 {
		t.Error("what was refused was not counted")
	}
	if err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 2), Port: int(at(w.media).Port())}); err == nil {
		t.Error("leave was given to reach another address")
	}
}

func TestNobodyElseReachesCallerThroughRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	_, relayed := w.allocate(t, overUDP)
	if !answered(t, relayed, at(w.media), soon) {
		t.Fatal("no answer from the media server")
	}

	port := relayed.LocalAddr().(*net.UDPAddr).Port
	_, err := w.other.WriteToUDP([]byte("let me in"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	must(t, err)

	must(t, relayed.SetReadDeadline(time.Now().Add(never)))
	if n, from, err := relayed.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes came in from %v", n, from)
	}
}

func TestCallOutlivesItsCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	cred := w.relay.Credential("room_1.doctor")
	c := w.client(t, overUDP, cred.Username, cred.Password)
	relayed, err := c.Allocate()
	must(t, err)
	t.Cleanup(func() { _ = relayed.Close() })

	w.clock.Advance(10*time.Minute + time.Second)

	if err := c.CreatePermission(net.UDPAddrFromAddrPort(at(w.media))); err != nil {
		t.Errorf("a call was refused for the age of its credential: %v", err)
	}
	if !answered(t, relayed, at(w.media), soon) {
		t.Error("the call that goes on was cut off")
	}
	late := w.client(t, overUDP, cred.Username, cred.Password)
	if _, err := late.Allocate(); err == nil {
		t.Error("an expired credential made an allocation")
	}
}

func TestCredentialMadeUpIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	good := w.relay.Credential("room_1.doctor")
	later := strings.Replace(good.Username, ":", "0:", 1)
	for name, cred := range map[string][2]string{
		"a wrong password":               {good.Username, "guess"},
		"the seat of another":            {strings.Replace(good.Username, "doctor", "patient", 1), good.Password},
		"an expiry moved":                {later, good.Password},
		"no expiry":                      {"room_1.doctor", good.Password},
		"nothing at all":                 {":", ""},
		"an expiry that is not a number": {"soon:room_1.doctor", good.Password},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := w.client(t, overUDP, cred[0], cred[1])

			if _, err := c.Allocate(); err == nil {
				t.Error("an allocation was made")
			}
		})
	}
}

func TestOneSeatCannotTakeEveryPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	cred := w.relay.Credential("room_1.guest")
	var made int
	for range 20 {
		relayed, err := w.client(t, overTCP, cred.Username, cred.Password).Allocate()
		if err != nil {
			break
		}
		t.Cleanup(func() { _ = relayed.Close() })
		made++
	}
	if made != 16 {
		t.Errorf("%d allocations were made with one credential, want 16", made)
	}
}

func TestSelfTestPassesWhereTheRelayWorksAndSaysWhereItDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	must(t, w.relay.Check(t.Context()))
	if n := w.relay.Allocations(); n > 1 {
		t.Errorf("%d allocations were left by the self-test", n)
	}

	w.relay.Stop()

	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if w.relay.Check(ctx) == nil {
		t.Error("a relay that has stopped passed its self-test")
	}
}

func TestStoppedRelayLeavesNoConnectionOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	c := dial(t, w.tcp)
	t.Cleanup(func() { _ = c.Close() })
	w.allocate(t, overTCP)

	w.relay.Stop()

	must(t, c.SetReadDeadline(time.Now().Add(soon)))
	var timeout net.Error
	if _, err := c.Read(make([]byte, 1)); errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("a connection stayed open")
	}
}

func TestRelayWithoutSecretOrMediaDoesNotStart(t *testing.T) {
	t.Parallel()
	udp := socket(t)
	t.Cleanup(func() { _ = udp.Close() })
	whole := turn.Deps{
		Clock: clock.NewReal(), Secret: bytes.Repeat([]byte("s"), 32), Realm: realm,
		Media: []netip.AddrPort{public}, UDP: []net.PacketConn{udp},
	}
	for name, spoil := range map[string]func(*turn.Deps){
		"no secret":    func(d *turn.Deps) { d.Secret = nil },
		"no media":     func(d *turn.Deps) { d.Media = nil },
		"no realm":     func(d *turn.Deps) { d.Realm = "" },
		"nowhere open": func(d *turn.Deps) { d.UDP = nil },
	} {
		d := whole
		spoil(&d)
		if r, err := turn.Start(d); err == nil {
			r.Stop()
			t.Errorf("a relay with %s started", name)
		}
	}
}
