package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

// Attachments are the routes of photos and documents of an intake.
func Attachments(intakes *intake.Service) []Route {
	r := attachmentRoutes{intakes, intakeRoutes{intakes: intakes}}
	return []Route{
		post("/intakes/{id}/attachments", "intake.attach", "Say what will be uploaded, and learn where to", r.begin).created(),
		post("/intakes/{id}/attachments/{attachment}/settle", "intake.attach", "Have an uploaded file looked at and made readable", r.settle),
		get("/intakes/{id}/attachments/{attachment}", "intake.read", "Learn where to read a file", r.open),
		del("/intakes/{id}/attachments/{attachment}", "intake.attach", "Take a file out of a draft", r.detach),
	}
}

type attachmentRoutes struct {
	intakes *intake.Service
	intake  intakeRoutes
}

// AttachmentView is a file of an intake.
type AttachmentView struct {
	ID    id.Attachment    `json:"id"`
	State intake.FileState `json:"state" enum:"awaited,readable,refused"`
	Name  phi.Text         `json:"name"`
	Type  string           `json:"type"`
	Size  int64            `json:"size"`
	Why   string           `json:"why,omitempty" doc:"Why it is refused; coded."`
	At    time.Time        `json:"at"`
}

func attachmentView(x intake.Attachment) AttachmentView {
	return AttachmentView{ID: x.ID, State: x.State, Name: x.Name, Type: x.Type, Size: x.Size, Why: x.Why, At: x.At}
}

// UploadView is where a file is sent, by PUT, with the type and length that were said.
type UploadView struct {
	Attachment id.Attachment `json:"attachment"`
	URL        string        `json:"url"`
	Until      time.Time     `json:"until"`
}

// FileAddress is where a file is read, for a short while.
type FileAddress struct {
	URL string `json:"url"`
}

type attachIn struct {
	ByID
	Body struct {
		Name phi.Text `json:"name" minLength:"1" maxLength:"200"`
		Type string   `json:"type" maxLength:"80"`
		Size int64    `json:"size" minimum:"1"`
	}
}

type fileIn struct {
	ByID
	Attachment string `path:"attachment" maxLength:"96"`
}

func (r attachmentRoutes) begin(ctx context.Context, a access.Actor, in *attachIn) (*Reply[UploadView], error) {
	up, err := r.intakes.Attach(ctx, a, id.Intake(in.ID), in.Body.Name, in.Body.Type, in.Body.Size)
	if err != nil {
		return nil, err
	}
	return reply(0, UploadView(up)), nil
}

func (r attachmentRoutes) settle(ctx context.Context, a access.Actor, in *fileIn) (*Reply[*IntakeView], error) {
	i, err := r.intakes.Settle(ctx, a, id.Intake(in.ID), id.Attachment(in.Attachment))
	return r.intake.answered(a, i, err)
}

func (r attachmentRoutes) open(ctx context.Context, a access.Actor, in *fileIn) (*Reply[FileAddress], error) {
	url, err := r.intakes.Open(ctx, a, id.Intake(in.ID), id.Attachment(in.Attachment))
	if err != nil {
		return nil, err
	}
	return reply(0, FileAddress{url}), nil
}

func (r attachmentRoutes) detach(ctx context.Context, a access.Actor, in *fileIn) (*Reply[*IntakeView], error) {
	i, err := r.intakes.Detach(ctx, a, id.Intake(in.ID), id.Attachment(in.Attachment))
	return r.intake.answered(a, i, err)
}
