package delivery

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Rain is what an operator has said of the weather in a zone: couriers ride slower there until it is over.
type Rain struct {
	By    id.Account `json:"by"`
	Name  phi.Text   `json:"name,omitempty"` // of who said so
	Since time.Time  `json:"since"`
	Until time.Time  `json:"until,omitzero"` // zero: until somebody says otherwise
}

// longestRain is how far ahead anybody may say that it rains.
const longestRain = 24 * time.Hour

// Weather says whether it rains in a zone, and for how long; for zero, until somebody says otherwise. For
// operators. What is estimated, planned and shown from then on goes by it. When its time is over it is dry by
// itself; said again it begins anew.
func (s *Service) Weather(ctx context.Context, a access.Actor, zone id.Zone, rain bool, lasts time.Duration) (*Zone, error) {
	if err := s.guard.Check(ctx, a, "zone.manage", access.Facts{Record: string(zone)}); err != nil {
		return nil, err
	}
	if lasts < 0 || lasts > longestRain {
		return nil, fault.InvalidField("/minutes", "Say for how long, a day at most; it can be said again.")
	}
	name, err := s.names.FirstName(ctx, a.Account)
	if err != nil && !fault.Is(err, fault.NotFound) { // a program that acts as an operator has none
		return nil, fmt.Errorf("name who speaks of the weather: %w", err)
	}
	defer s.known.forget()
	return s.zones.Update(ctx, string(zone), docstore.On{Request: a.Request}, func(z *Zone) error {
		switch {
		case z.Withdrawn:
			return fault.New(fault.Conflict, "This zone was withdrawn. Draw a new one.").Coded("zone-withdrawn")
		case !rain:
			z.dry(a)
			return nil
		case z.Rain && z.Raining.openEnded() && lasts == 0:
			return nil
		}
		now := s.clock.Now()
		z.Rain, z.Raining = true, &Rain{By: a.Account, Name: name, Since: now}
		z.ClearTimer(ZoneRainOver)
		if lasts > 0 {
			z.Raining.Until = now.Add(lasts)
			z.SetTimer(ZoneRainOver, z.Raining.Until)
		}
		z.announce(ZoneChanged, a)
		return nil
	})
}

// openEnded tells whether nobody said when it is over; of rain from before it was asked, nobody has.
func (r *Rain) openEnded() bool { return r == nil || r.Until.IsZero() }

func (z *Zone) dry(a access.Actor) {
	if !z.Rain {
		return
	}
	z.Rain, z.Raining = false, nil
	z.ClearTimer(ZoneRainOver)
	z.announce(ZoneChanged, a)
}

// rainOver is told that the time an operator gave the rain has passed.
func (s *Service) rainOver(ctx context.Context, a access.Actor, zone id.Zone) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(zone)}); err != nil {
		return err
	}
	defer s.known.forget()
	_, err := s.zones.Update(ctx, string(zone), docstore.On{}, func(z *Zone) error {
		if z.TimerDue(ZoneRainOver, s.clock.Now()) {
			z.dry(a)
		}
		return nil
	})
	return err
}
