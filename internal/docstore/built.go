package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// builtIndexes is the note of one collection.
type builtIndexes struct {
	version int64
	Indexes []string `json:"indexes"`
}

func (b builtIndexes) has(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(b.Indexes, n) })
}

func (c *Collection[T, P]) builtSoFar(ctx context.Context) (builtIndexes, error) {
	r, err := c.store.Get(ctx, built, c.spec.Name)
	if errors.Is(err, ErrNotFound) {
		return builtIndexes{}, nil
	}
	if err != nil {
		return builtIndexes{}, fmt.Errorf("read the indexes of %s: %w", c.spec.Name, err)
	}
	b := builtIndexes{version: r.Version}
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return b, fmt.Errorf("read the indexes of %s: %w", c.spec.Name, err)
	}
	return b, nil
}

// noteBuilt notes that the indexes are whole. Another node that did the same at once has noted it.
func (c *Collection[T, P]) noteBuilt(ctx context.Context, before builtIndexes, names []string) error {
	body, err := json.Marshal(builtIndexes{Indexes: names})
	if err != nil {
		return err
	}
	r := Record{ID: c.spec.Name, Version: before.version + 1, Body: body}
	if err = c.store.Declare(ctx, built, nil); err == nil {
		if before.version == 0 {
			err = c.store.Insert(ctx, built, r)
		} else {
			err = c.store.Replace(ctx, built, r)
		}
	}
	if errors.Is(err, ErrExists) || errors.Is(err, ErrStale) {
		return nil
	}
	return err
}
