package consult

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
)

// Recording is one stretch of a call in which everybody present agreed to be recorded. What was said and
// shown is kept elsewhere, sealed; this says that it is, of whom, and what is missing.
type Recording struct {
	ID            id.Recording `json:"id"`
	docstore.Meta `json:"meta"`
	Visit         id.Visit       `json:"visit"`
	Room          string         `json:"room"`
	Agreed        []Seat         `json:"agreed"` // everybody who was present
	BeganAt       time.Time      `json:"began_at"`
	State         RecordingState `json:"state"`
	Files         []RecordedFile `json:"files,omitempty"`
	Broken        bool           `json:"broken,omitempty"` // some of it could not be read again
	DestroyedAt   *time.Time     `json:"destroyed_at,omitempty"`
}

// RecordingState is how far a recording has come.
type RecordingState string

// The states of a recording.
const (
	RecordingRuns    RecordingState = "running" // or its node was killed: then another makes the files
	RecordingKept    RecordingState = "kept"    // its files can be seen
	RecordingCleared RecordingState = "cleared" // and nothing else is left of it
	RecordingGone    RecordingState = "gone"    // it was kept for as long as it had to be: what stands here is all that is left
)

// RecordedFile is what one person said and showed, or the screen that they shared.
type RecordedFile struct {
	Seat
	Screen   bool           `json:"screen,omitempty"`
	OffsetMS int            `json:"offset_ms"` // from the recording's beginning
	LengthMS int            `json:"length_ms"`
	Size     int64          `json:"size"`
	Gaps     []RecordingGap `json:"gaps,omitempty"`
}

// RecordingGap is a stretch that nothing was kept of.
type RecordingGap struct {
	What    string `json:"what"` // sound, picture, screen
	FromMS  int    `json:"from_ms"`
	UntilMS int    `json:"until_ms"`
}

// DocID implements docstore.Document.
func (r *Recording) DocID() string { return string(r.ID) }

// Seen tells whether the files can be seen.
func (r *Recording) Seen() bool { return r.State == RecordingKept || r.State == RecordingCleared }

// RecordingBegan notes a recording before anything of it is kept.
func (s *Service) RecordingBegan(ctx context.Context, a access.Actor, room string, agreed []Seat, at time.Time) (id.Recording, error) {
	v, err := s.visitOfRoom(ctx, a, room)
	if err != nil {
		return "", err
	}
	r := &Recording{ID: id.New[id.Recording](), Visit: v.ID, Room: room, Agreed: agreed, BeganAt: at, State: RecordingRuns}
	return r.ID, s.recordings.Insert(ctx, id.Request{}, r)
}

func (s *Service) visitOfRoom(ctx context.Context, a access.Actor, room string) (*Visit, error) {
	visit, ok := VisitOfRoom(room)
	if !ok {
		return nil, docstore.NotFound()
	}
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	return v, s.Guard.Check(ctx, a, "visit.advance", v.facts())
}

// RecordingKept notes what became of a recording; again it changes nothing.
func (s *Service) RecordingKept(ctx context.Context, a access.Actor, rec id.Recording, files []RecordedFile, broken bool) error {
	return s.recorded(ctx, a, rec, func(r *Recording, v *Visit) {
		if r.State != RecordingRuns {
			return
		}
		r.State, r.Files, r.Broken = RecordingKept, files, broken
		to := []string{string(v.Patient)}
		if v.Doctor != "" {
			to = append(to, string(v.Doctor))
		}
		r.Emit(event.Event{Kind: RecordingReady, By: string(a.Account), To: to, Data: map[string]string{"visit": string(v.ID)}})
	})
}

// RecordingCleared notes that of a recording nothing but its files is left.
func (s *Service) RecordingCleared(ctx context.Context, a access.Actor, rec id.Recording) error {
	return s.recorded(ctx, a, rec, func(r *Recording, _ *Visit) {
		if r.State == RecordingKept {
			r.State = RecordingCleared
		}
	})
}

func (s *Service) recorded(ctx context.Context, a access.Actor, rec id.Recording, do func(*Recording, *Visit)) error {
	r, err := s.recordings.Get(ctx, string(rec))
	if err != nil {
		return err
	}
	v, err := s.visitOfRoom(ctx, a, r.Room)
	if err != nil {
		return err
	}
	_, err = s.recordings.Update(ctx, string(rec), docstore.On{}, func(r *Recording) error {
		do(r, v)
		return nil
	})
	return err
}

// RecordingsOpen lists recordings that are not all files yet, the oldest first.
func (s *Service) RecordingsOpen(ctx context.Context, a access.Actor) ([]*Recording, error) {
	if err := s.Guard.Check(ctx, a, "visit.advance", access.Facts{}); err != nil {
		return nil, err
	}
	page, err := s.recordings.Find(ctx, docstore.Query{Index: "open", Equal: "open", Limit: 50})
	return page.Items, err
}

// Recordings lists those of a visit, the oldest first: to the patient's side, and to the doctor who treats.
func (s *Service) Recordings(ctx context.Context, a access.Actor, visit id.Visit) ([]*Recording, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "visit.read_recording", v.facts()); err != nil {
		return nil, err
	}
	page, err := s.recordings.Find(ctx, docstore.Query{Index: "visit", Equal: string(visit), Limit: 50})
	return page.Items, err
}

// RecordedFile answers one file of a recording, to be read by who asks. That they do is in the audit.
func (s *Service) RecordedFile(ctx context.Context, a access.Actor, visit id.Visit, rec id.Recording, n int) (*Recording, RecordedFile, error) {
	all, err := s.Recordings(ctx, a, visit)
	if err != nil {
		return nil, RecordedFile{}, err
	}
	for _, r := range all {
		if r.ID == rec && r.Seen() && n >= 0 && n < len(r.Files) {
			return r, r.Files[n], nil
		}
	}
	return nil, RecordedFile{}, docstore.NotFound()
}

var recordings = docstore.Spec[Recording]{Name: "call_recordings", Indexes: map[string]func(*Recording) (docstore.Key, bool){
	"visit": func(r *Recording) (docstore.Key, bool) {
		return docstore.Key{Equal: string(r.Visit), Order: docstore.ByTime(r.CreatedAt)}, true
	},
	"open": func(r *Recording) (docstore.Key, bool) {
		return docstore.Key{Equal: "open", Order: docstore.ByTime(r.CreatedAt)}, r.State != RecordingCleared && r.State != RecordingGone
	},
	"kept": func(r *Recording) (docstore.Key, bool) {
		return docstore.Key{Equal: "kept", Order: docstore.ByTime(r.BeganAt)}, r.State == RecordingCleared
	},
}}
