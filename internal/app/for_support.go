package app

import (
	"context"
	"strings"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/support"
)

// forSupport tells how people stand to what a case is about.
type forSupport struct{ *Services }

// Facts implements support.Subjects.
func (f forSupport) Facts(ctx context.Context, subject string) (access.Facts, error) {
	kind, _, _ := strings.Cut(subject, "_")
	facts := access.Facts{Record: subject}
	switch kind {
	case "ord":
		o, err := f.Order.Get(ctx, house, id.Order(subject))
		if err != nil {
			return facts, err
		}
		facts.Patient, facts.Pharmacy = o.Patient, o.Pharmacy
		facts.Courier = f.courierOf(ctx, o.ID)
	case "vis":
		v, err := f.Consult.Visit(ctx, house, id.Visit(subject))
		if err != nil {
			return facts, err
		}
		facts.Patient, facts.Doctor = v.Patient, v.Doctor
	case "rx":
		rx, err := f.Prescribing.Prescription(ctx, house, id.Prescription(subject))
		if err != nil {
			return facts, err
		}
		facts.Patient, facts.Doctor = rx.Patient, rx.Doctor
	case "pay":
		p, err := f.Billing.Payment(ctx, house, id.Payment(subject))
		if err != nil {
			return facts, err
		}
		facts.Patient, facts.Owner = p.Patient, p.Payer
	case "pat":
		facts.Patient = id.Patient(subject)
	case "acc":
		facts.Owner = id.Account(subject)
	default:
		return facts, fault.New(fault.NotFound, "We can't find what this is about.")
	}
	return facts, nil
}

func (f forSupport) courierOf(ctx context.Context, oid id.Order) id.Account {
	jobs, err := f.Delivery.OfOrder(ctx, house, oid)
	if err != nil || len(jobs) == 0 {
		return ""
	}
	return jobs[len(jobs)-1].Courier
}

// gather is one kind of evidence.
type gather func(ctx context.Context, a access.Actor, subject string) ([]support.Item, error)

// Gather implements support.Evidence. What this actor may not read is left out of the case.
func (g gather) Gather(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	items, err := g(ctx, a, subject)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
		return nil, nil
	}
	return items, err
}

// chainOf follows an id back to the order, prescription and visit it belongs to.
func (s *Services) chainOf(ctx context.Context, subject string) (chain, error) {
	var c chain
	switch kind, _, _ := strings.Cut(subject, "_"); kind {
	case "ord":
		c.order = id.Order(subject)
		o, err := s.Order.Get(ctx, house, c.order)
		if err != nil {
			return c, err
		}
		c.rx = o.Prescription
	case "rx":
		c.rx = id.Prescription(subject)
	case "vis":
		return chain{visit: id.Visit(subject)}, nil
	case "pay":
		p, err := s.Billing.Payment(ctx, house, id.Payment(subject))
		if err != nil {
			return c, err
		}
		return s.chainOf(ctx, p.Subject)
	default:
		return c, nil
	}
	p, err := s.Prescribing.Prescription(ctx, house, c.rx)
	if err != nil {
		return c, err
	}
	c.visit = p.Visit
	return c, nil
}

// moves turns a history into evidence.
func moves[S, E ~string](record string, steps []lifecycle.Step[S, E]) []support.Item {
	out := make([]support.Item, 0, len(steps))
	for _, st := range steps {
		out = append(out, support.Item{Record: record, At: st.At, By: st.By, Code: string(st.To), Data: map[string]string{"why": st.Why}})
	}
	return out
}
