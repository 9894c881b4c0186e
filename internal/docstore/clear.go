package docstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Clear deletes, for good, documents of an index that is ordered by when each became of no use, with what
// lies before a moment; most of them at once. One that is changed meanwhile stays. It answers how many are
// gone, and as error which it has passed over; see Sweep.
func (c *Collection[T, P]) Clear(ctx context.Context, index string, before time.Time, most int) (int, error) {
	return c.Sweep(ctx, Query{Index: index, Until: ByTime(before)}, most, func(doc *T) (Swept, error) {
		p := P(doc)
		err := c.store.Delete(ctx, c.spec.Name, p.DocID(), p.DocMeta().Version)
		switch {
		case errors.Is(err, ErrStale), errors.Is(err, ErrNotFound):
			return Left, nil
		case err != nil:
			return Left, c.wrap("clear", p.DocID(), err)
		}
		return Done, nil
	})
}

// built is the collection in which the store notes, for each collection, the indexes that list all its
// documents.
const built = "built_indexes"

// whole makes sure that every index lists every document: one that was declared after some were written
// is filled in before the collection is used. One that begins empty is noted as whole at once: noted later, it would
// be looked through, and all of it written, at the first start after that, however much it is by then.
func (c *Collection[T, P]) whole(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	done, err := c.builtSoFar(ctx)
	if err != nil || done.has(names) {
		return err
	}
	for after := ""; ; {
		records, err := c.store.Scan(ctx, c.spec.Name, after, 200)
		if err != nil {
			return fmt.Errorf("look through %s for new indexes: %w", c.spec.Name, err)
		}
		if len(records) == 0 {
			return c.noteBuilt(ctx, done, names)
		}
		if err := c.rekeyAll(ctx, records); err != nil {
			return err
		}
		after = records[len(records)-1].ID
	}
}

// rekeyAll lists documents side by side: the store writes those together that wait together.
func (c *Collection[T, P]) rekeyAll(ctx context.Context, records []Record) error {
	const atOnce = 32
	errs := make([]error, len(records))
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, r := range records {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = c.rekey(ctx, r)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// rekey lists a document as its content says. One that is being written has been listed by that.
func (c *Collection[T, P]) rekey(ctx context.Context, r Record) error {
	doc, err := c.decode(r)
	if err != nil {
		return err
	}
	err = c.store.Rekey(ctx, c.spec.Name, Record{ID: r.ID, Version: r.Version, Keys: c.keys(P(doc))})
	if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("list %s in its indexes: %w", r.ID, err)
	}
	return nil
}

func (c *Collection[T, P]) keys(p P) map[string]Key {
	keys := make(map[string]Key, len(c.spec.Indexes))
	for name, key := range c.spec.Indexes {
		if k, listed := key((*T)(p)); listed {
			keys[name] = k
		}
	}
	return keys
}
