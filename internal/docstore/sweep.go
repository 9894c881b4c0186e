package docstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"housecall/internal/fault"
)

// Passed is a document that a sweep has passed over: it can't be read, or what it belongs to can't.
type Passed struct {
	Collection, ID string
	Cause          error
}

// PassedOver is what a sweep answers, as an error, that has done all but these.
type PassedOver []Passed

// Error names the documents.
func (p PassedOver) Error() string {
	all := make([]string, 0, len(p))
	for _, one := range p {
		all = append(all, one.Collection+" "+one.ID)
	}
	return "passed over: " + strings.Join(all, ", ")
}

// OrNil is the error that it is: nil where nothing was passed over.
func (p PassedOver) OrNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Overlooked takes the answers of sweeps apart: what they have passed over, and the error that is left.
func Overlooked(err error) (PassedOver, error) {
	if err == nil {
		return nil, nil
	}
	if over, is := err.(PassedOver); is { //nolint:errorlint // what wraps one is taken apart below
		return over, nil
	}
	joined, is := err.(interface{ Unwrap() []error })
	if !is {
		return nil, err
	}
	var over PassedOver
	var left []error
	for _, one := range joined.Unwrap() {
		o, l := Overlooked(one)
		over, left = append(over, o...), append(left, l)
	}
	return over, errors.Join(left...)
}

// Alone tells whether an error is of one document and what belongs to it, and says nothing of the others: it can't be
// read, or is not there. A store that does not answer is no such error.
func Alone(err error) bool {
	return errors.Is(err, ErrUnreadable) || errors.Is(err, ErrNotFound) || fault.Is(err, fault.NotFound)
}

// Swept is what a sweep did with a document.
type Swept int

// What a sweep does.
const (
	Left   Swept = iota // it stays as it is, the next is looked at
	Done                // counted
	Enough              // it stays, and so do all that come after it
)

// Sweep does something with each document that a query finds, in its order, until it is enough, or most are done.
// One that can't be read, or whose change fails for a reason that is its own alone, is passed over: one broken
// document must not hold up all the others. It answers how many are done; as error PassedOver where some were not.
func (c *Collection[T, P]) Sweep(ctx context.Context, q Query, most int, do func(*T) (Swept, error)) (int, error) {
	done := 0
	var over PassedOver
	pass := func(docID string, err error) {
		over = append(over, Passed{Collection: c.spec.Name, ID: docID, Cause: err})
	}
	for q.Limit = 200; ; {
		found, err := c.found(ctx, q)
		if err != nil {
			return done, errors.Join(over.OrNil(), err)
		}
		for _, r := range found.Records {
			doc, err := c.decode(r)
			if err != nil {
				pass(r.ID, err)
				continue
			}
			switch swept, err := do(doc); {
			case err != nil && Alone(err):
				pass(r.ID, err)
			case err != nil:
				return done, errors.Join(over.OrNil(), fmt.Errorf("sweep %s of %s: %w", r.ID, c.spec.Name, err))
			case swept == Enough:
				return done, over.OrNil()
			case swept == Done:
				done++
			}
		}
		if q.Cursor = found.Next; q.Cursor == "" || done >= most {
			return done, over.OrNil()
		}
	}
}
