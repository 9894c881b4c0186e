package blob

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/minio/minio-go/v7"
)

// Kept is a file as a backup keeps it.
type Kept struct {
	Info
	From string `json:"from,omitempty"` // the quarantine key it was settled from
}

// whole reads a file of a backup and makes sure that it is the one that was backed up.
func (k Kept) whole(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if sumOf(raw) != k.SHA256 {
		return nil, fmt.Errorf("file %s of the backup is not what it was", k.Key)
	}
	return raw, CheckKey(k.Key)
}

// Empty tells whether no file is kept here.
func (f *Folder) Empty(context.Context) (bool, error) {
	labels, err := os.ReadDir(f.labelDir())
	return len(labels) == 0, err
}

// Each reads every file that people may read. The folder belongs to this process: nothing changes meanwhile but
// by it.
func (f *Folder) Each(ctx context.Context, _ time.Time, see func(Kept, io.Reader) error) error {
	labels, err := os.ReadDir(f.labelDir())
	if err != nil {
		return fmt.Errorf("list labels: %w", err)
	}
	for _, entry := range labels {
		var l label
		raw, err := os.ReadFile(filepath.Join(f.labelDir(), entry.Name()))
		if err == nil {
			err = json.Unmarshal(raw, &l)
		}
		if err != nil {
			return fmt.Errorf("read label: %w", err)
		}
		if inQuarantine(l.Key) {
			continue // whoever sent it is told that it has not arrived, and sends it again
		}
		file, info, err := f.Get(ctx, l.Key)
		if err != nil {
			return err
		}
		err = see(Kept{info, l.From}, file)
		_ = file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Keep writes a file of a backup as it was.
func (f *Folder) Keep(_ context.Context, k Kept, r io.Reader) error {
	raw, err := k.whole(r)
	if err != nil {
		return err
	}
	_, data, err := f.writeData(k.Key, k.Type, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return f.attach(label{Info: k.Info, Data: data, From: k.From})
}

// Empty tells whether no file is kept here; the mark of a service is none.
func (b *Bucket) Empty(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for v := range b.inner.ListObjects(ctx, b.name, minio.ListObjectsOptions{Recursive: true}) {
		if v.Err != nil {
			return false, answered("list files", v.Err)
		}
		if v.Key != serviceKey {
			return false, nil
		}
	}
	return true, nil
}

// Each reads every file that people may read, as it stood at a moment: one that was deleted since is among them.
func (b *Bucket) Each(ctx context.Context, at time.Time, see func(Kept, io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := ""
	for v := range b.inner.ListObjects(ctx, b.name, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		if v.Err != nil {
			return answered("list files", v.Err)
		}
		if v.Key == done || v.Key == serviceKey || inQuarantine(v.Key) {
			continue // the newest version comes first
		}
		if v.IsDeleteMarker && v.LastModified.After(at) {
			continue // it was there
		}
		done = v.Key
		if v.IsDeleteMarker {
			continue
		}
		if err := b.show(ctx, v, see); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bucket) show(ctx context.Context, v minio.ObjectInfo, see func(Kept, io.Reader) error) error {
	file, err := b.inner.GetObject(ctx, b.name, v.Key, minio.GetObjectOptions{VersionID: v.VersionID})
	if err != nil {
		return answered("open file", err)
	}
	defer func() { _ = file.Close() }()
	known, err := file.Stat()
	if err != nil {
		return answered("look at file", err)
	}
	made, err := time.Parse(time.RFC3339Nano, known.UserMetadata[metaAt])
	if err != nil {
		return fmt.Errorf("file %s was not written by housecall: %w", v.Key, err)
	}
	return see(Kept{
		Info{Key: v.Key, Type: known.ContentType, Size: known.Size, SHA256: known.UserMetadata[metaSum], At: made.UTC()}, known.UserMetadata[metaFrom],
	}, file)
}

// Keep writes a file of a backup as it was.
func (b *Bucket) Keep(ctx context.Context, k Kept, r io.Reader) error {
	raw, err := k.whole(r)
	if err != nil {
		return err
	}
	opts := minio.PutObjectOptions{
		ContentType: k.Type, DisableMultipart: true, SendContentMd5: true,
		UserMetadata: map[string]string{metaSum: k.SHA256, metaAt: k.At.Format(time.RFC3339Nano)},
	}
	if k.From != "" {
		opts.UserMetadata[metaFrom] = k.From
	}
	if _, err := b.inner.PutObject(ctx, b.name, k.Key, bytes.NewReader(raw), int64(len(raw)), opts); err != nil {
		return answered("write file", err)
	}
	return nil
}
