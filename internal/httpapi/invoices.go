package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Invoices are the routes of invoices and credit notes.
func Invoices(bills *billing.Service) []Route {
	r := invoiceRoutes{bills}
	return []Route{
		get("/payments/{id}/invoices", "invoice.read", "List the invoices of a payment, each followed by its credit notes", r.list),
		get("/invoices/{id}/paper", "invoice.read", "Download an invoice or credit note as a PDF", r.paper),
	}
}

type invoiceRoutes struct{ bills *billing.Service }

// InvoiceView is an invoice or credit note as it is answered.
type InvoiceView struct {
	ID       id.Invoice        `json:"id"`
	Kind     string            `json:"kind" enum:"invoice,credit_note"`
	Number   string            `json:"number" doc:"The next of its issuer and year, without a gap."`
	Issuer   string            `json:"issuer" doc:"Who sold it."`
	To       phi.Text          `json:"to" doc:"Who paid."`
	Lines    []InvoiceLineView `json:"lines" nullable:"false"`
	Taxes    []InvoiceTaxView  `json:"taxes" nullable:"false" doc:"That the total contains; empty where no rate is set."`
	Total    money.Amount      `json:"total" doc:"Of a credit note: what went back."`
	Corrects string            `json:"corrects,omitempty" doc:"Number of the invoice that a credit note is for."`
	At       time.Time         `json:"at"`
}

// InvoiceLineView is one thing that was sold.
type InvoiceLineView struct {
	Kind     billing.Kind `json:"kind" enum:"visit_fee,medicine,delivery_fee"`
	By       phi.Text     `json:"by,omitempty"`
	Amount   money.Amount `json:"amount"`
	Discount money.Amount `json:"discount"`
	Total    money.Amount `json:"total"`
}

// InvoiceTaxView is the tax of one rate.
type InvoiceTaxView struct {
	Name string       `json:"name"`
	Rate int64        `json:"rate" doc:"In hundredths of a percent: 1900 is 19 %."`
	Net  money.Amount `json:"net"`
	Tax  money.Amount `json:"tax"`
}

func invoiceView(i *billing.Invoice) InvoiceView {
	in := func(minor int64) money.Amount { return money.Of(minor, i.Currency) }
	v := InvoiceView{
		ID: i.ID, Kind: string(i.Kind), Number: i.Number(), Issuer: i.Issuer.Name, To: i.PayerName, Total: in(i.Total), Corrects: i.Corrects, At: i.At,
		Lines: make([]InvoiceLineView, 0, len(i.Lines)), Taxes: make([]InvoiceTaxView, 0, len(i.Taxes)),
	}
	for _, l := range i.Lines {
		v.Lines = append(v.Lines, InvoiceLineView{l.Kind, l.By.Name, in(l.Gross), in(l.Discount), in(l.Total)})
	}
	for _, t := range i.Taxes {
		v.Taxes = append(v.Taxes, InvoiceTaxView{t.Name, t.Rate, in(t.Net), in(t.Tax)})
	}
	return v
}

func (r invoiceRoutes) list(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[InvoiceView]], error) {
	all, err := r.bills.Invoices(ctx, a, id.Payment(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(all, "", invoiceView), nil
}

func (r invoiceRoutes) paper(ctx context.Context, a access.Actor, in *printIn) (*PaperFile, error) {
	name, pdf, err := r.bills.InvoicePaper(ctx, a, id.Invoice(in.ID), in.Language)
	if err != nil {
		return nil, err
	}
	return &PaperFile{"application/pdf", `attachment; filename="` + name + `"`, pdf}, nil
}

// invoicesFile writes ids, codes and sums: who the people are stands on the papers alone.
func (r exportRoutes) invoicesFile(ctx context.Context, a access.Actor, in *PeriodIn) (*csvOut, error) {
	p, err := in.of(r.clock.Now())
	if err != nil {
		return nil, err
	}
	all, err := r.bills.InvoicesBetween(ctx, a, p.From, p.Until, mostLines)
	if err != nil {
		return nil, err
	}
	if len(all) > mostLines {
		return nil, tooMany()
	}
	t := table{{"at", "issuer", "number", "kind", "corrects", "reason", "payment", "subject", "total_minor", "tax_minor", "currency", "invoice"}}
	for _, i := range all {
		var tax int64
		for _, one := range i.Taxes {
			tax += one.Tax
		}
		t = append(t, []string{
			stamp(i.At), i.Issuer.ID, i.Number(), string(i.Kind), i.Corrects, i.Reason, string(i.Payment), i.Subject,
			minor(i.Sign() * i.Total), minor(i.Sign() * tax), i.Currency, string(i.ID),
		})
	}
	return t.file("invoices.csv")
}
