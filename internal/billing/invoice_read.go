package billing

import (
	"context"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/paper"
)

// Invoices answers the invoices of a captured payment, each followed by its credit notes, for the patient, who pays
// for them, and support.
func (s *Service) Invoices(ctx context.Context, a access.Actor, pay id.Payment) ([]*Invoice, error) {
	p, err := s.payments.Get(ctx, string(pay))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Read(ctx, a, "invoice.read", p.facts()); err != nil {
		return nil, err
	}
	if p.CapturedAt.IsZero() {
		return nil, fault.New(fault.Conflict, "Nothing has been paid yet. The invoice is there once it has.").Coded("not-paid-yet")
	}
	return s.enterAll(ctx, p)
}

// InvoicePaper prints an invoice or credit note, for whom Invoices answers. It is the same bytes whenever it is asked for.
func (s *Service) InvoicePaper(ctx context.Context, a access.Actor, iid id.Invoice, language string) (name string, pdf []byte, err error) {
	i, err := s.invoices.Get(ctx, string(iid))
	if err != nil {
		return "", nil, err
	}
	if err := s.d.Guard.Read(ctx, a, "invoice.read", access.Facts{Record: string(iid), Patient: i.PatientID}); err != nil {
		return "", nil, err
	}
	pdf, err = paper.PrintInvoice(i.printed(language))
	if err != nil {
		return "", nil, fmt.Errorf("print invoice %s: %w", iid, err)
	}
	return string(i.Kind) + "-" + i.Number() + ".pdf", pdf, nil
}

func (i *Invoice) printed(language string) paper.Invoice {
	in := func(minor int64) string { return money.Of(minor, i.Currency).String() }
	out := paper.Invoice{
		Language: language, Credit: i.Kind == CreditNote, Number: i.Number(), Corrects: i.Corrects, At: i.At.In(zoneOf(i.Issuer.TimeZone)),
		Issuer:  paper.Issuer{Name: i.Issuer.Name, Address: i.Issuer.Address, Country: i.Issuer.Country, Mail: i.Issuer.Mail, Phone: i.Issuer.Phone, Licence: i.Issuer.Licence, TaxID: i.Issuer.TaxID},
		To:      i.PayerName,
		Patient: i.PatientName, Subject: i.Subject, Total: in(i.Total),
	}
	for _, l := range i.Lines {
		line := paper.InvoiceLine{What: string(l.Kind), By: l.By.Name, Licence: l.By.Licence, Amount: in(l.Gross)}
		if l.Discount > 0 {
			line.Discount = in(-l.Discount)
		}
		out.Lines = append(out.Lines, line)
	}
	for _, t := range i.Taxes {
		out.Taxes = append(out.Taxes, paper.InvoiceTax{Name: t.Name, Rate: percent(t.Rate), Net: in(t.Net), Tax: in(t.Tax)})
	}
	return out
}

// percent writes basis points: "19 %", "7.5 %".
func percent(rate int64) string {
	whole, rest := rate/100, rate%100
	switch {
	case rest == 0:
		return fmt.Sprintf("%d %%", whole)
	case rest%10 == 0:
		return fmt.Sprintf("%d.%d %%", whole, rest/10)
	}
	return fmt.Sprintf("%d.%02d %%", whole, rest)
}

// InvoicesBetween lists every invoice and credit note of a period, oldest first, at most so many and one more. It is
// for operators and auditors, and stands in the audit before the answer leaves.
func (s *Service) InvoicesBetween(ctx context.Context, a access.Actor, from, until time.Time, most int) ([]*Invoice, error) {
	if err := s.d.Guard.Read(ctx, a, "ledger.read", access.Facts{Record: "invoices"}); err != nil {
		return nil, err
	}
	return s.invoices.All(ctx, docstore.Query{Index: "all", Equal: "all", From: docstore.ByTime(from), Until: docstore.ByTime(until)}, most+1)
}
