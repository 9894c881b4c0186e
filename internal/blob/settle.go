package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gabriel-vasile/mimetype"

	"housecall/internal/fault"
)

// Settle implements Store.
func (f *Folder) Settle(ctx context.Context, quarantine, key string, allowed []string) (Info, error) {
	if err := checkSettle(quarantine, key); err != nil {
		return Info{}, err
	}
	if done, err := f.label(key); err == nil {
		if done.From != quarantine {
			return Info{}, placeTaken()
		}
		return done.Info, f.Delete(ctx, quarantine)
	}
	file, said, err := f.open(quarantine)
	if fault.Is(err, fault.NotFound) {
		return Info{}, notUploaded(err)
	}
	if err != nil {
		return Info{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return Info{}, fmt.Errorf("read upload: %w", err)
	}
	clean, err := Clean(raw, said.Type, allowed)
	if err != nil {
		return Info{}, errors.Join(err, f.Delete(ctx, quarantine))
	}
	info, data, err := f.writeData(key, said.Type, bytes.NewReader(clean))
	if err != nil {
		return Info{}, err
	}
	if err := f.attach(label{Info: info, Data: data, From: quarantine}); err != nil {
		return Info{}, err
	}
	return info, f.Delete(ctx, quarantine)
}

func checkSettle(quarantine, key string) error {
	if CheckKey(key) != nil || inQuarantine(key) || CheckKey(quarantine) != nil || !inQuarantine(quarantine) {
		return fmt.Errorf("settle: the keys have shapes that are not allowed")
	}
	return nil
}

func placeTaken() *fault.Error {
	return fault.New(fault.Conflict, "Another file has this place. Upload it again.").Coded("exists")
}

func notUploaded(err error) *fault.Error {
	return fault.New(fault.Conflict, "The file has not arrived yet. Upload it, then go on.").Coded("not-uploaded").Because(err)
}

// Clean looks at what a file really is, refuses it unless that is the type it was said to be and an
// allowed one, and answers it without what tells where, when and with what a picture was made.
func Clean(raw []byte, said string, allowed []string) ([]byte, error) {
	if len(raw) > MaxSize {
		return nil, tooLarge()
	}
	if !slices.Contains(allowed, said) || !mimetype.Detect(raw).Is(said) {
		return nil, wrongType()
	}
	if said == "application/pdf" {
		return raw, nil
	}
	strip, known := strippers[said]
	if !known {
		return nil, wrongType()
	}
	clean, err := strip(raw)
	if err != nil {
		return nil, fault.New(fault.Invalid, "This picture is damaged. Choose another.").Coded("file-damaged").Because(err)
	}
	return clean, nil
}

var strippers = map[string]func([]byte) ([]byte, error){
	"image/jpeg": stripJPEG,
	"image/png":  stripPNG,
	"image/webp": stripWebP,
	"image/heic": stripHEIC,
}
