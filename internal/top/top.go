// Package top is an operator's view of a running housecall in a terminal: orders by stage, who is late,
// couriers, what waits in the queues, which nodes are up. It reads the public API alone, with an operator's
// token.
package top

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"housecall/internal/sim"
)

// View is what one look found.
type View struct {
	At       time.Time
	Stages   map[string]int
	More     bool // there are more open orders than were read
	Late     []Order
	AtRisk   int
	Couriers map[string]int // on shift, free, silent
	Service  Service
	Stuck    int
}

// Order is an open order.
type Order struct {
	ID, State, Zone string
	Left            time.Duration // to the promised time; below zero it is late
}

// Service is how the service itself is.
type Service struct {
	Node, Version string
	Nodes         []Node
	Queues        []Queue
	Unsent        int
}

// Node is a process that is up.
type Node struct {
	Name         string
	Zones, Reads int
}

// Queue is what waits for a consumer of events.
type Queue struct {
	Consumer               string
	Waiting, InHand, Again int
}

// mostRead is how many open orders one look reads.
const mostRead = 1000

// stages are the states of open orders, in the order that they come.
var stages = []string{"placed", "reviewing", "preparing", "ready", "collected"}

// Look reads everything once.
func Look(ctx context.Context, operator *sim.Client, now time.Time) (*View, error) {
	v := &View{At: now, Stages: map[string]int{}, Couriers: map[string]int{}}
	for _, read := range []func(context.Context, *sim.Client) error{v.orders, v.couriers, v.service, v.stuck} {
		if err := read(ctx, operator); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func items(a sim.Answer, path string) []sim.Answer {
	all, _ := a.At(path).([]any)
	out := make([]sim.Answer, 0, len(all))
	for _, one := range all {
		if j, ok := one.(sim.JSON); ok {
			out = append(out, sim.Answer{Body: j})
		}
	}
	return out
}

func number(a sim.Answer, path string) int {
	n, _ := a.At(path).(float64)
	return int(n)
}

func (v *View) orders(ctx context.Context, c *sim.Client) error {
	read := 0
	for cursor := ""; ; {
		path := "/orders?limit=200"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		page, err := c.Get(ctx, path)
		if err != nil {
			return err
		}
		for _, o := range items(page, "items") {
			v.order(o)
			read++
		}
		cursor = page.Text("next")
		if v.More = cursor != "" && read >= mostRead; cursor == "" || v.More {
			break
		}
	}
	slices.SortFunc(v.Late, func(a, b Order) int { return cmp.Compare(a.Left, b.Left) })
	return nil
}

func (v *View) order(o sim.Answer) {
	v.Stages[o.Text("state")]++
	left := time.Duration(number(o, "promise.left_seconds")) * time.Second
	if o.At("promise.at_risk") == true {
		v.AtRisk++
	}
	if left < 0 {
		v.Late = append(v.Late, Order{o.Text("id"), o.Text("state"), o.Text("zone"), left})
	}
}

func (v *View) couriers(ctx context.Context, c *sim.Client) error {
	shifts, err := c.Get(ctx, "/shifts")
	if err != nil {
		return err
	}
	for _, s := range items(shifts, "items") {
		v.Couriers["on shift"]++
		if len(items(s, "jobs")) == 0 && s.At("idle_since") != nil {
			v.Couriers["free"]++
		}
		if s.At("silent") == true {
			v.Couriers["silent"]++
		}
	}
	return nil
}

func (v *View) service(ctx context.Context, c *sim.Client) error {
	a, err := c.Get(ctx, "/service")
	if err != nil {
		return err
	}
	v.Service = Service{Node: a.Text("node"), Version: a.Text("version"), Unsent: number(a, "unsent")}
	for _, n := range items(a, "nodes") {
		v.Service.Nodes = append(v.Service.Nodes, Node{n.Text("name"), number(n, "zones"), number(n, "reads")})
	}
	for _, q := range items(a, "queues") {
		v.Service.Queues = append(v.Service.Queues, Queue{q.Text("consumer"), number(q, "waiting"), number(q, "in_hand"), number(q, "again")})
	}
	return nil
}

func (v *View) stuck(ctx context.Context, c *sim.Client) error {
	a, err := c.Get(ctx, "/stuck-events")
	v.Stuck = len(items(a, "items"))
	return err
}

// How many lines the longer lists may take.
const (
	lateShown   = 8
	queuesShown = 8
	barOf       = 24
)

// Frame draws the view.
func (v *View) Frame(w io.Writer) error {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("housecall %s   %s   %d node(s), answered by %s", v.Service.Version, v.At.UTC().Format("2006-01-02 15:04:05"), len(v.Service.Nodes), v.Service.Node)
	p("\nOPEN ORDERS")
	all, most := 0, 1
	for _, n := range v.Stages {
		all, most = all+n, max(most, n)
	}
	for _, s := range stages {
		p("  %-10s %6d  %s", s, v.Stages[s], strings.Repeat("#", v.Stages[s]*barOf/most))
	}
	more := ""
	if v.More {
		more = " or more"
	}
	p("  %-10s %6d%s   in danger %d   late %d", "together", all, more, v.AtRisk, len(v.Late))
	for i, o := range v.Late {
		if i == lateShown {
			p("    and %d more", len(v.Late)-i)
			break
		}
		p("    %-40s %-10s %8s late   %s", o.ID, o.State, (-o.Left).Round(time.Second), o.Zone)
	}
	p("\nCOURIERS    on shift %d   free %d   silent %d", v.Couriers["on shift"], v.Couriers["free"], v.Couriers["silent"])
	v.queues(p)
	p("\nNODES                      zones  reads")
	for _, n := range v.Service.Nodes {
		p("  %-22s %7d %6d", n.Name, n.Zones, n.Reads)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v *View) queues(p func(string, ...any)) {
	waiting := 0
	for _, q := range v.Service.Queues {
		waiting += q.Waiting
	}
	p("\nQUEUES      waiting %d   not sent %d   stuck %d", waiting, v.Service.Unsent, v.Stuck)
	busy := slices.DeleteFunc(slices.Clone(v.Service.Queues), func(q Queue) bool { return q.Waiting+q.InHand == 0 })
	slices.SortStableFunc(busy, func(a, b Queue) int { return cmp.Compare(b.Waiting+b.InHand, a.Waiting+a.InHand) })
	for _, q := range busy[:min(len(busy), queuesShown)] {
		p("  %-22s %7d waiting %5d in hand %5d again", q.Consumer, q.Waiting, q.InHand, q.Again)
	}
}
