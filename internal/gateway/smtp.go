package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"time"

	"github.com/wneessen/go-mail"

	"housecall/internal/notify"
)

// SMTPConfig says who carries our mail.
type SMTPConfig struct {
	Host           string
	Port           int    // 0: 587, or 465 with TLS from the start
	User, Password string // empty: no authentication
	From           string // `housecall <no-reply@clinic.example>`
	Security       string // "starttls" (the default, never less), "tls", or "none" for a relay on this machine
	Roots          *x509.CertPool
	Timeout        time.Duration // 0: 15 s
}

// SMTP is a notify.Mailer.
type SMTP struct {
	client *mail.Client
	from   string
	domain string
}

// NewSMTP checks the configuration; it does not connect.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("mail: the sender must be an address, as in \"housecall <no-reply@clinic.example>\"")
	}
	if c.Timeout == 0 {
		c.Timeout = 15 * time.Second
	}
	opts := []mail.Option{
		mail.WithTimeout(c.Timeout), mail.WithoutNoop(),
		mail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch c.Security {
	case "", "starttls":
		opts = append(opts, mail.WithTLSPortPolicy(mail.TLSMandatory))
	case "tls":
		opts = append(opts, mail.WithSSLPort(false))
	case "none":
		opts = append(opts, mail.WithTLSPortPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("mail: security is starttls, tls or none, not %q", c.Security)
	}
	if c.Port != 0 {
		opts = append(opts, mail.WithPort(c.Port))
	}
	if c.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	client, err := mail.NewClient(c.Host, opts...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &SMTP{client: client, from: c.From, domain: domainOf(from.Address)}, nil
}

// Mail implements notify.Mailer.
func (s *SMTP) Mail(ctx context.Context, m notify.Mail) error {
	msg := mail.NewMsg()
	if err := msg.From(s.from); err != nil {
		return errors.New("write mail: the sender is no address")
	}
	if err := msg.To(m.To.Reveal()); err != nil {
		return fmt.Errorf("write mail: %w: the receiver is no address", notify.ErrRefused)
	}
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain) // a mail that goes twice is shown once
	msg.SetDate()
	msg.Subject(m.Subject)
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	return plain(s.client.DialAndSendWithContext(ctx, msg))
}

// Check connects and signs in, as a message would, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	if err := plain(s.client.DialWithContext(ctx)); err != nil {
		return err
	}
	return plain(s.client.Close())
}

// plain keeps of an error what says nothing of the receiver: servers repeat addresses in their answers.
func plain(err error) error {
	if err == nil {
		return nil
	}
	var sent *mail.SendError
	switch {
	case errors.As(err, &sent) && !sent.IsTemp() && sent.ErrorCode() >= 500:
		return fmt.Errorf("send mail: %w: answer %d", notify.ErrRefused, sent.ErrorCode())
	case errors.As(err, &sent):
		return fmt.Errorf("send mail: answer %d, reason %d", sent.ErrorCode(), sent.Reason)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("send mail: %w", context.DeadlineExceeded)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("send mail: %w", context.Canceled)
	}
	return fmt.Errorf("send mail: connect or sign in: %T", errors.Unwrap(err))
}

func domainOf(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return "localhost"
}
