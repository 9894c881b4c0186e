package prescribing

import (
	"fmt"
	"strings"

	"housecall/internal/safety"
)

// wrong is one thing that a dosage can't be, with a pointer below the step.
type wrong struct{ at, why string }

// maker works one dosage out for a product and a person.
type maker struct {
	product *Product
	patient safety.Patient
	on      safety.Date
	words   map[string]word
}

// work turns a written dosage into doses of the product's unit, or says what is wrong with it.
func (m *maker) work(d Dosage) (step, *wrong) {
	s := step{Dosage: d}
	if w := m.timing(&s); w != nil {
		return s, w
	}
	if w := m.dose(&s); w != nil {
		return s, w
	}
	if w := m.ceiling(&s); w != nil {
		return s, w
	}
	return s, m.coded(&s)
}

// timing works out the most doses in 24 hours and for how many days.
func (m *maker) timing(s *step) *wrong {
	t := &s.Timing
	if w := m.bounds(s); w != nil {
		return w
	}
	switch {
	case t.Count == 1:
		s.doses, s.perDay, s.days = 1, safety.Whole(1), safety.Whole(1)
		return m.weekly(s)
	case t.Count != 0:
		return &wrong{"/timing/count", "Only a single dose is counted. For more, say how often and for how long."}
	case s.AsNeeded != nil && s.AsNeeded.RepeatAfterHours > 0:
		s.perDay = safety.Whole(2) // one, and one more when it comes back
		return m.weekly(s)
	case t.Frequency < 1 || t.Frequency > 24 || t.Period < 1 || t.Period > 90:
		return &wrong{"/timing", "Say how often: so many times in so many hours, days or weeks."}
	}
	hours, known := map[string]int{"h": 1, "d": 24, "wk": 168, "mo": 720}[t.PeriodUnit]
	if !known {
		return &wrong{"/timing/period_unit", "Choose hours (h), days (d), weeks (wk) or months (mo)."}
	}
	s.perDay, _ = safety.Whole(24 * t.Frequency).Over(safety.Whole(t.Period * hours))
	if s.perDay.More(safety.Whole(24)) {
		return &wrong{"/timing", "This is more often than once an hour. Check it."}
	}
	if s.days.IsZero() && s.AsNeeded == nil {
		return &wrong{"/timing/duration", "Say for how long."}
	}
	return m.weekly(s)
}

// bounds works out the days of the course.
func (m *maker) bounds(s *step) *wrong {
	t := &s.Timing
	if t.Duration == 0 && t.DurationUnit == "" {
		return nil
	}
	days, known := map[string]int{"d": 1, "wk": 7, "mo": 30}[t.DurationUnit]
	switch {
	case !known:
		return &wrong{"/timing/duration_unit", "Choose days (d), weeks (wk) or months (mo)."}
	case t.Duration < 1 || t.Duration*days > 366:
		return &wrong{"/timing/duration", "A course lasts from a day to a year."}
	case t.Count == 1:
		return &wrong{"/timing/duration", "A single dose has no duration. Leave this out."}
	}
	s.days = safety.Whole(t.Duration * days)
	return nil
}

// weekly refuses a daily order of a weekly medicine, and a weekly one without its one day.
func (m *maker) weekly(s *step) *wrong {
	t := &s.Timing
	once := t.Frequency == 1 && t.Period == 1 && t.PeriodUnit == "wk"
	switch {
	case m.product.Weekly && !once:
		return &wrong{"/timing", "This medicine is taken once a WEEK, never daily."}
	case m.product.Weekly && len(t.DaysOfWeek) != 1:
		return &wrong{"/timing/days_of_week", "Choose exactly one day of the week for this weekly medicine."}
	case len(t.DaysOfWeek) > 0 && (t.PeriodUnit != "wk" || len(t.DaysOfWeek) != t.Frequency):
		return &wrong{"/timing/days_of_week", "Name as many days of the week as there are doses in a week."}
	}
	return nil
}

// dose works out one dose in the product's unit.
func (m *maker) dose(s *step) *wrong {
	if s.Dose.High != "" && s.AsNeeded == nil {
		return &wrong{"/dose/high", "A range is only for a medicine that is taken when needed. Write one number."}
	}
	var w *wrong
	if s.low, s.byWeight, w = m.units(s, s.Dose.Value, "/dose/value"); w != nil {
		return w
	}
	if s.high = s.low; s.Dose.High != "" {
		if s.high, _, w = m.units(s, s.Dose.High, "/dose/high"); w != nil {
			return w
		}
		if !s.high.More(s.low) {
			return &wrong{"/dose/high", "The higher number must be more than the lower."}
		}
	}
	return m.sensible(s)
}

