package safety

// Capped is the least of a dose (of have's component and unit) and every ceiling for children and
// adults, for so many doses a day at this weight: what a dose worked out by weight may reach.
func Capped(d *Drug, have Amount, dose, perDay, kg Decimal) Decimal {
	least := dose
	limit := func(v Decimal, unit, per string) {
		v, ok := Convert(v, unit, have.Unit)
		if !ok {
			return
		}
		switch per {
		case "kg/dose":
			v = v.Times(kg)
		case "kg/day":
			v, ok = v.Times(kg).Over(perDay)
		case "day":
			v, ok = v.Over(perDay)
		}
		if ok {
			least = least.Min(v)
		}
	}
	for _, c := range d.Paed.Caps {
		if c.Component == have.Component {
			limit(c.Value, c.Unit, c.Per)
		}
	}
	for _, a := range d.MaxSingle {
		if a.Component == have.Component {
			limit(a.Value, a.Unit, "dose")
		}
	}
	for _, a := range d.MaxDaily {
		if a.Component == have.Component {
			limit(a.Value, a.Unit, "day")
		}
	}
	return least
}
