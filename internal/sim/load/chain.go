package load

import (
	"context"
	"fmt"
	"net/http"

	"housecall/internal/sim"
)

// chain is one way from the first word to the door.
type chain struct {
	*patient
	*life
	medicine medicine
	doctor   *doctor
	counter  *counter
	courier  *courier
	taken    int // offers, one after the other

	intake, visit string
	order         *ordered
	quote         JSON
}

// step is one line of the script; a durable one is a transition that walk prints.
type step struct {
	name    string
	durable bool
	do      func(context.Context) error
}

func (c *chain) script() []step {
	return []step{
		{"fill in the intake", true, c.fillIn},
		{"ask for a visit; the fee is held", true, c.ask},
		{"be admitted", true, c.admit},
		{"take seats", false, c.seats},
		{"write the note", true, c.note},
		{"write the prescription", true, c.prescribe},
		{"sign it", true, c.sign},
		{"complete the visit", true, c.complete},
		{"compare pharmacies", false, c.compare},
		{"order; claimed and reserved", true, c.orders},
		{"pay; the clock starts", true, c.pay},
		{"review", true, c.review},
		{"accept", true, c.accept},
		{"pack and seal", true, c.pack}, // before the courier: until the bag is ready they leave as late as they can
		{"take the offer", true, c.takeOffer},
		{"arrive at the counter", true, c.arrive},
		{"hand to the courier", true, c.collect},
		{"arrive at the door", true, c.atDoor},
		{"hand over by PIN", true, c.handOver},
		{"see it delivered", true, c.delivered},
		{"see it dispensed", true, c.dispensed},
	}
}

func (c *chain) fillIn(ctx context.Context) error {
	a, err := c.Post(ctx, "/intakes", JSON{"patient": c.life.id, "specialty": c.life.zone.name, "language": "en"})
	if err != nil {
		return err
	}
	c.intake = a.Text("id")
	a, err = c.edits(ctx, c.Client, "/intakes/"+c.intake, a.ETag, JSON{
		"where": c.life.zone.point(.005, .005), "call_back": "+441234567", "consent": c.consent,
		"complaint": "fever", "words": "Fever since last night", "vitals": []JSON{{"kind": "temperature", "value": "38.4", "unit": "Cel"}},
		"health": JSON{"none": []string{"allergy", "medicine", "condition"}, "weight_kg": "62"},
	})
	if err != nil {
		return err
	}
	answers := JSON{}
	for _, q := range listOf(a, "questions") {
		if one, ok := q["id"].(string); ok {
			answers[one] = "no"
		}
	}
	if len(answers) > 0 {
		if _, err = c.edits(ctx, c.Client, "/intakes/"+c.intake, a.ETag, JSON{"answers": answers}); err != nil {
			return err
		}
	}
	_, err = c.Post(ctx, "/intakes/"+c.intake+"/submit", nil)
	return err
}

// edits changes a version that was read. One that is no longer the newest is read again: an edit whose
// answer was lost has made a newer one.
func (c *chain) edits(ctx context.Context, who *sim.Client, path, etag string, change JSON) (sim.Answer, error) {
	for tries := 0; ; tries++ {
		a, err := who.Edit(ctx, http.MethodPatch, path, etag, change)
		if sim.StatusOf(err) != http.StatusPreconditionFailed || tries == 3 {
			return a, err
		}
		if a, err = who.Get(ctx, path); err != nil {
			return a, err
		}
		etag = a.ETag
	}
}

func (c *chain) ask(ctx context.Context) error {
	offer, err := c.Post(ctx, "/visits/offer", JSON{"intake": c.intake})
	if err != nil {
		return err
	}
	a, err := c.Post(ctx, "/visits", JSON{"intake": c.intake, "agreed": offer.At("terms.fee"), "method": "card_ok"})
	if err != nil {
		return err
	}
	c.visit = a.Text("id")
	_, err = c.feed.until(ctx, "visit.fee_held", c.visit, c.reads("/visits/"+c.visit), isText("fee_state", "held"))
	return err
}

