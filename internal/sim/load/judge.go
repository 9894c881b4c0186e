package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"housecall/internal/sim"
)

// What must hold, as a report says it.
const (
	noneLost    = "no order lost, doubled or stuck"
	onceOnly    = "every prescription dispensed at most once"
	stockTrue   = "stock never negative, and only what was collected is gone"
	ledgerZero  = "the ledger sums to zero"
	feedsWhole  = "no event of a feed lost or doubled"
	nothingLeft = "goroutines and open files of the nodes do not grow"
	keysHold    = "a request repeated with its key is done once and answered alike"
	askedAtOnce = 8
)

// verdict gathers what was looked at and found broken.
type verdict struct {
	mu   sync.Mutex // guards all
	all  []Invariant
	seen map[string]int
}

func newVerdict() *verdict {
	v := &verdict{seen: map[string]int{}}
	for _, name := range []string{noneLost, onceOnly, stockTrue, ledgerZero, feedsWhole, keysHold} {
		v.mustHold(name)
	}
	return v
}

func (v *verdict) mustHold(name string) {
	v.all, v.seen[name] = append(v.all, Invariant{Name: name, Broken: []string{}}), len(v.all)
}

// looked notes what was looked at, and how it was broken, if it was.
func (v *verdict) looked(name string, times int, broken ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := &v.all[v.seen[name]]
	i.Checked += times
	i.Broken = append(i.Broken, broken...)
}

func (v *verdict) holds() bool {
	for _, i := range v.all {
		if len(i.Broken) > 0 {
			return false
		}
	}
	return true
}

// judge asks the API for everything that was done, and compares.
func (r *run) judge(ctx context.Context, took time.Duration) *Report {
	out, v := r.report(took), newVerdict()
	_ = each(ctx, r.lives, askedAtOnce, func(ctx context.Context, l *life) error {
		r.judgeOrders(ctx, v, l, out)
		return nil
	})
	_ = each(ctx, r.zones, askedAtOnce, func(ctx context.Context, z *zone) error {
		r.judgeStock(ctx, v, z)
		return nil
	})
	r.judgeLedger(ctx, v)
	if r.Watch > 0 {
		v.mustHold(nothingLeft)
		r.judgeGrowth(v)
	}
	_ = each(ctx, r.followers, askedAtOnce, func(ctx context.Context, f *follower) error {
		f.judge(ctx, v, r.Settle)
		return nil
	})
	r.meter.mu.Lock()
	v.looked(keysHold, int(r.meter.repeats.Load()), r.meter.differing...)
	r.meter.mu.Unlock()
	for _, f := range r.followers {
		out.Feeds.Followed++
		out.Feeds.Events += len(f.events)
		out.Feeds.Breaks += f.breaks
		out.Feeds.Resets += f.resets
	}
	out.Invariants = v.all
	out.OK = v.holds() && out.Failed() == 0
	return out
}

// ended tells the states that an order does not leave by itself.
func ended(state string) bool {
	switch state {
	case "delivered", "cancelled", "undelivered":
		return true
	}
	return false
}

// judgeOrders compares what a patient was told with what the service has.
func (r *run) judgeOrders(ctx context.Context, v *verdict, l *life, out *Report) {
	has := map[string]sim.Answer{}
	doubles := 0
	for _, o := range pages(ctx, l.Client, "/patients/"+l.id+"/orders", func(err error) {
		v.looked(noneLost, 1, fmt.Sprintf("the orders of %s can't be listed: %v", l.id, err))
	}) {
		if _, twice := has[o.Text("id")]; twice {
			doubles++
		}
		has[o.Text("id")] = o
	}
	if doubles > 0 {
		v.looked(noneLost, 0, fmt.Sprintf("%d orders of %s are listed twice", doubles, l.id))
	}
	filled := map[string]int{} // by part
	for _, o := range l.orders {
		r.judgeOrder(ctx, v, l, o, has[o.id], out, filled)
		delete(has, o.id)
	}
	for id := range has {
		v.looked(noneLost, 0, fmt.Sprintf("order %s of %s was asked for by nobody", id, l.id))
	}
	for part, n := range filled {
		broken := []string{}
		if n > 1 {
			broken = append(broken, fmt.Sprintf("part %s left a pharmacy %d times", part, n))
		}
		v.looked(onceOnly, 1, broken...)
	}
}

