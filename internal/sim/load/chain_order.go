package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"housecall/internal/sim"
)

const (
	raceOneIn  = 30 // orders that are placed twice at once, from two screens
	againOneIn = 20 // patients who try to order the same medicine again
)

func (c *chain) compare(ctx context.Context) error {
	a, err := c.Post(ctx, "/quotes", JSON{"part": c.order.part, "door": c.life.zone.point(.005, .005)})
	if err != nil {
		return err
	}
	for _, q := range listOf(a, "items") {
		if q["pharmacy"] == c.life.zone.pharmacy {
			c.quote = q
			return nil
		}
	}
	return errors.New("our pharmacy is not among the offers")
}

func (c *chain) wanted() JSON {
	return JSON{
		"part": c.order.part, "pharmacy": c.life.zone.pharmacy, "fulfilment": "courier",
		"address": JSON{"text": "7 Lamp Street", "floor": "2", "receiver": "Patient Load", "point": c.life.zone.point(.005, .005)},
	}
}

// orders places one, now and then two at once for the same medicine: one of them at most may be held.
func (c *chain) orders(ctx context.Context) error {
	screens := 1
	if c.patient.rand.IntN(raceOneIn) == 0 {
		screens = 2
	}
	type placed struct {
		o   *ordered
		err error
	}
	came := make(chan placed, screens)
	for range screens {
		go func() {
			o, err := c.place(ctx, screens > 1)
			came <- placed{o, err}
		}()
	}
	var held []*ordered
	var failed error
	for range screens {
		p := <-came
		if p.err != nil {
			failed = p.err
		}
		if p.o != nil {
			held = append(held, p.o)
		}
	}
	if len(held) == 0 {
		return errors.Join(errors.New("nothing was held"), failed)
	}
	c.order = held[0]
	if len(held) > 1 {
		return fmt.Errorf("one prescription is held by two orders: %s, %s", held[0].id, held[1].id)
	}
	return nil
}

// place asks for one order and waits until it is held; nil: another has the prescription.
func (c *chain) place(ctx context.Context, raced bool) (*ordered, error) {
	a, err := c.Post(ctx, "/orders", c.wanted())
	if raced && sim.StatusOf(err) == http.StatusConflict {
		return nil, nil //nolint:nilnil // the other screen was faster
	}
	if err != nil {
		return nil, err
	}
	o := *c.order
	o.id, o.raced = a.Text("id"), raced
	c.patient.mu.Lock()
	c.life.orders = append(c.life.orders, &o)
	c.patient.mu.Unlock()
	kind := "order.held"
	a, err = c.feed.until(ctx, kind, o.id, c.reads("/orders/"+o.id), func(a sim.Answer) bool {
		return a.At("held") == true || a.Text("state") == "cancelled"
	})
	switch {
	case err != nil:
		return nil, err
	case a.Text("state") == "unpaid":
		return &o, nil
	case raced && a.Text("state") == "cancelled":
		return nil, nil //nolint:nilnil // as above
	}
	return nil, fmt.Errorf("the order is %s: %s", a.Text("state"), a.Text("reason"))
}

func (c *chain) pay(ctx context.Context) error {
	path := "/orders/" + c.order.id
	if _, err := c.Post(ctx, path+"/pay", JSON{"method": "card_ok"}); err != nil {
		return err
	}
	a, err := c.feed.until(ctx, "order.placed", c.order.id, c.reads(path), isText("state", "placed"))
	if err != nil {
		return err
	}
	c.order.fill, c.order.job = a.Text("fill"), a.Text("job")
	return nil
}

func (c *chain) review(ctx context.Context) error {
	c.counter = c.life.zone.pharmacists[c.patient.rand.IntN(len(c.life.zone.pharmacists))]
	path := "/fills/" + c.order.fill
	read := func(ctx context.Context) (sim.Answer, error) { return c.counter.Get(ctx, path) }
	if _, err := c.counter.feed.until(ctx, "fill.offered", c.order.fill, read, isText("state", "offered")); err != nil {
		return err
	}
	_, err := c.counter.Post(ctx, path+"/review", nil)
	return err
}

func (c *chain) accept(ctx context.Context) error {
	path := "/fills/" + c.order.fill
	sheet, err := c.counter.Get(ctx, path+"/sheet")
	if err != nil {
		return err
	}
	reasons := JSON{}
	for _, f := range listOf(sheet, "findings") {
		if one, ok := f["id"].(string); ok && f["severity"] == "warning" && f["known"] != true {
			reasons[one] = "Short course; the patient was told what to look out for."
		}
	}
	_, err = c.counter.Post(ctx, path+"/accept", JSON{"reasons": reasons})
	return err
}

// takeOffer has whoever the job is offered to say yes. An offer that ran out is followed by another.
func (c *chain) takeOffer(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, stuckAfter)
	defer stop()
	made := c.patient.offers.of(c.order.job)
	for {
		select {
		case <-ctx.Done():
			return errors.New("no courier was offered the job")
		case c.courier = <-made:
		}
		err := c.ride(ctx, "accept")
		if err == nil {
			c.taken++
		}
		if !overtaken(err) { // else it ran out meanwhile
			return err
		}
	}
}

