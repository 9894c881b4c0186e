package consult_test

import (
	"testing"

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
