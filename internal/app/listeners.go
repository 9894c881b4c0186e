package app

import (
	"context"
	"fmt"

	"housecall/internal/billing"
	"housecall/internal/bus"
	"housecall/internal/event"
	"housecall/internal/forecast"
	"housecall/internal/notify"
)

// listeners subscribes who only listens: messages, the audit, and what capabilities keep from events.
func (s *Services) listeners(b *bus.Bus) error {
	own := []bus.Consumer{
		{Name: "notify", Kinds: notify.Kinds(), Handle: s.Notify.Handle},
		{Name: "audit", Handle: s.Trail.Heard},
		{Name: "forecast", Kinds: forecast.Kinds(), Handle: s.Forecast.Heard},
		{Name: "billing", Kinds: billing.Kinds, Handle: s.Billing.Heard},
		{Name: "onboarding", Kinds: []event.Kind{"application.*"}, Handle: func(_ context.Context, e event.Event) error {
			s.Onboarding.Forget(e.Data["subject"])
			return nil
		}},
	}
	for _, c := range own {
		if err := b.Subscribe(c); err != nil {
			return fmt.Errorf("subscribe %s: %w", c.Name, err)
		}
	}
	return nil
}
