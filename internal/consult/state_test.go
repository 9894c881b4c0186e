package consult_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/consult"
	"housecall/internal/fault"
)

func TestLivesAreDrawn(t *testing.T) {
	t.Parallel()
	golden(t, "visit.mmd", consult.Moves().Mermaid())
	golden(t, "room.mmd", consult.RoomMoves().Mermaid())
	golden(t, "slot.mmd", consult.SlotMoves().Mermaid())
}

func TestAVisitGoesOnlyWhereItsTableLeads(t *testing.T) {
	t.Parallel()
	legal := map[string]map[string]consult.State{
		"booked":      {"admit": "in_progress", "move": "booked", "cancel": "cancelled", "no_show": "no_show", "redirect": "redirected"},
		"waiting":     {"admit": "in_progress", "book": "booked", "cancel": "cancelled", "no_show": "no_show", "redirect": "redirected"},
		"in_progress": {"complete": "completed", "absent": "waiting", "hand_over": "waiting", "vanish": "waiting", "transfer": "in_progress", "cancel": "cancelled", "redirect": "redirected"},
	}
	table := consult.Moves()

	for _, from := range table.States() {
		for _, e := range table.Events() {
			to, err := table.Next(from, e)
			want, allowed := legal[string(from)][string(e)]
			if !allowed {
				refused(t, err, fault.Conflict)
				want = from
			}
			if to != want {
				t.Errorf("%s in %s leads to %s, want %s", e, from, to, want)
			}
		}
	}
}

func TestIllegalStepsAreRefusedFromEveryEndAndChangeNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	ends := map[string]*consult.Visit{}
	ends["completed"] = c.completed(mother, lin)
	v, err := c.Redirect(ctx, lin, c.inRoom(patient("b"), lin).ID, "emergency")
	must(t, err)
	ends["redirected"] = v
	v, err = c.Cancel(ctx, lin, c.inRoom(patient("c"), lin).ID, "technical")
	must(t, err)
	ends["cancelled"] = v

	for name, v := range ends {
		_, complete := c.Complete(ctx, lin, v.ID)
		_, cancel := c.Cancel(ctx, support, v.ID, "other")
		_, redirect := c.Redirect(ctx, lin, v.ID, "not_suited")
		_, handOver := c.HandOver(ctx, lin, v.ID, "")
		_, admit := c.Admit(ctx, lin, v.ID)
		for i, err := range []error{complete, cancel, redirect, handOver, admit} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: step %d = %v, want a conflict", name, i, err)
			}
		}
		if now := c.now(v); now.Version != v.Version || string(now.State) != name {
			t.Errorf("%s changed: %s, version %d from %d", name, now.State, now.Version, v.Version)
		}
	}
}

// standing has a visit in each state, by the ways people take.
var standing = map[consult.State]func(c *clinic) *consult.Visit{
	consult.IsBooked: func(c *clinic) *consult.Visit { c.openHours(lin); return c.booked(mother, lin, tomorrow) },
	consult.Waiting:  func(c *clinic) *consult.Visit { return c.queued(mother) },
	consult.InProgress: func(c *clinic) *consult.Visit {
		return c.inRoom(mother, lin)
	},
	consult.IsCompleted: func(c *clinic) *consult.Visit { return c.completed(mother, lin) },
	consult.IsCancelled: func(c *clinic) *consult.Visit {
		v, err := c.Cancel(c.t.Context(), lin, c.inRoom(mother, lin).ID, "technical")
		must(c.t, err)
		return v
	},
	consult.IsNoShow: func(c *clinic) *consult.Visit {
		c.onDuty(lin)
		v := c.admitted(c.queued(mother), lin)
		c.pass(3 * time.Minute)
		c.pass(12 * time.Minute)
		return c.now(v)
	},
	consult.IsRedirected: func(c *clinic) *consult.Visit {
		v, err := c.Redirect(c.t.Context(), lin, c.inRoom(mother, lin).ID, "emergency")
		must(c.t, err)
		return v
	},
}

// attempts is everything that anybody can try on a visit, with the events that it would be.
func (c *clinic) attempts(v *consult.Visit) map[string]func() error {
	ctx := c.t.Context()
	return map[string]func() error{
		"admit":     func() error { _, err := c.Admit(ctx, lin, v.ID); return err },
		"complete":  func() error { _, err := c.Complete(ctx, lin, v.ID); return err },
		"hand_over": func() error { _, err := c.HandOver(ctx, lin, v.ID, ""); return err },
		"transfer":  func() error { _, err := c.HandOver(ctx, lin, v.ID, okoye.Account); return err },
		"cancel":    func() error { _, err := c.Cancel(ctx, mother, v.ID, "changed_mind"); return err },
		"redirect":  func() error { _, err := c.Redirect(ctx, lin, v.ID, "not_suited"); return err },
		"book move": func() error { _, err := c.Move(ctx, mother, v.ID, okoye.Account, tomorrow.Add(time.Hour)); return err },
	}
}

func TestAnIllegalStepOfAVisitIsRefusedInEveryStateAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, state := range consult.Moves().States() {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			c := open(t)
			v := standing[state](c)
			c.openHours(okoye)
			c.onDuty(okoye)
			is(t, v, state)
			before := c.now(v)
			for events, try := range c.attempts(v) {
				legal := false
				for _, e := range strings.Fields(events) {
					legal = legal || consult.Moves().Allows(state, consult.Event(e))
				}
				if legal {
					continue
				}
				if err := try(); !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s of a visit that is %s: %v, want a conflict, or not theirs", events, state, err)
				}
			}
			if now := c.now(v); now.State != state || now.Version != before.Version {
				t.Errorf("it is %s in version %d, was in %d", now.State, now.Version, before.Version)
			}
		})
	}
}
