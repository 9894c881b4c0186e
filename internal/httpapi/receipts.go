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

// Receipts are the routes of receipts.
func Receipts(bills *billing.Service) []Route {
	r := receiptRoutes{bills}
	return []Route{
		get("/payments/{id}/receipt", "receipt.read", "Read the receipt of a payment", r.read),
		get("/patients/{id}/receipts", "receipt.read", "List a patient's receipts, newest first", r.list),
	}
}

type receiptRoutes struct{ bills *billing.Service }

// ReceiptView is a receipt as it is answered, fit for reimbursement.
type ReceiptView struct {
	Number    string            `json:"number" doc:"Of the year and place of the payment."`
	Payment   id.Payment        `json:"payment"`
	Subject   string            `json:"subject" doc:"Id of the visit or order."`
	Patient   id.Patient        `json:"patient"`
	Name      phi.Text          `json:"name" doc:"Who was treated."`
	Lines     []ReceiptLineView `json:"lines" nullable:"false"`
	Paid      money.Amount      `json:"paid"`
	PaidAt    time.Time         `json:"paid_at"`
	Refunds   []RefundView      `json:"refunds" nullable:"false"`
	Net       *money.Amount     `json:"net,omitempty" doc:"Paid, less what went back since."`
	Diagnosis phi.Text          `json:"diagnosis,omitempty" doc:"Only when asked for."`
}

// ReceiptLineView is one thing that was paid for, and to whom.
type ReceiptLineView struct {
	Kind     billing.Kind `json:"kind" enum:"visit_fee,medicine,delivery_fee,tip"`
	Party    phi.Text     `json:"party,omitempty" doc:"Who did it: the doctor, the pharmacy."`
	Licence  string       `json:"licence,omitempty"`
	Amount   money.Amount `json:"amount"`
	Discount money.Amount `json:"discount"`
	Paid     money.Amount `json:"paid"`
}

func receiptView(r *billing.Receipt) ReceiptView {
	in := func(minor int64) money.Amount { return money.Of(minor, r.Currency) }
	v := ReceiptView{
		Number: r.Number, Payment: r.Payment, Subject: r.Subject, Patient: r.PatientID, Name: r.PatientName, Paid: in(r.Minor),
		PaidAt: r.PaidAt, Lines: []ReceiptLineView{}, Refunds: []RefundView{},
	}
	for _, l := range r.Lines {
		v.Lines = append(v.Lines, ReceiptLineView{l.Kind, l.Party.Name, l.Party.Licence, in(l.Gross), in(l.Discount), in(l.Paid)})
	}
	return v
}

type receiptIn struct {
	ByID
	Diagnosis bool `query:"diagnosis" doc:"Put the diagnosis on it, as some insurers ask."`
}

func (r receiptRoutes) read(ctx context.Context, a access.Actor, in *receiptIn) (*Reply[ReceiptView], error) {
	with := billing.NoExtra
	if in.Diagnosis {
		with = billing.Diagnosis
	}
	s, err := r.bills.Receipt(ctx, a, id.Payment(in.ID), with)
	if err != nil {
		return nil, err
	}
	v := receiptView(s.Receipt)
	v.Refunds, v.Net, v.Diagnosis = refundViews(s.Refunds, s.Receipt.Currency), &s.Net, s.Diagnosis
	return reply(0, v), nil
}

func (r receiptRoutes) list(ctx context.Context, a access.Actor, in *pageOfIn) (*Reply[ListOf[ReceiptView]], error) {
	page, err := r.bills.Receipts(ctx, a, id.Patient(in.ID), in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, receiptView), nil
}
