package prescribing

import (
	"regexp"
	"strconv"
	"strings"

	"housecall/internal/safety"
)

var formularyColumns = []string{
	"inn", "inn_zh", "atc", "rxcui", "tags", "components", "forms", "adult_usual", "adult_max_single", "adult_max_daily",
	"adult_age_cap", "min_age", "paed_mg_kg_day", "paed_max", "paed_age_bands", "renal", "hepatic", "pregnancy", "lactation", "us_schedule", "cn_class",
	"cold_chain", "otc_us", "otc_cn", "remote", "sources", "checked", "confidence", "notes",
}

// prescribable reads the medicines that have a row in the formulary.
func (d *reader) prescribable(r *safety.Rules, sources map[string]bool) {
	for _, c := range d.table("formulary.csv", formularyColumns...) {
		drug := d.drug(r, c)
		if drug == nil {
			continue
		}
		d.oneOf(c, "remote", "ok", "care", "blocked")
		d.oneOf(c, "confidence", "high", "medium")
		d.oneOf(c, "cold_chain", "y", "n")
		d.oneOf(c, "otc_us", "y", "n", "")
		d.oneOf(c, "otc_cn", "y", "n", "")
		d.sourced(c, "sources", sources)
		drug.Prescribable, drug.Remote, drug.Notes, drug.Sources = true, c.get("remote"), c.get("notes"), c.get("sources")
		drug.USSchedule, drug.CNClass = c.get("us_schedule"), c.get("cn_class")
		d.limits(c, drug)
	}
}

// limits reads the cells that the dose, kidney, liver and pregnancy checks ask.
func (d *reader) limits(c row, drug *safety.Drug) {
	drug.MaxSingle = d.ceilings(c, "adult_max_single", drug)
	drug.MaxDaily = d.ceilings(c, "adult_max_daily", drug)
	drug.AgeCap = d.ageCap(c, drug)
	drug.MinAge = d.span(c, "min_age")
	drug.Paed = safety.Paed{PerKgDay: c.get("paed_mg_kg_day"), Bands: c.get("paed_age_bands"), Caps: d.caps(c, drug)}
	if drug.Paed.PerKgDay != "" && !perKgShape.MatchString(drug.Paed.PerKgDay) {
		d.bad(c, "paed_mg_kg_day %q is no range", drug.Paed.PerKgDay)
	}
	drug.Renal = d.clauses(c, "renal", renalShape)
	drug.Hepatic = d.clauses(c, "hepatic", hepaticShape)
	drug.Pregnancy = d.clauses(c, "pregnancy", pregnancyShape)
	if len(drug.Pregnancy) == 0 {
		d.bad(c, "pregnancy is empty")
	}
	action, text, _ := strings.Cut(c.get("lactation"), " ")
	if action != "usable" && action != "caution" && action != "avoid" {
		d.bad(c, "lactation %q is none of usable, caution, avoid", c.get("lactation"))
	}
	drug.Lactation = safety.Clause{Action: action, Text: text}
}

var (
	perKgShape     = regexp.MustCompile(`^[\d.]+(-[\d.]+)?$`)
	renalShape     = regexp.MustCompile(`^(<\d+|\d+-\d+|any) (avoid|reduce|caution)( .+)?$`)
	hepaticShape   = regexp.MustCompile(`^(any|mild|moderate|severe|previous drug jaundice) (avoid|reduce|caution|max)( .+)?$`)
	pregnancyShape = regexp.MustCompile(`^(avoid|caution|usable) (all|T1|T2|T3|from 20 wk|at term)( .+)?$`)
	spanShape      = regexp.MustCompile(`^(\d+) (wk|mo|y)$`)
	ageCapShape    = regexp.MustCompile(`^>(\d+) y (\d+) (mg)/day$`)
	ceilingShape   = regexp.MustCompile(`^(?:([a-z][a-z -]*?) )?([\d.]+) (mg iron|mg|mcg|g|IU)( [a-z].*)?$`)
	countShape     = regexp.MustCompile(`^[\d.]+ (tablets?|inhalations?|patch|puffs?|mL|g/week)( .+)?$`)
	capSplit       = regexp.MustCompile(`[,;] `)
	capShape       = regexp.MustCompile(`^(?:([a-z ]+) )?([\d.]+) (mg iron|mg|IU|g|mcg)/(kg/dose|kg/day|dose|day)( .+)?$`)
)

