package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"housecall/internal/bus"
	"housecall/internal/docstore"
	"housecall/internal/event"
)

// Store is what is read of the documents, and written to them.
type Store interface {
	docstore.Store
	docstore.Archive
}

// Events is what is read of the events, and written to them.
type Events interface {
	Floor(ctx context.Context) (uint64, error)
	After(ctx context.Context, floor uint64) ([]bus.Pending, error)
	Dead(ctx context.Context) ([]bus.DeadLetter, error)
	Restore(ctx context.Context, events []bus.Pending, dead []bus.DeadLetter) error
	Empty(ctx context.Context) (bool, error)
}

// Files is what is read of the files, and written to them.
type Files interface {
	Each(ctx context.Context, at time.Time, see func(kept, io.Reader) error) error
	Keep(ctx context.Context, k kept, r io.Reader) error
	Empty(ctx context.Context) (bool, error)
}

// Engines are what is backed up, and restored into.
type Engines struct {
	Store  Store
	Events Events
	Files  Files
}

// Write writes a backup. Only when it answers nil is the file one.
func Write(ctx context.Context, w io.Writer, key []byte, head Head, e Engines) (Counts, error) {
	sealed, err := seal(w, key)
	if err != nil {
		return Counts{}, err
	}
	small, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed)
	if err != nil {
		return Counts{}, err
	}
	a := &archive{tar: tar.NewWriter(small), at: head.At}
	if err = a.all(ctx, head, e); err == nil {
		err = errors.Join(a.tar.Close(), small.Close(), sealed.Close())
	}
	return a.counts, err
}

// archive is a backup that is being written.
type archive struct {
	tar    *tar.Writer
	at     time.Time
	batch  bytes.Buffer
	parts  int
	counts Counts
	loose  []event.Event // of documents that are gone
}

func (a *archive) all(ctx context.Context, head Head, e Engines) error {
	if err := a.json(headName, head); err != nil {
		return err
	}
	// What was handled before this moment has left its traces in the documents that are read next.
	floor, err := e.Events.Floor(ctx)
	if err != nil {
		return err
	}
	if err := e.Store.Export(ctx, a.document, func(ev event.Event) error { a.loose = append(a.loose, ev); return nil }); err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	if err := a.flush(); err != nil {
		return err
	}
	if err := a.events(ctx, e.Events, floor); err != nil {
		return err
	}
	if err := e.Files.Each(ctx, a.at, a.file); err != nil {
		return fmt.Errorf("read files: %w", err)
	}
	return a.json(endName, a.counts)
}

const batchSize = 4 << 20

func (a *archive) document(collection string, r docstore.Record) error {
	if err := encode(&a.batch, lineOf(collection, r)); err != nil {
		return err
	}
	a.counts.Documents++
	if a.batch.Len() < batchSize {
		return nil
	}
	return a.flush()
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (a *archive) flush() error {
	if a.batch.Len() == 0 {
		return nil
	}
	a.parts++
	err := a.entry(fmt.Sprintf("%s%08d.jsonl", docsName, a.parts), nil, a.batch.Bytes())
	a.batch.Reset()
	return err
}

func (a *archive) events(ctx context.Context, from Events, floor uint64) error {
	open, err := from.After(ctx, floor)
	if err != nil {
		return err
	}
	for _, e := range a.loose {
		open = append(open, pending{Event: e, Loose: true})
	}
	dead, err := from.Dead(ctx)
	if err != nil {
		return err
	}
	a.counts.Events, a.counts.Dead = len(open), len(dead)
	var lines [2]bytes.Buffer
	for _, p := range open {
		if err := encode(&lines[0], p); err != nil {
			return err
		}
	}
	for _, l := range dead {
		if err := encode(&lines[1], l); err != nil {
			return err
		}
	}
	return errors.Join(a.entry(eventName, nil, lines[0].Bytes()), a.entry(deadName, nil, lines[1].Bytes()))
}

func (a *archive) file(k kept, r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	info, err := json.Marshal(k)
	if err != nil {
		return err
	}
	a.counts.Files++
	return a.entry(filesName+k.Key, map[string]string{infoKey: string(info)}, raw)
}

func (a *archive) json(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.entry(name, nil, text)
}

func (a *archive) entry(name string, more map[string]string, text []byte) error {
	err := a.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), ModTime: a.at.Truncate(time.Second), PAXRecords: more, Format: tar.FormatPAX})
	if err != nil {
		return err
	}
	_, err = a.tar.Write(text)
	return err
}
