package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"housecall/internal/bus"
	"housecall/internal/docstore"
	"housecall/internal/event"
)

// ErrOccupied says that there is something already where a backup shall be restored.
var ErrOccupied = errors.New("there is data already")

// Read opens a backup and answers whose it is; the rest is read by Restore.
func Read(r io.Reader, key []byte) (Head, *Archive, error) {
	plain, err := open(r, key)
	if err != nil {
		return Head{}, nil, err
	}
	large, err := gzip.NewReader(plain)
	if err != nil {
		return Head{}, nil, errors.Join(ErrSealed, err)
	}
	a := &Archive{tar: tar.NewReader(large), declared: map[string][]string{}}
	entry, err := a.tar.Next()
	if err != nil || entry.Name != headName {
		return Head{}, nil, errors.Join(ErrSealed, err)
	}
	if err := json.NewDecoder(a.tar).Decode(&a.head); err != nil {
		return Head{}, nil, errors.Join(ErrSealed, err)
	}
	return a.head, a, nil
}

// Archive is an open backup.
type Archive struct {
	tar      *tar.Reader
	head     Head
	declared map[string][]string // indexes that were declared, by collection
	counts   Counts
	events   []pending
	dead     []bus.DeadLetter
}

// Vacant refuses engines in which there is something: a restore never writes over anything. Those that are nil are
// not asked.
func Vacant(ctx context.Context, e Engines) error {
	for _, place := range []struct {
		what, then string
		engine     interface {
			Empty(ctx context.Context) (bool, error)
		}
	}{
		{"documents", "name another database or folder (store, data), or remove this one's yourself", e.Store},
		{"events", "name another account or folder (bus_creds, data), or remove its streams yourself", e.Events},
		{"files", "name another bucket or folder (files.bucket, data), or remove its files yourself", e.Files},
	} {
		if place.engine == nil {
			continue
		}
		empty, err := place.engine.Empty(ctx)
		if err != nil {
			return fmt.Errorf("look whether there are %s: %w", place.what, err)
		}
		if !empty {
			return fmt.Errorf("%w where the %s shall go, and a restore writes over nothing: %s", ErrOccupied, place.what, place.then)
		}
	}
	return nil
}

// Restore writes everything into empty engines. When it fails, what it has begun stays there and is refused by
// the next one: remove it first.
func (a *Archive) Restore(ctx context.Context, e Engines) (Counts, error) {
	if err := Vacant(ctx, e); err != nil {
		return Counts{}, err
	}
	for {
		entry, err := a.tar.Next()
		if err != nil {
			return a.counts, errors.Join(ErrSealed, err) // the end was not reached
		}
		switch {
		case strings.HasPrefix(entry.Name, docsName):
			err = a.documents(ctx, e.Store)
		case entry.Name == eventName:
			err = each(a.tar, func(p pending) { a.events = append(a.events, p) })
		case entry.Name == deadName:
			err = each(a.tar, func(l bus.DeadLetter) { a.dead = append(a.dead, l) })
		case strings.HasPrefix(entry.Name, filesName):
			err = a.file(ctx, e.Files, entry)
		case entry.Name == endName:
			return a.counts, a.finish(ctx, e)
		}
		if err != nil {
			return a.counts, err
		}
	}
}

// each calls see for every line.
func each[T any](r io.Reader, see func(T)) error {
	lines := bufio.NewReader(r)
	for {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(bytes.TrimSpace(text)) == 0 {
			return nil
		}
		if err != nil {
			return errors.Join(ErrSealed, err)
		}
		var v T
		if err := json.Unmarshal(text, &v); err != nil {
			return fmt.Errorf("decode line: %w", err)
		}
		see(v)
	}
}

const writers = 16

// documents writes one part of them.
func (a *Archive) documents(ctx context.Context, store docstore.Store) error {
	var all []line
	if err := each(a.tar, func(l line) { all = append(all, l) }); err != nil {
		return err
	}
	for _, l := range all {
		if err := a.declare(ctx, store, l); err != nil {
			return err
		}
	}
	work, errs := make(chan line), make([]error, writers)
	var running sync.WaitGroup
	for n := range writers {
		running.Go(func() {
			for l := range work {
				if errs[n] == nil {
					errs[n] = store.Insert(ctx, l.Collection, l.record())
				}
			}
		})
	}
	for _, l := range all {
		work <- l
	}
	close(work)
	running.Wait()
	a.counts.Documents += len(all)
	return errors.Join(errs...)
}

// declare makes the indexes ready that a document stands in.
func (a *Archive) declare(ctx context.Context, store docstore.Store, l line) error {
	known := a.declared[l.Collection]
	before := len(known)
	for name := range l.Keys {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	if len(known) == before && known != nil {
		return nil
	}
	if known == nil {
		known = []string{}
	}
	a.declared[l.Collection] = known
	return store.Declare(ctx, l.Collection, known)
}

func (a *Archive) file(ctx context.Context, files Files, entry *tar.Header) error {
	var k kept
	if err := json.Unmarshal([]byte(entry.PAXRecords[infoKey]), &k); err != nil {
		return fmt.Errorf("decode what is known of a file: %w", err)
	}
	a.counts.Files++
	return files.Keep(ctx, k, a.tar)
}

// finish checks that all was read to the end, and hands over the events.
func (a *Archive) finish(ctx context.Context, e Engines) error {
	var want Counts
	if err := json.NewDecoder(a.tar).Decode(&want); err != nil {
		return errors.Join(ErrSealed, err)
	}
	a.counts.Events, a.counts.Dead = len(a.events), len(a.dead)
	if want != a.counts {
		return fmt.Errorf("%w: it says %+v, and holds %+v", ErrSealed, want, a.counts)
	}
	var happened []pending
	for _, p := range a.events {
		did, err := known(ctx, e.Store, p.Event)
		if err != nil {
			return err
		}
		if did || p.Loose {
			happened = append(happened, p)
		}
	}
	a.counts.Events = len(happened)
	return e.Events.Restore(ctx, happened, a.dead)
}

// known tells whether an event is of what stands in the documents. One that was announced after their moment
// never happened, as far as they know.
func known(ctx context.Context, store docstore.Store, e event.Event) (bool, error) {
	collection, version, ok := docstore.EventOf(e)
	if !ok {
		return true, nil // not of a document: an imported one, a replayed one
	}
	r, err := store.Get(ctx, collection, e.Doc)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Version >= version, err
}
