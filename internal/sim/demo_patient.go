package sim

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"housecall/internal/clock"
	"housecall/internal/geo"
)

// SignIn signs in as somebody of the demo: by the code on the outbox page, or as staff do.
func (d *Demo) SignIn(ctx context.Context, address string) (*Client, error) {
	p := d.person(address)
	c := &Client{Base: d.URL, HTTP: d.http}
	if p.Secret != "" {
		return c, signInStaff(ctx, c, p.Address, p.Password, &authenticator{secret: p.Secret, wall: clock.NewReal()})
	}
	code, err := d.askCode(ctx, c, address)
	if err != nil {
		return nil, err
	}
	opened, err := c.Post(ctx, "/sign-in", JSON{"address": address, "code": code})
	c.Token = opened.Text("token")
	return c, err
}

// Ailment is what somebody is seen for.
type Ailment struct {
	Complaint string
	Patient   string // whom it is about; empty: who signed in
	WeightKg  string
	Home      geo.Point     // zero: in Lamp Street
	Look      time.Duration // how often they look at their phone; 0: 20 ms
}

// SeePatient is one patient who is seen and orders what is prescribed, over the API. It answers what
// became of the order; doctors, pharmacies and couriers are those of the demo.
func SeePatient(ctx context.Context, c *Client, what Ailment, within time.Duration) (string, error) {
	order, err := seeAndOrder(ctx, c, what, within)
	return order.Text("state"), err
}

// seeAndOrder is SeePatient, answering the whole order.
func seeAndOrder(ctx context.Context, c *Client, what Ailment, within time.Duration) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if what.Home.IsZero() {
		what.Home = home
	}
	if what.Look == 0 {
		what.Look = 20 * time.Millisecond
	}
	if what.Patient == "" {
		me, err := c.Get(ctx, "/me")
		if err != nil {
			return Answer{}, err
		}
		what.Patient = me.Text("patient")
	}
	visit, err := AskForVisit(ctx, c, what)
	if err != nil {
		return Answer{}, fmt.Errorf("ask for a visit: %w", err)
	}
	if err := attend(ctx, c, visit, what.Look, within); err != nil {
		return Answer{}, fmt.Errorf("attend: %w", err)
	}
	list, err := c.Get(ctx, "/visits/"+visit+"/prescriptions")
	if err != nil {
		return Answer{}, err
	}
	part := list.Text("items.0.parts.0.id")
	if part == "" {
		return Answer{}, fmt.Errorf("nothing was prescribed")
	}
	return orderIt(ctx, c, part, what, within)
}

// home is where the patient of SeePatient lives.
var home = inTown(400, 500)

// AskForVisit answers the questions of an intake and takes a place in the queue; the answer is the visit.
func AskForVisit(ctx context.Context, c *Client, what Ailment) (string, error) {
	if what.Home.IsZero() {
		what.Home = home
	}
	options, err := c.Get(ctx, "/intake-options")
	if err != nil {
		return "", err
	}
	a, err := c.Post(ctx, "/intakes", JSON{"patient": what.Patient})
	if err != nil {
		return "", err
	}
	path := "/intakes/" + a.Text("id")
	a, err = c.Edit(ctx, http.MethodPatch, path, a.ETag, JSON{
		"where": what.Home, "call_back": "+441234567", "consent": options.Text("consent"),
		"complaint": what.Complaint, "words": "Since last night", "vitals": []JSON{{"kind": "temperature", "value": "38.1", "unit": "Cel"}},
		"health": JSON{"none": []string{"medicine", "condition"}, "weight_kg": what.WeightKg},
	})
	if err != nil {
		return "", err
	}
	answers := JSON{}
	questions, _ := a.At("questions").([]any)
	for _, q := range questions {
		one, _ := q.(JSON)
		answers[text(one, "id")] = "no"
	}
	if len(answers) > 0 {
		if _, err = c.Edit(ctx, http.MethodPatch, path, a.ETag, JSON{"answers": answers}); err != nil {
			return "", err
		}
	}
	if a, err = c.Post(ctx, path+"/submit", nil); err != nil {
		return "", err
	}
	offer, err := c.Post(ctx, "/visits/offer", JSON{"intake": a.Text("id")})
	if err != nil {
		return "", err
	}
	a, err = c.Post(ctx, "/visits", JSON{"intake": a.Text("id"), "agreed": offer.At("terms.fee"), "method": "card_ok"})
	return a.Text("id"), err
}

// attend says that one is there, takes a seat once called in, and waits until the doctor is done.
func attend(ctx context.Context, c *Client, visit string, look, within time.Duration) error {
	if _, err := c.Post(ctx, "/visits/"+visit+"/here", nil); err != nil {
		return err
	}
	ask := func() (Answer, error) { return c.Get(ctx, "/visits/"+visit) }
	seated := false
	a, err := untilEvery(ctx, look, within, ask, func(a Answer) bool {
		if a.Text("state") == "in_progress" && !seated {
			_, err := c.Post(ctx, "/visits/"+visit+"/ticket", nil)
			seated = err == nil
		}
		return a.Text("state") != "waiting" && a.Text("state") != "in_progress"
	})
	if err == nil && a.Text("state") != "completed" {
		err = fmt.Errorf("the visit is %s", a.Text("state"))
	}
	return err
}

func orderIt(ctx context.Context, c *Client, part string, what Ailment, within time.Duration) (Answer, error) {
	quotes, err := c.Post(ctx, "/quotes", JSON{"part": part, "door": what.Home})
	if err != nil {
		return Answer{}, err
	}
	pharmacy := ""
	for _, q := range items(quotes) {
		if pharmacy == "" && q["in_stock"] == true && q["open"] == true {
			pharmacy = text(q, "pharmacy")
		}
	}
	a, err := c.Post(ctx, "/orders", JSON{
		"part": part, "pharmacy": pharmacy, "fulfilment": "courier",
		"address": JSON{"text": "5 Lamp Street", "floor": "1", "point": what.Home},
	})
	if err != nil {
		return Answer{}, err
	}
	path := "/orders/" + a.Text("id")
	ask := func() (Answer, error) { return c.Get(ctx, path) }
	if _, err = untilEvery(ctx, what.Look, within, ask, func(a Answer) bool { return a.At("held") == true || a.Text("state") == "cancelled" }); err != nil {
		return Answer{}, err
	}
	if _, err := c.Post(ctx, path+"/pay", JSON{"method": "card_ok"}); err != nil {
		return Answer{}, err
	}
	return untilEvery(ctx, what.Look, within, ask, func(a Answer) bool { return a.Text("state") == "delivered" || a.Text("state") == "cancelled" })
}
