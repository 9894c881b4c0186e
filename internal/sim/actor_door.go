package sim

import (
	"context"
	"net/http"
	"regexp"
	"sync"
	"time"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// doors are the patients of the demo as far as a courier needs them: somebody has to read the PIN out.
// The demo signs in as whoever waits, by the code on the outbox page, and looks.
type doors struct {
	*town
	mu       sync.Mutex // one door at a time; guards director, sessions
	director *actor     // the operator's account: knows whose door it is
	sessions map[string]*Client
}

// read reads a code of an order, by its path, from the screen of who waits for it.
func (d *doors) read(ctx context.Context, order id.Order, path string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.director.free(ctx); err != nil {
		return "", err
	}
	o, err := d.director.Get(ctx, "/orders/"+string(order))
	if err != nil {
		return "", err
	}
	address, err := d.addressOf(ctx, o.Text("patient"))
	if err != nil {
		return "", err
	}
	for range 2 {
		var c *Client
		if c, err = d.session(ctx, address); err != nil {
			return "", err
		}
		var shown Answer
		if shown, err = c.Get(ctx, path); err == nil {
			return shown.Text("code"), nil
		}
		if StatusOf(err) != http.StatusUnauthorized {
			return "", err
		}
		delete(d.sessions, address)
	}
	return "", err
}

// addressOf finds who answers for a patient: the patient, or the guardian of a child.
func (d *doors) addressOf(ctx context.Context, patient string) (string, error) {
	for _, p := range d.demo.People {
		if p.patient != "" && string(p.patient) == patient {
			return p.Address, nil
		}
	}
	guardians := map[string]bool{}
	grants, err := d.director.Get(ctx, "/patients/"+patient+"/grants")
	if err == nil {
		for _, g := range items(grants) {
			if g["guardian"] == true && text(g, "state") == "active" {
				guardians[text(g, "holder")] = true
			}
		}
	}
	accounts, err := d.director.Get(ctx, "/accounts?role=patient&limit=100")
	if err != nil {
		return "", err
	}
	for _, a := range items(accounts) {
		if text(a, "patient") == patient || guardians[text(a, "id")] {
			return text(a, "addresses.0.text"), nil
		}
	}
	return "", fault.New(fault.NotFound, "Nobody is known at this door.")
}

// session signs in as a patient, once.
func (d *doors) session(ctx context.Context, address string) (*Client, error) {
	if c := d.sessions[address]; c != nil {
		return c, nil
	}
	c := &Client{Base: d.base, HTTP: d.http}
	code, err := d.demo.askCode(ctx, c, address)
	if err != nil {
		return nil, err
	}
	opened, err := c.Post(ctx, "/sign-in", JSON{"address": address, "code": code, "device": demoDevice})
	if err != nil {
		return nil, err
	}
	c.Token = opened.Text("token")
	d.sessions[address] = c
	return c, nil
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// askCode has a code sent to an address and reads it off the outbox page. Messages take a moment: an
// older code that stands there is not the one.
func (d *Demo) askCode(ctx context.Context, c *Client, address string) (string, error) {
	old, _ := d.newestCode(address)
	if _, err := c.Post(ctx, "/sign-in/code", JSON{"address": address}); err != nil {
		return "", err
	}
	code := ""
	_, err := Until(ctx, 5*time.Second, func() (Answer, error) { return Answer{}, nil }, func(Answer) bool {
		var message string
		message, code = d.newestCode(address)
		return code != "" && message != old
	})
	return code, err
}

// newestCode is the newest message with a code for an address, and the code.
func (d *Demo) newestCode(address string) (message, code string) {
	for _, m := range d.outbox.List(phi.Text(address)) {
		if code := sixDigits.FindString(m.Text.Reveal()); code != "" {
			return m.ID, code
		}
	}
	return "", ""
}