// units reads a number in the written unit as doses of the product's unit.
func (m *maker) units(s *step, value, at string) (safety.Decimal, bool, *wrong) {
	v, err := safety.ParseDecimal(value)
	if err != nil {
		return v, false, &wrong{at, err.Error()}
	}
	if v.IsZero() {
		return v, false, &wrong{at, "A dose of nothing is no dose."}
	}
	unit := strings.TrimSpace(s.Dose.Unit)
	if w := m.refusedUnit(unit); w != nil {
		return v, false, w
	}
	if mass, per, found := strings.Cut(unit, "/kg"); found {
		v, w := m.byWeight(s, v, mass, per)
		return v, true, w
	}
	if m.own(unit) {
		return v, false, nil
	}
	v, w := m.fromMass(v, unit, "/dose/unit")
	if w != nil {
		return v, false, w
	}
	return m.measurable(v), false, nil
}

func (m *maker) refusedUnit(unit string) *wrong {
	switch strings.ToLower(unit) {
	case "":
		return &wrong{"/dose/unit", "Write the unit: a number alone is no dose."}
	case "u", "iu", "i.u.", "ui":
		if m.product.form.basis == byUnit {
			return &wrong{"/dose/unit", "Write units: U and IU are misread as numbers."}
		}
	case "µg", "μg", "ug":
		return &wrong{"/dose/unit", "Write mcg or micrograms: the sign for micro is misread as mg."}
	}
	return nil
}

// own tells whether the unit is the one that the product's doses are counted in.
func (m *maker) own(unit string) bool {
	f := m.product.form
	u := strings.ToLower(unit)
	if u == strings.ToLower(f.one) || u == strings.ToLower(f.many) {
		return true
	}
	return u == "ml" && !m.product.PieceML.IsZero()
}

// fromMass divides a weight by the strength.
func (m *maker) fromMass(v safety.Decimal, unit, at string) (safety.Decimal, *wrong) {
	if len(m.product.PerUnit) != 1 {
		return v, &wrong{at, fmt.Sprintf("Write the dose of this product in %s.", m.product.form.many)}
	}
	have := m.product.PerUnit[0]
	v, ok := safety.Convert(v, unit, have.Unit)
	if !ok {
		return v, &wrong{at, fmt.Sprintf("This product is dosed in %s or %s.", m.product.form.many, have.Unit)}
	}
	v, _ = v.Over(have.Value)
	return v, nil
}

// byWeight works a dose out of the child's weight: mg/kg, then every cap, then what a syringe shows.
func (m *maker) byWeight(s *step, v safety.Decimal, mass, per string) (safety.Decimal, *wrong) {
	kg, w := m.weight()
	if w != nil {
		return v, w
	}
	v = v.Times(kg)
	if m.own(mass) && per == "" {
		return m.measurable(v), nil
	}
	switch per {
	case "/day":
		v, _ = v.Over(s.perDay)
	case "/dose":
	default:
		return v, &wrong{"/dose/unit", "Write whether this is for one dose (mg/kg/dose) or for a day (mg/kg/day)."}
	}
	if len(m.product.PerUnit) == 0 {
		return v, &wrong{"/dose/unit", fmt.Sprintf("Write the dose of this product in %s.", m.product.form.many)}
	}
	have := m.product.PerUnit[0]
	exact, ok := safety.Convert(v, mass, have.Unit)
	if !ok {
		return v, &wrong{"/dose/unit", "Write mg/kg/dose or mg/kg/day."}
	}
	exact = safety.Capped(m.product.Drug, have, exact, s.perDay, kg)
	units, _ := exact.Over(have.Value)
	rounded := m.measurable(units)
	if off := rounded.Times(have.Value).Minus(exact); off.Times(safety.Whole(10)).More(exact) || exact.More(rounded.Times(have.Value).Plus(tenth(exact))) {
		return v, &wrong{"/dose", "This strength can't be measured closely enough for this dose. Choose another."}
	}
	if safety.Capped(m.product.Drug, have, rounded.Times(have.Value), s.perDay, kg).Cmp(rounded.Times(have.Value)) < 0 {
		rounded = rounded.Minus(m.smallest(units)) // rounding up passed a cap: the measure below it
	}
	return rounded, nil
}

func tenth(d safety.Decimal) safety.Decimal { t, _ := d.Over(safety.Whole(10)); return t }

// weight is the weight in kg, if it is known and new enough to dose by.
func (m *maker) weight() (safety.Decimal, *wrong) {
	if m.patient.Weight == nil || m.patient.Weight.IsZero() {
		return safety.Decimal{}, &wrong{"/dose", "The weight is not known, so no dose by weight can be worked out. Ask for it first."}
	}
	age, known := safety.AgeOn(m.patient.Born, m.on)
	limit := 30
	if known && age.Years < 2 {
		limit = 14
	}
	if m.patient.WeighedOn.IsZero() || m.patient.WeighedOn.DaysUntil(m.on) > limit {
		return safety.Decimal{}, &wrong{"/dose", fmt.Sprintf("The weight is older than %d days. Ask for it again before dosing by weight.", limit)}
	}
	return *m.patient.Weight, nil
}

// measurable rounds a volume to what a syringe shows; everything else stays exact and is looked at
// by sensible.
func (m *maker) measurable(units safety.Decimal) safety.Decimal {
	if m.product.form.basis != byVolume {
		return units
	}
	return units.To(m.smallest(units))
}

