package billing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Issuers tells whose invoice it is, and to whom.
type Issuers interface {
	// Issuer is who sold it: a pharmacy, or for "" the house; zone is where it was sold.
	Issuer(ctx context.Context, payee, zone string) (Issuer, error)
	// Payer is the name of who paid.
	Payer(ctx context.Context, account id.Account) (phi.Text, error)
}

// Issuer is a business as its invoices name it.
type Issuer struct {
	ID       string `json:"id"` // the pharmacy, or "house"
	Name     string `json:"name"`
	Address  string `json:"address,omitempty"`
	Country  string `json:"country,omitempty"`
	Mail     string `json:"mail,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Licence  string `json:"licence,omitempty"`
	TaxID    string `json:"tax_id,omitempty"`
	TimeZone string `json:"time_zone,omitempty"` // that its dates are of
}

// Taxes are what prices contain, in basis points (1900 is 19 %). Zero shows no tax: which rate holds for
// whom is for who runs the house to know.
type Taxes struct {
	Name     string // "VAT"
	Fees     int64
	Medicine int64
}

func (t Taxes) of(k Kind) int64 {
	if k == Medicine {
		return t.Medicine
	}
	return t.Fees
}

// InvoiceKind is what a numbered paper is.
type InvoiceKind string

// The kinds of papers in an issuer's book.
const (
	SalesInvoice InvoiceKind = "invoice"
	CreditNote   InvoiceKind = "credit_note" // for what went back; it names the invoice
)

// Invoice is what one issuer asked for in one payment, or gave back of it. It is written once. Its number is the
// next of its issuer and year, without a gap.
type Invoice struct {
	ID            id.Invoice `json:"id"`
	docstore.Meta `json:"meta"`
	Kind          InvoiceKind   `json:"kind"`
	Year          int           `json:"year"`
	N             int64         `json:"n"`
	Issuer        Issuer        `json:"issuer"`
	Payment       id.Payment    `json:"payment"`
	Subject       string        `json:"subject"`
	PatientID     id.Patient    `json:"patient"`
	PatientName   phi.Text      `json:"patient_name"`
	Payer         id.Account    `json:"payer"`
	PayerName     phi.Text      `json:"payer_name"`
	Currency      string        `json:"currency"`
	Lines         []InvoiceLine `json:"lines"`
	Taxes         []TaxLine     `json:"taxes,omitempty"`
	Total         int64         `json:"total"` // of a credit note: what went back
	Corrects      string        `json:"corrects,omitempty"`
	Reason        string        `json:"reason,omitempty"` // coded, of a credit note
	At            time.Time     `json:"at"`
}

// InvoiceLine is one thing that was sold. Rate is the tax that its price contains.
type InvoiceLine struct {
	Kind     Kind  `json:"kind"`
	By       Party `json:"by,omitzero"` // the doctor of a visit
	Gross    int64 `json:"gross"`
	Discount int64 `json:"discount,omitempty"`
	Total    int64 `json:"total"`
	Rate     int64 `json:"rate,omitempty"`
}

// TaxLine is the tax of one rate that the total contains.
type TaxLine struct {
	Name string `json:"name"`
	Rate int64  `json:"rate"`
	Net  int64  `json:"net"`
	Tax  int64  `json:"tax"`
}

// DocID implements docstore.Document.
func (i *Invoice) DocID() string { return string(i.ID) }

// Number is how people quote it, with the issuer's name: "2026-000001".
func (i *Invoice) Number() string { return fmt.Sprintf("%d-%06d", i.Year, i.N) }

// Sign is -1 for a credit note: in a table of both its sums are taken away.
func (i *Invoice) Sign() int64 {
	if i.Kind == CreditNote {
		return -1
	}
	return 1
}

var invoiceIndexes = map[string]func(*Invoice) (docstore.Key, bool){
	"payment": func(i *Invoice) (docstore.Key, bool) {
		return docstore.Key{Equal: string(i.Payment), Order: docstore.ByTime(i.At)}, true
	},
	"all": func(i *Invoice) (docstore.Key, bool) {
		return docstore.Key{Equal: "all", Order: docstore.ByTime(i.At)}, true
	},
}

func invoiceOf(p *Payment, issuer, cause string) id.Invoice {
	return id.Derive[id.Invoice](string(p.ID), issuer, cause)
}

// invoiced is whether a line stands on an invoice: a tip is a gift, and what was not earned was not sold.
func (i Item) invoiced() bool { return i.Earned > 0 && i.Kind != TipLine }

// seller is who sold a line: a pharmacy its medicine, the house the rest. A doctor works for the house.
func (i Item) seller() string {
	if i.Kind == Medicine {
		return i.Payee
	}
	return ""
}

// enterAll sees to it that a captured payment has its invoices, and a credit note for each that gave something back.
// Whoever asks first makes them; asked again they are what stands.
func (s *Service) enterAll(ctx context.Context, p *Payment) ([]*Invoice, error) {
	var out, made []*Invoice
	if p.CapturedAt.IsZero() {
		return nil, nil
	}
	for _, seller := range p.sellers() {
		sold, err := s.invoice(ctx, p, seller)
		if err != nil {
			return nil, fmt.Errorf("invoice payment %s: %w", p.ID, err)
		}
		made = append(made, sold)
	}
	for _, sold := range made {
		out = append(out, sold)
		for _, r := range p.Refunds {
			back, err := s.creditNote(ctx, p, sold, r)
			if err != nil {
				return nil, fmt.Errorf("credit payment %s: %w", p.ID, err)
			}
			if back != nil {
				out = append(out, back)
			}
		}
	}
	return out, nil
}

// sellers are those whose invoices a payment makes, the pharmacy first.
func (p *Payment) sellers() (out []string) {
	for _, l := range p.Lines {
		if seller := l.seller(); l.invoiced() && !slices.Contains(out, seller) {
			out = append(out, seller)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

func (s *Service) invoice(ctx context.Context, p *Payment, seller string) (*Invoice, error) {
	iid := invoiceOf(p, seller, "")
	if known, err := s.invoices.Get(ctx, string(iid)); !fault.Is(err, fault.NotFound) {
		return known, err
	}
	issuer, err := s.d.Issuers.Issuer(ctx, seller, p.Zone)
	if err != nil {
		return nil, fmt.Errorf("read the issuer: %w", err)
	}
	patient, payer, err := s.named(ctx, p)
	if err != nil {
		return nil, err
	}
	i := &Invoice{
		ID: iid, Kind: SalesInvoice, Issuer: issuer, Payment: p.ID, Subject: p.Subject, PatientID: p.Patient,
		PatientName: patient, Payer: p.Payer, PayerName: payer, Currency: p.Currency, At: p.CapturedAt,
	}
	for _, l := range p.Lines {
		if !l.invoiced() || l.seller() != seller {
			continue
		}
		line := InvoiceLine{Kind: l.Kind, Gross: l.Earned, Discount: l.Earned - l.Captured, Total: l.Captured, Rate: s.d.Taxes.of(l.Kind)}
		if l.Kind == VisitFee && l.Payee != "" {
			if line.By, err = s.d.Parties.Payee(ctx, l.Payee); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, fmt.Errorf("read who did it: %w", err)
			}
		}
		i.Lines = append(i.Lines, line)
	}
	i.sum(s.d.Taxes.Name)
	return s.enter(ctx, i)
}

// named is who was treated and who paid; a payer whose account is gone is the patient.
func (s *Service) named(ctx context.Context, p *Payment) (patient, payer phi.Text, err error) {
	if patient, err = s.d.Parties.Patient(ctx, p.Patient); err != nil {
		return "", "", fmt.Errorf("read who was treated: %w", err)
	}
	payer, err = s.d.Issuers.Payer(ctx, p.Payer)
	if fault.Is(err, fault.NotFound) {
		return patient, patient, nil
	}
	return patient, payer, err
}

// creditNote is for the lines of an invoice that went back with one refund; nil where none of them did. It repeats
// the invoice's own words and rates, whatever has changed since.
func (s *Service) creditNote(ctx context.Context, p *Payment, sold *Invoice, r Refund) (*Invoice, error) {
	iid := invoiceOf(p, sold.Issuer.ID, r.Cause)
	if known, err := s.invoices.Get(ctx, string(iid)); !fault.Is(err, fault.NotFound) {
		return known, err
	}
	back := &Invoice{
		ID: iid, Kind: CreditNote, Issuer: sold.Issuer, Payment: p.ID, Subject: p.Subject, PatientID: p.Patient, PatientName: sold.PatientName,
		Payer: p.Payer, PayerName: sold.PayerName, Currency: p.Currency, Corrects: sold.Number(), Reason: r.Reason, At: r.At,
	}
	for _, l := range sold.Lines {
		if slices.Contains(r.Kinds, string(l.Kind)) && l.Total > 0 {
			back.Lines = append(back.Lines, InvoiceLine{Kind: l.Kind, By: l.By, Gross: l.Total, Total: l.Total, Rate: l.Rate})
		}
	}
	if len(back.Lines) == 0 {
		return nil, nil
	}
	name := ""
	if len(sold.Taxes) > 0 {
		name = sold.Taxes[0].Name
	}
	back.sum(name)
	return s.enter(ctx, back)
}

// sum adds up the lines, and finds the tax that each rate's part contains.
func (i *Invoice) sum(name string) {
	parts := map[int64]int64{}
	for _, l := range i.Lines {
		i.Total += l.Total
		if l.Rate > 0 {
			parts[l.Rate] += l.Total
		}
	}
	for _, rate := range slices.Sorted(maps.Keys(parts)) {
		tax := contained(parts[rate], rate)
		i.Taxes = append(i.Taxes, TaxLine{Name: name, Rate: rate, Net: parts[rate] - tax, Tax: tax})
	}
}

// contained is the tax inside a price, rounded to the nearest minor unit, halves up.
func contained(total, rate int64) int64 {
	return (2*total*rate + 10_000 + rate) / (2 * (10_000 + rate))
}
