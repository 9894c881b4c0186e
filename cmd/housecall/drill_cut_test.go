package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"housecall/internal/apptest/engine"
)

// firewalled says that the drill runs in a network namespace of its own, whose firewall it may change.
const (
	firewalled = "HOUSECALL_TEST_FIREWALL"
	cutGroup   = 4200
	cutLasts   = 8 * time.Second
)

// The cuts. A node is cut from everybody; or two do not hear each other, while each of them hears all others: then
// nobody is gone, and everybody knows something else of who is there.
var (
	cutNode = fault{"a node is cut from all others for eight seconds", func(d *drill) {
		i := d.rand.IntN(len(d.c.nodes))
		d.firewall("add table inet drill; add chain inet drill out { type filter hook output priority 0; }; "+
			"add rule inet drill out meta skgid %d drop", cutGroup+i)
		d.wait(cutLasts)
		d.firewall("delete table inet drill")
		d.backWithin(5 * time.Second)
	}}
	cutPrimary = fault{"MongoDB's primary and another member are cut from each other", func(d *drill) {
		p := d.c.mongo.Primary(d.t)
		others := slices.DeleteFunc(slices.Clone(d.c.mongo.Members[:]), func(m *engine.MongoServer) bool { return m == p })
		d.cutBetween(p.Side(), others[d.rand.IntN(len(others))].Side())
		d.c.mongo.Ready(d.t)
		d.backWithin(5 * time.Second)
	}}
	cutEvents = fault{"the NATS server that leads the events and another are cut from each other", func(d *drill) {
		s := d.c.nats.StreamLeader(d.t, d.c.creds, "EVENTS")
		others := slices.DeleteFunc(slices.Clone(d.c.nats.Members[:]), func(m *engine.NATSServer) bool { return m == s })
		d.cutBetween(s.Side(), others[d.rand.IntN(len(others))].Side())
		d.backWithin(5 * time.Second)
		d.c.nats.Healthy(d.t, d.c.creds)
	}}
	cutFromPrimary = fault{"a node is cut from MongoDB's primary, the others are not", func(d *drill) {
		d.cutBetween(d.anyNode(), d.c.mongo.Primary(d.t).Side())
		d.backWithin(5 * time.Second)
	}}
	cutFromEvents = fault{"a node is cut from the NATS server that leads the events, the others are not", func(d *drill) {
		d.cutBetween(d.anyNode(), d.c.nats.StreamLeader(d.t, d.c.creds, "EVENTS").Side())
		d.backWithin(5 * time.Second)
	}}
	cutNodes = fault{"two nodes are cut from each other", func(d *drill) {
		i := d.rand.IntN(len(d.c.nodes))
		lost := d.between(sideOf(d.c.nodes[i]), sideOf(d.c.nodes[(i+1)%len(d.c.nodes)]))
		d.t.Logf("%d packets were lost between two nodes: they meet in the engines alone", lost)
		d.backWithin(5 * time.Second)
	}}
)

// cuts are the faults that need a firewall.
var cuts = []fault{cutNode, cutPrimary, cutEvents, cutFromPrimary, cutFromEvents, cutNodes}

func (d *drill) anyNode() engine.Side { return sideOf(d.c.nodes[d.rand.IntN(len(d.c.nodes))]) }

// sideOf is a node's end of the network.
func sideOf(n *node) engine.Side {
	_, port, _ := strings.Cut(n.address, ":")
	return engine.Side{Group: n.clinic.group, Ports: []string{port}}
}

// cutBetween cuts two off from each other who talk all the time.
func (d *drill) cutBetween(a, b engine.Side) {
	d.t.Helper()
	if lost := d.between(a, b); lost == 0 {
		d.t.Error("nothing was lost between the two: they were not cut from each other")
	}
}

// between drops what two send each other for eight seconds, and answers how many packets were. A connection belongs to
// the two when one of them opened it to where the other listens; it carries a mark from then on, both ways.
func (d *drill) between(a, b engine.Side) int {
	d.t.Helper()
	d.marks++ // a connection outlives the cut, and its mark with it
	d.firewall("add table inet drill; add chain inet drill out { type filter hook output priority 0; }; "+
		"add rule inet drill out meta skgid %d tcp dport { %s } ct mark set %d; "+
		"add rule inet drill out meta skgid %d tcp dport { %s } ct mark set %[3]d; "+
		"add rule inet drill out ct mark %[3]d counter drop",
		a.Group, strings.Join(b.Ports, ", "), d.marks, b.Group, strings.Join(a.Ports, ", "))
	d.wait(cutLasts)
	said := d.firewall("list table inet drill")
	d.firewall("delete table inet drill")
	found := dropped.FindStringSubmatch(said)
	if found == nil {
		d.t.Fatalf("the firewall does not say what it dropped: %s", said)
	}
	lost, _ := strconv.Atoi(found[1])
	return lost
}

var dropped = regexp.MustCompile(`counter packets (\d+)`)

func (d *drill) firewall(rules string, args ...any) string {
	d.t.Helper()
	out, err := exec.CommandContext(d.t.Context(), "nft", fmt.Sprintf(rules, args...)).CombinedOutput() //nolint:gosec // our own words
	if err != nil {
		d.t.Fatalf("nft: %v: %s", err, out)
	}
	return string(out)
}