// withCourier does a step of the courier who has the job. Until the bag is theirs it may be given to another, who goes
// on with it.
func (c *chain) withCourier(ctx context.Context, step func(context.Context) error) error {
	for tries := 0; ; tries++ {
		err := step(ctx)
		if tries == mostHands || !overtaken(err) || !c.lost(ctx) {
			return err
		}
		c.anew.Add(1)
		if err := c.takeOffer(ctx); err != nil {
			return err
		}
	}
}

// mostHands is how often a job may change hands before that is a mistake.
const mostHands = 8

// overtaken tells that a courier's step was refused because the job is not theirs as it was.
func overtaken(err error) bool {
	switch sim.StatusOf(err) {
	case http.StatusConflict, http.StatusNotFound:
		return true
	}
	return errors.Is(err, errOtherJob)
}

// lost tells whether the job is with somebody else, or on its way to somebody, by what the counter is shown.
func (c *chain) lost(ctx context.Context) bool {
	a, err := c.counter.Get(ctx, "/jobs/"+c.order.job)
	if err != nil {
		return false
	}
	switch a.Text("state") {
	case "planned", "offered":
		return true
	}
	return a.Text("courier") != c.courier.Account
}

// ride makes the courier's next step with this job. Who carries several bags is told one thing at a time:
// the others wait.
func (c *chain) ride(ctx context.Context, step string) error {
	for begun, looked := now(), now(); ; {
		next, err := c.courier.Get(ctx, "/ride")
		if err != nil {
			return err
		}
		if next.Text("job") == c.order.job {
			_, err = c.courier.Post(ctx, "/jobs/"+c.order.job+"/"+step, JSON{"sequence": next.At("sequence")})
			return err
		}
		over := step == "accept" || now().Sub(begun) > stuckAfter
		if !over && now().Sub(looked) > time.Second {
			looked, over = now(), c.lost(ctx)
		}
		if over || !rest(ctx, 50*time.Millisecond) {
			return fmt.Errorf("%w: to %s", errOtherJob, strings.ReplaceAll(next.Text("todo"), "_", " "))
		}
	}
}

// errOtherJob is what a courier answers who is told to do something else.
var errOtherJob = errors.New("the courier is told to do something else")

func (c *chain) pack(ctx context.Context) error {
	path := "/fills/" + c.order.fill
	fill, err := c.counter.Get(ctx, path)
	if err != nil {
		return err
	}
	units, _ := fill.At("lines.0.units").(float64)
	c.order.units = int(units)
	_, err = c.counter.Post(ctx, path+"/pack", JSON{"packed": []JSON{{
		"line": 0, "product": fill.At("lines.0.product"), "batch": batch, "expiry": c.expiry, "units": fill.At("lines.0.units"),
	}}})
	if err != nil {
		return err
	}
	_, err = c.counter.Post(ctx, path+"/ready", JSON{"seal": "SEAL-1", "labelled": true})
	return err
}

func (c *chain) arrive(ctx context.Context) error { return c.withCourier(ctx, c.arrives) }

func (c *chain) arrives(ctx context.Context) error { return c.ride(ctx, "arrive") }

func (c *chain) collect(ctx context.Context) error {
	here := c.taken
	return c.withCourier(ctx, func(ctx context.Context) error {
		if c.taken != here {
			if err := c.arrives(ctx); err != nil {
				return err
			}
			here = c.taken
		}
		return c.takesBag(ctx)
	})
}

func (c *chain) takesBag(ctx context.Context) error {
	code, err := c.courier.Get(ctx, "/jobs/"+c.order.job+"/code")
	if err != nil {
		return err
	}
	read := func(ctx context.Context) (sim.Answer, error) { return c.counter.Get(ctx, "/jobs/"+c.order.job) }
	_, err = c.counter.feed.until(ctx, "job.readied", c.order.job, read, func(a sim.Answer) bool { return a.Text("seal") != "" })
	if err != nil {
		return err
	}
	_, err = c.counter.Post(ctx, "/jobs/"+c.order.job+"/collect", JSON{"code": code.Text("code")})
	return err
}

func (c *chain) atDoor(ctx context.Context) error { return c.ride(ctx, "at-door") }

func (c *chain) handOver(ctx context.Context) error {
	pin, err := c.Get(ctx, "/jobs/"+c.order.job+"/pin")
	if err != nil {
		return err
	}
	_, err = c.courier.Post(ctx, "/jobs/"+c.order.job+"/hand-over", JSON{"code": pin.Text("code")})
	return err
}

func (c *chain) delivered(ctx context.Context) error {
	_, err := c.feed.until(ctx, "order.delivered", c.order.id, c.reads("/orders/"+c.order.id), isText("state", "delivered"))
	return err
}

func (c *chain) dispensed(ctx context.Context) error {
	_, err := c.feed.until(ctx, "rx.dispensed", c.order.rx, c.reads("/prescriptions/"+c.order.rx), isText("parts.0.state", "dispensed"))
	if err != nil {
		return err
	}
	c.order.finished = true
	if c.patient.rand.IntN(againOneIn) > 0 {
		return nil
	}
	a, err := c.Post(ctx, "/orders", c.wanted())
	if sim.StatusOf(err) == http.StatusConflict {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("a second order for a dispensed prescription was answered: %s", a.Text("id"))
	}
	return err
}