// reads answers what reads a path as the patient.
func (c *chain) reads(path string) func(context.Context) (sim.Answer, error) {
	return func(ctx context.Context) (sim.Answer, error) { return c.Get(ctx, path) }
}

func isText(path, want string) func(sim.Answer) bool {
	return func(a sim.Answer) bool { return a.Text(path) == want }
}

func listOf(a sim.Answer, path string) []JSON {
	all, _ := a.At(path).([]any)
	out := make([]JSON, 0, len(all))
	for _, one := range all {
		if j, ok := one.(JSON); ok {
			out = append(out, j)
		}
	}
	return out
}

func (c *chain) admit(ctx context.Context) error {
	if _, err := c.Post(ctx, "/visits/"+c.visit+"/here", nil); err != nil {
		return err
	}
	begun := now()
	d, err := c.life.zone.doctors.take(ctx)
	if err != nil {
		return err
	}
	c.signWaits.add(now().Sub(begun))
	if _, err = d.Post(ctx, "/visits/"+c.visit+"/admit", nil); err != nil {
		c.life.zone.doctors.give(d)
		return err
	}
	c.doctor = d
	return nil
}

func (c *chain) seats(ctx context.Context) error {
	for _, who := range []*sim.Client{c.doctor.Client, c.Client} {
		if _, err := who.Post(ctx, "/visits/"+c.visit+"/ticket", nil); err != nil {
			return err
		}
	}
	return nil
}

func (c *chain) note(ctx context.Context) error {
	path, etag := "/visits/"+c.visit+"/note", "*"
	if a, err := c.doctor.Get(ctx, path); err == nil && a.ETag != "" {
		etag = a.ETag
	}
	_, err := c.edits(ctx, c.doctor.Client, path, etag, JSON{
		"subjective": "Fever since last night.", "plan": "As written, fluids.",
		"summary": "You have a fever. Drink, rest, and take the medicine as written.", "diagnoses": []JSON{{"code": "R50.9"}},
	})
	return err
}

func (c *chain) prescribe(ctx context.Context) error {
	m := c.medicine
	draft := JSON{"items": []JSON{{"product": m.product, "steps": []JSON{{
		"dose":   JSON{"value": m.dose, "unit": m.unit},
		"timing": JSON{"frequency": m.often, "period": 1, "period_unit": "d", "duration": m.days, "duration_unit": "d"},
	}}}}}
	path := "/visits/" + c.visit + "/prescriptions"
	seen, err := c.doctor.Post(ctx, path+"/preview", draft)
	if err != nil {
		return err
	}
	var reasons []JSON
	for _, f := range listOf(seen, "findings") {
		if f["severity"] == "warning" {
			reasons = append(reasons, JSON{"finding": f["id"], "words": "Asked about in the call; short course, to be watched."})
		}
	}
	if len(reasons) > 0 {
		draft["reasons"] = reasons
	}
	a, err := c.doctor.Post(ctx, path, draft)
	c.order = &ordered{rx: a.Text("id"), medicine: m}
	return err
}

func (c *chain) sign(ctx context.Context) error {
	challenge, err := c.doctor.Post(ctx, "/signings", JSON{"prescriptions": []string{c.order.rx}})
	if err != nil {
		return err
	}
	code, err := c.doctor.code()
	if err != nil {
		return err
	}
	a, err := c.doctor.Post(ctx, "/signings/"+challenge.Text("id")+"/confirm", JSON{"code": code})
	if err != nil {
		return err
	}
	if c.order.part = a.Text("items.0.parts.0.id"); c.order.part == "" {
		return fmt.Errorf("the prescription is %s after it was signed", a.Text("items.0.state"))
	}
	return nil
}

func (c *chain) complete(ctx context.Context) error {
	_, err := c.doctor.Post(ctx, "/visits/"+c.visit+"/complete", nil)
	c.life.zone.doctors.give(c.doctor)
	return err
}
