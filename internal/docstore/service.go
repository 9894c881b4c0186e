package docstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
)

// own is the collection of what the store knows of itself: whose it is, and how new its documents are.
const own = "service"

// Service is the id of the service that keeps its documents here, made with the first question. Events and
// files carry it too, so that two services which name one engine by mistake are found out at their start.
func Service(ctx context.Context, store Store) (string, error) {
	type mark struct {
		Service string `json:"service"`
	}
	read := func() (string, error) {
		var m mark
		r, err := store.Get(ctx, own, own)
		if err == nil {
			err = json.Unmarshal(r.Body, &m)
		}
		return m.Service, err
	}
	known, err := read()
	if !errors.Is(err, ErrNotFound) {
		return known, err
	}
	body, err := json.Marshal(mark{"svc_" + rand.Text()})
	if err != nil {
		return "", err
	}
	err = store.Insert(ctx, own, Record{ID: own, Version: 1, Body: body})
	if err != nil && !errors.Is(err, ErrExists) { // another node may have been faster
		return "", fmt.Errorf("name the service: %w", err)
	}
	return read()
}

// ErrNewer says that a newer housecall has written here what this one can't read.
var ErrNewer = errors.New("the documents are of a newer housecall")

// level is how new the documents of a collection are.
type level struct {
	Schema int `json:"schema"` // the newest that was ever written
	Since  int `json:"since"`  // the oldest whose code may still work on them
}

// admit refuses a collection that this code is too old for, and notes how new what it writes will be.
func admit(ctx context.Context, store Store, name string, schema, since int) error {
	docID := "schema." + name
	for {
		now := level{Schema: 1, Since: 1}
		r, err := store.Get(ctx, own, docID)
		missing := errors.Is(err, ErrNotFound)
		if err == nil {
			err = json.Unmarshal(r.Body, &now)
		}
		if err != nil && !missing {
			return fmt.Errorf("ask how new the documents of %s are: %w", name, err)
		}
		if now.Since > schema {
			return fmt.Errorf("%w: %s is of schema %d, this one knows up to %d: start the newer one, or restore a backup from before it",
				ErrNewer, name, now.Schema, schema)
		}
		if now.Schema >= schema {
			return nil
		}
		body, err := json.Marshal(level{schema, since})
		if err != nil {
			return err
		}
		r = Record{ID: docID, Version: r.Version + 1, Body: body}
		if missing {
			err = store.Insert(ctx, own, r)
		} else {
			err = store.Replace(ctx, own, r)
		}
		if !errors.Is(err, ErrExists) && !errors.Is(err, ErrStale) { // else another node was faster: look again
			return err
		}
	}
}