// judgeOrder looks at one order that was answered to exist.
func (r *run) judgeOrder(ctx context.Context, v *verdict, l *life, o *ordered, a sim.Answer, out *Report, filled map[string]int) {
	state := a.Text("state")
	if state == "" {
		v.looked(noneLost, 1, fmt.Sprintf("order %s was answered and is gone", o.id))
		return
	}
	if !ended(state) {
		last, err := sim.Until(ctx, r.Settle, func() (sim.Answer, error) { return l.Get(ctx, "/orders/"+o.id) }, func(a sim.Answer) bool { return ended(a.Text("state")) })
		if err != nil {
			v.looked(noneLost, 1, fmt.Sprintf("order %s is stuck in %s", o.id, last.Text("state")))
			return
		}
		state = last.Text("state")
	}
	if o.finished && state != "delivered" {
		v.looked(noneLost, 0, fmt.Sprintf("order %s was delivered and is %s now", o.id, state))
	}
	v.looked(noneLost, 1)
	fills, err := l.Get(ctx, "/orders/"+o.id+"/fills")
	if err != nil {
		v.looked(onceOnly, 1, fmt.Sprintf("the fills of order %s can't be listed: %v", o.id, err))
	}
	for _, f := range listOf(fills, "items") {
		if f["state"] == "collected" {
			filled[o.part]++
		}
	}
	if o.finished {
		l.judgeTold(v, o)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out.Orders.Placed++
	if o.raced {
		out.Orders.Raced++
	}
	switch state {
	case "delivered":
		out.Orders.Delivered++
	case "cancelled":
		out.Orders.Cancelled++
	}
}

// pages reads a list to its end.
func pages(ctx context.Context, c *sim.Client, path string, failed func(error)) []sim.Answer {
	var all []sim.Answer
	for cursor := ""; ; {
		at := path + "?limit=200"
		if cursor != "" {
			at += "&cursor=" + cursor
		}
		a, err := c.Get(ctx, at)
		if err != nil {
			failed(err)
			return all
		}
		for _, one := range listOf(a, "items") {
			all = append(all, sim.Answer{Body: one})
		}
		if cursor = a.Text("next"); cursor == "" {
			return all
		}
	}
}

// judgeStock compares each shelf with what was received and collected. What follows a collection by
// itself is given a while.
func (r *run) judgeStock(ctx context.Context, v *verdict, z *zone) {
	gone := map[string]int{}
	r.mu.Lock()
	for _, l := range r.lives {
		for _, o := range l.orders {
			if l.zone == z && o.finished {
				gone[o.medicine.product] += o.units
			}
		}
	}
	r.mu.Unlock()
	var wrong []string
	for begun := now(); ; {
		wrong = r.shelves(ctx, z, gone)
		if len(wrong) == 0 || now().Sub(begun) > r.Settle || !rest(ctx, 200*time.Millisecond) {
			break
		}
	}
	v.looked(stockTrue, len(medicines), wrong...)
}

func (r *run) shelves(ctx context.Context, z *zone, gone map[string]int) (wrong []string) {
	found := 0
	for _, s := range pages(ctx, z.pharmacists[0].Client, "/pharmacies/"+z.pharmacy+"/stock", func(err error) {
		wrong = append(wrong, fmt.Sprintf("the stock of %s can't be listed: %v", z.pharmacy, err))
	}) {
		found++
		units, product := 0, s.Text("product")
		for _, b := range listOf(s, "batches") {
			n, _ := b["units"].(float64)
			if n < 0 {
				wrong = append(wrong, fmt.Sprintf("batch %v of %s at %s has %v units", b["batch"], product, z.pharmacy, n))
			}
			units += int(n)
		}
		held, _ := s.At("held").(float64)
		switch {
		case held < 0 || int(held) > units:
			wrong = append(wrong, fmt.Sprintf("%v of %d units of %s at %s are held", held, units, product, z.pharmacy))
		case r.failed.Load() == 0 && (units != shelf-gone[product] || held != 0):
			wrong = append(wrong, fmt.Sprintf("%d units of %s at %s, %v held, though %d of %d were collected", units, product, z.pharmacy, held, gone[product], shelf))
		}
	}
	if found != len(medicines) && len(wrong) == 0 {
		wrong = append(wrong, fmt.Sprintf("%d medicines at %s, %d were received", found, z.pharmacy, len(medicines)))
	}
	return wrong
}

func (r *run) judgeLedger(ctx context.Context, v *verdict) {
	a, err := r.operator.Get(ctx, "/ledger")
	switch {
	case err != nil:
		v.looked(ledgerZero, 1, fmt.Sprintf("the ledger can't be read: %v", err))
	case a.At("zero") != true:
		v.looked(ledgerZero, 1, fmt.Sprintf("it comes to %v", a.Body))
	default:
		v.looked(ledgerZero, 1)
	}
}
