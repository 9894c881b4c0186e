package city

import (
	"container/heap"
	"fmt"
	"time"

	"housecall/internal/dispatch"
	"housecall/internal/estimate"
	"housecall/internal/event"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// Knowledge is what the service has learned.
type Knowledge = estimate.Book

// sim is one run.
type sim struct {
	Config
	now    time.Time
	queue  happenings
	serial int

	pharmacies []*pharmacy
	couriers   []*courier
	orders     []*Order
	placed     int             // orders so far
	open       map[*Order]bool // not collected, not over
	live       map[*Order]bool // placed, not over
	book       *estimate.Book
	last       map[id.Pharmacy]float64 // orders of late, fading over an hour
	faded      time.Time

	planned  time.Time // the last plan
	due      time.Time // the next
	standing []dispatch.Sequence
	took     []time.Duration
	words    map[string]int
	film     *Film
	left     int // orders not over
}

type pharmacy struct {
	id    id.Pharmacy
	at    geo.Point
	queue int
}

// happening is something that will happen at a time.
type happening struct {
	at time.Time
	n  int
	do func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].n < h[j].n
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push and Pop implement heap.Interface.
func (h *happenings) Push(x any) { *h = append(*h, x.(happening)) }

// Pop implements heap.Interface.
func (h *happenings) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// after has something happen after a while.
func (s *sim) after(d time.Duration, do func()) {
	s.serial++
	heap.Push(&s.queue, happening{s.now.Add(d), s.serial, do})
}

// Run simulates a city until its last order has come to its end.
func Run(c Config) (*Result, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	s := build(c)
	for _, o := range s.orders {
		s.serial++
		heap.Push(&s.queue, happening{o.Placed, s.serial, func() { s.place(o) }})
	}
	end := begin.Add(time.Duration(c.Hours)*time.Hour + lastHours)
	s.after(0, s.tick)
	if s.film != nil {
		s.after(0, s.frame)
	}
	for len(s.queue) > 0 && s.left > 0 && s.now.Before(end) {
		h, _ := heap.Pop(&s.queue).(happening)
		s.now = h.at
		h.do()
	}
	return s.result(), nil
}

// lastHours is how long after the last hour orders are still waited for.
const lastHours = 4 * time.Hour

func build(c Config) *sim {
	if c.Plan == nil {
		c.Plan = dispatch.Plan
	}
	if c.Counters == 0 {
		c.Counters = dispatch.MostCounters
	}
	at, orders, starts := sow(c)
	s := &sim{
		Config: c, now: begin, orders: orders, left: len(orders), open: map[*Order]bool{}, live: map[*Order]bool{}, book: c.Learned, faded: begin,
		last: map[id.Pharmacy]float64{}, words: map[string]int{},
	}
	if s.book == nil {
		s.book = estimate.NewBook()
	}
	for i, p := range at {
		s.pharmacies = append(s.pharmacies, &pharmacy{id: id.Pharmacy(fmt.Sprintf("phm_%03d", i)), at: p})
	}
	for i, p := range starts {
		s.couriers = append(s.couriers, &courier{sim: s, id: id.Account(fmt.Sprintf("acc_%04d", i)), number: i, from: p, to: p, idleSince: begin})
	}
	if c.Film {
		s.film = newFilm(s)
	}
	return s
}

// tell has the service learn from an event, as its bus would bring it.
func (s *sim) tell(kind event.Kind, doc string, data map[string]string) {
	s.book.Hear(event.Event{Kind: kind, Doc: doc, At: s.now, Data: data})
}

const zone = "zone_city"

// The budgets of the city's zone.
const (
	reviewBudget = 4 * time.Minute
	packBudget   = 6 * time.Minute
)

// place is a patient who asks every pharmacy, takes the soonest, and pays.
func (s *sim) place(o *Order) {
	best := -1
	var told estimate.Span
	riders := s.riders()
	for i, p := range s.pharmacies {
		span := s.book.Estimate(p.id, s.question(p, o, riders))
		span = estimate.Span{Median: whole(span.Median), P90: whole(span.P90)}
		if best < 0 || span.Median < told.Median ||
			span.Median == told.Median && geo.Metres(p.at, o.Home) < geo.Metres(s.pharmacies[best].at, o.Home) {
			best, told = i, span
		}
	}
	p := s.pharmacies[best]
	o.Pharmacy, o.Told = best, Told(told)
	s.placed++
	queue := p.queue
	p.queue++
	s.fade()
	s.last[p.id]++
	o.readyKnown = knowledge{s.now, s.book.Of(p.id).Preparation(s.question(p, o, riders))}
	s.open[o], s.live[o] = true, true
	review, pack := s.hands(reviewing.minutes(o.review)), s.hands(packing.minutes(o.pack))
	o.Ideal = review + pack + atCounter.minutes(o.counter) + s.ride(p.at, o.Home, o.road) + atDoor.minutes(o.door)
	s.after(review, func() {
		o.Accepted = s.now
		o.readyKnown = knowledge{s.now, s.book.Of(p.id).Packing(packBudget)}
		s.stir()
	})
	s.after(review+pack, func() {
		o.Ready = s.now
		p.queue--
		s.tell("fill.ready", string(id.FillOf(o.ID, 1)), map[string]string{
			"pharmacy": string(p.id), "took_s": estimate.Seconds(review + pack), "review_s": estimate.Seconds(review), "queue": fmt.Sprint(queue),
		})
		if o.courier != nil {
			o.courier.serve()
		}
		s.stir()
	})
	s.stir()
}

// whole rounds up, as what people are shown: nobody is told less than it takes.
func whole(d time.Duration) time.Duration { return (d + time.Minute - 1).Truncate(time.Minute) }

// hands is how long people take for what takes them so long on other days.
func (s *sim) hands(d time.Duration) time.Duration {
	if s.Slower > 0 && s.now.Sub(begin) >= time.Duration(s.SlowFrom)*time.Hour {
		return time.Duration(float64(d) * s.Slower)
	}
	return d
}

func (s *sim) question(p *pharmacy, o *Order, r estimate.Riders) estimate.Question {
	pace := 1.0
	if s.Rain {
		pace = dispatch.RainPace
	}
	return estimate.Question{
		Pace: pace, At: s.now, Review: reviewBudget, Pack: packBudget, Queue: p.queue, Metres: geo.Metres(p.at, o.Home), Courier: true, Riders: r,
	}
}

func (s *sim) riders() estimate.Riders {
	var r estimate.Riders
	for _, c := range s.couriers {
		if c.state != broken {
			r.On++
		}
		if c.free() {
			r.Free++
		}
	}
	for o := range s.open {
		if o.stage == open {
			r.Waiting++
		}
	}
	return r
}

// ride is how long a way really takes.
func (s *sim) ride(from, to geo.Point, chance float64) time.Duration {
	return time.Duration(float64(s.travel().Time(dispatch.Scooter, from, to)) * onTheRoad.at(chance)).Truncate(time.Millisecond)
}

// travel is what everybody knows of the roads: the weather too.
func (s *sim) travel() dispatch.Travel {
	if s.Rain {
		return dispatch.Crow{Pace: dispatch.RainPace}
	}
	return dispatch.Crow{}
}

// fade lets what was ordered of late weigh less and less, half of it within 40 minutes.
func (s *sim) fade() {
	const half = 40 * time.Minute
	gone := s.now.Sub(s.faded)
	s.faded = s.now
	for k := range s.last {
		s.last[k] *= halved(gone, half)
	}
}

// end closes an order and tells the service what came of it.
func (s *sim) end(o *Order, delivered bool, why string) {
	delete(s.open, o)
	delete(s.live, o)
	o.Ended, o.Delivered, o.Why, o.stage, o.courier = s.now, delivered, why, over, nil
	s.left--
	kind := event.Kind("order.delivered")
	if !delivered {
		kind = "order.undelivered"
	} else {
		s.tell("job.delivered", string(o.Job), map[string]string{
			"zone": zone, "metres": estimate.Rough(geo.Metres(s.pharmacies[o.Pharmacy].at, o.Home)),
			"brought_s": estimate.Seconds(s.now.Sub(o.Ready)), "busy_s": estimate.Seconds(s.now.Sub(o.accepted)),
		})
	}
	s.tell(kind, string(o.ID), map[string]string{
		"zone": zone, "fulfilment": "courier", "took_s": estimate.Seconds(s.now.Sub(o.Placed)),
		"median_s": estimate.Seconds(o.Told.Median), "late_s": estimate.Seconds(o.Told.P90),
	})
}
