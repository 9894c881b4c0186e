package upload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Files is where files lie. Keys under quarantine/ can't be read by anybody.
type Files interface {
	SignPut(ctx context.Context, key, contentType string, size int64, ttl time.Duration) (string, error)
	Settle(ctx context.Context, quarantine, key string, types []string) (contentType string, size int64, err error)
	SignGet(ctx context.Context, key, filename string, ttl time.Duration) (string, error)
	Delete(ctx context.Context, key string) error
}

// Deps is what uploads stand on.
type Deps struct {
	Store docstore.Store
	Clock clock.Clock
	Guard *access.Guard
	Files Files
}

// Service is uploads at work.
type Service struct {
	Deps
	uploads *docstore.Collection[Upload, *Upload]
}

// New opens the collection of uploads.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Store == nil || d.Clock == nil || d.Guard == nil || d.Files == nil {
		return nil, errors.New("upload: a dependency is missing")
	}
	s := &Service{Deps: d}
	var err error
	s.uploads, err = docstore.Open[Upload](ctx, d.Store, d.Clock, docstore.Spec[Upload]{Name: "uploads"})
	return s, err
}

// What may be uploaded, and for how long the addresses are good.
const (
	MaxSize    = 20 << 20
	uploadTime = 15 * time.Minute
	readTime   = 2 * time.Minute
	givenUp    = time.Hour
)

var (
	endings = map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}
	types   = map[Purpose][]string{
		Paper: {"image/jpeg", "image/png", "image/webp", "application/pdf"},
		Photo: {"image/jpeg", "image/png", "image/webp"},
	}
)

// Place is where to send a file.
type Place struct {
	Attachment id.Attachment
	URL        string
	Until      time.Time
}

// Begin makes room for a file and answers where to send it.
func (s *Service) Begin(ctx context.Context, a access.Actor, p Purpose, contentType string, size int64) (Place, error) {
	u := &Upload{ID: id.New[id.Attachment](), State: Awaited, Purpose: p, By: a.Account, Type: contentType, Size: size}
	if a.Request.Key != "" {
		u.ID = id.Of[id.Attachment](a.Request, "upload")
	}
	if err := s.Guard.Check(ctx, a, "upload.begin", u.facts()); err != nil {
		return Place{}, err
	}
	switch {
	case types[p] == nil || p == Photo && a.Role != access.Courier:
		return Place{}, fault.InvalidField("/purpose", "Say paper, or, for a courier's delivery, photo.")
	case !slices.Contains(types[p], contentType):
		return Place{}, fault.New(fault.WrongType, "Send a JPEG, PNG or WebP picture, or, for a paper, a PDF.").With("/type", "Not a type that can be taken here.")
	case size > MaxSize:
		return Place{}, fault.New(fault.TooLarge, "A file can have 20 MB at most. Make the picture smaller and try again.")
	case size < 1:
		return Place{}, fault.InvalidField("/size", "Say how many bytes the file has.")
	}
	now := s.Clock.Now()
	u.SetTimer(NeverSettled, now.Add(givenUp))
	if err := s.uploads.Insert(ctx, a.Request, u); err != nil && !errors.Is(err, docstore.ErrExists) {
		return Place{}, err
	}
	url, err := s.Files.SignPut(ctx, u.quarantine(), contentType, size, uploadTime)
	if err != nil {
		return Place{}, fmt.Errorf("sign upload %s: %w", u.ID, err)
	}
	return Place{u.ID, url, now.Add(uploadTime)}, nil
}

// Settle looks at a file that was sent and makes it readable, or refuses it and says why. Asked again it
// answers what was decided.
func (s *Service) Settle(ctx context.Context, a access.Actor, att id.Attachment) (*Upload, error) {
	u, err := s.uploads.Get(ctx, string(att))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "upload.settle", u.facts()); err != nil || u.State != Awaited {
		return u, err
	}
	contentType, size, err := s.Files.Settle(ctx, u.quarantine(), u.key(), types[u.Purpose])
	why := refusal(err)
	if err != nil && why == "" {
		return nil, fmt.Errorf("settle %s: %w", att, err)
	}
	u, updated := s.uploads.Update(ctx, string(att), docstore.On{Request: a.Request}, func(u *Upload) error {
		if u.State != Awaited {
			return nil
		}
		if why != "" {
			return u.apply(s.Clock.Now(), a, refuse, WasRefused, why)
		}
		u.Type, u.Size = contentType, size
		return u.apply(s.Clock.Now(), a, settle, Settled, "")
	})
	if updated != nil {
		return nil, updated
	}
	return u, err // a refusal is said to who uploaded, and stands in the upload
}

// refusal codes why a file is refused for good; "" is no refusal.
func refusal(err error) string {
	switch {
	case fault.Is(err, fault.WrongType):
		return "wrong_type"
	case fault.Is(err, fault.TooLarge):
		return "too_large"
	case fault.Is(err, fault.Invalid):
		return "unreadable"
	}
	return ""
}

// Open answers a short-lived address to read a file, for who uploaded it and for operators. A file that
// nobody has looked at is not there.
func (s *Service) Open(ctx context.Context, a access.Actor, att id.Attachment) (string, error) {
	u, err := s.uploads.Get(ctx, string(att))
	if err != nil {
		return "", err
	}
	if err := s.Guard.Read(ctx, a, "upload.read", u.facts()); err != nil {
		return "", err
	}
	if u.State != Readable {
		return "", docstore.NotFound()
	}
	url, err := s.Files.SignGet(ctx, u.key(), string(u.Purpose)+"."+endings[u.Type], readTime)
	if err != nil {
		return "", fmt.Errorf("sign reading of %s: %w", att, err)
	}
	return url, nil
}

// Handed makes sure that a file may be named for this purpose: looked at, and sent by who names it.
func (s *Service) Handed(ctx context.Context, att id.Attachment, by id.Account, p Purpose) error {
	u, err := s.uploads.Get(ctx, string(att))
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return err
	case u.State == Readable && u.By == by && u.Purpose == p:
		return nil
	}
	return fault.New(fault.Invalid, "We can't find this file among yours. Upload it, have it settled, then name it.").Coded("no-such-upload")
}

// TimerFired throws away what nobody settled in time. One that comes late or twice does nothing.
func (s *Service) TimerFired(ctx context.Context, a access.Actor, doc string, kind event.Kind) error {
	if err := s.Guard.Check(ctx, a, "upload.advance", access.Facts{Record: doc}); err != nil {
		return err
	}
	u, err := s.uploads.Get(ctx, doc)
	if err != nil || !u.TimerDue(kind, s.Clock.Now()) || u.State != Awaited {
		return err
	}
	if err := s.Files.Delete(ctx, u.quarantine()); err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("throw %s away: %w", u.ID, err)
	}
	_, err = s.uploads.Update(ctx, doc, docstore.On{Request: a.Request}, func(u *Upload) error {
		if u.State != Awaited {
			return nil
		}
		return u.apply(s.Clock.Now(), a, abandon, WasAbandoned, "")
	})
	return err
}
