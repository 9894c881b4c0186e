package app

import (
	"context"

	"housecall/internal/id"
	"housecall/internal/upload"
)

// forUpload knows whether a file may be named, by those who name files.
type forUpload struct {
	*Services
	purpose upload.Purpose
}

// Handed implements onboarding.Uploads and delivery.Uploads.
func (f forUpload) Handed(ctx context.Context, att id.Attachment, by id.Account) error {
	return f.Upload.Handed(ctx, att, by, f.purpose)
}