// smallest is the finest step that a measure of this size shows.
func (m *maker) smallest(units safety.Decimal) safety.Decimal {
	switch {
	case m.product.form.basis != byVolume:
		return safety.Whole(1)
	case !units.More(safety.Whole(1)):
		return safety.MustDecimal("0.05")
	case !units.More(safety.Whole(5)):
		return safety.MustDecimal("0.1")
	case !units.More(safety.Whole(10)):
		return safety.MustDecimal("0.5")
	}
	return safety.Whole(1)
}

// most is the largest single dose of each basis that is not a slip of the hand.
var most = map[string]int{byPiece: 20, byVolume: 200, byPuff: 20, byDrop: 10, byFingertip: 40, byApplication: 5, byUnit: 200}

// sensible refuses what can't be taken: a third of a tablet, 400 tablets, 7.53 mL.
func (m *maker) sensible(s *step) *wrong {
	f, limit := m.product.form, most[m.product.form.basis]
	if !m.product.PieceML.IsZero() {
		limit = 4000
	}
	for _, u := range []safety.Decimal{s.low, s.high} {
		twice := u.Times(safety.Whole(2))
		whole, halves := safety.Whole(u.Up()).Equal(u), safety.Whole(twice.Up()).Equal(twice)
		switch {
		case u.More(safety.Whole(limit)):
			return &wrong{"/dose", fmt.Sprintf("%s %s in one dose is too much to be meant. Check the number and the unit.", u, f.many)}
		case f.basis == byVolume && !m.measurable(u).Equal(u):
			return &wrong{"/dose", fmt.Sprintf("%s mL can't be measured. Write %s mL.", u, m.measurable(u))}
		case f.basis == byVolume || !m.product.PieceML.IsZero() || whole:
		case halves && (f.basis == byPiece && m.product.Scored || f.basis == byFingertip):
		default:
			return &wrong{"/dose", fmt.Sprintf("%s %s can't be given: this product is taken whole. Choose another strength.", u, f.many)}
		}
	}
	return nil
}

// ceiling reads the most that may be taken in 24 hours of a medicine taken when needed.
func (m *maker) ceiling(s *step) *wrong {
	if s.AsNeeded == nil {
		return nil
	}
	n := s.AsNeeded
	if n.RepeatAfterHours < 0 || n.RepeatAfterHours > 24 {
		return &wrong{"/as_needed/repeat_after_hours", "Between 1 and 24 hours."}
	}
	if n.Max.Value == "" || n.Max.Unit == "" {
		return &wrong{"/as_needed/max", "Say the most in 24 hours: nothing is taken as needed without a ceiling."}
	}
	v, err := safety.ParseDecimal(n.Max.Value)
	if err != nil {
		return &wrong{"/as_needed/max/value", err.Error()}
	}
	switch u := strings.ToLower(n.Max.Unit); {
	case u == "dose" || u == "doses":
		s.maxKind, s.max = "dose", v.Times(s.high)
	case m.own(n.Max.Unit):
		s.maxKind, s.max = "unit", v
	default:
		var w *wrong
		if s.max, w = m.fromMass(v, n.Max.Unit, "/as_needed/max/unit"); w != nil {
			return w
		}
		s.maxKind = "unit"
	}
	reach := s.perDay.Times(s.high)
	switch {
	case s.high.More(s.max):
		return &wrong{"/as_needed/max", "The ceiling is less than one dose."}
	case s.max.More(reach):
		return &wrong{"/as_needed/max", "The ceiling is more than these doses can reach in 24 hours. One of the two is wrong."}
	}
	s.perDay, _ = s.max.Over(s.high)
	return nil
}

// coded checks that every code is one that can be said.
func (m *maker) coded(s *step) *wrong {
	f := m.product.form
	needsSite := strings.Contains(f.place, "{site}")
	switch {
	case needsSite && s.Site == "":
		return &wrong{"/site", "Say where: eyes, ears and skin need a place."}
	case s.Site != "" && m.words["site:"+s.Site] == word{}:
		return &wrong{"/site", "This place is not in the list."}
	case s.AsNeeded != nil && m.words["reason:"+s.AsNeeded.For] == word{}:
		return &wrong{"/as_needed/for", "Choose from the list what it is needed for."}
	case s.Timing.OverHours < 0 || s.Timing.OverHours > 24 || s.Timing.OverHours > 0 && s.Timing.Count != 1:
		return &wrong{"/timing/over_hours", "Only a single drink is taken over hours, at most 24."}
	case len(s.Note) > maxWords:
		return &wrong{"/note", "Keep the note shorter."}
	}
	for kind, codes := range map[string][]string{"when": s.Timing.When, "instruction": s.Instructions, "day": s.Timing.DaysOfWeek} {
		for _, c := range codes {
			if m.words[kind+":"+c] == (word{}) {
				return &wrong{"/" + map[string]string{"when": "timing/when", "instruction": "instructions", "day": "timing/days_of_week"}[kind], "\"" + c + "\" is not in the list."}
			}
		}
	}
	return nil
}
