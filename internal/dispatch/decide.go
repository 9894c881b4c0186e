package dispatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/id"
)

// decide tells what of the plan has to be done now, and why.
func (s *search) decide() Decision {
	d := Decision{}
	for r := range s.routes {
		s.decideFor(int32(r), &d)
	}
	for t := range s.tasks {
		if s.holder[t] == nobody {
			if !s.tasks[t].stays { // what may not be taken from its courier stays there, in time or not
				d.Nothing = append(d.Nothing, Hold{Job: s.jobs[t].ID, Why: s.whyNobody(int32(t))})
			}
			d.Late = append(d.Late, Lateness{Job: s.jobs[t].ID, By: max(0, s.now.Sub(s.jobs[t].Deadline))})
		}
		s.decideRematch(int32(t), &d)
	}
	s.preposition(&d)
	slices.SortFunc(d.Offers, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(slackOf(a), slackOf(b)), cmp.Compare(a.Courier, b.Courier))
	})
	slices.SortFunc(d.Holds, func(a, b Hold) int { return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Job, b.Job)) })
	slices.SortFunc(d.Late, func(a, b Lateness) int { return cmp.Or(cmp.Compare(b.By, a.By), cmp.Compare(a.Job, b.Job)) })
	return d
}

func slackOf(p Proposal) time.Duration {
	low := p.Stops[0].Slack
	for _, x := range p.Stops {
		low = min(low, x.Slack)
	}
	return low
}

func (s *search) time(at int32) time.Time { return s.now.Add(time.Duration(at) * time.Second) }

// decideFor walks one rider's route.
func (s *search) decideFor(r int32, d *Decision) {
	rt, c := &s.routes[r], &s.riders[r]
	q := Sequence{Courier: s.couriers[r].ID}
	w := s.begin(r, rt.bundles)
	for i := range rt.bundles {
		b := &rt.bundles[i]
		if b.n == 0 {
			continue
		}
		p, way := s.proposal(r, &w, b)
		var jobs []id.Job
		for _, x := range p.Stops {
			jobs = append(jobs, x.Job)
			if x.Slack < 0 {
				d.Late = append(d.Late, Lateness{x.Job, x.Arrival, -x.Slack})
			}
		}
		q.Bundles = append(q.Bundles, jobs)
		switch {
		case i == 0 && c.asked:
		case i == 0 && c.loaded && !c.bound && s.couriers[r].FreeAt.After(s.now): // at a door: asked when done there
			s.hold(r, i, p, d)
		case i == 0 && (c.bound || c.loaded):
			if !s.same(r, b) {
				p.Why = onTheWay(c) + s.why(r, i, p, way)
				d.Bundles = append(d.Bundles, p)
			}
		case i == 0 && s.couriers[r].Phase == Free && c.from <= 0 && !p.Leave.After(s.now.Add(s.Ahead)):
			p.Why = s.why(r, i, p, way)
			d.Offers = append(d.Offers, p)
		default:
			s.hold(r, i, p, d)
		}
	}
	if len(q.Bundles) > 0 {
		if c.locked() > 0 && rt.bundles[0].n == 0 {
			q.Bundles = slices.Insert(q.Bundles, 0, nil)
		}
		d.Standing = append(d.Standing, q)
	}
}

// onTheWay is what speaks for asking who has work already.
func onTheWay(c *rider) string {
	if c.loaded {
		return "with bags on board the counter is on the way: "
	}
	return "the counter is on the way already: "
}

// same tells whether a bound rider's first bundle is what they go for already.
func (s *search) same(r int32, b *bundle) bool {
	held := int32(0)
	for t := range s.tasks {
		if s.tasks[t].holder == r {
			held++
		}
	}
	return held == b.n && s.inherited(r, b)
}

func (s *search) hold(r int32, i int, p Proposal, d *Decision) {
	c := &s.riders[r]
	for k, x := range p.Stops {
		if s.tasks[s.routes[r].bundles[i].tasks[k]].aboard {
			continue
		}
		h := Hold{Job: x.Job, Courier: p.Courier, Until: p.Leave.Add(-s.Ahead), Arrival: x.Arrival}
		switch {
		case i > 0:
			h.Why = fmt.Sprintf("meant for this courier after %d before it, %s", i, promiseOf(x.Slack))
		case c.from > 0:
			h.Why = fmt.Sprintf("meant for a courier who is free in %d min, %s", (c.from+59)/60, promiseOf(x.Slack))
		default:
			h.Why = fmt.Sprintf("leaving in %d min is still in time for the bag, so the plan stays open; %s",
				int(p.Leave.Sub(s.now).Minutes()), promiseOf(x.Slack))
		}
		d.Holds = append(d.Holds, h)
	}
}

