package consult

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Files is where files of calls lie. Keys under quarantine/ can't be read by anybody.
type Files interface {
	SignPut(ctx context.Context, key, contentType string, size int64, ttl time.Duration) (string, error)
	Settle(ctx context.Context, quarantine, key string, types []string) (contentType string, size int64, err error)
	SignGet(ctx context.Context, key, filename string, ttl time.Duration) (string, error)
	Delete(ctx context.Context, key string) error
}

// FileState is where a file of a call stands.
type FileState string

// The states of a file.
const (
	FileAwaited  FileState = "awaited"  // may be sent; nobody can read it
	FileReadable FileState = "readable" // looked at, stripped, moved: kept with the visit
	FileRefused  FileState = "refused"
	FileGone     FileState = "destroyed" // it was kept for as long as it had to be
)

// File is what somebody sends the others in a call. What is written in the chat names it; this says whose it is.
type File struct {
	ID            id.Attachment `json:"id"`
	docstore.Meta `json:"meta"`
	Visit         id.Visit   `json:"visit"`
	By            id.Account `json:"by"`
	Role          string     `json:"role"` // of their seat
	State         FileState  `json:"state"`
	Name          phi.Text   `json:"name"`
	Type          string     `json:"type"`
	Size          int64      `json:"size"`
	Why           string     `json:"why,omitempty"` // coded, when refused
	DestroyedAt   *time.Time `json:"destroyed_at,omitempty"`
}

// DocID implements docstore.Document.
func (f *File) DocID() string { return string(f.ID) }

func (f *File) key() string        { return fmt.Sprintf("visits/%s/%s", f.Visit, f.ID) }
func (f *File) quarantine() string { return "quarantine/" + f.key() }

var files = docstore.Spec[File]{Name: "call_files", Indexes: map[string]func(*File) (docstore.Key, bool){
	"visit": func(f *File) (docstore.Key, bool) {
		return docstore.Key{Equal: string(f.Visit), Order: docstore.ByTime(f.CreatedAt)}, true
	},
	"unsettled": func(f *File) (docstore.Key, bool) {
		return docstore.Key{Equal: "unsettled", Order: docstore.ByTime(f.CreatedAt)}, f.State == FileAwaited || f.State == FileRefused
	},
	"kept": func(f *File) (docstore.Key, bool) {
		return docstore.Key{Equal: "kept", Order: docstore.ByTime(f.CreatedAt)}, f.State == FileReadable
	},
}}

// What may be sent.
const (
	MaxFileSize  = 20 << 20
	mostFiles    = 30 // of one visit
	longestName  = 200
	fileSendTime = 15 * time.Minute
	fileReadTime = 2 * time.Minute
	fileGivenUp  = time.Hour
)

var fileEndings = map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}

// FileTypes lists what may be sent.
var FileTypes = []string{"image/jpeg", "image/png", "image/webp", "application/pdf"}

// FilePlace is where to send a file.
type FilePlace struct {
	File  id.Attachment
	URL   string
	Until time.Time
}

// SendFile makes room for a file and answers where to send it: to who has a seat in a call that goes on.
func (s *Service) SendFile(ctx context.Context, a access.Actor, visit id.Visit, name phi.Text, contentType string, size int64) (FilePlace, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return FilePlace{}, err
	}
	if err := s.Guard.Check(ctx, a, "visit.send_file", v.facts()); err != nil {
		return FilePlace{}, err
	}
	switch {
	case !slices.Contains(FileTypes, contentType):
		return FilePlace{}, fault.New(fault.WrongType, "Send a JPEG, PNG or WebP picture, or a PDF.").With("/type", "Not one of image/jpeg, image/png, image/webp, application/pdf.")
	case size > MaxFileSize:
		return FilePlace{}, fault.New(fault.TooLarge, "A file can have 20 MB at most. Make the picture smaller and try again.")
	case size < 1:
		return FilePlace{}, fault.InvalidField("/size", "Say how many bytes the file has.")
	case name == "" || utf8.RuneCountInString(name.Reveal()) > longestName:
		return FilePlace{}, fault.InvalidField("/name", "Give the file a name of at most 200 characters.")
	}
	f := &File{ID: id.New[id.Attachment](), Visit: visit, By: a.Account, Role: seatOf(a, v).Role, State: FileAwaited, Name: name, Type: contentType, Size: size}
	if a.Request.Key != "" {
		f.ID = id.Of[id.Attachment](a.Request, string(visit))
	}
	if err := s.roomFor(ctx, a, v, f); err != nil {
		return FilePlace{}, err
	}
	url, err := s.Deps.Files.SignPut(ctx, f.quarantine(), contentType, size, fileSendTime)
	if err != nil {
		return FilePlace{}, fmt.Errorf("sign upload of %s: %w", f.ID, err)
	}
	return FilePlace{f.ID, url, s.Clock.Now().Add(fileSendTime)}, nil
}

