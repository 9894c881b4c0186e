package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/upload"
)

// Uploads are the routes of files that belong to no record yet: vetting papers, photos of failed deliveries.
func Uploads(uploads *upload.Service) []Route {
	r := uploadRoutes{uploads}
	return []Route{
		post("/uploads", "upload.begin", "Say what will be uploaded, and learn where to", r.begin).created(),
		post("/uploads/{id}/settle", "upload.settle", "Have an uploaded file looked at and made readable", r.settle),
		get("/uploads/{id}", "upload.read", "Learn where to read a file", r.open),
	}
}

type uploadRoutes struct{ uploads *upload.Service }

// FileView is an uploaded file.
type FileView struct {
	ID      id.Attachment  `json:"id"`
	State   upload.State   `json:"state" enum:"awaited,readable,refused,abandoned"`
	Purpose upload.Purpose `json:"purpose" enum:"paper,photo"`
	Type    string         `json:"type"`
	Size    int64          `json:"size"`
	Why     string         `json:"why,omitempty" doc:"Why it is refused; coded."`
}

type beginUploadIn struct {
	Body struct {
		Purpose upload.Purpose `json:"purpose" enum:"paper,photo" doc:"A paper for vetting; a photo of a delivery that failed."`
		Type    string         `json:"type" maxLength:"80"`
		Size    int64          `json:"size" minimum:"1"`
	}
}

func (r uploadRoutes) begin(ctx context.Context, a access.Actor, in *beginUploadIn) (*Reply[UploadView], error) {
	place, err := r.uploads.Begin(ctx, a, in.Body.Purpose, in.Body.Type, in.Body.Size)
	if err != nil {
		return nil, err
	}
	return reply(0, UploadView(place)), nil
}

func (r uploadRoutes) settle(ctx context.Context, a access.Actor, in *ByID) (*Reply[FileView], error) {
	u, err := r.uploads.Settle(ctx, a, id.Attachment(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(u.Version, FileView{u.ID, u.State, u.Purpose, u.Type, u.Size, u.Why}), nil
}

func (r uploadRoutes) open(ctx context.Context, a access.Actor, in *ByID) (*Reply[FileAddress], error) {
	url, err := r.uploads.Open(ctx, a, id.Attachment(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, FileAddress{url}), nil
}
