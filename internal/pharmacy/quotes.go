package pharmacy

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/estimate"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// QuoteRequest asks what a medicine costs and when it could be there. Without Lines the part is
// read, as the actor. Without a Zone it is the one that covers the door; where none does, all
// pharmacies are asked, for pick-up and parcel.
type QuoteRequest struct {
	Part       id.Part
	Lines      []Line
	Door       geo.Point
	Zone       id.Zone
	Fulfilment string       // only pharmacies that hand over so; "" any
	At         time.Time    // when it has to begin, for an order that a courier brings by appointment; zero is now
	Within     money.Amount // medicine and delivery fee together; zero: no limit
}

// Quote is what one pharmacy can do.
type Quote struct {
	Pharmacy    id.Pharmacy
	Name        string
	Address     string
	At          geo.Point
	Lines       []Item
	Price       money.Amount // of the medicine, in whole packs
	DeliveryFee money.Amount // when it is brought, by courier or carrier
	Metres      int
	InStock     bool
	Open        bool
	OpensAt     time.Time // zero when it does not open within two weeks
	Fulfilments []string
	Slots       []Slot // when a courier could bring it by appointment
	// Minutes from now until the door by courier; until the bag is ready where no courier goes, or
	// where pick-up or parcel was asked for.
	MedianMinutes, P90Minutes int
	PromiseMinutes            int
	Kept                      bool // P90 is within the promise
}

const (
	reach     = 30_000 // metres that people go for a pick-up
	mostAsked = 200
)

// Quotes compares the vetted pharmacies in reach: those with everything in stock first, then the
// soonest, then the cheapest.
func (s *Service) Quotes(ctx context.Context, a access.Actor, r QuoteRequest) ([]Quote, error) {
	r, err := s.asked(ctx, a, r)
	if err != nil {
		return nil, err
	}
	return s.compare(ctx, r, nil)
}

// Quote asks one pharmacy, for who has chosen it. A Conflict coded "pharmacy-unavailable" when it
// can't serve the order.
func (s *Service) Quote(ctx context.Context, a access.Actor, ph id.Pharmacy, r QuoteRequest) (Quote, error) {
	r, err := s.asked(ctx, a, r)
	if err != nil {
		return Quote{}, err
	}
	if r, err = s.located(ctx, r); err != nil {
		return Quote{}, err
	}
	doc, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return Quote{}, err
	}
	q, ok, err := s.quote(ctx, r, doc)
	if err == nil && !ok {
		err = unavailable()
	}
	return q, err
}

// asked reads the lines of the part when they are not given, as the actor.
func (s *Service) asked(ctx context.Context, a access.Actor, r QuoteRequest) (QuoteRequest, error) {
	if err := s.Guard.Check(ctx, a, "quote.list", access.Facts{Record: string(r.Part)}); err != nil {
		return r, err
	}
	if len(r.Lines) == 0 {
		script, err := s.Scripts.Script(ctx, a, r.Part)
		if err != nil {
			return r, fmt.Errorf("read script of %s: %w", r.Part, err)
		}
		for _, l := range script.Lines {
			r.Lines = append(r.Lines, Line{l.Product, l.Quantity})
		}
	}
	return r, r.check()
}

// located finds the zone of the door when it is not given.
func (s *Service) located(ctx context.Context, r QuoteRequest) (QuoteRequest, error) {
	if r.Zone != "" || r.Door.IsZero() {
		return r, nil
	}
	zone, err := s.Zones.ZoneOf(ctx, r.Door)
	if err != nil {
		return r, fmt.Errorf("find the zone of a door: %w", err)
	}
	r.Zone = zone
	return r, nil
}

func (r QuoteRequest) check() error {
	for i, l := range r.Lines {
		if l.Quantity <= 0 || l.Product == "" {
			return fault.InvalidField(fmt.Sprintf("/lines/%d", i), "Say how much of which product.")
		}
	}
	if len(r.Lines) == 0 {
		return fault.InvalidField("/lines", "Say which medicine.")
	}
	return nil
}

// Next is the best pharmacy for an order that lost its own: open, with everything in stock, within
// the sum authorised, and none that was tried. False when there is none.
func (s *Service) Next(ctx context.Context, r QuoteRequest, excluded []id.Pharmacy) (Quote, bool, error) {
	if err := r.check(); err != nil {
		return Quote{}, false, err
	}
	all, err := s.compare(ctx, r, excluded)
	if err != nil {
		return Quote{}, false, err
	}
	for _, q := range all {
		if q.InStock && q.Open && q.within(r) {
			return q, true, nil
		}
	}
	return Quote{}, false, nil
}

// within tells whether the order still costs no more than was authorised.
func (q Quote) within(r QuoteRequest) bool {
	if r.Within.IsZero() {
		return true
	}
	sum := q.Price
	if sum.Currency != r.Within.Currency {
		return false
	}
	sum = sum.Plus(q.DeliveryFee)
	return sum.Minor <= r.Within.Minor
}

func (s *Service) compare(ctx context.Context, r QuoteRequest, excluded []id.Pharmacy) ([]Quote, error) {
	r, err := s.located(ctx, r)
	if err != nil {
		return nil, err
	}
	q := docstore.Query{Index: "all", Equal: "all"}
	if r.Zone != "" {
		q = docstore.Query{Index: "zone", Equal: string(r.Zone)}
	}
	all, err := s.pharmacies.All(ctx, q, mostAsked)
	if err != nil {
		return nil, err
	}
	var quotes []Quote
	for _, ph := range all {
		if slices.Contains(excluded, ph.ID) {
			continue
		}
		q, ok, err := s.quote(ctx, r, ph)
		if err != nil {
			return nil, fmt.Errorf("quote %s: %w", ph.ID, err)
		}
		if ok {
			quotes = append(quotes, q)
		}
	}
	slices.SortFunc(quotes, func(x, y Quote) int {
		return cmp.Or(cmp.Compare(x.rank(), y.rank()),
			cmp.Compare(x.MedianMinutes, y.MedianMinutes), cmp.Compare(x.Price.Minor, y.Price.Minor), cmp.Compare(x.Pharmacy, y.Pharmacy))
	})
	return quotes, nil
}

