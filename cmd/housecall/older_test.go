package main

import (
	"fmt"
	"os"
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

func TestNodesOfAnOlderVersionAreReplacedOneByOneWhilePeopleOrder(t *testing.T) {
	program := older(t)
	c := openCluster(t, 0)
	c.program = program
	for n := range 3 {
		c.add(fmt.Sprint("n", n))
	}
	over := c.walkers(t)

	for i := range c.nodes {
		c.nodes[i].clinic.program = ""
		c.replace(i)
		<-time.After(3 * time.Second) // both versions serve side by side
	}

	over()
	newDrill(t, c, 1).invariants()
}
