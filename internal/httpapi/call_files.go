package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// CallFiles are the routes of what is sent and written in the calls of a visit.
func CallFiles(visits *consult.Service) []Route {
	r := callFileRoutes{visits}
	return []Route{
		post("/visits/{id}/files", "visit.send_file", "Say what will be sent in the call, and learn where to", r.send).created(),
		post("/visits/{id}/files/{file}/settle", "visit.send_file", "Have a file that was sent looked at and made readable", r.settle),
		get("/visits/{id}/files", "visit.read_file", "List what was sent in a visit's calls", r.list),
		get("/visits/{id}/files/{file}", "visit.read_file", "Learn where to read a file of a call", r.open),
		get("/visits/{id}/chat", "visit.read_chat", "Read what was written in a visit's calls", r.chat),
	}
}

type callFileRoutes struct{ visits *consult.Service }

// CallFileView is a file of a call.
type CallFileView struct {
	ID    id.Attachment     `json:"id"`
	State consult.FileState `json:"state" enum:"awaited,readable,refused,destroyed"`
	Role  string            `json:"role" enum:"doctor,patient,caregiver" doc:"Of who sent it."`
	Name  phi.Text          `json:"name"`
	Type  string            `json:"type"`
	Size  int64             `json:"size"`
	Why   string            `json:"why,omitempty" doc:"Why it is refused; coded."`
	At    time.Time         `json:"at"`

	DestroyedAt *time.Time `json:"destroyed_at,omitempty" doc:"It was kept for as long as it had to be, and is gone."`
}

func callFileView(f *consult.File) CallFileView {
	return CallFileView{ID: f.ID, State: f.State, Role: f.Role, Name: f.Name, Type: f.Type, Size: f.Size, Why: f.Why, At: f.CreatedAt, DestroyedAt: f.DestroyedAt}
}

// CallChatView is what was written in the calls of a visit.
type CallChatView struct {
	Items       []CallLineView `json:"items" nullable:"false"`
	DestroyedAt *time.Time     `json:"destroyed_at,omitempty" doc:"It was kept for as long as it had to be, and is gone."`
}

// CallLineView is one thing that somebody wrote, or that they sent a file.
type CallLineView struct {
	N    int           `json:"n"`
	Seat string        `json:"seat" doc:"Whose it is; a guest's name stands with the visit."`
	Role string        `json:"role" enum:"doctor,patient,caregiver,guest"`
	At   time.Time     `json:"at"`
	Text phi.Text      `json:"text,omitempty"`
	File *CallLineFile `json:"file,omitempty"`
}

// CallLineFile names a file of the visit.
type CallLineFile struct {
	ID   id.Attachment `json:"id"`
	Name phi.Text      `json:"name"`
}

func callLineView(l consult.ChatLine) CallLineView {
	view := CallLineView{N: l.N, Seat: l.Seat, Role: l.Role(), At: l.At, Text: l.Text}
	if l.File != nil {
		view.File = &CallLineFile{id.Attachment(l.File.Ref), l.File.Name}
	}
	return view
}

type callFileIn struct {
	ByID
	File string `path:"file" maxLength:"96"`
}

func (r callFileRoutes) send(ctx context.Context, a access.Actor, in *attachIn) (*Reply[UploadView], error) {
	place, err := r.visits.SendFile(ctx, a, id.Visit(in.ID), in.Body.Name, in.Body.Type, in.Body.Size)
	if err != nil {
		return nil, err
	}
	return reply(0, UploadView{place.File, place.URL, place.Until}), nil
}

func (r callFileRoutes) settle(ctx context.Context, a access.Actor, in *callFileIn) (*Reply[CallFileView], error) {
	f, err := r.visits.SettleFile(ctx, a, id.Visit(in.ID), id.Attachment(in.File))
	if err != nil {
		return nil, err
	}
	return reply(f.Version, callFileView(f)), nil
}

func (r callFileRoutes) list(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[CallFileView]], error) {
	all, err := r.visits.CallFiles(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, ListOf[CallFileView]{Items: each(all, callFileView)}), nil
}

func (r callFileRoutes) open(ctx context.Context, a access.Actor, in *callFileIn) (*Reply[FileAddress], error) {
	url, err := r.visits.OpenFile(ctx, a, id.Visit(in.ID), id.Attachment(in.File))
	if err != nil {
		return nil, err
	}
	return reply(0, FileAddress{url}), nil
}

func (r callFileRoutes) chat(ctx context.Context, a access.Actor, in *ByID) (*Reply[CallChatView], error) {
	c, err := r.visits.ReadChat(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(c.Version, CallChatView{each(c.Lines, callLineView), c.DestroyedAt}), nil
}
