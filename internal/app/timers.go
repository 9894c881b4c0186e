package app

import (
	"context"
	"fmt"
	"slices"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/bus"
	"housecall/internal/consult"
	"housecall/internal/delivery"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/onboarding"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
	"housecall/internal/support"
	"housecall/internal/upload"
)

// timers subscribes each capability to its own timers: the event comes back to the document that set it.
func (s *Services) timers(b *bus.Bus) error {
	own := []struct {
		name  string
		kinds []event.Kind
		fired func(ctx context.Context, a access.Actor, e event.Event) error
	}{
		{"consult", consult.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Consult.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
		{"prescribing", prescribing.TimerKinds(), func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Prescribing.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
		{"order", order.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Order.TimerFired(ctx, a, id.Order(e.Doc), e.Kind)
		}},
		{"pharmacy", pharmacy.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Pharmacy.TimerFired(ctx, a, id.Fill(e.Doc), e.Kind)
		}},
		{"delivery", delivery.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Delivery.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
		{"billing", billing.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Billing.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
		{"onboarding", onboarding.Timers(), func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Onboarding.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
		{"upload", upload.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Upload.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
		{"support", support.TimerKinds, func(ctx context.Context, a access.Actor, e event.Event) error {
			return s.Support.TimerFired(ctx, a, e.Doc, e.Kind)
		}},
	}
	for _, t := range own {
		err := b.Subscribe(bus.Consumer{Name: "timers_" + t.name, Kinds: slices.Clone(t.kinds), Handle: func(ctx context.Context, e event.Event) error {
			return t.fired(ctx, access.Part("timer", id.CausedBy(e.ID, "timer")).On(e.Kind), e)
		}})
		if err != nil {
			return fmt.Errorf("follow the timers of %s: %w", t.name, err)
		}
	}
	return nil
}
