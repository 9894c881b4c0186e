package audit

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Names tells what the person behind an account is called; identity knows.
type Names interface {
	NameOf(ctx context.Context, account id.Account) (phi.Text, error)
}

// ReadDeps are what a Service needs.
type ReadDeps struct {
	Trail *Trail
	Guard *access.Guard
	Names Names
}

// Service reads the audit for those who may.
type Service struct{ d ReadDeps }

// New connects the trail with who may read it.
func New(d ReadDeps) *Service { return &Service{d} }

// Query asks for entries. One of Patient, Record and Account says whose; none asks for all.
type Query struct {
	Patient     id.Patient
	Record      string
	Account     id.Account
	From, Until time.Time // Until not included; zero is open
	Limit       int
	Cursor      string
}

// Lines is one page of the audit, newest first.
type Lines struct {
	Items []*Line
	Next  string
}

// Search is for auditors: what stands in the audit about a patient, a record, an account or a time.
// The search stands in the audit itself.
func (s *Service) Search(ctx context.Context, a access.Actor, q Query) (Lines, error) {
	if err := s.d.Guard.Check(ctx, a, "audit.search", access.Facts{Record: "audit"}); err != nil {
		return Lines{}, err
	}
	index, equal, err := q.index()
	if err != nil {
		return Lines{}, err
	}
	if err := s.d.Trail.Record(ctx, Act(a, "audit.searched", q.Record, q.Patient)); err != nil {
		return Lines{}, unavailable(err)
	}
	return s.d.Trail.find(ctx, q, index, equal)
}

// index picks the index that answers the query.
func (q Query) index() (name, equal string, err error) {
	name, equal = "time", "all"
	asked := 0
	for _, by := range []struct{ name, equal string }{{"patient", string(q.Patient)}, {"record", q.Record}, {"account", string(q.Account)}} {
		if by.equal != "" {
			name, equal = by.name, by.equal
			asked++
		}
	}
	if asked > 1 {
		return "", "", fault.InvalidField("/patient", "Ask by patient, by record or by account, one at a time.")
	}
	return name, equal, nil
}

// Look is one access to a record, as its patient reads it.
type Look struct {
	At     time.Time
	Role   access.Role
	Name   phi.Text
	Action string
	Record string
	Own    bool // by the patient themself
}

// Looks is one page of them, newest first.
type Looks struct {
	Items []Look
	Next  string
}

// WhoLooked tells the patient, or who holds their grant to see, who accessed the record.
func (s *Service) WhoLooked(ctx context.Context, a access.Actor, patient id.Patient, q Query) (Looks, error) {
	if err := s.d.Guard.Read(ctx, a, "audit.looked", access.Facts{Record: string(patient), Patient: patient}); err != nil {
		return Looks{}, err
	}
	page, err := s.d.Trail.find(ctx, q, "looked", string(patient))
	if err != nil {
		return Looks{}, err
	}
	out := Looks{Items: make([]Look, 0, len(page.Items)), Next: page.Next}
	names := map[id.Account]phi.Text{}
	for _, l := range page.Items {
		look := Look{At: l.Entry.At, Role: l.Entry.Role, Action: l.Entry.Action, Record: l.Entry.Record, Own: l.Entry.Account == a.Account}
		if look.Name, err = s.name(ctx, names, l.Entry); err != nil {
			return Looks{}, err
		}
		out.Items = append(out.Items, look)
	}
	return out, nil
}

func (s *Service) name(ctx context.Context, known map[id.Account]phi.Text, e Entry) (phi.Text, error) {
	if e.Role == access.System || e.Account == "" {
		return "", nil
	}
	if name, ok := known[e.Account]; ok {
		return name, nil
	}
	name, err := s.d.Names.NameOf(ctx, e.Account)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", fmt.Errorf("read name of %s: %w", e.Account, err)
	}
	known[e.Account] = name
	return name, nil
}

// Verify is Trail.Verify for those who may ask. That it was asked stands in the audit.
func (s *Service) Verify(ctx context.Context, a access.Actor) ([]Proof, error) {
	if err := s.d.Guard.Check(ctx, a, "audit.verify", access.Facts{Record: "audit"}); err != nil {
		return nil, err
	}
	if err := s.d.Trail.Record(ctx, Act(a, "audit.verified", "", "")); err != nil {
		return nil, unavailable(err)
	}
	return s.d.Trail.Verify(ctx)
}

// find waits until what this node has written so far can be found, so that nobody misses what they
// did a moment ago.
func (t *Trail) find(ctx context.Context, q Query, index, equal string) (Lines, error) {
	if err := t.indexed.await(ctx, t.written.Load()); err != nil {
		return Lines{}, unavailable(err)
	}
	dq := docstore.Query{Index: index, Equal: equal, Descending: true, Limit: q.Limit, Cursor: q.Cursor}
	if !q.From.IsZero() {
		dq.From = docstore.ByTime(q.From)
	}
	if !q.Until.IsZero() {
		dq.Until = docstore.ByTime(q.Until)
	}
	page, err := t.lines.Find(ctx, dq)
	return Lines(page), err
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "The audit can't be read just now. Try again in a moment.").Because(err)
}
