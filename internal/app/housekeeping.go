package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/consult"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/signaling/recording"
)

// housekeeping clears away, each hour, what is of no more use: one-time codes, sessions that ended, the ways
// of couriers, files that never came or that nobody handed in, recordings and chats that were kept for as long as they
// had to be. It is one document with a timer, so that one node does it, whichever it is, and a restart forgets nothing.
// How long things are kept is config's to say, and of recordings and chats the rules of the place as well; no other record of
// patients is among them.
type housekeeping struct {
	services *Services
	keep     config.Keep
	rules    rulesOfPlace
	clock    clock.Clock
	log      *slog.Logger
	chores   *docstore.Collection[chore, *chore]
	pieces   recording.Store
	passed   *prometheus.CounterVec
}

// chore is what is to be done again and again.
type chore struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Cleared       int `json:"cleared"` // in all
}

// DocID implements docstore.Document.
func (c *chore) DocID() string { return c.ID }

const (
	choreDue   event.Kind = "housekeeping.due"
	clearing              = "chore_clearing"
	clearEvery            = time.Hour
)

// startHousekeeping follows the timer, and sets it where nobody has.
func (s *Services) startHousekeeping(ctx context.Context, b *bus.Bus, c config.Config, e engines, passed *prometheus.CounterVec) error {
	chores, err := docstore.Open[chore](ctx, e.store, e.clock, docstore.Spec[chore]{Name: "chores"})
	if err != nil {
		return err
	}
	h := &housekeeping{services: s, keep: c.Keep, rules: rulesOfPlace{s.Packs}, clock: e.clock, log: e.log, chores: chores, pieces: pieces{e.files}, passed: passed}
	err = b.Subscribe(bus.Consumer{Name: "housekeeping", Kinds: []event.Kind{choreDue}, Handle: h.due})
	if err != nil {
		return fmt.Errorf("follow the timer of housekeeping: %w", err)
	}
	first := &chore{ID: clearing}
	first.SetTimer(choreDue, e.clock.Now().Add(clearEvery))
	if err := chores.Insert(ctx, id.Request{}, first); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return nil
}

// due clears, and says when to do it again. A timer that came twice finds the next one set.
func (h *housekeeping) due(ctx context.Context, e event.Event) error {
	now := h.clock.Now()
	c, err := h.chores.Get(ctx, e.Doc)
	if err != nil || !c.TimerDue(choreDue, now) {
		return err
	}
	cleared, err := h.clear(ctx, now)
	over, err := docstore.Overlooked(err)
	for _, p := range over { // said each hour until somebody mends it
		h.passed.WithLabelValues(p.Collection).Inc()
		h.log.ErrorContext(ctx, "document passed over", "collection", p.Collection, "doc", p.ID)
	}
	if err != nil {
		return err
	}
	if cleared > 0 {
		h.log.InfoContext(ctx, "old documents cleared", "count", cleared)
	}
	_, err = h.chores.Update(ctx, e.Doc, docstore.On{Request: id.CausedBy(e.ID, "cleared")}, func(c *chore) error {
		c.Cleared += cleared
		c.SetTimer(choreDue, now.Add(clearEvery))
		return nil
	})
	return err
}

func (h *housekeeping) clear(ctx context.Context, now time.Time) (int, error) {
	signing, err1 := h.services.Identity.Clear(ctx, h.keep.Codes, h.keep.Sessions)
	tracks, err2 := h.services.Delivery.ClearTracks(ctx, now.Add(-h.keep.Tracks))
	files, err3 := h.services.Consult.ClearFiles(ctx)
	drafts, err4 := h.services.Intake.ClearLeftovers(ctx, now.Add(-h.keep.Drafts))
	recordings, err5 := h.destroy(ctx)
	chats, err6 := h.destroyChats(ctx)
	return signing + tracks + files + drafts + recordings + chats, errors.Join(err1, err2, err3, err4, err5, err6)
}

// destroyChats has each capability destroy what was written and sent through it, and need not be kept any more.
func (h *housekeeping) destroyChats(ctx context.Context) (int, error) {
	visits, err1 := h.services.Consult.DestroyChats(ctx, roomKeeper(), h.keep.Chats)
	files, err2 := h.services.Consult.DestroyCallFiles(ctx, roomKeeper(), h.keep.Chats)
	orders, err3 := h.services.Delivery.DestroyTalks(ctx, roomKeeper(), h.keep.Chats, h.rules)
	return visits + files + orders, errors.Join(err1, err2, err3)
}

// destroy deletes recordings that need not be kept any more. That there were any stays with their visits.
func (h *housekeeping) destroy(ctx context.Context) (int, error) {
	past, err := h.services.Consult.RecordingsPast(ctx, roomKeeper(), h.keep.Recordings)
	over, err := docstore.Overlooked(err)
	if err != nil {
		return 0, errors.Join(over.OrNil(), err)
	}
	done := 0
	for _, r := range past {
		switch err := h.destroyOne(ctx, r); {
		case err == nil:
			done++
		case docstore.Alone(err):
			over = append(over, docstore.Passed{Collection: "call_recordings", ID: string(r.ID), Cause: err})
		default:
			return done, errors.Join(over.OrNil(), err)
		}
	}
	return done, over.OrNil()
}

func (h *housekeeping) destroyOne(ctx context.Context, r *consult.Recording) error {
	sizes := make([]int64, 0, len(r.Files))
	for _, f := range r.Files {
		sizes = append(sizes, f.Size)
	}
	if err := recording.Destroy(ctx, h.pieces, string(r.ID), sizes); err != nil {
		return err
	}
	return h.services.Consult.RecordingDestroyed(ctx, roomKeeper(), r.ID)
}
