package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/sim"
)

// older is the binary of an older version, which scripts/drill builds.
func older(t *testing.T) string {
	t.Helper()
	program := os.Getenv("HOUSECALL_TEST_OLDER")
	if program == "" {
		t.Skip("only by scripts/drill, which names an older housecall by HOUSECALL_TEST_OLDER")
	}
	return program
}

// upgradeAt are steps at which the version under an order changes: each has timers, money or a promise pending. A
// draft is not among them: where the formulary has changed with the version, signing it is refused, in words.
var upgradeAt = []string{
	"grant a daughter the right to book and pay", "ask for a visit; the fee is held", "write the note", "order; prescription claimed, stock reserved",
	"pay; the clock starts", "get an offer and accept it", "hand the bag to the right courier", "see it delivered",
}

func TestOrdersOfAnOlderVersionGoOnWithThisOneInTheSameFolder(t *testing.T) {
	program := older(t)
	c, _ := withAdmin(t)
	c.program = program
	balance := newBalancer(t)
	s := c.serve()
	balance.use(s.address)
	walks := make([]*sim.Walk, 0, len(upgradeAt))
	for _, step := range upgradeAt {
		w := &sim.Walk{Base: balance.url, Operator: &sim.Client{Base: balance.url, Token: adminToken}, Until: step, Patience: 20 * time.Second}
		if r := w.Run(t.Context()); !r.OK {
			t.Fatalf("with the older version, up to %q: %s", step, r.Error)
		}
		walks = append(walks, w)
	}

	s.stop()
	balance.leave(s.address)
	c.program = ""
	s = c.serve()
	t.Cleanup(s.stop)
	balance.use(s.address)

	for n, w := range walks {
		w.Until = ""
		if r := w.Run(t.Context()); !r.OK {
			t.Errorf("begun with the older version, after %q: %s", upgradeAt[n], r.Error)
		}
	}
	if strings.Contains(s.log.String(), `"level":"ERROR"`) {
		t.Errorf("it met what it did not expect: %s", tail(s.log.String(), 3000))
	}
}

// Two nodes of the older version serve; one of this version comes beside them, then takes the place of one and of the
// other. People of both versions' programs go on all the while, and none of the walkers' requests is sent again.
func TestNodesOfAnOlderVersionAreReplacedOneByOneWhilePeopleOrder(t *testing.T) {
	program := older(t)
	c := openCluster(t, 0)
	c.program = program
	c.add("n0")
	c.add("n1")
	before := c.startLoad(t, program, "--patients", "4", "--callers", "4", "--seconds", "60")
	now := c.startLoad(t, "", "--patients", "4", "--callers", "4", "--seconds", "60", "--seed", "2")
	over := c.walkers(t)
	live := func() { <-time.After(15 * time.Second) }

	live()
	c.program = ""
	c.add("n2")
	live()
	both := c.balance.answered()
	for i := range 2 {
		c.nodes[i].clinic.program = ""
		c.replace(i)
		live()
	}

	over()
	before.judge(t)
	now.judge(t)
	for i, n := range c.nodes {
		if strings.Contains(n.log.String(), "panic") {
			t.Errorf("node %d: %s", i, tail(n.log.String(), 3000))
		}
	}
	if len(both) != 3 || slices.Min(slices.Collect(maps.Values(both))) == 0 {
		t.Errorf("both versions were to answer side by side: %v", both)
	}
	newDrill(t, c, 1).invariants()
	t.Logf("answered by each node while two were of the older version and one of this: %v; in all: %v", both, c.balance.answered())
}
