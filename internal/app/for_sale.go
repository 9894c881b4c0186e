package app

import (
	"context"
	"fmt"
	"strings"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/jurisdiction"
	"housecall/internal/order"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// ways are how a medicine can be handed over.
var ways = []order.Fulfilment{order.Courier, order.Pickup, order.Parcel}

// sale is a part that somebody wants sold: under the law of the place it was prescribed in, and of that
// where the door stands. Warned: the risk of a prescription medicine was shown to who orders.
type sale struct {
	part   id.Part
	door   geo.Point
	warned bool
}

// barred says which ways of handing over the rules in force today forbid, and by which rule.
func (f forOrder) barred(ctx context.Context, a access.Actor, s sale) (map[order.Fulfilment]jurisdiction.Decision, error) {
	rx, part, err := f.Prescribing.Part(ctx, a, s.part)
	if err != nil {
		return nil, err
	}
	places, zone, err := f.lawsOf(ctx, rx, s.door)
	if err != nil {
		return nil, err
	}
	shown, err := f.identityShown(ctx, rx)
	if err != nil {
		return nil, err
	}
	grams, err := f.precursors(ctx, rx.Patient, part)
	if err != nil {
		return nil, err
	}
	out := make(map[order.Fulfilment]jurisdiction.Decision)
	for _, way := range ways {
		for _, place := range places {
			day := f.Packs.Day(place, zone, f.Order.Clock.Now())
			for _, l := range part.Lines {
				d, found := f.forbids(place, day, s.facts(way, shown, f.product(l.Product), grams))
				if _, already := out[way]; found && !already {
					out[way] = d
				}
			}
		}
	}
	return out, nil
}

// lawsOf are the places whose rules hold for a sale, and the time zone of the door.
func (f forOrder) lawsOf(ctx context.Context, rx *prescribing.Prescription, door geo.Point) ([]string, string, error) {
	places := []string{strings.ToLower(rx.Jurisdiction)}
	at, err := f.ZoneOf(ctx, door)
	if err != nil || at == "" {
		return places, "", err
	}
	z, err := f.Delivery.Zone(ctx, at)
	if err != nil {
		return nil, "", fmt.Errorf("read zone %s: %w", at, err)
	}
	if z.Jurisdiction != jurisdiction.House && !strings.EqualFold(z.Jurisdiction, places[0]) {
		places = append(places, strings.ToLower(z.Jurisdiction))
	}
	return places, z.TimeZone, nil
}

// identityShown tells whether somebody of the service saw a document of the patient in the visit.
func (f forOrder) identityShown(ctx context.Context, rx *prescribing.Prescription) (bool, error) {
	v, err := f.Consult.Visit(ctx, house, rx.Visit)
	if err != nil {
		return false, fmt.Errorf("read visit %s: %w", rx.Visit, err)
	}
	in, err := f.Intake.Intake(ctx, house, v.Intake)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && in.IdentityShown != nil, err
}

func (f forOrder) product(name string) *prescribing.Product {
	p, _ := f.Formulary.Product(name)
	return p
}

// forbids answers the gravest rule that stands in the way.
func (f forOrder) forbids(place, day string, facts jurisdiction.Facts) (jurisdiction.Decision, bool) {
	for _, d := range f.Packs.Decide(place, jurisdiction.Deliver, day, facts) {
		if d.Hinders() {
			return d, true
		}
	}
	return jurisdiction.Decision{}, false
}

// precursorDays is over how many days the law adds up what somebody gets of a precursor of drugs (US-D09).
const precursorDays = 30

// precursors is how much of them a part holds, with all that its patient was handed in the last thirty days and
// what other orders of theirs hold now: who splits an order gets no more.
func (f forOrder) precursors(ctx context.Context, patient id.Patient, part *prescribing.Part) (safety.Decimal, error) {
	own := f.gramsOf(part.Lines)
	if own.Sign() == 0 {
		return own, nil // most orders: nothing to look up
	}
	had, err := f.Prescribing.Had(ctx, patient, f.Order.Clock.Now().AddDate(0, 0, -precursorDays), part.ID)
	if err != nil {
		return own, err
	}
	return own.Plus(f.gramsOf(had)), nil
}

// gramsOf adds up the precursors in lines.
func (f forOrder) gramsOf(lines []prescribing.Line) safety.Decimal {
	sum := safety.Whole(0)
	for _, l := range lines {
		p := f.product(l.Product)
		if p == nil {
			continue
		}
		for _, one := range p.PerUnit {
			if one.Component != "pseudoephedrine" && one.Component != "ephedrine" {
				continue
			}
			if g, ok := safety.Convert(one.Value, one.Unit, "g"); ok {
				sum = sum.Plus(g.Times(safety.Whole(l.Quantity)))
			}
		}
	}
	return sum
}

// Within implements journey.Limits: asked again once the part is claimed, when each of two orders sees the other.
func (f forOrder) Within(ctx context.Context, a access.Actor, o *order.Order) error {
	_, part, err := f.Prescribing.Part(ctx, a, o.Part)
	if err != nil || f.gramsOf(part.Lines).Sign() == 0 {
		return err
	}
	bars, err := f.barred(ctx, a, sale{part: o.Part, door: o.Address.Point, warned: true})
	if d, over := bars[o.Fulfilment]; err == nil && over {
		return forbidden(d)
	}
	return err
}

// facts are what a sale tells the rules. Signature, pharmacist's check and seal are no choice here: nothing is
// packed before the first two, and no bag is handed over without a seal. No temperature is logged on the way.
func (s sale) facts(way order.Fulfilment, identityShown bool, p *prescribing.Product, grams safety.Decimal) jurisdiction.Facts {
	cold := p != nil && p.Cold
	f := jurisdiction.Facts{
		Yes: map[string]bool{
			"signed": true, "pharmacist_approved": true, "sealed": true, "sent_alone": true, "prescription_verified": true,
			"prescription_used": false, "gift_on_medicine": false, "federal_programme": false,
			"temperature_logged": !cold || way == order.Pickup, "buyer_identity_checked": identityShown, "photo_id": identityShown,
			"risk_warning_shown": s.warned,
		},
		Numbers: map[string]float64{}, Words: map[string]string{"fulfilment": string(way)},
	}
	if p == nil {
		return f
	}
	f.Drug = prescribing.DrugOfPlace(p.Drug, p.Form, "")
	if grams.Sign() > 0 {
		f.Numbers["grams_30_days"] = grams.Float()
	}
	return f
}

// forbidden refuses a way of handing over by the rule that forbids it.
func forbidden(d jurisdiction.Decision) error {
	return fault.New(fault.Conflict, inWords(d)).Coded("rule-forbids")
}

// inWords names the rule, the day and the source beside what the rule tells.
func inWords(d jurisdiction.Decision) string {
	because := ""
	if d.Because != "" {
		because = " (" + d.Because + ")"
	}
	return fmt.Sprintf("%s%s Rule %s of the place, on %s; source %s.", d.EN, because, d.Rule, d.Day, d.Source)
}
