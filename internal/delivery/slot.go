package delivery

import (
	"context"
	"math"
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
	TimeZone    string    // IANA name of the zone's, for whoever is told of it in words
}

// Booked are the orders of one slot: one document, so that its last place can't be given twice.
type Booked struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Zone          id.Zone   `json:"zone"`
	From          time.Time `json:"from"`
	Until         time.Time `json:"until,omitzero"`   // as the window said when its first place was taken
	Taken         []string  `json:"orders,omitempty"` // the key of each Place
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

// bookedSpec finds the booked slots of a zone by their time: for whoever oversees them.
var bookedSpec = docstore.Spec[Booked]{Name: "delivery_slots", Indexes: map[string]func(*Booked) (docstore.Key, bool){
	"zone": func(b *Booked) (docstore.Key, bool) {
		return docstore.Key{Equal: string(b.Zone), Order: docstore.ByTime(b.From)}, true
	},
}}

// slotsOf lists the windows of a zone from now on that can still be kept, the soonest first, as if no
// place were taken.
func (z *Zone) slotsOf(now time.Time) []Slot {
	return slices.DeleteFunc(z.slotsAhead(now), func(s Slot) bool { return s.Begins.Before(now) })
}

// slotsAhead lists the windows of today and the next days, the soonest first, whether or not they have begun.
func (z *Zone) slotsAhead(now time.Time) []Slot {
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
			s := Slot{Zone: z.ID, From: on(from), Until: on(until), Places: w.Places, TimeZone: z.TimeZone}
			s.Leaves = s.From.Add(-z.Budgets.Ride.Duration())
			s.Begins = s.Leaves.Add(-(z.Budgets.Review + z.Budgets.Pack).Duration())
			if int(s.From.In(where).Weekday()) == w.Day {
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
	return len(b.Taken), nil
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

// Place is one order's place in a slot. Choice is which choice of a slot it was, 0 the first: the places of two
// choices of one order are two, be they in one slot, so that what is given back late for one is never the other's.
type Place struct {
	Zone   id.Zone
	From   time.Time // when the slot begins
	Order  id.Order
	Choice int
}

func (p Place) key() string {
	if p.Choice == 0 {
		return string(p.Order)
	}
	return string(p.Order) + "_" + strconv.Itoa(p.Choice)
}

// TakeSlot gives an order its place in a slot. For housecall itself; asked again it changes nothing. A
// Conflict coded "slot-full" when others were first.
func (s *Service) TakeSlot(ctx context.Context, a access.Actor, p Place) error {
	z, err := s.Zone(ctx, p.Zone)
	if err != nil {
		return err
	}
	return s.take(ctx, a, z, p, z.windowAt(p.From).Places)
}

// TakeSlotAgain gives an order that is brought again its place in a slot, also when others took the last one
// in the moment since it was chosen: the house owes this bag, and turns nobody away a second time. For
// housecall itself; asked again it changes nothing.
func (s *Service) TakeSlotAgain(ctx context.Context, a access.Actor, p Place) error {
	z, err := s.Zone(ctx, p.Zone)
	if err != nil {
		return err
	}
	return s.take(ctx, a, z, p, math.MaxInt)
}

func (s *Service) take(ctx context.Context, a access.Actor, z *Zone, p Place, places int) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(p.Order)}); err != nil {
		return err
	}
	b := &Booked{ID: bookedID(z.ID, p.From), Zone: z.ID, From: p.From, Until: z.windowAt(p.From).ends(z, p.From)}
	if err := s.booked.Insert(ctx, id.Request{}, b); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	_, err := s.booked.Update(ctx, b.ID, docstore.On{}, func(b *Booked) error {
		switch {
		case slices.Contains(b.Taken, p.key()):
			return nil
		case len(b.Taken) >= places:
			return fault.New(fault.Conflict, "All places of this time are taken. Choose another.").Coded("slot-full")
		}
		b.Taken = append(b.Taken, p.key())
		return nil
	})
	return err
}

// windowAt is the window of the slot that begins then, whether or not it is past; the zero window, which has no
// places, where there is none.
func (z *Zone) windowAt(from time.Time) Window {
	where, err := time.LoadLocation(z.TimeZone)
	if err != nil {
		return Window{}
	}
	local := from.In(where)
	for _, w := range z.Windows {
		if w.Day == int(local.Weekday()) && w.From == local.Format("15:04") {
			return w
		}
	}
	return Window{}
}

// ends is when the slot of the window that begins at a moment is over; zero for no window.
func (w Window) ends(z *Zone, from time.Time) time.Time {
	until, ok := clockTime(w.Until)
	where, err := time.LoadLocation(z.TimeZone)
	if !ok || err != nil {
		return time.Time{}
	}
	day := from.In(where)
	return time.Date(day.Year(), day.Month(), day.Day(), 0, int(until.Minutes()), 0, 0, where).UTC()
}

// Fullness is how many places of a slot are taken.
type Fullness struct {
	From, Until time.Time
	Places      int // that the window has now; 0: the window was taken away, its orders stand
	Taken       int
}

// Fullness lists the slots of a zone from the present one on, the soonest first, with those that are full and
// those whose window was taken away after somebody had booked. For operators.
func (s *Service) Fullness(ctx context.Context, a access.Actor, zone id.Zone) ([]Fullness, error) {
	if err := s.guard.Check(ctx, a, "zone.slots", access.Facts{Record: string(zone)}); err != nil {
		return nil, err
	}
	z, err := s.Zone(ctx, zone)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	booked, err := s.booked.All(ctx, docstore.Query{Index: "zone", Equal: string(zone), From: docstore.ByTime(now.AddDate(0, 0, -1))}, 1000)
	if err != nil {
		return nil, err
	}
	taken := map[int64]*Booked{}
	for _, b := range booked {
		taken[b.From.Unix()] = b
	}
	var out []Fullness
	for _, slot := range z.slotsAhead(now) {
		f := Fullness{From: slot.From, Until: slot.Until, Places: slot.Places}
		if b := taken[slot.From.Unix()]; b != nil {
			f.Taken = len(b.Taken)
			delete(taken, slot.From.Unix())
		}
		out = append(out, f)
	}
	for _, b := range taken {
		if len(b.Taken) > 0 {
			out = append(out, Fullness{From: b.From, Until: b.Until, Taken: len(b.Taken)})
		}
	}
	out = slices.DeleteFunc(out, func(f Fullness) bool { return !f.Until.After(now) })
	slices.SortFunc(out, func(a, b Fullness) int { return a.From.Compare(b.From) })
	return out, nil
}

// GiveSlot gives a place back. For housecall itself.
func (s *Service) GiveSlot(ctx context.Context, a access.Actor, p Place) error {
	if err := s.guard.Check(ctx, a, advance, access.Facts{Record: string(p.Order)}); err != nil {
		return err
	}
	_, err := s.booked.Update(ctx, bookedID(p.Zone, p.From), docstore.On{}, func(b *Booked) error {
		b.Taken = slices.DeleteFunc(b.Taken, func(key string) bool { return key == p.key() })
		return nil
	})
	return err
}
