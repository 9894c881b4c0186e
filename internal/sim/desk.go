package sim

import (
	"context"
	"time"

	"github.com/pquerna/otp/totp"
)

// Desk enrols people and has them vetted over the API, as an operator does for who stands at a desk.
type Desk struct {
	Operator  *Client
	Specialty string // of the doctors that are vetted here
}

// Enrolled is somebody new, signed in.
type Enrolled struct {
	*Client
	Account string
	Address string
	Secret  string // of the authenticator, for staff; its code of the moment of enrolling is used up
}

// Enrol makes an account by an enrolment link and takes it up. Pharmacists say where they work.
func (d Desk) Enrol(ctx context.Context, role, name, pharmacy string) (*Enrolled, error) {
	e := &Enrolled{Client: &Client{Base: d.Operator.Base, HTTP: d.Operator.HTTP}, Address: newKey() + "@walk.example"}
	body := JSON{"role": role, "address": e.Address, "name": name}
	if pharmacy != "" {
		body["pharmacy"] = pharmacy
	}
	if role == "patient" {
		body["birth_date"], body["sex"] = "1950-05-05", "female"
	}
	invite, err := d.Operator.Post(ctx, "/invites", body)
	if err != nil {
		return nil, err
	}
	take := JSON{"token": invite.Text("token")}
	if role != "patient" {
		take["password"] = newKey() + newKey()
	}
	taken, err := e.Post(ctx, "/enrolment/accept", take)
	if err != nil {
		return nil, err
	}
	e.Account = invite.Text("account")
	if role == "patient" {
		e.Token = taken.Text("session.token")
		return e, nil
	}
	e.Secret = taken.Text("secret")
	code, err := totp.GenerateCode(e.Secret, time.Now()) //nolint:forbidigo // the authenticator's clock is the world's
	if err != nil {
		return nil, err
	}
	opened, err := e.Post(ctx, "/enrolment/confirm", JSON{"token": invite.Text("token"), "code": code})
	e.Token = opened.Text("token")
	return e, err
}

// Vet takes an application through every step, as an operator who was shown the papers.
func (d Desk) Vet(ctx context.Context, kind, subject string) error {
	a, err := d.Operator.Post(ctx, "/applications", JSON{
		"kind": kind, "subject": subject, "licence": "W-" + newKey()[:6],
		"specialties": []string{d.Specialty}, "languages": []string{"en"}, "jurisdictions": []string{"house"},
	})
	if err != nil {
		return err
	}
	path := "/applications/" + a.Text("id")
	until := time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339) //nolint:forbidigo // a date on a paper
	for _, paper := range []string{"licence", "identity", "background_check", "insurance"} {
		if _, err := d.Operator.Post(ctx, path+"/papers", JSON{"kind": paper, "valid_until": until}); err != nil {
			return err
		}
	}
	for _, step := range []string{"/submit", "/review", "/approve"} {
		if _, err := d.Operator.Post(ctx, path+step, nil); err != nil {
			return err
		}
	}
	return nil
}
