package safety

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// doses holds every new medicine against its ceilings: one dose, a day over all products, and for
// children their age and weight.
func doses(c *check) []Finding {
	age, known := AgeOn(c.patient.Born, c.on)
	found := c.weighed(age, known)
	if !known && len(c.proposed) > 0 {
		found = append(found, finding(KindMissingFact, Warning, "age", nil, "The age is not known.",
			"Doses and age limits can't be checked without it.", "Ask for the date of birth and record it.", "HOUSECALL"))
	}
	for _, m := range c.proposed {
		if m.drug == nil || !m.drug.Prescribable {
			continue
		}
		if known && m.drug.MinAge != nil && younger(age, *m.drug.MinAge) {
			found = append(found, finding(KindDoseAge, HardStop, "min-age", []string{m.drug.INN}, "Too young for this medicine.",
				fmt.Sprintf("Not under %d %s. %s", m.drug.MinAge.N, m.drug.MinAge.Unit, m.drug.Notes), "Choose another medicine, or refer.", m.drug.Sources))
		}
		found = append(found, c.single(m)...)
		if known && age.Years < 18 {
			found = append(found, c.childs(m, age)...)
		}
	}
	return append(found, c.daily(age, known)...)
}

// heaviest is a weight by age that one child in a thousand passes (WHO and CDC growth charts, rounded up);
// lightest one that is hardly met. What lies outside was measured in pounds, or mistyped.
var heaviest = []int{14, 17, 20, 24, 29, 34, 41, 49, 58, 68, 79, 90, 102, 114, 125, 133, 140, 146}

// weighed questions a weight that does not go with the age, and leaves it out of every dose.
func (c *check) weighed(age Age, known bool) []Finding {
	kg := c.patient.Weight
	if kg == nil || len(c.proposed) == 0 {
		return nil
	}
	low, high := 25, 350
	if known && age.Years < len(heaviest) {
		low, high = 1+age.Years*3/2, heaviest[age.Years]
	}
	if !Whole(low).More(*kg) && !kg.More(Whole(high)) {
		return nil
	}
	c.patient.Weight = nil
	return []Finding{finding(KindMissingFact, Warning, "weight-odd", nil, "Weight "+kg.String()+" kg.",
		"This weight does not go with the age: pounds for kilograms, or a slip of the hand? No dose was worked out with it.", "Weigh again, and record kilograms.", "HOUSECALL")}
}

func younger(a Age, s Span) bool {
	switch s.Unit {
	case "wk":
		return a.Weeks < s.N
	case "mo":
		return a.Months < s.N
	}
	return a.Years < s.N
}

// single holds one dose against the adult's ceiling, which no child passes either.
func (c *check) single(m *taken) []Finding {
	var found []Finding
	limits, _ := m.drug.Ceilings(m.Medicine)
	for _, limit := range limits {
		for _, d := range m.Doses {
			v, ok := Convert(d.Value, d.Unit, limit.Unit)
			if d.Component == limit.Component && ok && v.More(limit.Value) {
				found = append(found, over(m.drug, "single:"+limit.Component, "One dose holds "+v.String()+" "+limit.Unit+" of "+limit.Component+".",
					"At most "+limit.Value.String()+" "+limit.Unit+" at once."))
			}
		}
	}
	return found
}

func over(d *Drug, rule, fact, why string) Finding {
	return finding(KindDoseMax, HardStop, rule, []string{d.INN}, fact, why, "Lower the dose.", d.Sources)
}

// childs holds a child's dose against every cap of weight, day and age band. Without a weight a
// medicine that is dosed by it can't be checked: it is stopped for a child under 12, and questioned for
// an older one, who nearly always has the weight from which adults' ceilings hold.
func (c *check) childs(m *taken, age Age) []Finding {
	var found []Finding
	for _, p := range bands(m.drug, age) {
		found = append(found, c.capped(m, p, nil)...)
	}
	kg := c.patient.Weight
	if kg != nil && !Whole(adultKg).More(*kg) {
		return found
	}
	byWeight := m.drug.Paed.PerKgDay != "" || slices.ContainsFunc(m.drug.Paed.Caps, func(p Cap) bool { return strings.HasPrefix(p.Per, "kg") })
	if byWeight && kg == nil {
		severity := HardStop
		if age.Years >= 12 {
			severity = Warning
		}
		return append(found, finding(KindMissingFact, severity, "weight", []string{m.drug.INN}, "The weight is not known.",
			"A child's dose of this medicine goes by weight: it can't be checked.", "Weigh the child and record it.", m.drug.Sources))
	}
	if len(m.drug.Paed.Caps) == 0 && m.drug.Paed.Bands == "" && len(m.Doses) > 0 && age.Years < 12 {
		severity := Warning
		if r := Route(m.Medicine); r != "" && !systemic[r] {
			severity = Info // what stays in the nose, the lung or on the skin
		}
		return append(found, finding(KindDoseAge, severity, "no-child-dose", []string{m.drug.INN}, fmt.Sprintf("%d years old.", age.Years),
			"No dose for a child is known here.", "Look it up, and write where.", m.drug.Sources))
	}
	for _, p := range m.drug.Paed.Caps {
		found = append(found, c.capped(m, p, kg)...)
	}
	return found
}

// adultKg is the weight from which a child may have an adult's dose.
const adultKg = 40

