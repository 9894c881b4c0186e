package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Parties tells what stands on a receipt about those behind the ids; identity, onboarding and consult
// know.
type Parties interface {
	// Patient is the name of the one who was treated.
	Patient(ctx context.Context, patient id.Patient) (phi.Text, error)
	// Payee is who earned a line: a doctor's account, a pharmacy, a courier.
	Payee(ctx context.Context, payee string) (Party, error)
	// Diagnosis is the coded diagnosis of a visit, for who wants it on the receipt.
	Diagnosis(ctx context.Context, subject string) (phi.Text, error)
}

// Party is a business on a receipt.
type Party struct {
	Name    phi.Text `json:"name"`
	Licence string   `json:"licence,omitempty"`
}

// Receipt is what was paid, numbered in its year and place, fit for reimbursement. It never changes;
// what went back is read from the payment beside it.
type Receipt struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Number        string        `json:"number"`
	Payment       id.Payment    `json:"payment"`
	Subject       string        `json:"subject"`
	PatientID     id.Patient    `json:"patient"`
	Payer         id.Account    `json:"payer"`
	PatientName   phi.Text      `json:"patient_name"`
	Currency      string        `json:"currency"`
	Lines         []ReceiptLine `json:"lines"`
	Minor         int64         `json:"minor"`
	PaidAt        time.Time     `json:"paid_at"`
}

// ReceiptLine is one thing that was paid for.
type ReceiptLine struct {
	Kind     Kind  `json:"kind"`
	Party    Party `json:"party,omitzero"`
	Gross    int64 `json:"gross"`
	Discount int64 `json:"discount,omitempty"`
	Paid     int64 `json:"paid"`
}

// Statement is a receipt as it is read: with what went back since, and the diagnosis where it was
// asked for.
type Statement struct {
	Receipt   *Receipt
	Refunds   []Refund
	Net       money.Amount // paid, less refunded
	Diagnosis phi.Text
}

// DocID implements docstore.Document.
func (r *Receipt) DocID() string { return r.ID }

var receiptIndexes = map[string]func(*Receipt) (docstore.Key, bool){
	"patient": func(r *Receipt) (docstore.Key, bool) {
		return docstore.Key{Equal: string(r.PatientID), Order: docstore.ByTime(r.PaidAt)}, true
	},
}

func receiptOf(pay id.Payment) string { return "rcp_" + string(pay) }

// Receipt answers the receipt of a captured payment, for the patient, who pays for them, and support.
// The diagnosis is on it only if it was asked for.
func (s *Service) Receipt(ctx context.Context, a access.Actor, pay id.Payment, with Extra) (*Statement, error) {
	p, err := s.payments.Get(ctx, string(pay))
	if err != nil {
		return nil, err
	}
	f := p.facts()
	f.Record = receiptOf(pay)
	if err := s.d.Guard.Read(ctx, a, "receipt.read", f); err != nil {
		return nil, err
	}
	if p.CapturedAt.IsZero() {
		return nil, fault.New(fault.Conflict, "Nothing has been paid yet. The receipt is there once it has.").Coded("not-paid-yet")
	}
	r, err := s.issue(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &Statement{Receipt: r, Refunds: p.Refunds, Net: p.Paid().Minus(p.Back())}
	if with == Diagnosis {
		if out.Diagnosis, err = s.d.Parties.Diagnosis(ctx, p.Subject); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return out, nil
}

// Extra is what a receipt shows only when asked.
type Extra string

// What a receipt can show beside the ordinary.
const (
	NoExtra   Extra = ""
	Diagnosis Extra = "diagnosis"
)

// Receipts lists a patient's receipts, newest first.
func (s *Service) Receipts(ctx context.Context, a access.Actor, patient id.Patient, q docstore.Query) (docstore.Page[Receipt], error) {
	if err := s.d.Guard.Read(ctx, a, "receipt.read", access.Facts{Record: string(patient), Patient: patient}); err != nil {
		return docstore.Page[Receipt]{}, err
	}
	q.Index, q.Equal, q.Descending = "patient", string(patient), true
	return s.receipts.Find(ctx, q)
}

// issue makes the receipt of a captured payment, or finds it.
func (s *Service) issue(ctx context.Context, p *Payment) (*Receipt, error) {
	if p.CapturedAt.IsZero() {
		return nil, nil
	}
	r, err := s.receipts.Get(ctx, receiptOf(p.ID))
	if err == nil || !fault.Is(err, fault.NotFound) {
		return r, err
	}
	if r, err = s.draw(ctx, p); err != nil {
		return nil, err
	}
	err = s.receipts.Insert(ctx, id.Request{}, r)
	if errors.Is(err, docstore.ErrExists) {
		return s.receipts.Get(ctx, r.DocID())
	}
	return r, err
}

func (s *Service) draw(ctx context.Context, p *Payment) (*Receipt, error) {
	name, err := s.d.Parties.Patient(ctx, p.Patient)
	if err != nil {
		return nil, fmt.Errorf("read who payment %s was for: %w", p.ID, err)
	}
	number, err := s.number(ctx, p)
	if err != nil {
		return nil, err
	}
	r := &Receipt{
		ID: receiptOf(p.ID), Number: number, Payment: p.ID, Subject: p.Subject, PatientID: p.Patient, Payer: p.Payer,
		PatientName: name, Currency: p.Currency, Minor: p.Paid().Minor, PaidAt: p.CapturedAt,
	}
	for _, l := range p.Lines {
		if l.Earned == 0 {
			continue
		}
		line := ReceiptLine{Kind: l.Kind, Gross: l.Earned, Discount: l.Earned - l.Captured, Paid: l.Captured}
		if l.Payee != "" {
			if line.Party, err = s.d.Parties.Payee(ctx, l.Payee); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, fmt.Errorf("read payee of payment %s: %w", p.ID, err)
			}
		}
		r.Lines = append(r.Lines, line)
	}
	return r, nil
}

// numbers counts the receipts of one year and place. It remembers the last ones, so that a receipt
// whose maker stopped gets the number it had. A number may be left out; none is given twice.
type numbers struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Next          int64         `json:"next"`
	Recent        []givenNumber `json:"recent"`
}

type givenNumber struct {
	Payment id.Payment `json:"payment"`
	N       int64      `json:"n"`
}

// DocID implements docstore.Document.
func (n *numbers) DocID() string { return n.ID }

const recentNumbers = 256

func (s *Service) number(ctx context.Context, p *Payment) (string, error) {
	place := p.Zone
	if place == "" {
		place = "house"
	}
	doc := fmt.Sprintf("num_%d_%s", p.CapturedAt.Year(), place)
	var given int64
	count := func(n *numbers) error {
		for _, g := range n.Recent {
			if g.Payment == p.ID {
				given = g.N
				return errNothing
			}
		}
		n.Next++
		given = n.Next
		n.Recent = append(n.Recent, givenNumber{p.ID, given})
		n.Recent = n.Recent[max(0, len(n.Recent)-recentNumbers):]
		return nil
	}
	_, err := s.numbers.Update(ctx, doc, docstore.On{}, count)
	if fault.Is(err, fault.NotFound) {
		err = s.numbers.Insert(ctx, id.Request{}, &numbers{ID: doc})
		if err == nil || errors.Is(err, docstore.ErrExists) {
			_, err = s.numbers.Update(ctx, doc, docstore.On{}, count)
		}
	}
	if err != nil && !errors.Is(err, errNothing) {
		return "", fmt.Errorf("number the receipt of %s: %w", p.ID, err)
	}
	return fmt.Sprintf("%d-%s-%06d", p.CapturedAt.Year(), place, given), nil
}
