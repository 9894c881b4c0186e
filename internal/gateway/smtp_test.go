package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"housecall/internal/gateway"
	"housecall/internal/notify"
)

// office is a real SMTP server in the process.
type office struct {
	port  int
	roots *x509.CertPool

	mu      sync.Mutex // guards letters, answer
	letters []letter
	answer  error
}

type letter struct{ from, to, body string }

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{roots: x509.NewCertPool()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{office: o}, nil }))
	server.Domain, server.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{certificate(t, o.roots)}, MinVersion: tls.VersionTLS12}
	server.ErrorLog = quiet{}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.port = l.Addr().(*net.TCPAddr).Port
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return o
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (o *office) refuse(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = err
}

func (o *office) received() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]letter{}, o.letters...)
}

type visit struct {
	office *office
	user   string
	letter letter
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "clinic" || password != "correct" {
			return smtp.ErrAuthFailed
		}
		v.user = user
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	if v.user == "" {
		return smtp.ErrAuthRequired
	}
	v.letter.from = from
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	v.letter.to = to
	return v.office.answer
}

func (v *visit) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	v.letter.body = string(body)
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	v.office.letters = append(v.office.letters, v.letter)
	return err
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

func certificate(t *testing.T, roots *x509.CertPool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (o *office) mailer(t *testing.T, change func(*gateway.SMTPConfig)) *gateway.SMTP {
	t.Helper()
	c := gateway.SMTPConfig{
		Host: "localhost", Port: o.port, User: "clinic", Password: "correct", From: "housecall <no-reply@clinic.example>",
		Roots: o.roots, Timeout: 5 * time.Second,
	}
	if change != nil {
		change(&c)
	}
	s, err := gateway.NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var ready = notify.Mail{ID: "msg_1", To: "wang@example.org", Subject: "医生已接诊", Text: "医生正在等您。\nThe doctor is ready."}

func TestMailArrivesOverTLSFromAnAuthenticatedSender(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	s := o.mailer(t, nil)

	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Mail(t.Context(), ready); err != nil {
		t.Fatal(err)
	}

	got := o.received()
	if len(got) != 1 || got[0].from != "no-reply@clinic.example" || got[0].to != "wang@example.org" {
		t.Fatalf("received %+v", got)
	}
	for _, want := range []string{"Message-ID: <msg_1@clinic.example>", "Auto-Submitted: auto-generated", "Subject: =?UTF-8?", "The doctor is ready."} {
		if !strings.Contains(got[0].body, want) {
			t.Errorf("the mail does not say %q:\n%s", want, got[0].body)
		}
	}
}

func TestManyMailsGoAtOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	s := o.mailer(t, nil)

	errs := make(chan error, 10)
	for range 10 {
		go func() { errs <- s.Mail(t.Context(), ready) }()
	}

	for range 10 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := len(o.received()); got != 10 {
		t.Errorf("%d arrived", got)
	}
}

func TestRefusedReceiverIsRefusedForGoodAndNotNamed(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	s := o.mailer(t, nil)
	for name, row := range map[string]struct {
		answer  error
		forGood bool
	}{
		"nobody of that name": {&smtp.SMTPError{Code: 550, Message: "<wang@example.org> is not here"}, true},
		"mailbox full now":    {&smtp.SMTPError{Code: 452, Message: "<wang@example.org> has no room"}, false},
	} {
		o.refuse(row.answer)

		err := s.Mail(t.Context(), ready)

		if err == nil || errors.Is(err, notify.ErrRefused) != row.forGood || strings.Contains(err.Error(), "wang") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMailDoesNotGoWithoutTLSOrWithAWrongPassword(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for name, change := range map[string]func(*gateway.SMTPConfig){
		"a certificate that nobody trusts": func(c *gateway.SMTPConfig) { c.Roots = nil },
		"a wrong password":                 func(c *gateway.SMTPConfig) { c.Password = "wrong" },
		"nobody listening":                 func(c *gateway.SMTPConfig) { c.Port = 1 },
	} {
		s := o.mailer(t, change)
		err := s.Mail(t.Context(), ready)
		if err == nil || errors.Is(err, notify.ErrRefused) || strings.Contains(err.Error(), "wang") {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Check(t.Context()); err == nil {
			t.Errorf("%s: the check finds nothing wrong", name)
		}
	}
	if got := o.received(); len(got) != 0 {
		t.Errorf("received %+v", got)
	}
}

func TestSenderMustBeAnAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []gateway.SMTPConfig{{Host: "localhost", From: "nobody"}, {Host: "localhost", From: "a@b.example", Security: "maybe"}, {From: "a@b.example"}} {
		if _, err := gateway.NewSMTP(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestMailGivesUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes the connection and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := (&office{port: l.Addr().(*net.TCPAddr).Port}).mailer(t, func(c *gateway.SMTPConfig) { c.Timeout = 100 * time.Millisecond })

	if err := s.Mail(t.Context(), ready); err == nil {
		t.Error("it was sent to nobody")
	}
}
