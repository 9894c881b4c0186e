package delivery

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Earning is what a courier got for one job.
type Earning struct {
	Job     id.Job
	State   State
	At      time.Time
	Pay     money.Amount
	Tip     money.Amount
	Thanked bool
}

// Earnings is one page of them, the newest first.
type Earnings struct {
	Items []Earning
	Next  string
}

// earns tells whether the ride is paid: to the door, or there and back.
func (j *Job) earns() bool { return j.State == Delivered || j.State == Returned }

// Earnings lists what a courier earned, to the courier and operators.
func (s *Service) Earnings(ctx context.Context, a access.Actor, courier id.Account, cursor string, limit int) (Earnings, error) {
	if err := s.guard.Check(ctx, a, whoever(a, "earnings.read"), access.Facts{Record: string(courier), Owner: courier}); err != nil {
		return Earnings{}, err
	}
	page, err := s.jobs.Find(ctx, docstore.Query{Index: "earned", Equal: string(courier), Descending: true, Cursor: cursor, Limit: limit})
	if err != nil {
		return Earnings{}, err
	}
	out := Earnings{Next: page.Next, Items: make([]Earning, 0, len(page.Items))}
	for _, j := range page.Items {
		out.Items = append(out.Items, Earning{Job: j.ID, State: j.State, At: j.EndedAt, Pay: j.Pay, Tip: j.Tip, Thanked: j.Thanked})
	}
	return out, nil
}

// Tipped adds a tip, once for each payment, to the job that delivered. For housecall itself.
func (s *Service) Tipped(ctx context.Context, a access.Actor, order id.Order, payment id.Payment, tip money.Amount) error {
	j, err := s.latest(ctx, order)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, a, j.ID, advance, docstore.On{Request: a.Request}, func(j *Job) error {
		switch {
		case slices.Contains(j.Tips, string(payment)):
			return errNothing
		case j.State != Delivered:
			return fault.New(fault.Conflict, "A tip is for a delivery that has arrived.").Coded("illegal-transition")
		case tip.Currency != j.Pay.Currency || tip.Minor <= 0:
			return fault.InvalidField("/tip", "Give a sum above zero in the currency of the zone.")
		}
		j.Tips = append(j.Tips, string(payment))
		j.Tip = j.Tip.Plus(tip)
		j.announce(JobThanked, a, j.Courier, map[string]string{"tipped": "yes"})
		return nil
	})
	return err
}

// Thank says thank you to the courier who brought it. For the patient and who received for them.
func (s *Service) Thank(ctx context.Context, a access.Actor, order id.Order) error {
	j, err := s.latest(ctx, order)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, a, j.ID, "job.thank", docstore.On{Request: a.Request}, func(j *Job) error {
		if j.State != Delivered {
			return fault.New(fault.Conflict, "Thank the courier once it has arrived.").Coded("illegal-transition")
		}
		if j.Thanked {
			return errNothing
		}
		j.Thanked = true
		j.announce(JobThanked, a, j.Courier, nil)
		return nil
	})
	return err
}
