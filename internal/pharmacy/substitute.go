package pharmacy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// ProposeSubstitute asks the patient to take another product of the same ingredient and strength in
// place of a line. Refused where the doctor forbade it ("substitution-forbidden"), the product is
// not alike ("not-alike") or not on the shelf ("out-of-stock"). The proposed packs are held while
// the patient thinks, the budget stands still, and fill.substitution_proposed tells the price
// difference. What is agreed beyond the sum authorised is the order's to ask.
func (s *Service) ProposeSubstitute(ctx context.Context, a access.Actor, fill id.Fill, line int, product string) (*Fill, error) {
	f, err := s.fills.Get(ctx, string(fill))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "fill.substitute", f.facts()); err != nil {
		return nil, err
	}
	if known, err := f.Knows(a.Request); known || err != nil {
		return f, err
	}
	if line < 0 || line >= len(f.Lines) {
		return nil, fault.InvalidField("/line", "There is no such line.")
	}
	if err := s.maySwap(ctx, a, f, line, product); err != nil {
		return nil, err
	}
	st, err := s.stock.Get(ctx, string(StockOf(f.Pharmacy, product)))
	if fault.Is(err, fault.NotFound) {
		return nil, outOfStock()
	}
	if err != nil {
		return nil, err
	}
	item := st.item(Line{product, f.Lines[line].Quantity})
	f, err = s.step(ctx, a, fill, "fill.substitute", func(f *Fill, now time.Time) error {
		if len(f.packedOf(line)) > 0 {
			return fault.New(fault.Conflict, "This line is packed already. Take it out of the bag first.").Coded("packed")
		}
		item.InsteadOf = f.Lines[line].prescribed()
		return f.ask(now, Question{
			Owes: owesPatient, By: a.Account,
			Swap: &Swap{Line: line, Product: product, Item: item, Difference: item.Price.Minus(f.Lines[line].Price)},
		})
	})
	if err != nil {
		return nil, err
	}
	return s.holdSwap(ctx, a, f)
}

// prescribed is the product that the doctor wrote.
func (i Item) prescribed() string {
	if i.InsteadOf != "" {
		return i.InsteadOf
	}
	return i.Product
}

func (s *Service) maySwap(ctx context.Context, a access.Actor, f *Fill, line int, product string) error {
	if slices.ContainsFunc(f.Lines, func(l Item) bool { return l.Product == product }) {
		return fault.InvalidField("/product", "The order has this product already.")
	}
	script, err := s.Scripts.Script(ctx, a, f.Part)
	if err != nil {
		return fmt.Errorf("read script of %s: %w", f.ID, err)
	}
	prescribed := f.Lines[line].prescribed()
	for _, l := range script.Lines {
		if l.Product == prescribed && l.NoSubstitute {
			return fault.New(fault.Conflict, "The doctor forbade another product for this medicine. Ask the doctor or refuse.").Coded("substitution-forbidden")
		}
	}
	alike, err := s.Formulary.Alike(ctx, prescribed, product)
	if err != nil {
		return fmt.Errorf("compare products of %s: %w", f.ID, err)
	}
	if !alike {
		return fault.New(fault.Conflict, "A substitute has the same ingredient and the same strength. Choose another, or ask the doctor.").Coded("not-alike")
	}
	return nil
}

// holdSwap holds the proposed packs, then tells the patient.
func (s *Service) holdSwap(ctx context.Context, a access.Actor, f *Fill) (*Fill, error) {
	q := f.open()
	if q == nil || q.Swap == nil || q.Swap.Held {
		return f, nil
	}
	day, err := s.dayAt(ctx, f.Pharmacy)
	if err != nil {
		return nil, err
	}
	_, err = s.stock.Update(ctx, string(StockOf(f.Pharmacy, q.Swap.Product)), docstore.On{}, func(st *Stock) error {
		return st.hold(f.ID, q.Swap.Item.Units, day)
	})
	short := fault.Is(err, fault.Conflict)
	if err != nil && !short {
		return nil, fmt.Errorf("hold substitute of %s: %w", f.ID, err)
	}
	f, errFill := s.fills.Update(ctx, string(f.ID), docstore.On{}, func(f *Fill) error {
		q := f.open()
		switch {
		case q == nil || q.Swap == nil || q.Swap.Held:
		case short:
			f.answered(s.Clock.Now(), a, q, Lapsed)
		default:
			q.Swap.Held = true
			f.tell(KindSubstitutionProposed, a, map[string]string{
				"question":         q.ID,
				"difference_minor": strconv.FormatInt(q.Swap.Difference.Minor, 10), "currency": q.Swap.Difference.Currency,
			})
		}
		return nil
	})
	if errFill != nil {
		return nil, errFill
	}
	if short {
		return nil, err
	}
	return f, nil
}

// AnswerSubstitution is the patient's Agreed or Declined, brought by the order. Agreed, the line
// and the price change and the packs prescribed go back on the shelf; declined, the substitute's do.
// It announces fill.substitution_answered with the price that now holds.
func (s *Service) AnswerSubstitution(ctx context.Context, a access.Actor, fill id.Fill, question, answer string) (*Fill, error) {
	f, err := s.step(ctx, a, fill, "fill.advance", func(f *Fill, now time.Time) error {
		q := f.question(question)
		if q == nil || q.Swap == nil {
			return fault.New(fault.NotFound, "We can't find this question.")
		}
		if answer != Agreed && answer != Declined {
			return fault.InvalidField("/answer", "Say agreed or declined.")
		}
		if q.Answer != "" {
			return fault.New(fault.Conflict, "This question has been closed.").Coded("question-closed")
		}
		if answer == Agreed {
			f.Lines[q.Swap.Line] = q.Swap.Item
			f.Price = f.total()
		}
		f.answered(now, a, q, answer)
		more := priced(f.Price)
		more["question"], more["answer"] = q.ID, answer
		f.tell(KindSubstitutionAnswered, a, more)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, s.unswap(ctx, f)
}

// unswap gives back what a closed proposal left held beside the lines. What a crash leaves here is given
// back when the fill ends.
func (s *Service) unswap(ctx context.Context, f *Fill) error {
	if f.open() != nil || !f.live() {
		return nil
	}
	needs := f.needs()
	for product := range f.touched() {
		if needs[product] > 0 {
			continue
		}
		if err := s.onShelf(ctx, f, product, docstore.On{}, func(st *Stock) { st.free(f.ID) }); err != nil {
			return err
		}
	}
	return nil
}
