package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Payouts are the routes of earnings and payouts.
func Payouts(bills *billing.Service) []Route {
	r := payoutRoutes{bills}
	return []Route{
		get("/payees/{id}/earnings", "payout.read", "List what a doctor, pharmacy or courier earned, newest first", r.earnings),
		get("/payees/{id}/payouts", "payout.read", "List the payouts of a doctor, pharmacy or courier, newest first", r.ofPayee),
		get("/payouts", "payout.list", "List payouts, newest period first", r.list),
		post("/payouts", "payout.close", "Close a period: gather what was earned into payouts", r.close).created(),
		get("/payouts/{id}", "payout.read", "Read a payout", r.read),
		post("/payouts/{id}/pay", "payout.pay", "Note that a payout was transferred", r.pay),
	}
}

type payoutRoutes struct{ bills *billing.Service }

// EarningView is what somebody earned, or gives back, by one thing.
type EarningView struct {
	ID     id.Entry     `json:"id"`
	For    billing.Kind `json:"for" enum:"visit_fee,medicine,delivery_fee,tip,job_pay"`
	What   string       `json:"what" enum:"capture,refund,job,resupply,carried"`
	Source string       `json:"source" doc:"Id of the payment, job, fill or payout it comes from."`
	Amount money.Amount `json:"amount" doc:"Below zero: to be given back."`
	At     time.Time    `json:"at"`
	Payout id.Payout    `json:"payout,omitempty"`
}

// PayoutView is what somebody is paid for a period.
type PayoutView struct {
	ID        id.Payout           `json:"id"`
	State     billing.PayoutState `json:"state" enum:"closing,closed,paid,carried"`
	Payee     string              `json:"payee"`
	Role      string              `json:"role" enum:"doctor,pharmacy,courier"`
	Until     time.Time           `json:"until" doc:"End of the period, not included."`
	Amount    money.Amount        `json:"amount"`
	Items     []EarningView       `json:"items" nullable:"false"`
	Reference string              `json:"reference,omitempty" doc:"Of the transfer, at the bank."`
}

func earningView(e *billing.Earning) EarningView {
	return EarningView{e.ID, e.For, e.What, e.Source, e.Amount(), e.At, e.Payout}
}

func payoutView(p *billing.Payout) PayoutView {
	v := PayoutView{
		ID: p.ID, State: p.State, Payee: p.Payee, Role: p.Role, Until: p.Until, Amount: p.Amount(), Reference: p.Reference,
		Items: make([]EarningView, 0, len(p.Items)),
	}
	for _, i := range p.Items {
		v.Items = append(v.Items, EarningView{i.Earning, i.For, i.What, i.Source, money.Of(i.Minor, p.Currency), i.At, p.ID})
	}
	return v
}

func (r payoutRoutes) answered(p *billing.Payout, err error) (*Reply[PayoutView], error) {
	if err != nil {
		return nil, err
	}
	return reply(p.Version, payoutView(p)), nil
}

func (r payoutRoutes) earnings(ctx context.Context, a access.Actor, in *pageOfIn) (*Reply[ListOf[EarningView]], error) {
	page, err := r.bills.Earnings(ctx, a, in.ID, in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, earningView), nil
}

func (r payoutRoutes) ofPayee(ctx context.Context, a access.Actor, in *pageOfIn) (*Reply[ListOf[PayoutView]], error) {
	page, err := r.bills.PayoutsOf(ctx, a, in.ID, in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, payoutView), nil
}

type payoutsIn struct {
	PageIn
	State billing.PayoutState `query:"state" enum:"closing,closed,paid,carried"`
}

func (r payoutRoutes) list(ctx context.Context, a access.Actor, in *payoutsIn) (*Reply[ListOf[PayoutView]], error) {
	page, err := r.bills.Payouts(ctx, a, in.State, in.query())
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, payoutView), nil
}

type closeIn struct {
	Body struct {
		Until time.Time `json:"until" doc:"End of the period, not included; not in the future."`
		Payee string    `json:"payee,omitempty" maxLength:"96" doc:"Only this doctor, pharmacy or courier."`
	}
}

func (r payoutRoutes) close(ctx context.Context, a access.Actor, in *closeIn) (*Reply[ListOf[PayoutView]], error) {
	all, err := r.bills.ClosePeriod(ctx, a, in.Body.Until.UTC().Truncate(time.Millisecond), in.Body.Payee)
	if err != nil {
		return nil, err
	}
	return listed(all, "", payoutView), nil
}

func (r payoutRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[PayoutView], error) {
	return r.answered(r.bills.Payout(ctx, a, id.Payout(in.ID)))
}

type paidIn struct {
	ByID
	Body struct {
		Reference string `json:"reference" minLength:"1" maxLength:"140" doc:"The bank's reference of the transfer."`
	}
}

func (r payoutRoutes) pay(ctx context.Context, a access.Actor, in *paidIn) (*Reply[PayoutView], error) {
	return r.answered(r.bills.MarkPaid(ctx, a, id.Payout(in.ID), in.Body.Reference))
}
