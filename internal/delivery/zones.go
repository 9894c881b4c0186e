package delivery

import (
	"context"
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
)

const (
	// zoneMemory is how long another node's change of a zone may go unseen here.
	zoneMemory = 5 * time.Second
	// missMemory is how long "outside every zone" is believed without looking again: a zone that was drawn a
	// moment ago at another node is there for whoever stands in it.
	missMemory = 250 * time.Millisecond
)

// zoneMap keeps the zones that hold, oldest first, for a short while.
type zoneMap struct {
	mu     sync.Mutex // guards all below
	zones  []*Zone
	boxes  []box
	loaded time.Time
	valid  bool
	change int // counts forget: what was read before a change is not kept
}

// ZoneAt answers the zone that a point is in; the oldest one where two overlap. Outside every zone
// it is a NotFound fault coded "outside-zones". The answer is shared: do not change it.
func (s *Service) ZoneAt(ctx context.Context, at geo.Point) (*Zone, error) {
	if !at.Valid() || at.IsZero() {
		return nil, fault.InvalidField("/point", "This place is not on the map. Choose it again.")
	}
	for _, young := range []time.Duration{zoneMemory, missMemory} {
		zones, boxes, err := s.zonesKnown(ctx, young)
		if err != nil {
			return nil, err
		}
		for i, z := range zones {
			if boxes[i].holds(at) && z.Polygon.Contains(at) {
				return z, nil
			}
		}
	}
	return nil, fault.New(fault.NotFound,
		"We don't ride to this place. Choose a pick-up at a pharmacy or a parcel instead.").Coded("outside-zones")
}

// Coverage is what anybody may know of a place.
type Coverage struct {
	Covered   bool   `json:"covered"` // couriers come at once
	Zone      *Zone  `json:"-"`
	Slots     []Slot `json:"-"` // when they come by appointment
	Otherwise string `json:"otherwise,omitempty"`
}

// Coverage tells whether a place is covered. Outside it says what there is instead.
func (s *Service) Coverage(ctx context.Context, at geo.Point) (Coverage, error) {
	z, err := s.ZoneAt(ctx, at)
	switch {
	case fault.Is(err, fault.NotFound):
		return Coverage{Otherwise: "We don't ride to this place. A pick-up at a pharmacy or a parcel is offered instead."}, nil
	case err != nil:
		return Coverage{}, err
	}
	slots, err := s.Slots(ctx, z.ID)
	if err != nil {
		return Coverage{}, err
	}
	c := Coverage{Covered: !z.SlotsOnly, Zone: z, Slots: slots}
	switch {
	case !c.Covered && len(slots) > 0:
		c.Otherwise = "We ride to this place at set hours. Choose a slot, a pick-up at a pharmacy or a parcel."
	case !c.Covered:
		c.Otherwise = "All our rides to this place are taken for the next days. A pick-up at a pharmacy or a parcel is offered instead."
	}
	return c, nil
}

// Zone answers one zone, withdrawn or not.
func (s *Service) Zone(ctx context.Context, zone id.Zone) (*Zone, error) {
	zones, _, err := s.zoneList(ctx)
	if err != nil {
		return nil, err
	}
	for _, z := range zones {
		if z.ID == zone {
			return z, nil
		}
	}
	return s.zones.Get(ctx, string(zone))
}

// Zones lists the zones that hold, oldest first.
func (s *Service) Zones(ctx context.Context) ([]*Zone, error) {
	zones, _, err := s.zoneList(ctx)
	return zones, err
}

// DrawZone makes a zone; for operators.
func (s *Service) DrawZone(ctx context.Context, a access.Actor, content ZoneContent) (*Zone, error) {
	if err := s.guard.Check(ctx, a, "zone.manage", access.Facts{}); err != nil {
		return nil, err
	}
	if err := content.check(); err != nil {
		return nil, err
	}
	z := &Zone{ID: made[id.Zone](a), ZoneContent: content}
	z.announce(ZoneDrawn, a)
	defer s.known.forget()
	return z, s.zones.Insert(ctx, a.Request, z)
}

// ChangeZone puts new content in place of the old, if version is the one it was read with.
func (s *Service) ChangeZone(ctx context.Context, a access.Actor, zone id.Zone, version int64, content ZoneContent) (*Zone, error) {
	if err := s.guard.Check(ctx, a, "zone.manage", access.Facts{Record: string(zone)}); err != nil {
		return nil, err
	}
	if err := content.check(); err != nil {
		return nil, err
	}
	defer s.known.forget()
	return s.zones.Update(ctx, string(zone), docstore.On{Request: a.Request, Version: version}, func(z *Zone) error {
		if z.Withdrawn {
			return fault.New(fault.Conflict, "This zone was withdrawn. Draw a new one.").Coded("zone-withdrawn")
		}
		z.ZoneContent = content
		z.announce(ZoneChanged, a)
		return nil
	})
}

// WithdrawZone ends the cover of a zone: jobs that run there go on, nothing new begins.
func (s *Service) WithdrawZone(ctx context.Context, a access.Actor, zone id.Zone, version int64) error {
	if err := s.guard.Check(ctx, a, "zone.manage", access.Facts{Record: string(zone)}); err != nil {
		return err
	}
	defer s.known.forget()
	_, err := s.zones.Update(ctx, string(zone), docstore.On{Request: a.Request, Version: version}, func(z *Zone) error {
		if !z.Withdrawn {
			z.Withdrawn = true
			z.ClearTimer(ZoneRainOver)
			z.announce(ZoneWithdrawn, a)
		}
		return nil
	})
	return err
}

func (z *Zone) announce(kind event.Kind, a access.Actor) {
	z.Emit(event.Event{Kind: kind, By: string(a.Account), Data: map[string]string{"zone": string(z.ID)}, To: []string{event.ToOperators}})
}

// zoneList answers the zones that hold.
func (s *Service) zoneList(ctx context.Context) ([]*Zone, []box, error) {
	return s.zonesKnown(ctx, zoneMemory)
}

// zonesKnown answers the zones that hold, from memory while it is young.
func (s *Service) zonesKnown(ctx context.Context, young time.Duration) ([]*Zone, []box, error) {
	m := &s.known
	now := s.clock.Now()
	m.mu.Lock()
	if m.valid && now.Sub(m.loaded) < young {
		defer m.mu.Unlock()
		return m.zones, m.boxes, nil
	}
	change := m.change
	m.mu.Unlock()

	zones, err := s.zones.All(ctx, docstore.Query{Index: "active"}, 5000)
	if err != nil {
		return nil, nil, err
	}
	boxes := make([]box, len(zones))
	for i, z := range zones {
		boxes[i] = boxOf(z.Polygon)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.change == change {
		m.zones, m.boxes, m.loaded, m.valid = zones, boxes, now, true
	}
	return zones, boxes, nil
}

func (m *zoneMap) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.valid = false
	m.change++
}
