package app_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/audit"
	"housecall/internal/config"
	"housecall/internal/id"
)

// audited is every line of the audit about a person.
func (w *ward) audited(patient id.Patient) []string {
	w.t.Helper()
	var actions []string
	for q := (audit.Query{Patient: patient}); ; {
		lines, err := w.Audit.Search(w.t.Context(), w.As(access.Actor{Account: "acc_auditor", Role: access.Auditor}), q)
		w.Must(err)
		for _, l := range lines.Items {
			actions = append(actions, l.Entry.Action)
		}
		if q.Cursor = lines.Next; q.Cursor == "" {
			return actions
		}
	}
}

func TestWhatWasWrittenInACallAndAboutAnOrderIsDestroyedWhenItNeedNotBeKeptAnyMore(t *testing.T) {
	t.Parallel()
	const keep = 48 * time.Hour
	w := &ward{Town: apptest.StartWith(t, func(c *config.Config) { c.Keep.Chats = keep }), t: t}
	order, _, courier := w.OnItsWay()
	_, err := w.Delivery.Say(t.Context(), w.As(w.Mother), order, "The green door.")
	w.Must(err)
	w.Knocks(order, courier)
	w.HandsOver(order, courier)
	w.visit = w.Admitted()
	_, patient := w.together()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w.Must(patient.Send(ctx, map[string]string{"t": "chat", "id": "c1", "text": "take it with food?"}))
	_, err = patient.Wait(ctx, "chat", 0)
	w.Must(err)
	w.Until("what was written, kept with the visit", func() bool { return w.written() == 1 })
	_, err = w.Consult.Complete(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)
	said := func() int {
		talk, err := w.Delivery.ReadTalk(t.Context(), w.As(w.Mother), order)
		w.Must(err)
		return len(talk.Said)
	}
	w.Until("the talk to be closed", func() bool {
		talk, err := w.Delivery.ReadTalk(t.Context(), w.As(w.Mother), order)
		w.Must(err)
		return talk.ClosedAt != nil
	})

	w.Pass(keep - 2*time.Hour)
	if w.written() != 1 || said() != 1 {
		t.Fatalf("before its time are left %d lines of the visit and %d of the order, want both", w.written(), said())
	}
	w.Pass(3 * time.Hour)

	w.Until("both to be destroyed", func() bool {
		w.Clock.Advance(time.Hour)
		return w.written() == 0 && said() == 0
	})
	w.Until("both in the audit", func() bool {
		all := w.audited(w.Mother.Patient)
		return slices.Contains(all, "visit.chat_destroyed") && slices.Contains(all, "talk.destroyed")
	})
}

// written is how many lines of the visit's calls are left.
func (w *ward) written() int {
	w.t.Helper()
	c, err := w.Consult.ReadChat(w.t.Context(), w.As(w.Mother), w.visit)
	w.Must(err)
	return len(c.Lines)
}
