package sfu

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/deadline"
)

// identity is the certificate of this server for DTLS; clients know it by the fingerprint in the answer.
type identity struct {
	cert        tls.Certificate
	fingerprint string
}

func newIdentity() (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return identity{}, err
	}
	return identity{cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, fingerprint: fingerprintOf(der)}, nil
}

// fingerprintOf is what stands in SDP: the SHA-256 in pairs of capital digits.
func fingerprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

const shakeTime = 30 * time.Second

// link is DTLS with one client: it yields the keys of SRTP, and tells when the client closes.
type link struct {
	fingerprint string // the client's, out of its offer
	in          chan []byte
	done        chan struct{}
	ended       chan struct{}

	mu             sync.Mutex // guards the rest
	begun, stopped bool
}

func newLink(fingerprint string) *link {
	return &link{fingerprint: fingerprint, in: make(chan []byte, 16), done: make(chan struct{}), ended: make(chan struct{})}
}

// shake takes a packet of DTLS. One that comes too fast is lost, and sent again.
func (l *link) shake(packet []byte) {
	select {
	case l.in <- append([]byte(nil), packet...):
	default:
	}
}

// begin answers whether the handshake is to begin now: once, and not after stop.
func (l *link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun || l.stopped {
		return false
	}
	l.begun = true
	return true
}

func (l *link) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped {
		l.stopped = true
		close(l.done)
	}
}

// wait is for the end of what has begun, after stop.
func (l *link) wait() {
	l.mu.Lock()
	begun := l.begun
	l.mu.Unlock()
	if begun {
		<-l.ended
	}
}

// keys is what DTLS agreed on.
type keys struct{ in, out *srtp.Context }

// agree shakes hands, hands the keys over and stays to hear the client's goodbye.
func (l *link) agree(p *Peer, id identity, agreed func(keys), bye func()) {
	defer close(l.ended)
	conn, err := dtls.ServerWithOptions(&shaking{link: l, peer: p, deadline: deadline.New()}, &net.UDPAddr{},
		dtls.WithCertificates(id.cert), dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerify(true),
		dtls.WithInsecureSkipVerifyHello(true), // the address has been proved by ICE
		dtls.WithVerifyPeerCertificate(l.verify),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
		dtls.WithFlightInterval(300*time.Millisecond), dtls.WithMTU(1200), dtls.WithLoggerFactory(silent{}))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), shakeTime)
	defer cancel()
	if conn.HandshakeContext(ctx) != nil {
		bye()
		return
	}
	k, err := keysOf(conn)
	if err != nil {
		bye()
		return
	}
	agreed(k)
	buf := make([]byte, 256)
	for {
		if _, err := conn.Read(buf); err != nil {
			bye()
			return
		}
	}
}

var errFingerprint = errors.New("the certificate is not the offer's")

func (l *link) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) == 0 || !strings.EqualFold(fingerprintOf(raw[0]), l.fingerprint) {
		return errFingerprint
	}
	return nil
}

func keysOf(conn *dtls.Conn) (keys, error) {
	state, ok := conn.ConnectionState()
	profile, agreed := conn.SelectedSRTPProtectionProfile()
	if !ok || !agreed {
		return keys{}, errors.New("no keys for media were agreed on")
	}
	c := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := c.ExtractSessionKeysFromDTLS(&state, false); err != nil {
		return keys{}, err
	}
	in, err := srtp.CreateContext(c.Keys.RemoteMasterKey, c.Keys.RemoteMasterSalt, c.Profile, srtp.SRTPReplayProtection(1024), srtp.SRTCPReplayProtection(64))
	if err != nil {
		return keys{}, err
	}
	out, err := srtp.CreateContext(c.Keys.LocalMasterKey, c.Keys.LocalMasterSalt, c.Profile)
	return keys{in: in, out: out}, err
}

// shaking is what Pion's DTLS reads from and writes to.
type shaking struct {
	link     *link
	peer     *Peer
	deadline *deadline.Deadline
}

func (s *shaking) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case packet := <-s.link.in:
		return copy(b, packet), &net.UDPAddr{}, nil
	case <-s.link.done:
		return 0, nil, net.ErrClosed
	case <-s.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (s *shaking) WriteTo(b []byte, _ net.Addr) (int, error) {
	if r := s.peer.ice.selected.Load(); r != nil {
		s.peer.sfu.port.send(r, b)
	}
	return len(b), nil
}

func (s *shaking) SetReadDeadline(t time.Time) error { s.deadline.Set(t); return nil }
func (s *shaking) SetDeadline(t time.Time) error     { return s.SetReadDeadline(t) }
func (*shaking) SetWriteDeadline(time.Time) error    { return nil }
func (*shaking) LocalAddr() net.Addr                 { return &net.UDPAddr{} }
func (s *shaking) Close() error                      { s.link.stop(); return nil }

// silent keeps Pion quiet: whatever it has to say, the peer's end says.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}
