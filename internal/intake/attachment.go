package intake

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Files is where attachments lie. Keys under quarantine/ can't be read by anybody.
type Files interface {
	// SignPut answers a URL that takes exactly size bytes of this type, once, until it expires.
	SignPut(ctx context.Context, key, contentType string, size int64, ttl time.Duration) (string, error)
	// Settle looks at what lies under the quarantine key, strips where a photo was taken, moves it to
	// key and answers what it really is. An Invalid, WrongType or TooLarge fault refuses it for good.
	Settle(ctx context.Context, quarantine, key string, types []string) (contentType string, size int64, err error)
	// SignGet answers a URL to read key until it expires. The filename is part of it and describes nobody.
	SignGet(ctx context.Context, key, filename string, ttl time.Duration) (string, error)
	Delete(ctx context.Context, key string) error
}

// FileState is where an attachment stands.
type FileState string

// The states of an attachment.
const (
	Awaited  FileState = "awaited"  // may be uploaded; nobody can read it
	Readable FileState = "readable" // looked at, stripped, moved
	Refused  FileState = "refused"
)

// Attachment is a photo or a document.
type Attachment struct {
	ID    id.Attachment `json:"id"`
	State FileState     `json:"state"`
	Name  phi.Text      `json:"name"`
	Type  string        `json:"type"`
	Size  int64         `json:"size"`
	Key   string        `json:"key"`
	By    id.Account    `json:"by"`
	At    time.Time     `json:"at"`
	Why   string        `json:"why,omitempty"` // coded, when refused
}

// What may be attached.
const (
	MaxAttachments = 10
	MaxFileSize    = 20 << 20
	uploadTime     = 15 * time.Minute
	readTime       = 2 * time.Minute
)

// FileTypes lists what may be attached.
var FileTypes = []string{"image/jpeg", "image/png", "image/webp", "application/pdf"}

var endings = map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}

// Upload is where to send a file.
type Upload struct {
	Attachment id.Attachment
	URL        string
	Until      time.Time
}

func (x Attachment) quarantine() string { return "quarantine/" + x.Key }

// Attach makes room for a file in a draft and answers where to upload it.
func (s *Service) Attach(ctx context.Context, a access.Actor, intake id.Intake, name phi.Text, contentType string, size int64) (Upload, error) {
	if err := s.check(ctx, a, "intake.attach", intake); err != nil {
		return Upload{}, err
	}
	switch {
	case !slices.Contains(FileTypes, contentType):
		return Upload{}, fault.New(fault.WrongType, "Attach a JPEG, PNG or WebP picture, or a PDF.").With("/type", "Not one of image/jpeg, image/png, image/webp, application/pdf.")
	case size > MaxFileSize:
		return Upload{}, fault.New(fault.TooLarge, "A file can have 20 MB at most. Make the picture smaller and try again.")
	case size < 1:
		return Upload{}, fault.InvalidField("/size", "Say how many bytes the file has.")
	case name == "" || utf8.RuneCountInString(name.Reveal()) > maxShort:
		return Upload{}, fault.InvalidField("/name", "Give the file a name of at most 200 characters.")
	}
	att := id.New[id.Attachment]()
	if a.Request.Key != "" {
		att = id.Of[id.Attachment](a.Request, string(intake))
	}
	x := Attachment{
		ID: att, State: Awaited, Name: name, Type: contentType, Size: size,
		Key: fmt.Sprintf("intakes/%s/%s", intake, att), By: a.Account, At: s.Clock.Now(),
	}
	_, err := s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		if i.State != Draft {
			return closed()
		}
		if len(i.Attachments) >= MaxAttachments {
			return fault.New(fault.Conflict, "There are ten files already. Take one away first.").Coded("too-many-attachments")
		}
		i.Attachments = append(i.Attachments, x)
		return nil
	})
	if err != nil {
		return Upload{}, err
	}
	url, err := s.Files.SignPut(ctx, x.quarantine(), contentType, size, uploadTime)
	if err != nil {
		return Upload{}, fmt.Errorf("sign upload of %s: %w", att, err)
	}
	return Upload{att, url, s.Clock.Now().Add(uploadTime)}, nil
}

