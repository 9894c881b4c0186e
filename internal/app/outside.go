package app

import (
	"context"
	"fmt"

	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/dispatch"
	"housecall/internal/fault"
	"housecall/internal/gateway"
	"housecall/internal/notify"
	"housecall/internal/roads"
)

// outside connects who carries mail, text messages and money, unless the run brings its own.
func outside(ctx context.Context, c config.Config, o *Options, e *engines) error {
	var err error
	if o.Outbox != nil {
		e.mailer, e.texter = o.Outbox, o.Outbox
	}
	if e.mailer == nil {
		if e.mailer, err = mailer(ctx, c); err != nil {
			return err
		}
	}
	if e.texter == nil {
		if e.texter, err = texter(c); err != nil {
			return err
		}
	}
	if c.Roads.URL != "" {
		if e.roads, err = byRoad(c, e.clock); err != nil {
			return err
		}
	}
	if e.gateway == nil {
		if e.gateway, err = gateway.NewSandbox(ctx, e.store, e.clock); err != nil {
			return err
		}
	}
	return nil
}

func mailer(ctx context.Context, c config.Config) (notify.Mailer, error) {
	password, err := config.ReadSecret(c.Mail.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("mail.password_file: %w", err)
	}
	m, err := gateway.NewSMTP(gateway.SMTPConfig{
		Host: c.Mail.Host, Port: c.Mail.Port, User: c.Mail.User, Password: password, From: c.Mail.From,
		Security: c.Mail.TLS,
	})
	if err != nil {
		return nil, err
	}
	if err := m.Check(ctx); err != nil {
		return nil, fmt.Errorf("the mail server can't be used, and patients sign in by mail: look at mail.* in the configuration: %w", err)
	}
	return m, nil
}

func byRoad(c config.Config, wall clock.Clock) (*roads.Book, error) {
	profiles := make(map[dispatch.Vehicle]string) // a drone rides on none
	for _, p := range []struct {
		of   dispatch.Vehicle
		name string
	}{{dispatch.Walk, c.Roads.Walk}, {dispatch.Bicycle, c.Roads.Bicycle}, {dispatch.Scooter, c.Roads.Scooter}, {dispatch.Car, c.Roads.Car}} {
		if p.name != "" {
			profiles[p.of] = p.name
		}
	}
	o, err := gateway.NewOSRM(gateway.OSRMConfig{URL: c.Roads.URL, Profiles: profiles})
	if err != nil {
		return nil, fmt.Errorf("roads.url: %w", err)
	}
	return roads.NewBook(o, wall), nil
}

func texter(c config.Config) (notify.Texter, error) {
	if c.SMS.URL == "" {
		return noText{}, nil
	}
	token, err := config.ReadSecret(c.SMS.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("sms.token_file: %w", err)
	}
	t, err := gateway.NewSMS(gateway.SMSConfig{URL: c.SMS.URL, Token: token})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// noText answers for a service without a gateway for text messages.
type noText struct{}

// Text implements notify.Texter.
func (noText) Text(context.Context, notify.SMS) error {
	return fmt.Errorf("%w: %w", notify.ErrRefused, fault.New(fault.Unavailable, "This service sends mail only."))
}
