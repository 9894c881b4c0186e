package app

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/estimate"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// forPharmacy is what pharmacies ask of vetting, prescriptions, the formulary, zones and roads.
type forPharmacy struct{ *Services }

// Standing implements pharmacy.Vetting.
func (f forPharmacy) Standing(ctx context.Context, subject string) (bool, error) {
	st, err := f.Onboarding.Standing(ctx, subject)
	return st.Active, err
}

// Script implements pharmacy.Scripts. Prescribing asks its own policy for the actor.
func (f forPharmacy) Script(ctx context.Context, a access.Actor, part id.Part) (pharmacy.Script, error) {
	rx, p, err := f.Prescribing.Part(ctx, a, part)
	if err != nil {
		return pharmacy.Script{}, err
	}
	out := pharmacy.Script{
		Prescription: rx.ID, Patient: rx.Patient, PatientName: rx.Subject.Name, BornOn: phi.Text(rx.Subject.Born.String()),
		Doctor: rx.Doctor, DoctorName: rx.Prescriber.Name,
	}
	if rx.Signature != nil {
		out.SignedAt = rx.Signature.At
	}
	items := itemsOf(rx, p)
	for i, l := range p.Lines {
		out.Lines = append(out.Lines, pharmacy.ScriptLine{
			Product: l.Product, Quantity: l.Quantity,
			Dosage: phi.Text(items[i].Sentence.EN), DosageZH: phi.Text(items[i].Sentence.ZH), NoSubstitute: items[i].NoSubstitution,
		})
	}
	return out, nil
}

// Dispensable implements pharmacy.Scripts.
func (f forPharmacy) Dispensable(ctx context.Context, a access.Actor, part id.Part, order id.Order) error {
	d, err := f.Prescribing.Dispensable(ctx, a, part)
	switch {
	case err != nil:
		return err
	case !d.Genuine:
		return fault.New(fault.Conflict, "The signature of this prescription is not genuine. Refuse it, and tell the doctor.").Coded("rx-forged")
	case d.Part.State != prescribing.Claimed || d.Part.Order != order:
		return fault.New(fault.Conflict, "This prescription is not claimed for this order.").Coded("rx-not-claimed")
	case d.Prescription.Ended != nil:
		return fault.New(fault.Conflict, "The doctor has ended this prescription. Hand it back.").Coded("rx-ended")
	}
	return nil
}

// Recheck implements pharmacy.Scripts.
func (f forPharmacy) Recheck(ctx context.Context, a access.Actor, part id.Part) ([]pharmacy.Finding, error) {
	again, err := f.Prescribing.Recheck(ctx, a, part)
	if err != nil {
		return nil, err
	}
	reasons := map[string]phi.Text{}
	for _, r := range again.Reasons {
		reasons[r.Finding] = r.Words
	}
	out := make([]pharmacy.Finding, 0, len(again.Findings))
	for _, x := range again.Findings {
		reason, given := reasons[x.ID]
		out = append(out, pharmacy.Finding{
			ID: x.ID, Severity: string(x.Severity), Source: x.Source, Known: given, Reason: reason,
			Text:   phi.Text(strings.TrimSpace(strings.Join(x.Drugs, ", ") + ": " + x.Fact + ". " + x.Why + " " + x.Do)),
			TextZH: phi.Text(x.FactZH + x.WhyZH + x.DoZH),
		})
	}
	return out, nil
}

// Barred implements pharmacy.Scripts. The risk of a prescription medicine is shown before the order, after the
// comparison of pharmacies.
func (f forPharmacy) Barred(ctx context.Context, a access.Actor, part id.Part, door geo.Point) (map[string]string, error) {
	bars, err := forOrder(f).barred(ctx, a, sale{part: part, door: door, warned: true})
	out := map[string]string{}
	for way, d := range bars {
		out[string(way)] = inWords(d)
	}
	return out, err
}

// Label implements pharmacy.Formulary.
func (f forPharmacy) Label(_ context.Context, product string) (string, error) {
	p, known := f.Formulary.Product(product)
	if !known {
		return "", fault.New(fault.NotFound, "No such product is in the formulary.").Coded("unknown-product")
	}
	return p.Drug.INN + " " + p.Form + " " + p.Strength, nil
}

// Alike implements pharmacy.Formulary.
func (f forPharmacy) Alike(_ context.Context, a, b string) (bool, error) {
	one, first := f.Formulary.Product(a)
	other, second := f.Formulary.Product(b)
	return first && second && one.Drug.INN == other.Drug.INN && one.Strength == other.Strength, nil
}

// Terms implements pharmacy.Zones.
func (f forPharmacy) Terms(ctx context.Context, zone id.Zone) (pharmacy.Terms, error) {
	z, err := f.Delivery.Zone(ctx, zone)
	if err != nil {
		return pharmacy.Terms{}, err
	}
	t := pharmacy.Terms{
		Review: z.Budgets.Review.Duration(), Pack: z.Budgets.Pack.Duration(), Promise: z.Promise.Duration(),
		DeliveryFee: z.DeliveryFee, Couriers: !z.SlotsOnly,
	}
	slots, err := f.Delivery.Slots(ctx, zone)
	for _, s := range slots {
		t.Slots = append(t.Slots, pharmacy.Slot{From: s.From, Until: s.Until, Begins: s.Begins})
	}
	return t, err
}

// Estimate implements pharmacy.Estimates.
func (f forPharmacy) Estimate(ctx context.Context, ph id.Pharmacy, zone id.Zone, q estimate.Question) (estimate.Span, error) {
	if q.Courier && zone != "" {
		z, err := f.Delivery.Zone(ctx, zone)
		if err != nil {
			return estimate.Span{}, err
		}
		q.Pace = z.Pace()
	}
	return f.Forecast.Estimate(ctx, ph, zone, q)
}

// ZoneOf implements pharmacy.Zones.
func (f forPharmacy) ZoneOf(ctx context.Context, at geo.Point) (id.Zone, error) {
	return forOrder(f).ZoneOf(ctx, at)
}
