package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

// Files of an intake that nobody handed in, and uploads that nobody had looked at, are cleared away after a time
// that config says. What was typed stays: a draft can be gone on with. An intake that its person threw away goes
// as a whole. Two steps, each of which a crash may end: the document lets go of the files and says so in the audit,
// then the files are deleted, by the names that the document keeps until they are.

// mostCleared is how many intakes one run clears; the rest waits for the next.
const mostCleared = 500

// leftover is the index of intakes with something to clear, by since when nobody has wanted it.
const leftover = "leftover"

func (i *Intake) leftoverKey() (docstore.Key, bool) {
	since := i.UpdatedAt
	switch {
	case len(i.Discarding) > 0:
		since = time.Unix(0, 0) // begun: at the next run
	case i.State == Discarded:
		since = i.discardedAt()
	case i.State == Draft && len(i.Attachments) > 0:
	case slices.ContainsFunc(i.Attachments, Attachment.neverSettled):
	default:
		return docstore.Key{}, false
	}
	return docstore.Key{Equal: leftover, Order: docstore.ByTime(since)}, true
}

func (i *Intake) discardedAt() time.Time {
	for _, step := range slices.Backward(i.History) {
		if step.To == Discarded {
			return step.At
		}
	}
	return i.UpdatedAt
}

func (x Attachment) neverSettled() bool { return x.State == Awaited }

// ClearLeftovers clears what nobody has wanted since before a moment; for housekeeping. Files that another intake
// of the same person uses stay. It answers how many files and intakes are gone.
func (s *Service) ClearLeftovers(ctx context.Context, before time.Time) (int, error) {
	gone := 0
	_, err := s.intakes.Sweep(ctx, docstore.Query{Index: leftover, Equal: leftover, Until: docstore.ByTime(before)}, mostCleared, func(i *Intake) (docstore.Swept, error) {
		n, err := s.clearLeftover(ctx, i, before)
		gone += n
		if errors.Is(err, docstore.ErrNotFound) { // gone meanwhile
			return docstore.Left, nil
		}
		return docstore.Done, err
	})
	return gone, err
}

func (s *Service) clearLeftover(ctx context.Context, i *Intake, before time.Time) (int, error) {
	if i.State == Discarded && i.Cleared && len(i.Discarding) == 0 {
		return 1, s.intakes.Delete(ctx, string(i.ID)) // the audit has it since an earlier run
	}
	i, err := s.intakes.Update(ctx, string(i.ID), docstore.On{}, func(i *Intake) error {
		i.letGo(before)
		return nil
	})
	if err != nil || len(i.Discarding) == 0 {
		return 0, err
	}
	used, err := s.usedElsewhere(ctx, i)
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, key := range i.Discarding {
		if used[key] {
			continue
		}
		if err := s.Files.Delete(ctx, key); err != nil {
			return gone, fmt.Errorf("delete a file of %s: %w", i.ID, err)
		}
		gone++
	}
	_, err = s.intakes.Update(ctx, string(i.ID), docstore.On{}, func(i *Intake) error {
		i.Discarding = nil
		return nil
	})
	return gone, err
}

// letGo takes the files out that nobody has wanted since before a moment; one that is wanted again keeps them.
func (i *Intake) letGo(before time.Time) {
	if _, listed := i.leftoverKey(); !listed || len(i.Discarding) > 0 {
		return
	}
	since := i.UpdatedAt
	if i.State == Discarded {
		since = i.discardedAt()
	}
	if !since.Before(before) || i.Cleared && i.State == Discarded {
		return
	}
	whole := i.State == Draft || i.State == Discarded
	n := 0
	i.Attachments = slices.DeleteFunc(i.Attachments, func(x Attachment) bool {
		if !whole && !x.neverSettled() {
			return false
		}
		key := x.Key
		if x.State != Readable {
			key = x.quarantine()
		}
		i.Discarding = append(i.Discarding, key)
		if d := i.EarlierDiagnosis; d != nil && d.Attachment == x.ID {
			d.Attachment = ""
		}
		n++
		return true
	})
	i.Cleared = i.State == Discarded
	i.Emit(event.Event{
		Kind: AttachmentsCleared, By: "housekeeping", To: []string{string(i.Patient)},
		Data: map[string]string{"patient": string(i.Patient), "count": fmt.Sprint(n), "reason": "never_" + i.unwanted()},
	})
}

// unwanted says what nobody did: hand the intake in, or settle its files.
func (i *Intake) unwanted() string {
	if i.State == Draft || i.State == Discarded {
		return "submitted"
	}
	return "settled"
}

// usedElsewhere lists the files of the person's other intakes: one that was begun from an earlier one has its files.
func (s *Service) usedElsewhere(ctx context.Context, of *Intake) (map[string]bool, error) {
	const most = 10_000
	all, err := s.intakes.All(ctx, docstore.Query{Index: "patient", Equal: string(of.Patient)}, most)
	if err != nil {
		return nil, fmt.Errorf("look where files of %s are used: %w", of.ID, err)
	}
	used := map[string]bool{}
	for _, i := range all {
		for _, x := range i.Attachments {
			used[x.Key] = used[x.Key] || i.ID != of.ID
		}
	}
	return used, nil
}
