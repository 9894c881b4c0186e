package estimate

import (
	"strconv"
	"time"

	"housecall/internal/event"
	"housecall/internal/id"
)

// The events that teach something. Their names are those that pharmacy, delivery and order announce.
const (
	bagReady     event.Kind = "fill.ready"
	jobDelivered event.Kind = "job.delivered"
	delivered    event.Kind = "order.delivered"
	undelivered  event.Kind = "order.undelivered"
)

// Kinds lists every event that teaches something.
func Kinds() []event.Kind { return []event.Kind{bagReady, jobDelivered, delivered, undelivered} }

// Lesson is what one event teaches; only one of the three is set.
type Lesson struct {
	Pharmacy id.Pharmacy
	Zone     id.Zone
	Bag      *Bag
	Ride     *Ride
	Done     *Done
}

// Read answers what an event teaches; false when that is nothing.
func Read(e event.Event) (Lesson, bool) {
	l := Lesson{Pharmacy: id.Pharmacy(e.Data["pharmacy"]), Zone: id.Zone(e.Data["zone"])}
	switch e.Kind {
	case bagReady:
		l.Bag = &Bag{Fill: e.Doc, Took: seconds(e, "took_s"), Review: seconds(e, "review_s"), Queue: int(number(e, "queue"))}
		return l, l.Bag.Took > 0 && l.Pharmacy != ""
	case jobDelivered:
		l.Ride = &Ride{Job: e.Doc, Metres: number(e, "metres"), Brought: seconds(e, "brought_s"), Busy: seconds(e, "busy_s")}
		return l, l.Ride.Brought > 0 && l.Zone != ""
	case delivered, undelivered:
		d := Done{
			Order: e.Doc, Told: Span{Median: seconds(e, "median_s"), P90: seconds(e, "late_s")}, Took: seconds(e, "took_s"),
			Delivered: e.Kind == delivered, Courier: e.Data["fulfilment"] == "courier",
		}
		d.PlacedAt = e.At.UTC().Add(-d.Took)
		l.Done = &d
		return l, d.Told.P90 > 0 && l.Zone != ""
	}
	return l, false
}

func number(e event.Event, key string) float64 {
	n, err := strconv.ParseFloat(e.Data[key], 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func seconds(e event.Event, key string) time.Duration {
	return time.Duration(number(e, key) * float64(time.Second))
}

// Seconds writes a duration as events carry it.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10)
}

// Rough writes a distance as events carry it: to a quarter of a kilometre, so that nobody can be found by it.
func Rough(metres float64) string { return strconv.FormatInt(int64(metres/250+0.5)*250, 10) }

// Book keeps in memory what was learned in one zone.
type Book struct {
	Zone       Zone
	Pharmacies map[id.Pharmacy]*Pharmacy
}

// NewBook returns a book in which nothing stands.
func NewBook() *Book { return &Book{Pharmacies: map[id.Pharmacy]*Pharmacy{}} }

// Hear takes in what an event teaches.
func (b *Book) Hear(e event.Event) {
	l, teaches := Read(e)
	switch {
	case !teaches:
	case l.Bag != nil:
		b.Of(l.Pharmacy).Learn(*l.Bag)
	case l.Ride != nil:
		b.Zone.LearnRide(*l.Ride)
	case l.Done != nil:
		b.Zone.LearnDone(*l.Done)
	}
}

// Of is the page of a pharmacy; an empty one for a new pharmacy.
func (b *Book) Of(ph id.Pharmacy) *Pharmacy {
	p := b.Pharmacies[ph]
	if p == nil {
		p = &Pharmacy{}
		b.Pharmacies[ph] = p
	}
	return p
}

// Estimate answers how long an order at a pharmacy takes.
func (b *Book) Estimate(ph id.Pharmacy, q Question) Span { return Of(b.Of(ph), &b.Zone, q) }
