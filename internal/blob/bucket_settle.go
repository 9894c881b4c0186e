package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"housecall/internal/fault"
)

// Settle implements Store. Two nodes that settle at once write one file: the first to write has the key.
func (b *Bucket) Settle(ctx context.Context, quarantine, key string, allowed []string) (Info, error) {
	if err := checkSettle(quarantine, key); err != nil {
		return Info{}, err
	}
	if info, err := b.settled(ctx, quarantine, key); !fault.Is(err, fault.NotFound) {
		return info, err
	}
	said, raw, err := b.uploaded(ctx, quarantine)
	if err != nil {
		return Info{}, err
	}
	clean, err := Clean(raw, said, allowed)
	if err != nil {
		return Info{}, errors.Join(err, b.forget(ctx, quarantine))
	}
	first := minio.PutObjectOptions{UserMetadata: map[string]string{metaFrom: quarantine}}
	first.SetMatchETagExcept("*")
	info, err := b.write(ctx, Info{Key: key, Type: said}, clean, first)
	if minio.ToErrorResponse(errors.Unwrap(err)).StatusCode == http.StatusPreconditionFailed {
		return b.settled(ctx, quarantine, key)
	}
	if err != nil {
		return Info{}, err
	}
	return info, b.forget(ctx, quarantine)
}

// settled answers what was settled before, NotFound when nothing was, Conflict when it was another upload.
func (b *Bucket) settled(ctx context.Context, quarantine, key string) (Info, error) {
	info, known, err := b.stat(ctx, key)
	if err != nil {
		return Info{}, err
	}
	if known.UserMetadata[metaFrom] != quarantine {
		return Info{}, placeTaken()
	}
	return info, b.forget(ctx, quarantine)
}

// uploaded reads what was sent first to a quarantine key, and the type it was sent as.
func (b *Bucket) uploaded(ctx context.Context, quarantine string) (said string, raw []byte, err error) {
	versions, err := b.versions(ctx, quarantine)
	if err != nil {
		return "", nil, err
	}
	first := ""
	for _, v := range versions { // the newest comes first
		if !v.IsDeleteMarker {
			first = v.VersionID
		}
	}
	if first == "" {
		return "", nil, notUploaded(notFound())
	}
	file, err := b.inner.GetObject(ctx, b.name, quarantine, minio.GetObjectOptions{VersionID: first})
	if err != nil {
		return "", nil, answered("open upload", err)
	}
	known, err := file.Stat()
	if err == nil {
		raw, err = io.ReadAll(io.LimitReader(file, MaxSize+1))
	}
	closed := file.Close()
	if err != nil {
		if err = answered("read upload", err); fault.Is(err, fault.NotFound) {
			err = notUploaded(err) // another node has settled it meanwhile, or refused it
		}
		return "", nil, err
	}
	return known.ContentType, raw, closed
}

// versions lists all that was ever written to one key and is still kept, the newest first.
func (b *Bucket) versions(ctx context.Context, key string) ([]minio.ObjectInfo, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when we have seen enough
	defer cancel()
	var all []minio.ObjectInfo
	for v := range b.inner.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: key, WithVersions: true, Recursive: true}) {
		if v.Err != nil {
			return nil, answered("list uploads", v.Err)
		}
		if v.Key != key {
			break // keys that begin with this one sort behind it
		}
		all = append(all, v)
	}
	return all, nil
}

// forget removes every version of an upload for good: nobody may ever read it.
func (b *Bucket) forget(ctx context.Context, quarantine string) error {
	versions, err := b.versions(ctx, quarantine)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if err := b.inner.RemoveObject(ctx, b.name, quarantine, minio.RemoveObjectOptions{VersionID: v.VersionID}); err != nil {
			if err = answered("remove upload", err); !fault.Is(err, fault.NotFound) {
				return fmt.Errorf("leave quarantine: %w", err)
			}
		}
	}
	return nil
}