func closed() error {
	return fault.New(fault.Conflict, "This intake is closed. Files can be added to a draft alone.").Coded("illegal-transition")
}

// Settle looks at an uploaded file and makes it readable, or refuses it and says why. Asked again it
// answers what was decided.
func (s *Service) Settle(ctx context.Context, a access.Actor, intake id.Intake, att id.Attachment) (*Intake, error) {
	if err := s.check(ctx, a, "intake.attach", intake); err != nil {
		return nil, err
	}
	i, err := s.intakes.Get(ctx, string(intake))
	if err != nil {
		return nil, err
	}
	x := i.attachment(att)
	if x == nil {
		return nil, docstore.NotFound()
	}
	if x.State != Awaited {
		return i, nil
	}
	contentType, size, err := s.Files.Settle(ctx, x.quarantine(), x.Key, FileTypes)
	why := refusal(err)
	if err != nil && why == "" {
		return nil, fmt.Errorf("settle %s: %w", att, err)
	}
	i, updated := s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		x := i.attachment(att)
		if x == nil || x.State != Awaited {
			return nil
		}
		e := event.Event{
			Kind: AttachmentReady, By: string(a.Account), To: []string{string(i.Patient)},
			Data: map[string]string{"patient": string(i.Patient), "attachment": string(att)},
		}
		if x.State, x.Type, x.Size = Readable, contentType, size; why != "" {
			x.State, x.Why, e.Kind = Refused, why, AttachmentRefused
		}
		i.Emit(e)
		return nil
	})
	if updated != nil {
		return nil, updated
	}
	return i, err // a refusal is said to who uploaded, and stands in the intake
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

func (i *Intake) attachment(att id.Attachment) *Attachment {
	n := slices.IndexFunc(i.Attachments, func(x Attachment) bool { return x.ID == att })
	if n < 0 {
		return nil
	}
	return &i.Attachments[n]
}

// Open answers a short-lived URL of a file, to whoever may read the intake. A file that nobody has
// looked at yet is not there.
func (s *Service) Open(ctx context.Context, a access.Actor, intake id.Intake, att id.Attachment) (string, error) {
	i, err := s.Intake(ctx, a, intake)
	if err != nil {
		return "", err
	}
	x := i.attachment(att)
	if x == nil || x.State != Readable {
		return "", docstore.NotFound()
	}
	url, err := s.Files.SignGet(ctx, x.Key, "attachment."+endings[x.Type], readTime)
	if err != nil {
		return "", fmt.Errorf("sign reading of %s: %w", att, err)
	}
	return url, nil
}

// Detach takes a file out of a draft.
func (s *Service) Detach(ctx context.Context, a access.Actor, intake id.Intake, att id.Attachment) (*Intake, error) {
	if err := s.check(ctx, a, "intake.attach", intake); err != nil {
		return nil, err
	}
	var gone Attachment
	i, err := s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request}, func(i *Intake) error {
		if i.State != Draft {
			return closed()
		}
		x := i.attachment(att)
		if x == nil {
			return docstore.NotFound()
		}
		gone = *x
		i.Attachments = slices.DeleteFunc(i.Attachments, func(x Attachment) bool { return x.ID == att })
		return nil
	})
	if err != nil || gone.ID == "" {
		return i, err
	}
	key := gone.Key
	if gone.State == Awaited {
		key = gone.quarantine()
	}
	if gone.ofAnother(intake) {
		return i, nil // copied from an earlier intake, which keeps it
	}
	return i, s.Files.Delete(ctx, key)
}

func (x Attachment) ofAnother(intake id.Intake) bool {
	return x.Key != fmt.Sprintf("intakes/%s/%s", intake, x.ID)
}