// roomFor keeps that a file will come, while its sender has a seat. What was kept under the same key before is
// answered as done, whatever has become of the call.
func (s *Service) roomFor(ctx context.Context, a access.Actor, v *Visit, f *File) error {
	all, err := s.files.Find(ctx, docstore.Query{Index: "visit", Equal: string(f.Visit), Limit: mostFiles + 1})
	if err != nil {
		return err
	}
	if again := slices.ContainsFunc(all.Items, func(x *File) bool { return x.ID == f.ID }); !again {
		switch {
		case !v.seated(a):
			return conflict("call-ended", "Files can be sent in the call alone. Join it first.")
		case len(all.Items) >= mostFiles:
			return conflict("too-many-files", "Thirty files were sent in this visit already. Send no more here.")
		}
	}
	return s.files.Insert(ctx, a.Request, f)
}

// SettleFile looks at a file that was sent and makes it readable, or refuses it and says why: for who sent it.
// Asked again it answers what was decided.
func (s *Service) SettleFile(ctx context.Context, a access.Actor, visit id.Visit, att id.Attachment) (*File, error) {
	f, v, err := s.fileOf(ctx, visit, att)
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "visit.send_file", v.facts()); err != nil {
		return nil, err
	}
	if f.By != a.Account {
		return nil, docstore.NotFound()
	}
	if f.State != FileAwaited {
		return f, nil
	}
	contentType, size, err := s.Deps.Files.Settle(ctx, f.quarantine(), f.key(), FileTypes)
	why := fileRefusal(err)
	if err != nil && why == "" {
		return nil, fmt.Errorf("settle %s: %w", att, err)
	}
	f, updated := s.files.Update(ctx, string(att), docstore.On{Request: a.Request}, func(f *File) error {
		if f.State != FileAwaited {
			return nil
		}
		if f.State, f.Type, f.Size = FileReadable, contentType, size; why != "" {
			f.State, f.Why = FileRefused, why
		}
		return nil
	})
	if updated != nil {
		return nil, updated
	}
	return f, err // a refusal is said to who sent it, and stands in the file
}

func (s *Service) fileOf(ctx context.Context, visit id.Visit, att id.Attachment) (*File, *Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, nil, err
	}
	f, err := s.files.Get(ctx, string(att))
	if err != nil {
		return nil, nil, err
	}
	if f.Visit != visit {
		return nil, nil, docstore.NotFound()
	}
	return f, v, nil
}

// fileRefusal codes why a file is refused for good; "" is no refusal.
func fileRefusal(err error) string {
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

// CallFiles lists what was sent in the calls of a visit, the oldest first: to the patient's side, and to the
// doctor who treats. What nobody has looked at is not there; of what was destroyed it is known that there was one.
func (s *Service) CallFiles(ctx context.Context, a access.Actor, visit id.Visit) ([]*File, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Read(ctx, a, "visit.read_file", v.facts()); err != nil {
		return nil, err
	}
	page, err := s.files.Find(ctx, docstore.Query{Index: "visit", Equal: string(visit), Limit: mostFiles})
	return slices.DeleteFunc(page.Items, func(f *File) bool { return f.State != FileReadable && f.State != FileGone }), err
}

// OpenFile answers a short-lived address of a file, to who may list it. That they read it is in the audit.
func (s *Service) OpenFile(ctx context.Context, a access.Actor, visit id.Visit, att id.Attachment) (string, error) {
	all, err := s.CallFiles(ctx, a, visit)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(all, func(f *File) bool { return f.ID == att && f.State == FileReadable })
	if at < 0 {
		return "", docstore.NotFound()
	}
	url, err := s.Deps.Files.SignGet(ctx, all[at].key(), "file."+fileEndings[all[at].Type], fileReadTime)
	if err != nil {
		return "", fmt.Errorf("sign reading of %s: %w", att, err)
	}
	return url, nil
}

// ClearFiles throws away what was to be sent and never came, or was refused. It answers how many.
func (s *Service) ClearFiles(ctx context.Context) (int, error) {
	return s.files.Sweep(ctx, docstore.Query{Index: "unsettled", Equal: "unsettled"}, 200, func(f *File) (docstore.Swept, error) {
		if s.Clock.Now().Sub(f.CreatedAt) < fileGivenUp {
			return docstore.Enough, nil
		}
		if err := s.Deps.Files.Delete(ctx, f.quarantine()); err != nil && !fault.Is(err, fault.NotFound) {
			return docstore.Left, fmt.Errorf("throw %s away: %w", f.ID, err)
		}
		if err := s.files.Delete(ctx, string(f.ID)); err != nil && !fault.Is(err, fault.NotFound) {
			return docstore.Left, err
		}
		return docstore.Done, nil
	})
}

// offered makes sure that what is said of a file in a chat is so: it is one of this visit that can be read.
func (s *Service) offered(ctx context.Context, visit id.Visit, said *ChatFile) (*ChatFile, error) {
	f, err := s.files.Get(ctx, said.Ref)
	if fault.Is(err, fault.NotFound) || (err == nil && (f.Visit != visit || f.State != FileReadable)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &ChatFile{Name: f.Name, Size: f.Size, Type: f.Type, Ref: string(f.ID)}, nil
}
