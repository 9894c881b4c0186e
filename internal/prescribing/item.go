package prescribing

import (
	"fmt"

	"housecall/internal/fault"
	"housecall/internal/safety"
)

// items makes the items of a sheet, or an Invalid fault that points at everything wrong.
func (f *Formulary) items(written []WrittenItem, p safety.Patient, on safety.Date) ([]Item, error) {
	refused := fault.New(fault.Invalid, "A medicine on this prescription can't be as it is written.")
	out := make([]Item, 0, len(written))
	for i, w := range written {
		it, at, why := f.item(w, p, on)
		if why != "" {
			refused = refused.With(fmt.Sprintf("/items/%d%s", i, at), why)
		}
		out = append(out, it)
	}
	if len(refused.Fields) > 0 {
		return nil, refused
	}
	return out, nil
}

const maxSteps = 12

// Item makes one item of a prescription, or an Invalid fault that points at what is wrong with it.
func (f *Formulary) Item(w WrittenItem, p safety.Patient, on safety.Date) (Item, error) {
	items, err := f.items([]WrittenItem{w}, p, on)
	if err != nil {
		return Item{}, err
	}
	return items[0], nil
}

// item makes one item; at and why say what is wrong with it.
func (f *Formulary) item(w WrittenItem, p safety.Patient, on safety.Date) (it Item, at, why string) {
	product, known := f.Product(w.Product)
	switch {
	case !known:
		return it, "/product", "This product is not in the formulary. Choose one from the list."
	case len(w.Steps) == 0 || len(w.Steps) > maxSteps:
		return it, "/steps", fmt.Sprintf("Say how it is taken, in 1 to %d steps.", maxSteps)
	case len(w.Indication) > maxWords || len(w.SupplyReason) > maxWords:
		return it, "/indication", "Keep the words shorter."
	}
	m := &maker{product: product, patient: p, on: on, words: f.words}
	steps := make([]step, len(w.Steps))
	for i, d := range w.Steps {
		s, bad := m.work(d)
		if bad == nil && s.Sequence != 0 && s.Sequence != i+1 {
			bad = &wrong{"/sequence", "Number the steps 1, 2, 3 in their order."}
		}
		if bad != nil {
			return it, fmt.Sprintf("/steps/%d%s", i, bad.at), bad.why
		}
		steps[i] = s
	}
	it = product.item(w, steps)
	if it.Quantity, at, why = product.quantity(steps, w); why != "" {
		return it, at, why
	}
	it.Sentence = (&speaker{product: product, words: f.words}).say(steps)
	return it, "", ""
}

// item fills what follows from the product and its steps.
func (p *Product) item(w WrittenItem, steps []step) Item {
	it := Item{
		Product: p.Code, INN: p.Drug.INN, NameZH: p.Drug.NameZH, Form: p.Form, FormZH: p.form.nameZH, Strength: p.Strength, Route: p.form.route, ColdChain: p.Cold,
		Steps: w.Steps, SupplyReason: w.SupplyReason, Indication: w.Indication, NoSubstitution: w.NoSubstitution,
	}
	days, worst := safety.Decimal{}, safety.Decimal{}
	var high safety.Decimal
	for _, s := range steps {
		days = days.Plus(s.days)
		it.AsNeeded, it.ByWeight = it.AsNeeded || s.AsNeeded != nil, it.ByWeight || s.byWeight
		if daily := s.high.Times(s.perDay); daily.More(worst) || worst.IsZero() {
			worst, it.PerDay = daily, s.perDay
			high = s.high
		}
	}
	for _, a := range p.PerUnit {
		it.Highest = append(it.Highest, safety.Amount{Component: a.Component, Value: a.Value.Times(high), Unit: a.Unit})
	}
	if it.Days = days.Up(); it.Days == 0 {
		it.Days = unboundedDays
	}
	return it
}

// unboundedDays is how long a medicine that is taken when needed, without an end, counts as taken.
const unboundedDays = 30
