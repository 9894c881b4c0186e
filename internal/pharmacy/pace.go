package pharmacy

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Pace is how fast a pharmacy has worked of late.
type Pace struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Review        []Sample `json:"review,omitempty"`
	Pack          []Sample `json:"pack,omitempty"`
}

// Sample is how long a stage of one fill took.
type Sample struct {
	Fill id.Fill       `json:"fill"`
	Took time.Duration `json:"took"`
}

// DocID implements docstore.Document.
func (p *Pace) DocID() string { return p.ID }

var paceSpec = docstore.Spec[Pace]{Name: "paces"}

type stage string

const (
	stageReview stage = "review"
	stagePack   stage = "pack"
	recent            = 24 // fills that count, beside four of the prior
)

func paceOf(ph id.Pharmacy) string { return "pace_" + string(ph) }

// note remembers how long a stage took, once for a fill. A zero duration is what a repeated request
// leaves, and says nothing.
func (s *Service) note(ctx context.Context, f *Fill, of stage, took time.Duration) error {
	if took <= 0 {
		return nil
	}
	doc := &Pace{ID: paceOf(f.Pharmacy)}
	doc.add(of, Sample{f.ID, took})
	err := s.paces.Insert(ctx, id.Request{}, doc)
	if !errors.Is(err, docstore.ErrExists) {
		return err
	}
	_, err = s.paces.Update(ctx, doc.ID, docstore.On{}, func(p *Pace) error {
		p.add(of, Sample{f.ID, took})
		return nil
	})
	return err
}

func (p *Pace) add(of stage, x Sample) {
	list := &p.Review
	if of == stagePack {
		list = &p.Pack
	}
	if slices.ContainsFunc(*list, func(y Sample) bool { return y.Fill == x.Fill }) {
		return
	}
	*list = append(*list, x)
	if len(*list) > recent {
		*list = (*list)[len(*list)-recent:]
	}
}

// pace reads how fast a pharmacy works; one that has done nothing yet has an empty one.
func (s *Service) pace(ctx context.Context, ph id.Pharmacy) (*Pace, error) {
	p, err := s.paces.Get(ctx, paceOf(ph))
	if fault.Is(err, fault.NotFound) {
		return &Pace{}, nil
	}
	return p, err
}

// spanOf mixes what was measured with a prior: half the budget in the middle, all of it at the end.
func spanOf(samples []Sample, budget time.Duration) Span {
	took := []time.Duration{budget * 2 / 5, budget / 2, budget * 3 / 5, budget}
	for _, x := range samples {
		took = append(took, x.Took)
	}
	slices.Sort(took)
	return Span{Median: quantile(took, 0.5), P90: quantile(took, 0.9)}
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// plus adds two durations that do not depend on each other.
func (a Span) plus(b Span) Span {
	spread := math.Hypot(float64(a.P90-a.Median), float64(b.P90-b.Median))
	median := a.Median + b.Median
	return Span{Median: median, P90: median + time.Duration(spread)}
}

// queue is how many orders a pharmacy has before the next, counted up to a page.
func (s *Service) queue(ctx context.Context, ph id.Pharmacy) (int, error) {
	n := 0
	for _, state := range []State{Offered, Reviewing, Preparing} {
		page, err := s.fills.Find(ctx, docstore.Query{Index: "work", Equal: docstore.Eq(string(ph), string(state)), Limit: 20})
		if err != nil {
			return 0, err
		}
		n += len(page.Items)
	}
	return n, nil
}

// preparation is how long until a bag would be ready from now: the orders before it go through
// review and packing as through two hands, so the slower one sets the pace.
func (s *Service) preparation(ctx context.Context, ph id.Pharmacy, t Terms) (Span, error) {
	p, err := s.pace(ctx, ph)
	if err != nil {
		return Span{}, err
	}
	review, pack := spanOf(p.Review, t.Review), spanOf(p.Pack, t.Pack)
	before, err := s.queue(ctx, ph)
	if err != nil {
		return Span{}, err
	}
	slower := max(review.Median, pack.Median)
	wait := time.Duration(before) * slower
	return Span{Median: wait, P90: wait + wait/2}.plus(review).plus(pack), nil
}