// rank sorts what can be had before what can't.
func (q Quote) rank() int {
	switch {
	case !q.InStock:
		return 2
	case q.OpensAt.IsZero():
		return 1
	}
	return 0
}

// quote asks one pharmacy; false when it can't serve the order at all.
func (s *Service) quote(ctx context.Context, r QuoteRequest, ph *Pharmacy) (Quote, bool, error) {
	vetted, err := s.Vetting.Standing(ctx, string(ph.ID))
	if err != nil || !vetted {
		return Quote{}, false, err
	}
	terms, err := s.Zones.Terms(ctx, ph.Zone)
	if err != nil {
		return Quote{}, false, err
	}
	q := Quote{Pharmacy: ph.ID, Name: ph.Name, Address: ph.Address, At: ph.At, PromiseMinutes: minutes(terms.Promise)}
	if !r.Door.IsZero() {
		q.Metres = int(geo.Metres(ph.At, r.Door))
	}
	q.Fulfilments = ways(r, ph, terms, q.Metres)
	q.Slots = slots(r, ph, terms)
	if !q.serves(r.Fulfilment) {
		return Quote{}, false, nil
	}
	q.DeliveryFee = money.Of(0, ph.Currency)
	if r.Fulfilment != ByPickup && (len(q.Slots) > 0 || slices.ContainsFunc(q.Fulfilments, func(f string) bool { return f != ByPickup })) {
		q.DeliveryFee = terms.DeliveryFee
	}
	if err := s.fillIn(ctx, &q, r, ph); err != nil {
		return Quote{}, false, err
	}
	return q, true, s.estimate(ctx, &q, r, ph, terms)
}

// ways lists how this pharmacy could hand over to this door.
func ways(r QuoteRequest, ph *Pharmacy, t Terms, metres int) []string {
	var out []string
	for _, f := range ph.Fulfilments {
		switch {
		case f == ByCourier && !r.At.IsZero() && !ph.openAt(r.At):
		case f == ByCourier && (!t.Couriers && r.At.IsZero() || r.Zone == "" || r.Door.IsZero()):
		case f == ByPickup && metres > reach:
		default:
			out = append(out, f)
		}
	}
	return out
}

// slots are those that the counter is open for when its work would begin.
func slots(r QuoteRequest, ph *Pharmacy, t Terms) []Slot {
	if r.Door.IsZero() || r.Zone == "" || !slices.Contains(ph.Fulfilments, ByCourier) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.Slots), func(s Slot) bool { return !ph.openAt(s.Begins) })
}

// serves tells whether the pharmacy can hand over in a way; "" is any.
func (q Quote) serves(fulfilment string) bool {
	switch fulfilment {
	case "":
		return len(q.Fulfilments)+len(q.Slots) > 0
	case ByCourier:
		return len(q.Slots) > 0 || slices.Contains(q.Fulfilments, ByCourier)
	}
	return slices.Contains(q.Fulfilments, fulfilment)
}

// fillIn prices the lines and looks whether they are on the shelf.
func (s *Service) fillIn(ctx context.Context, q *Quote, r QuoteRequest, ph *Pharmacy) error {
	day := ph.day(s.Clock.Now())
	q.InStock, q.Price = true, money.Of(0, ph.Currency)
	needed := map[string]int{}
	for _, l := range r.Lines {
		st, err := s.stock.Get(ctx, string(StockOf(ph.ID, l.Product)))
		if fault.Is(err, fault.NotFound) {
			q.InStock = false
			continue
		}
		if err != nil {
			return err
		}
		item := st.item(l)
		needed[l.Product] += item.Units
		q.InStock = q.InStock && st.Free(day) >= needed[l.Product]
		q.Lines = append(q.Lines, item)
		q.Price = q.Price.Plus(item.Price)
	}
	return nil
}

// estimate says honestly when it could be there.
func (s *Service) estimate(ctx context.Context, q *Quote, r QuoteRequest, ph *Pharmacy, t Terms) error {
	now := s.Clock.Now()
	opens, ok := ph.OpensAt(now)
	if !ok {
		return nil
	}
	q.OpensAt, q.Open = opens, opens.Equal(now)
	before, err := s.queue(ctx, ph.ID)
	if err != nil {
		return err
	}
	span, err := s.Estimates.Estimate(ctx, ph.ID, ph.Zone, estimate.Question{
		Review: t.Review, Pack: t.Pack, Queue: before, Metres: float64(q.Metres),
		Courier: (r.Fulfilment == ByCourier || r.Fulfilment == "") && slices.Contains(q.Fulfilments, ByCourier),
	})
	if err != nil {
		return fmt.Errorf("estimate an order at %s: %w", ph.ID, err)
	}
	closed := opens.Sub(now)
	q.MedianMinutes, q.P90Minutes = minutes(closed+span.Median), minutes(closed+span.P90)
	q.Kept = q.P90Minutes <= q.PromiseMinutes
	return nil
}

// minutes rounds up: nobody is told less than it takes.
func minutes(d time.Duration) int { return int(math.Ceil(d.Minutes())) }