func promiseOf(slack time.Duration) string {
	if slack < 0 {
		return fmt.Sprintf("%d min late, and nobody is sooner", int((-slack).Minutes())+1)
	}
	return fmt.Sprintf("%d min before the promised time", int(slack.Minutes()))
}

// proposal is a bundle in times, and the way to its counter; w moves on behind it. Words are found for what is
// told alone: of thousands of bundles most are held.
func (s *search) proposal(r int32, w *walkState, b *bundle) (Proposal, int32) {
	c := &s.riders[r]
	tr := s.collect(r, w, b)
	p := Proposal{Courier: s.couriers[r].ID, Ask: s.asks(r, b, &tr)}
	way, leave, at := tr.lead, tr.pick-s.counterBefore-tr.lead, tr.leave
	if tr.n > 0 {
		p.From = s.shops[tr.shops[0]].id
		if w.last == nobody && c.shop == tr.shops[0] {
			leave, way = tr.pick, 0
		}
	}
	p.Pickup, p.Leave = s.time(tr.pick), s.time(leave)
	for k, t := range b.list() {
		at += s.door(r, b, &tr, k) + s.doorBefore
		p.Stops = append(p.Stops, Stop{s.jobs[t].ID, s.time(at), time.Duration(s.tasks[t].due-at) * time.Second})
		at += s.doorAfter
	}
	w.at, w.last, w.shop = at, b.tasks[b.n-1], nobody
	return p, way
}

// asks lists what of a bundle its rider is to be asked for, counter by counter: nothing while they have not
// answered for another.
func (s *search) asks(r int32, b *bundle, tr *trip) []id.Job {
	var out []id.Job
	for _, shop := range tr.shops[:tr.n] {
		for _, t := range b.list() {
			switch x := &s.tasks[t]; {
			case x.holder == r && s.jobs[t].Stage == Offered:
				return nil
			case x.shop == shop && x.holder != r:
				out = append(out, s.jobs[t].ID)
			}
		}
	}
	return out
}

// why says in words what speaks for a proposal.
func (s *search) why(r int32, i int, p Proposal, way int32) string {
	c := &s.riders[r]
	counters := "of one pharmacy"
	if from := s.shopsOf(p); from > 1 {
		counters = fmt.Sprintf("of %d pharmacies", from)
	}
	var w strings.Builder
	fmt.Fprintf(&w, "%.1f min to the counter", float64(way)/60)
	if len(p.Stops) > 1 {
		fmt.Fprintf(&w, ", %d bags %s in one ride", len(p.Stops), counters)
	}
	fmt.Fprintf(&w, ", %s", promiseOf(slackOf(p)))
	if i == 0 && c.short > 0 && s.weights.pay > 0 {
		w.WriteString("; below the guaranteed pay, so this delivery is preferably theirs")
	} else if i == 0 && c.idle > 15 && s.weights.idle > 0 {
		fmt.Fprintf(&w, "; idle for %d min", int(c.idle))
	}
	return w.String()
}

// shopsOf is of how many pharmacies the bags of a proposal are.
func (s *search) shopsOf(p Proposal) int {
	seen := map[int32]bool{}
	for _, x := range p.Stops {
		i, _ := slices.BinarySearchFunc(s.jobs, x.Job, func(j Job, name id.Job) int { return compare(j.ID, name) })
		seen[s.tasks[i].shop] = true
	}
	return len(seen)
}

// decideRematch tells that a job leaves who goes for it.
func (s *search) decideRematch(t int32, d *Decision) {
	from, to := s.tasks[t].holder, s.holder[t]
	if from == nobody || from == to || s.tasks[t].stays {
		return
	}
	m := Rematch{Job: s.jobs[t].ID, From: s.couriers[from].ID, Why: "as things stand nobody can bring it in time for the shift's end"}
	if to != nobody {
		m.To, m.Why = s.couriers[to].ID, "another courier brings it sooner, all jobs together"
	}
	d.Rematches = append(d.Rematches, m)
}

// whyNobody says in words why a job is left.
func (s *search) whyNobody(t int32) string {
	x := &s.tasks[t]
	if len(s.riders) == 0 {
		return "no courier is free"
	}
	shunned, unfit, ends := 0, 0, 0
	for r := range s.riders {
		c := &s.riders[r]
		switch {
		case s.shunned(int32(r), t):
			shunned++
		case x.fits>>c.vehicle&1 == 0:
			unfit++
		case max(s.soonest(int32(r), x.shop)+s.counterBefore, x.ready) > c.end:
			ends++
		}
	}
	return fmt.Sprintf("of %d couriers %d declined a moment ago, %d can't carry it, for %d the shift ends before; the others have work that is more pressing",
		len(s.riders), shunned, unfit, ends)
}
