package support

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// WantRefund asks for money back: of lines of these kinds (none: all) of what the case is about. It
// announces case.refund_wanted.
func (s *Service) WantRefund(ctx context.Context, a access.Actor, cs id.Case, kinds []string, reason string) (*Case, error) {
	for _, k := range kinds {
		if !coded(k) {
			return nil, fault.InvalidField("/kinds", "Name the lines by their kinds, for example delivery_fee.")
		}
	}
	return s.want(ctx, a, "case.refund", cs, Action{What: GiveRefund, Kinds: kinds, Reason: reason})
}

// WantCoupon asks for a coupon as an apology. It announces case.coupon_wanted.
func (s *Service) WantCoupon(ctx context.Context, a access.Actor, cs id.Case, amount money.Amount, reason string) (*Case, error) {
	if amount.Minor <= 0 || len(amount.Currency) != 3 {
		return nil, fault.InvalidField("/amount", "Give an amount above zero, with its currency.")
	}
	return s.want(ctx, a, "case.coupon", cs, Action{What: GiveCoupon, Amount: amount, Reason: reason})
}

// WantRedelivery asks for an order to be brought again. It announces case.redelivery_wanted.
func (s *Service) WantRedelivery(ctx context.Context, a access.Actor, cs id.Case, reason string) (*Case, error) {
	return s.want(ctx, a, "case.redeliver", cs, Action{What: Redeliver, Reason: reason})
}

func (s *Service) want(ctx context.Context, a access.Actor, action access.Action, cs id.Case, want Action) (*Case, error) {
	if !coded(want.Reason) {
		return nil, fault.InvalidField("/reason", "Give the reason as a code, for example goodwill.")
	}
	return s.step(ctx, a, action, cs, func(c *Case, now time.Time) error {
		if err := c.mayWant(want.What); err != nil {
			return err
		}
		want.ID, want.State, want.By, want.At = strconv.Itoa(len(c.Actions)+1), Wanted, a.Account, now
		c.Actions = append(c.Actions, want)
		c.announceWant(want)
		return nil
	})
}

// mayWant refuses what makes no sense for the case, and the same thing twice at a time: a click too
// many must not pay twice.
func (c *Case) mayWant(what What) error {
	if c.State == Resolved || c.State == Closed {
		return fault.New(fault.Conflict, "This case is over. Reopen it first.").Coded("illegal-transition")
	}
	if what == Redeliver && !strings.HasPrefix(c.Subject, id.Order("").Prefix()+"_") {
		return fault.New(fault.Conflict, "Only an order can be delivered again, and this case is about something else.").Coded("no-order")
	}
	if what == GiveRefund && c.Subject == "" {
		return fault.New(fault.Conflict, "This case is about nothing that was paid.").Coded("no-payment")
	}
	if what == GiveCoupon && c.Concerns == "" {
		return fault.New(fault.Conflict, "This case is about no patient who could use a coupon.").Coded("no-patient")
	}
	for _, a := range c.Actions {
		if a.What == what && a.State == Wanted {
			return fault.New(fault.Conflict, "This is on its way already. Wait for what comes of it.").Coded("action-pending")
		}
	}
	return nil
}

func (c *Case) announceWant(w Action) {
	kinds := map[What]event.Kind{GiveRefund: RefundWanted, GiveCoupon: CouponWanted, Redeliver: RedeliveryWanted}
	data := map[string]string{"action": w.ID, "reason": w.Reason}
	if len(w.Kinds) > 0 {
		data["kinds"] = strings.Join(w.Kinds, " ")
	}
	if c.Concerns != "" {
		data["patient"] = string(c.Concerns)
	}
	if !w.Amount.IsZero() {
		data["amount_minor"], data["currency"] = strconv.FormatInt(w.Amount.Minor, 10), w.Amount.Currency
	}
	c.announce(kinds[w.What], string(w.By), data)
}

// ActionDone notes that a wanted action was carried out, with the id of what came of it. Only the
// service itself may ask.
func (s *Service) ActionDone(ctx context.Context, a access.Actor, cs id.Case, action, result string) error {
	return s.report(ctx, a, cs, action, Done, result)
}

// ActionFailed notes that a wanted action could not be carried out, and why, as a code; support is told.
func (s *Service) ActionFailed(ctx context.Context, a access.Actor, cs id.Case, action, why string) error {
	return s.report(ctx, a, cs, action, Failed, why)
}

func (s *Service) report(ctx context.Context, a access.Actor, cs id.Case, action string, state ActionState, result string) error {
	_, err := s.step(ctx, a, "support.advance", cs, func(c *Case, _ time.Time) error {
		for i := range c.Actions {
			w := &c.Actions[i]
			if w.ID != action || w.State != Wanted {
				continue
			}
			w.State, w.Result = state, result
			c.Reason = fmt.Sprintf("%s_%s", w.What, state)
			kind := ActionWasDone
			if state == Failed {
				kind = ActionHasFailed
			}
			c.announce(kind, string(a.Account), map[string]string{"action": w.ID, "what": string(w.What), "result": result})
			return nil
		}
		return errNothing // told before
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
