package consult

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
)

// DestroyChats destroys what was written in the calls of visits that ended, once it is older than keep and than the
// rules of the place ask for today. It answers of how many visits. For who keeps house.
func (s *Service) DestroyChats(ctx context.Context, a access.Actor, keep time.Duration) (int, error) {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{}); err != nil {
		return 0, err
	}
	return destroyPast(ctx, s.chats, s.Clock.Now().Add(-keep), (*Chat).lastAt, func(c *Chat) (bool, error) {
		v, must, err := s.mustKeep(ctx, c.Visit, c.lastAt(), "chat")
		if err != nil || must || v.EndedAt == nil {
			return false, err
		}
		_, err = s.chats.Update(ctx, c.DocID(), docstore.On{}, func(c *Chat) error {
			if len(c.Lines) == 0 {
				return nil
			}
			c.Emit(gone(ChatWasDestroyed, a, v, "written", c.lastAt()))
			now := s.Clock.Now()
			c.Lines, c.DestroyedAt = nil, &now
			return nil
		})
		return true, err
	})
}

// DestroyCallFiles destroys what was sent in the calls of visits that ended. A paper that a doctor was shown is of the
// medical record as well as of the chat: whichever must be kept longer decides. The file goes first and the note
// follows, so that what was cut off in between is made good. It answers how many. For who keeps house.
func (s *Service) DestroyCallFiles(ctx context.Context, a access.Actor, keep time.Duration) (int, error) {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{}); err != nil {
		return 0, err
	}
	return destroyPast(ctx, s.files, s.Clock.Now().Add(-keep), (*File).sentAt, func(f *File) (bool, error) {
		v, must, err := s.mustKeep(ctx, f.Visit, f.sentAt(), "chat", "medical")
		if err != nil || must || v.EndedAt == nil {
			return false, err
		}
		if err := s.Deps.Files.Delete(ctx, f.key()); err != nil && !fault.Is(err, fault.NotFound) {
			return false, fmt.Errorf("destroy %s: %w", f.ID, err)
		}
		_, err = s.files.Update(ctx, f.DocID(), docstore.On{}, func(f *File) error {
			if f.State != FileReadable {
				return nil
			}
			f.Emit(gone(FileWasDestroyed, a, v, "sent", f.sentAt()))
			now := s.Clock.Now()
			f.State, f.Name, f.DestroyedAt = FileGone, "", &now
			return nil
		})
		return true, err
	})
}

func (f *File) sentAt() time.Time { return f.CreatedAt }

// gone announces that something of a visit was destroyed, and from when it was.
func gone(kind event.Kind, a access.Actor, v *Visit, what string, at time.Time) event.Event {
	return event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(v.Patient)},
		Data: map[string]string{"patient": string(v.Patient), "visit": string(v.ID), what: at.Format(time.RFC3339)},
	}
}

// destroyPast goes through what is kept, the oldest first, until what is younger than before. It answers how many
// were destroyed; what the rules of a place hold is passed over.
func destroyPast[T any, P docstore.Pointer[T]](ctx context.Context, all *docstore.Collection[T, P], before time.Time, at func(*T) time.Time, destroy func(*T) (bool, error)) (int, error) {
	return all.Sweep(ctx, docstore.Query{Index: "kept", Equal: "kept"}, mostPast, func(x *T) (docstore.Swept, error) {
		if at(x).After(before) {
			return docstore.Enough, nil
		}
		if is, err := destroy(x); err != nil || !is {
			return docstore.Left, err
		}
		return docstore.Done, nil
	})
}
