package app

import (
	"context"
	"fmt"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
	"housecall/internal/support"
)

// chain is what a subject belongs to; what does not exist is empty.
type chain struct {
	order id.Order
	rx    id.Prescription
	visit id.Visit
}

// along gathers what one link of a subject's chain shows; nothing where there is no such link.
func along[T ~string](s *Services, link func(chain) T, show func(ctx context.Context, a access.Actor, of T) ([]support.Item, error)) gather {
	return func(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
		c, err := s.chainOf(ctx, subject)
		if of := link(c); err == nil && of != "" {
			return show(ctx, a, of)
		}
		return nil, err
	}
}

func theOrder(c chain) id.Order               { return c.order }
func thePrescription(c chain) id.Prescription { return c.rx }
func theVisit(c chain) id.Visit               { return c.visit }

// evidence lists what a case can show, by kind. An order brings the prescription and the visit behind it.
func evidence(s *Services) map[string]support.Evidence {
	return map[string]support.Evidence{
		"intake": along(s, theVisit, s.intakeEvidence), "visit": along(s, theVisit, s.visitEvidence),
		"message":      gather(s.messageEvidence),
		"prescription": along(s, thePrescription, s.prescriptionEvidence),
		"order":        along(s, theOrder, s.orderEvidence), "review": along(s, theOrder, s.reviewEvidence),
		"packing": along(s, theOrder, s.fillEvidence), "hand_over": along(s, theOrder, s.jobEvidence),
		"position": along(s, theOrder, s.positionEvidence), "payment": gather(s.paymentEvidence),
	}
}

func (s *Services) intakeEvidence(ctx context.Context, a access.Actor, visit id.Visit) ([]support.Item, error) {
	v, err := s.Consult.Visit(ctx, house, visit)
	if err != nil {
		return nil, err
	}
	i, err := s.Intake.Intake(ctx, a, v.Intake)
	if err != nil {
		return nil, err
	}
	return append(moves(string(i.ID), i.History), support.Item{
		Record: string(i.ID), At: i.UpdatedAt, By: string(i.By), Code: i.Complaint, Text: i.Words,
	}), nil
}

func (s *Services) visitEvidence(ctx context.Context, a access.Actor, visit id.Visit) ([]support.Item, error) {
	v, err := s.Consult.Visit(ctx, a, visit)
	if err != nil {
		return nil, err
	}
	return moves(string(v.ID), v.History), nil
}

// messageEvidence is what was written: to the doctor after the visit, and about the order on its way.
func (s *Services) messageEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	thread, err := along(s, theVisit, s.threadEvidence).Gather(ctx, a, subject)
	if err != nil {
		return nil, err
	}
	talk, err := along(s, theOrder, s.talkEvidence).Gather(ctx, a, subject)
	return append(thread, talk...), err
}

func (s *Services) threadEvidence(ctx context.Context, a access.Actor, visit id.Visit) ([]support.Item, error) {
	t, err := s.Consult.Thread(ctx, a, visit)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, x := range t.Items {
		items = append(items, support.Item{Record: string(visit), At: x.At, By: string(x.By), Code: string(x.Kind), Text: x.Text})
	}
	return items, nil
}

func (s *Services) talkEvidence(ctx context.Context, a access.Actor, order id.Order) ([]support.Item, error) {
	t, err := s.Delivery.ReadTalk(ctx, a, order)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, x := range t.Said {
		items = append(items, support.Item{Record: string(order), At: x.At, By: string(x.By), Code: x.Role, Text: x.Text})
	}
	return items, nil
}

func (s *Services) prescriptionEvidence(ctx context.Context, a access.Actor, rx id.Prescription) ([]support.Item, error) {
	p, err := s.Prescribing.Prescription(ctx, a, rx)
	if err != nil {
		return nil, err
	}
	items := moves(string(p.ID), p.History)
	for _, part := range p.Parts {
		items = append(items, moves(string(part.ID), part.History)...)
	}
	return items, nil
}

func (s *Services) orderEvidence(ctx context.Context, a access.Actor, order id.Order) ([]support.Item, error) {
	o, err := s.Order.Read(ctx, a, order)
	if err != nil {
		return nil, err
	}
	items := moves(string(o.ID), o.History)
	if o.Promise.Broken != "" {
		items = append(items, support.Item{
			Record: string(o.ID), At: o.Promise.Due, Code: "promise_broken", Data: map[string]string{"stage": string(o.Promise.Broken)},
		})
	}
	return items, nil
}

// reviewEvidence is what the pharmacists' checks found, and what was asked and answered.
func (s *Services) reviewEvidence(ctx context.Context, a access.Actor, order id.Order) ([]support.Item, error) {
	fills, err := s.Pharmacy.FillsOf(ctx, a, order)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, f := range fills {
		at, by := f.AcceptedAt(), string(f.Pharmacist)
		for _, x := range f.Checked {
			items = append(items, support.Item{Record: string(f.ID), At: at, By: by, Code: "finding_" + x.Severity, Text: x.Text, Data: map[string]string{"finding": x.ID, "source": x.Source}})
			if x.Reason != "" {
				items = append(items, support.Item{Record: string(f.ID), At: at, By: by, Code: "reason", Text: x.Reason, Data: map[string]string{"finding": x.ID}})
			}
		}
		for _, q := range f.Questions {
			items = append(items, questioned(f, q)...)
		}
	}
	return items, nil
}

func questioned(f *pharmacy.Fill, q pharmacy.Question) []support.Item {
	items := []support.Item{{Record: string(f.ID), At: q.At, By: string(q.By), Code: "asked_" + q.Owes, Text: q.Text}}
	if q.Answer != "" {
		items = append(items, support.Item{Record: string(f.ID), At: q.AnsweredAt, By: string(q.AnsweredBy), Code: "answer_" + q.Answer, Text: q.AnswerText})
	}
	return items
}

func (s *Services) fillEvidence(ctx context.Context, a access.Actor, order id.Order) ([]support.Item, error) {
	fills, err := s.Pharmacy.FillsOf(ctx, a, order)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, f := range fills {
		items = append(items, moves(string(f.ID), f.History)...)
	}
	return items, nil
}

func (s *Services) jobEvidence(ctx context.Context, a access.Actor, order id.Order) ([]support.Item, error) {
	jobs, err := s.Delivery.OfOrder(ctx, a, order)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, j := range jobs {
		items = append(items, moves(string(j.ID), j.History)...)
	}
	return items, nil
}

func (s *Services) positionEvidence(ctx context.Context, a access.Actor, order id.Order) ([]support.Item, error) {
	jobs, err := s.Delivery.OfOrder(ctx, a, order)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, j := range jobs {
		path, err := s.Delivery.Path(ctx, a, j.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range path {
			items = append(items, support.Item{
				Record: string(j.ID), At: p.At,
				Data: map[string]string{"lat": fmt.Sprintf("%.5f", p.Point.Lat), "lon": fmt.Sprintf("%.5f", p.Point.Lon)},
			})
		}
	}
	return items, nil
}

func (s *Services) paymentEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	payments, err := s.Billing.OfSubject(ctx, a, subject)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, p := range payments {
		items = append(items, moves(string(p.ID), p.History)...)
	}
	return items, nil
}
