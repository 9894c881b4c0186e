package delivery

import (
	"context"
	"slices"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Window is a stretch of a weekday in which couriers ride to a zone by appointment, for so many orders.
type Window struct {
	Day    int    `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday."`
	From   string `json:"from" doc:"18:00, in the zone's time."`
	Until  string `json:"until" doc:"20:00, at most 24:00."`
	Places int    `json:"places" minimum:"1" maximum:"500" doc:"How many orders are brought in it."`
}

// Slot is a window on a day.
type Slot struct {
	Zone        id.Zone
	From, Until time.Time
	Begins      time.Time // when the pharmacy must begin, so that it can be there from the first minute on
	Leaves      time.Time // when a courier may leave the counter, so as not to come before
	Places      int       // that are free
}

// Booked are the orders of one slot: one document, so that its last place can't be given twice.
type Booked struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Zone          id.Zone    `json:"zone"`
	From          time.Time  `json:"from"`
	Orders        []id.Order `json:"orders,omitempty"`
}

// DocID implements docstore.Document.
func (b *Booked) DocID() string { return b.ID }

func bookedID(zone id.Zone, from time.Time) string {
	return string(zone) + "_" + strconv.FormatInt(from.Unix(), 10)
}

const (
	slotDays   = 4 // that are offered, today among them
	leastWidth = 30 * time.Minute
)

// wrong says what keeps a window from working; "" when nothing does.
func (w Window) wrong() string {
	from, okFrom := clockTime(w.From)
	until, okUntil := clockTime(w.Until)
	switch {
	case w.Day < 0 || w.Day > 6:
		return "Choose a day of the week, 0 for Sunday to 6."
	case !okFrom || !okUntil || until-from < leastWidth:
		return "Say from when until when, like 18:00 and 20:00, half an hour at least."
	case w.Places < 1 || w.Places > 500:
		return "Say for how many orders, 1 to 500."
	}
	return ""
}

// clockTime reads 18:00, and 24:00, as what has passed since midnight.
func clockTime(text string) (time.Duration, bool) {
	if text == "24:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil && len(text) == 5
}

// slotsOf lists the windows of a zone from now on that can still be kept, the soonest first, as if no
// place were taken.
func (z *Zone) slotsOf(now time.Time) []Slot {
	where, err := time.LoadLocation(z.TimeZone)
	if err != nil || z.Withdrawn {
		return nil
	}
	var out []Slot
	today := now.In(where)
	for ahead := range slotDays {
		for _, w := range z.Windows {
			from, _ := clockTime(w.From)
			until, _ := clockTime(w.Until)
			on := func(d time.Duration) time.Time {
				return time.Date(today.Year(), today.Month(), today.Day()+ahead, 0, int(d.Minutes()), 0, 0, where).UTC()
			}
			s := Slot{Zone: z.ID, From: on(from), Until: on(until), Places: w.Places}
			s.Leaves = s.From.Add(-z.Budgets.Ride.Duration())
			s.Begins = s.Leaves.Add(-(z.Budgets.Review + z.Budgets.Pack).Duration())
			if int(s.From.In(where).Weekday()) == w.Day && !s.Begins.Before(now) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b Slot) int { return a.From.Compare(b.From) })
	return out
}

// Slots lists what can be booked in a zone in the next days, the soonest first; full ones are left out.
func (s *Service) Slots(ctx context.Context, zone id.Zone) ([]Slot, error) {
	z, err := s.Zone(ctx, zone)
	if err != nil {
		return nil, err
	}
	var free []Slot
	for _, slot := range z.slotsOf(s.clock.Now()) {
		taken, err := s.taken(ctx, slot)
		if err != nil {
			return nil, err
		}
		if slot.Places -= taken; slot.Places > 0 {
			free = append(free, slot)
		}
	}
	return free, nil
}

func (s *Service) taken(ctx context.Context, slot Slot) (int, error) {
	b, err := s.booked.Get(ctx, bookedID(slot.Zone, slot.From))
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return len(b.Orders), nil
}

// Slot answers the slot of a zone that begins at a moment. A Conflict coded "slot-gone" when there is none
// any more.
func (s *Service) Slot(ctx context.Context, zone id.Zone, from time.Time) (Slot, error) {
	all, err := s.Slots(ctx, zone)
	if err != nil {
		return Slot{}, err
	}
	for _, slot := range all {
		if slot.From.Equal(from) {
			return slot, nil
		}
	}
	return Slot{}, fault.New(fault.Conflict, "This time can't be had any more. Choose another.").Coded("slot-gone")
}

// TakeSlot gives an order its place in a slot. For housecall itself; asked again it changes nothing. A
// Conflict coded "slot-full" when others were first.
func (s *Service) TakeSlot(ctx context.Context, a access.Actor, zone id.Zone, from time.Time, order id.Order) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(order)}); err != nil {
		return err
	}
	z, err := s.Zone(ctx, zone)
	if err != nil {
		return err
	}
	places := z.placesAt(from)
	b := &Booked{ID: bookedID(zone, from), Zone: zone, From: from}
	if err := s.booked.Insert(ctx, id.Request{}, b); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	_, err = s.booked.Update(ctx, b.ID, docstore.On{}, func(b *Booked) error {
		switch {
		case slices.Contains(b.Orders, order):
			return nil
		case len(b.Orders) >= places:
			return fault.New(fault.Conflict, "All places of this time are taken. Choose another.").Coded("slot-full")
		}
		b.Orders = append(b.Orders, order)
		return nil
	})
	return err
}

// placesAt is how many orders the zone brings in the slot that begins then, whether or not it is past.
func (z *Zone) placesAt(from time.Time) int {
	where, err := time.LoadLocation(z.TimeZone)
	if err != nil {
		return 0
	}
	local := from.In(where)
	for _, w := range z.Windows {
		if w.Day == int(local.Weekday()) && w.From == local.Format("15:04") {
			return w.Places
		}
	}
	return 0
}

// GiveSlot gives the place of an order back. For housecall itself.
func (s *Service) GiveSlot(ctx context.Context, a access.Actor, zone id.Zone, from time.Time, order id.Order) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(order)}); err != nil {
		return err
	}
	_, err := s.booked.Update(ctx, bookedID(zone, from), docstore.On{}, func(b *Booked) error {
		b.Orders = slices.DeleteFunc(b.Orders, func(o id.Order) bool { return o == order })
		return nil
	})
	return err
}
