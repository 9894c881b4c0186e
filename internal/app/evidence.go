package app

import (
	"context"
	"fmt"

	"housecall/internal/access"
	"housecall/internal/support"
)

func (s *Services) intakeEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	_, _, visit, err := s.chainOf(ctx, subject)
	if err != nil || visit == "" {
		return nil, err
	}
	v, err := s.Consult.Visit(ctx, house, visit)
	if err != nil {
		return nil, err
	}
	i, err := s.Intake.Intake(ctx, a, v.Intake)
	if err != nil {
		return nil, err
	}
	return append(moves("intake", string(i.ID), i.History), support.Item{
		Kind: "intake", Record: string(i.ID), At: i.UpdatedAt, By: string(i.By),
		Code: i.Complaint, Text: i.Words,
	}), nil
}

func (s *Services) visitEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	_, _, visit, err := s.chainOf(ctx, subject)
	if err != nil || visit == "" {
		return nil, err
	}
	v, err := s.Consult.Visit(ctx, a, visit)
	if err != nil {
		return nil, err
	}
	return moves("visit", string(v.ID), v.History), nil
}

func (s *Services) prescriptionEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	_, rx, _, err := s.chainOf(ctx, subject)
	if err != nil || rx == "" {
		return nil, err
	}
	p, err := s.Prescribing.Prescription(ctx, a, rx)
	if err != nil {
		return nil, err
	}
	items := moves("prescription", string(p.ID), p.History)
	for _, part := range p.Parts {
		items = append(items, moves("prescription", string(part.ID), part.History)...)
	}
	return items, nil
}

func (s *Services) orderEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	oid, _, _, err := s.chainOf(ctx, subject)
	if err != nil || oid == "" {
		return nil, err
	}
	o, err := s.Order.Read(ctx, a, oid)
	if err != nil {
		return nil, err
	}
	items := moves("order", string(o.ID), o.History)
	if o.Promise.Broken != "" {
		items = append(items, support.Item{
			Kind: "order", Record: string(o.ID), At: o.Promise.Due, Code: "promise_broken",
			Data: map[string]string{"stage": string(o.Promise.Broken)},
		})
	}
	return items, nil
}

func (s *Services) fillEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	oid, _, _, err := s.chainOf(ctx, subject)
	if err != nil || oid == "" {
		return nil, err
	}
	fills, err := s.Pharmacy.FillsOf(ctx, a, oid)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, f := range fills {
		items = append(items, moves("packing", string(f.ID), f.History)...)
		for _, q := range f.Questions {
			items = append(items, support.Item{Kind: "packing", Record: string(f.ID), At: q.At, By: string(q.By), Code: "asked_" + q.Owes, Text: q.Text})
		}
	}
	return items, nil
}

func (s *Services) jobEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	oid, _, _, err := s.chainOf(ctx, subject)
	if err != nil || oid == "" {
		return nil, err
	}
	jobs, err := s.Delivery.OfOrder(ctx, a, oid)
	if err != nil {
		return nil, err
	}
	var items []support.Item
	for _, j := range jobs {
		items = append(items, moves("hand_over", string(j.ID), j.History)...)
	}
	return items, nil
}

func (s *Services) positionEvidence(ctx context.Context, a access.Actor, subject string) ([]support.Item, error) {
	oid, _, _, err := s.chainOf(ctx, subject)
	if err != nil || oid == "" {
		return nil, err
	}
	jobs, err := s.Delivery.OfOrder(ctx, a, oid)
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
				Kind: "position", Record: string(j.ID), At: p.At,
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
		items = append(items, moves("payment", string(p.ID), p.History)...)
	}
	return items, nil
}
