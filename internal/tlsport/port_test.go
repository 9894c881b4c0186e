package tlsport_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"housecall/internal/tlsport"
)

// world is a port whose web answers with its protocol, and whose TURN side says what it read.
type world struct {
	port  *tlsport.Port
	roots *x509.CertPool
	heard chan string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cert, roots := certificate(t)
	raw, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	w := &world{port: tlsport.Serve(raw, &tls.Config{Certificates: []tls.Certificate{cert}}), roots: roots, heard: make(chan string, 9)}
	server := &http.Server{ConnContext: tlsport.ConnContext, ReadHeaderTimeout: time.Second, Handler: tlsport.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(rw, "%s over TLS %t", r.Proto, r.TLS != nil)
	}))}
	go func() { _ = server.Serve(w.port.Web()) }()
	go w.listen()
	t.Cleanup(func() { _ = server.Close(); must(t, w.port.Close()) })
	return w
}

func (w *world) listen() {
	for {
		c, err := w.port.Turn().Accept()
		if err != nil {
			return
		}
		go func() {
			b := make([]byte, 20)
			n, _ := io.ReadFull(c, b)
			w.heard <- string(b[:n])
			_ = c.Close()
		}()
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	must(t, err)
	parsed, err := x509.ParseCertificate(der)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) dial(t *testing.T, protocols ...string) *tls.Conn {
	t.Helper()
	d := &tls.Dialer{Config: &tls.Config{RootCAs: w.roots, ServerName: "localhost", NextProtos: protocols}}
	c, err := d.DialContext(t.Context(), "tcp", w.port.Web().Addr().String())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c.(*tls.Conn)
}

// allocate is the head of a TURN message: type, length, cookie, transaction.
const allocate = "\x00\x03\x00\x00\x21\x12\xa4\x42abcdefghijkl"

func TestTurnClientThatNamesItsProtocolReachesTheRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.dial(t, "stun.turn")

	_, err := io.WriteString(c, allocate)
	must(t, err)

	if got := <-w.heard; got != allocate {
		t.Errorf("the relay read %q", got)
	}
}

func TestTurnClientThatNamesNothingIsKnownByItsFirstBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.dial(t)

	for _, b := range []byte(allocate) { // a byte at a time, as a bad network may deliver it
		_, err := c.Write([]byte{b})
		must(t, err)
	}

	if got := <-w.heard; got != allocate {
		t.Errorf("the relay read %q", got)
	}
}

func TestBrowserSpeaksTheNewestProtocolItKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, h2 := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.roots, ServerName: "localhost"}, ForceAttemptHTTP2: h2}
		defer transport.CloseIdleConnections()

		if got, want := fetch(t, transport, w), name+" over TLS true"; got != want {
			t.Errorf("the web answered %q, want %q", got, want)
		}
	}
}

func fetch(t *testing.T, transport *http.Transport, w *world) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+w.port.Web().Addr().String()+"/", nil)
	must(t, err)
	answer, err := (&http.Client{Transport: transport}).Do(r)
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return string(body)
}

func TestWebClientThatNamesNothingIsServed(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"GET", "POST", "DELETE", "HEAD", "OPTIONS", "CONNECT", "PATCH", "X"} {
		w := newWorld(t)
		c := w.dial(t)

		_, err := io.WriteString(c, first+" / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		must(t, err)

		must(t, c.SetReadDeadline(time.Now().Add(2*time.Second)))
		answer, err := io.ReadAll(c)
		if err != nil || len(answer) < 12 || string(answer[:9]) != "HTTP/1.1 " {
			t.Errorf("%s was answered %q, %v", first, answer, err)
		}
	}
}

func TestUnknownProtocolIsRefusedInTheHandshake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := &tls.Dialer{Config: &tls.Config{RootCAs: w.roots, ServerName: "localhost", NextProtos: []string{"smtp"}}}

	c, err := d.DialContext(t.Context(), "tcp", w.port.Web().Addr().String())

	if err == nil {
		_ = c.Close()
		t.Error("a client of another protocol was let in")
	}
}

func TestSilentClientsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 50 {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.port.Web().Addr().String())
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
	}
	w.dial(t) // shook hands, says nothing

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.roots, ServerName: "localhost"}}
	defer transport.CloseIdleConnections()
	if got := fetch(t, transport, w); got != "HTTP/1.1 over TLS true" {
		t.Errorf("the web answered %q", got)
	}
}

func TestClosedPortLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.dial(t)

	must(t, w.port.Close())

	if _, err := w.port.Turn().Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed port accepted: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	context.AfterFunc(ctx, func() { _ = c.Close() })
	if _, err := c.Read(make([]byte, 1)); err == nil || ctx.Err() != nil {
		t.Errorf("a client that said nothing was left waiting: %v", err)
	}
}