// capped compares one cap with one dose, or with the sum of a day over all that is taken.
func (c *check) capped(m *taken, p Cap, kg *Decimal) []Finding {
	limit := p.Value
	if strings.HasPrefix(p.Per, "kg/") {
		if kg == nil {
			return nil
		}
		limit = limit.Times(*kg)
	}
	v, told := m.dose(p.Component, p.Unit)
	if strings.HasSuffix(p.Per, "day") {
		v, told = c.inADay(m, p.Component, p.Unit)
	}
	if !told || !v.More(limit) {
		return nil
	}
	fact := "The child's dose comes to " + v.String() + " " + p.Unit + " of " + p.Component + "."
	f := over(m.drug, "child:"+p.Component+":"+p.Per, fact, strings.TrimSpace("At most "+p.Value.String()+" "+p.Unit+"/"+p.Per+" "+p.Note)+".")
	if strings.HasPrefix(p.Per, "kg/") {
		f.Kind = KindDoseWeight
	}
	return []Finding{f}
}

// dose is one dose of a component in this unit; false when it is not told.
func (m *taken) dose(component, unit string) (Decimal, bool) {
	for _, d := range m.Doses {
		if d.Component == component {
			return Convert(d.Value, d.Unit, unit)
		}
	}
	return Decimal{}, false
}

// inADay adds a component up over the new medicine and all others whose dose is told.
func (c *check) inADay(m *taken, component, unit string) (Decimal, bool) {
	sum, told := m.daily(component, unit)
	if !told {
		return sum, false
	}
	for _, o := range c.all() {
		if v, known := o.daily(component, unit); known && o != m && sameRoute(m, o) {
			sum = sum.Plus(v)
		}
	}
	return sum, true
}

// bands reads the caps of age bands, "6-11 mo 2.5 mg/day; 2-5 y 5 mg/day": both ends are in the band.
func bands(d *Drug, age Age) []Cap {
	var out []Cap
	for _, band := range strings.Split(d.Paed.Bands, ";") {
		w := strings.Fields(band) // [6-11 mo 2.5 mg/day] or [6 mo-5 y 4 mg/day]
		if len(w) < 4 {
			continue
		}
		unit, per, _ := strings.Cut(w[len(w)-1], "/")
		v, err := ParseDecimal(w[len(w)-2])
		if err == nil && ageIn(age, strings.Join(w[:len(w)-2], " ")) {
			out = append(out, Cap{Component: d.Components[0].Component, Value: v, Unit: unit, Per: per, Note: "at this age"})
		}
	}
	return out
}

func ageIn(a Age, band string) bool {
	low, high, _ := strings.Cut(band, "-")
	n, unit, _ := strings.Cut(strings.TrimSpace(high), " ")
	if !strings.Contains(low, " ") {
		low += " " + unit
	}
	from, fromUnit, _ := strings.Cut(low, " ")
	return monthsOf(a, fromUnit) >= whole(from) && monthsOf(a, unit) <= whole(n)
}

func monthsOf(a Age, unit string) int {
	if unit == "y" {
		return a.Years
	}
	return a.Months
}

func whole(s string) int { n, _ := strconv.Atoi(strings.TrimSpace(s)); return n }

// daily adds up each component that a new medicine brings, over all that is taken, and compares with
// the lowest ceiling of a day. A present medicine whose dose nobody told counts as its ceiling, and
// then what is over it is a warning: the number is a guess.
func (c *check) daily(age Age, ageKnown bool) []Finding {
	var found []Finding
	seen := map[string]bool{}
	for _, m := range c.proposed {
		if m.drug == nil {
			continue
		}
		for _, limit := range ceilings(m, age, ageKnown) {
			if seen[limit.Component] {
				continue
			}
			seen[limit.Component] = true
			found = append(found, c.summed(m, limit)...)
		}
	}
	return found
}

// ceilings are the adult's ceilings of a day, lowered from an age on.
func ceilings(m *taken, age Age, known bool) []Amount {
	d := m.drug
	_, daily := d.Ceilings(m.Medicine)
	out := slices.Clone(daily)
	if d.AgeCap != nil && (!known || age.Years > d.AgeCap.Over) {
		for i := range out {
			if v, ok := Convert(d.AgeCap.Daily.Value, d.AgeCap.Daily.Unit, out[i].Unit); ok && out[i].Component == d.AgeCap.Daily.Component {
				out[i].Value = out[i].Value.Min(v)
			}
		}
	}
	return out
}

func (c *check) summed(m *taken, limit Amount) []Finding {
	sum, guessed, products := Decimal{}, false, []string{}
	for _, o := range c.all() {
		if o.drug == nil || !slices.ContainsFunc(o.drug.Components, func(p Amount) bool { return p.Component == limit.Component }) || !sameRoute(m, o) {
			continue
		}
		v, told := o.daily(limit.Component, limit.Unit)
		switch {
		case !told && o.new:
			continue // not weighed: counted in drops, layers or puffs of two
		case !told:
			v, guessed = limit.Value, true
		}
		sum = sum.Plus(v)
		if !slices.Contains(products, o.drug.INN) {
			products = append(products, o.drug.INN)
		}
	}
	if !sum.More(limit.Value) {
		return nil
	}
	slices.Sort(products)
	f := finding(KindDoseMax, HardStop, "daily:"+limit.Component, products, "Together up to "+sum.String()+" "+limit.Unit+" of "+limit.Component+" in 24 hours.",
		"At most "+limit.Value.String()+" "+limit.Unit+" a day.", "Lower or stop one of them.", m.drug.Sources)
	if guessed {
		f.Severity, f.Fact = Warning, f.Fact+" One present medicine has no dose recorded and counts as its ceiling."
		f.Do = "Ask how much is taken and record it, or write the reason."
	}
	return []Finding{f}
}