func (d *reader) clauses(c row, column string, shape *regexp.Regexp) []safety.Clause {
	var out []safety.Clause
	for _, cell := range c.list(column) {
		m := shape.FindStringSubmatch(cell)
		if m == nil {
			d.bad(c, "%s %q can't be read", column, cell)
			continue
		}
		when, action := m[1], m[2]
		if column == "pregnancy" {
			when, action = action, when
		}
		out = append(out, safety.Clause{When: when, Action: action, Text: strings.TrimSpace(m[3])})
	}
	return out
}

// ceilings reads "1000 mg" or "amoxicillin 1000 mg; clavulanic acid 125 mg". What a ceiling of pieces,
// inhalations, mL or weeks says is kept in the note of the row, not compared.
func (d *reader) ceilings(c row, column string, drug *safety.Drug) []safety.Amount {
	var out []safety.Amount
	for _, cell := range c.list(column) {
		if countShape.MatchString(cell) {
			continue
		}
		m := ceilingShape.FindStringSubmatch(cell)
		if m == nil {
			d.bad(c, "%s %q can't be read: a number and mg, mcg, g or IU", column, cell)
			continue
		}
		v, err := safety.ParseDecimal(m[2])
		if err != nil {
			d.bad(c, "%s %q: %v", column, cell, err)
		}
		component := m[1]
		if component == "" {
			component = drug.Components[0].Component
		}
		out = append(out, safety.Amount{Component: component, Value: v, Unit: strings.TrimSuffix(m[3], " iron")})
	}
	return out
}

func (d *reader) ageCap(c row, drug *safety.Drug) *safety.AgeCap {
	if c.get("adult_age_cap") == "" {
		return nil
	}
	m := ageCapShape.FindStringSubmatch(c.get("adult_age_cap"))
	if m == nil {
		d.bad(c, "adult_age_cap %q can't be read", c.get("adult_age_cap"))
		return nil
	}
	over, _ := strconv.Atoi(m[1])
	v, _ := safety.ParseDecimal(m[2])
	return &safety.AgeCap{Over: over, Daily: safety.Amount{Component: drug.Components[0].Component, Value: v, Unit: m[3]}}
}

func (d *reader) span(c row, column string) *safety.Span {
	m := spanShape.FindStringSubmatch(c.get(column))
	if m == nil {
		d.bad(c, "%s %q is no age", column, c.get(column))
		return nil
	}
	n, _ := strconv.Atoi(m[1])
	return &safety.Span{N: n, Unit: m[2]}
}

// caps reads every ceiling for children; they are joined by commas, components by semicolons.
func (d *reader) caps(c row, drug *safety.Drug) []safety.Cap {
	var out []safety.Cap
	component := drug.Components[0].Component
	for _, cell := range capSplit.Split(c.get("paed_max"), -1) {
		if cell == "" {
			continue
		}
		m := capShape.FindStringSubmatch(cell)
		if m == nil {
			d.bad(c, "paed_max %q can't be read", cell)
			continue
		}
		v, err := safety.ParseDecimal(m[2])
		if err != nil {
			d.bad(c, "paed_max %q: %v", cell, err)
		}
		if m[1] != "" {
			component = m[1]
		}
		out = append(out, safety.Cap{Component: component, Value: v, Unit: strings.TrimSuffix(m[3], " iron"), Per: m[4], Note: strings.TrimSpace(m[5])})
	}
	return out
}
