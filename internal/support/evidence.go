package support

import (
	"context"
	"maps"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Evidence gathers what one part of housecall knows about a subject. It answers nothing, and no
// error, where it knows nothing.
type Evidence interface {
	Gather(ctx context.Context, a access.Actor, subject string) ([]Item, error)
}

// Item is one piece of evidence.
type Item struct {
	Kind   string            `json:"kind"`   // as registered: intake, visit, ...
	Record string            `json:"record"` // id of the document it comes from
	At     time.Time         `json:"at,omitzero"`
	By     string            `json:"by,omitempty"`
	Code   string            `json:"code,omitempty"` // what it is: a state, an event, a reason
	Text   phi.Text          `json:"text,omitempty"`
	Data   map[string]string `json:"data,omitempty"` // ids, counts, codes
}

// Dossier is all that could be gathered, in order of time, and which kinds could not be.
type Dossier struct {
	Items   []Item
	Missing []string
}

// Evidence gathers what everybody knows about the subject of a case, for support. The reading is in
// the audit. A part that does not answer leaves a gap that is named.
func (s *Service) Evidence(ctx context.Context, a access.Actor, cs id.Case) (Dossier, error) {
	c, _, err := s.examined(ctx, a, cs)
	if err != nil {
		return Dossier{}, err
	}
	var d Dossier
	for _, kind := range slices.Sorted(maps.Keys(s.d.Evidence)) {
		if c.Subject == "" {
			break
		}
		items, err := s.d.Evidence[kind].Gather(ctx, a, c.Subject)
		if ctx.Err() != nil {
			return Dossier{}, ctx.Err()
		}
		if err != nil {
			d.Missing = append(d.Missing, kind)
			continue
		}
		for i := range items {
			items[i].Kind = kind
		}
		d.Items = append(d.Items, items...)
	}
	slices.SortStableFunc(d.Items, func(x, y Item) int { return x.At.Compare(y.At) })
	return d, nil
}

// Concerned is the patient whom the evidence of a case is about, for who may gather it; "" where it is about nobody's
// record. The reading is in the audit.
func (s *Service) Concerned(ctx context.Context, a access.Actor, cs id.Case) (id.Patient, error) {
	_, patient, err := s.examined(ctx, a, cs)
	return patient, err
}

// examined is a case whose evidence may be gathered, and whom it is about.
func (s *Service) examined(ctx context.Context, a access.Actor, cs id.Case) (*Case, id.Patient, error) {
	c, err := s.cases.Get(ctx, string(cs))
	if err != nil {
		return nil, "", err
	}
	f := c.facts()
	if f.Patient == "" {
		f.Patient = c.Concerns
	}
	return c, f.Patient, s.d.Guard.Read(ctx, a, "case.evidence", f)
}
