package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// book counts what one issuer numbers in one year. A number is given in three writes, each of which whoever comes
// next can make: the paper is laid open in the book under the next number, it is written, the book counts it. At
// most one lies open, so no number is left out; a paper is written once, so none has two, whoever stops where.
type book struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Last          int64    `json:"last"`
	Open          *Invoice `json:"open,omitempty"`
}

// DocID implements docstore.Document.
func (b *book) DocID() string { return b.ID }

// mostTurns is how often one waits for others' papers before one's own; each turn closes one of them.
const mostTurns = 1000

// enter gives a paper its number and writes it, or finds it.
func (s *Service) enter(ctx context.Context, i *Invoice) (*Invoice, error) {
	i.Year = i.At.In(zoneOf(i.Issuer.TimeZone)).Year()
	doc := fmt.Sprintf("ibk_%s_%d", i.Issuer.ID, i.Year)
	for range mostTurns {
		b, err := s.layOpen(ctx, doc, i)
		if err != nil {
			return nil, err
		}
		written, err := s.write(ctx, doc, b.Open)
		if err != nil {
			return nil, err
		}
		if written.ID == i.ID {
			return written, nil
		}
	}
	return nil, fault.New(fault.Unavailable, "Many invoices are being written. Try again in a moment.").After(time.Second)
}

// layOpen puts a paper into the book under the next number, unless another one lies there: then it answers that.
func (s *Service) layOpen(ctx context.Context, doc string, i *Invoice) (*book, error) {
	lay := func(b *book) error {
		if b.Open != nil {
			return errNothing
		}
		paper := *i
		paper.N = b.Last + 1
		b.Open = &paper
		return nil
	}
	for {
		b, err := s.books.Update(ctx, doc, docstore.On{}, lay)
		switch {
		case err == nil:
			return b, nil
		case fault.Is(err, fault.NotFound):
			err = s.books.Insert(ctx, id.Request{}, &book{ID: doc})
			if err != nil && !errors.Is(err, docstore.ErrExists) {
				return nil, fmt.Errorf("open book %s: %w", doc, err)
			}
		case errors.Is(err, errNothing):
			b, err = s.books.Get(ctx, doc)
			if err != nil || b.Open != nil {
				return b, err
			}
		default:
			return nil, fmt.Errorf("number in book %s: %w", doc, err)
		}
	}
}

// write writes the paper that lies open, and has the book count it. Where it was written before, under another
// number, this one was laid open in vain: the book forgets it, and the number is the next one's.
func (s *Service) write(ctx context.Context, doc string, open *Invoice) (*Invoice, error) {
	written := *open
	err := s.invoices.Insert(ctx, id.Request{}, &written)
	if errors.Is(err, docstore.ErrExists) {
		stands, err := s.invoices.Get(ctx, open.DocID())
		if err != nil {
			return nil, err
		}
		written = *stands
	} else if err != nil {
		return nil, err
	}
	_, err = s.books.Update(ctx, doc, docstore.On{}, func(b *book) error {
		if b.Open == nil || b.Open.ID != open.ID || b.Open.N != open.N {
			return errNothing // somebody else has closed it
		}
		if written.N == open.N {
			b.Last = open.N
		}
		b.Open = nil
		return nil
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return &written, err
}

func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
