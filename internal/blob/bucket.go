package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"housecall/internal/clock"
	"housecall/internal/fault"
)

// Bucket is a Store in a bucket of MinIO or any S3. Signed addresses lead straight to it: it holds who uploads
// to the length and type that were signed, and to being the first (it answers 412 to any other). What is deleted or replaced stays as an old version until the bucket's own rules end it.
type Bucket struct {
	name  string
	inner *minio.Client // by the address that this node reaches
	outer *minio.Client // by the address that people reach, for signing
	clock clock.Clock
}

var _ Store = (*Bucket)(nil)

// What stands beside the bytes of a file that we wrote; S3 begins each name with a capital.
const (
	metaSum  = "Sha256"
	metaAt   = "At"
	metaFrom = "From"
)

// Put implements Store. The file is read whole before it is sent, so that half of one is never there.
func (b *Bucket) Put(ctx context.Context, key, contentType string, r io.Reader) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	if !typeShape.MatchString(contentType) {
		return Info{}, wrongType()
	}
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Info{}, fmt.Errorf("read file: %w", err)
	}
	return b.write(ctx, Info{Key: key, Type: contentType}, raw, minio.PutObjectOptions{})
}

// write sends a file with what is known of it.
func (b *Bucket) write(ctx context.Context, info Info, raw []byte, opts minio.PutObjectOptions) (Info, error) {
	if len(raw) > MaxSize {
		return Info{}, tooLarge()
	}
	info.Size, info.SHA256, info.At = int64(len(raw)), sumOf(raw), b.clock.Now()
	if opts.UserMetadata == nil {
		opts.UserMetadata = map[string]string{}
	}
	opts.UserMetadata[metaSum], opts.UserMetadata[metaAt] = info.SHA256, info.At.Format(time.RFC3339Nano)
	opts.ContentType, opts.DisableMultipart, opts.SendContentMd5 = info.Type, true, true
	_, err := b.inner.PutObject(ctx, b.name, info.Key, bytes.NewReader(raw), info.Size, opts)
	if err != nil {
		return Info{}, answered("write file", err)
	}
	return info, nil
}

// Get implements Store.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadSeekCloser, Info, error) {
	info, known, err := b.stat(ctx, key)
	if err != nil {
		return nil, Info{}, err
	}
	// The very version that was looked at: another may take its place meanwhile.
	file, err := b.inner.GetObject(ctx, b.name, key, minio.GetObjectOptions{VersionID: known.VersionID})
	if err != nil {
		return nil, Info{}, answered("open file", err)
	}
	return file, info, nil
}

// Stat implements Store.
func (b *Bucket) Stat(ctx context.Context, key string) (Info, error) {
	info, _, err := b.stat(ctx, key)
	return info, err
}

func (b *Bucket) stat(ctx context.Context, key string) (Info, minio.ObjectInfo, error) {
	if CheckKey(key) != nil || inQuarantine(key) {
		return Info{}, minio.ObjectInfo{}, notFound()
	}
	known, err := b.inner.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, known, answered("look at file", err)
	}
	at, err := time.Parse(time.RFC3339Nano, known.UserMetadata[metaAt])
	if err != nil {
		return Info{}, known, fmt.Errorf("file %s was not written by housecall: %w", key, err)
	}
	return Info{Key: key, Type: known.ContentType, Size: known.Size, SHA256: known.UserMetadata[metaSum], At: at.UTC()}, known, nil
}

// Delete implements Store. What was there stays as an old version for as long as the bucket's rules say.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if CheckKey(key) != nil {
		return nil //nolint:nilerr // no file has such a key
	}
	if inQuarantine(key) {
		return b.forget(ctx, key)
	}
	if _, err := b.inner.StatObject(ctx, b.name, key, minio.StatObjectOptions{}); err != nil {
		if err = answered("look at file", err); fault.Is(err, fault.NotFound) {
			return nil // or each try would leave a mark of its own
		}
		return err
	}
	if err := b.inner.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}); err != nil {
		return answered("delete file", err)
	}
	return nil
}

// SignPut implements Store.
func (b *Bucket) SignPut(ctx context.Context, key, contentType string, size int64, ttl time.Duration) (string, error) {
	if err := checkUpload(key, contentType, size); err != nil {
		return "", err
	}
	held := http.Header{"Content-Type": {contentType}, "Content-Length": {strconv.FormatInt(size, 10)}, First: {"*"}}
	u, err := b.outer.PresignHeader(ctx, http.MethodPut, b.name, key, ttl, nil, held)
	if err != nil {
		return "", answered("sign upload", err)
	}
	return u.String(), nil
}

// SignGet implements Store.
func (b *Bucket) SignGet(ctx context.Context, key, filename string, ttl time.Duration) (string, error) {
	if err := checkDownload(key, filename); err != nil {
		return "", err
	}
	q := url.Values{"response-cache-control": {"private, no-store"}}
	if filename != "" {
		// What people upload is never a page: pictures are shown inside ours, whatever this says.
		q.Set("response-content-disposition", `attachment; filename="`+filename+`"`)
	}
	u, err := b.outer.PresignedGetObject(ctx, b.name, key, ttl, q)
	if err != nil {
		return "", answered("sign download", err)
	}
	return u.String(), nil
}

// Ping answers nil when a file would be found now.
func (b *Bucket) Ping(ctx context.Context) error {
	there, err := b.inner.BucketExists(ctx, b.name)
	if err != nil {
		return fmt.Errorf("ask for the bucket: %w", err)
	}
	if !there {
		return errors.New("the bucket is gone")
	}
	return nil
}

// answered turns what the server answers into what a caller reads.
func answered(verb string, err error) error {
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == minio.NoSuchKey || answer.Code == "NoSuchVersion" || answer.StatusCode == http.StatusNotFound && answer.Code != minio.NoSuchBucket:
		return notFound()
	case answer.Code == "XMinioStorageFull" || answer.Code == "XMinioAdminBucketQuotaExceeded" || answer.StatusCode == http.StatusInsufficientStorage:
		return noRoom(err)
	case answer.StatusCode == http.StatusServiceUnavailable, answer.Code == "" && !errors.Is(err, context.Canceled):
		return fault.New(fault.Unavailable, "We can't reach files just now. Nothing was changed; try again in a moment.").
			After(5 * time.Second).Because(err)
	}
	return fmt.Errorf("%s: %w", verb, err)
}
