package prescribing

import (
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"housecall/internal/safety"
)

// rules reads the clinical tables into the rules of the safety engine.
func (d *reader) rules(sources map[string]bool) *safety.Rules {
	r := &safety.Rules{
		Drugs: map[string]*safety.Drug{}, Names: map[string]string{}, Brands: map[string]string{}, Salts: map[string]safety.Decimal{}, Tags: map[string]safety.Tag{},
		Allergens: map[string]string{}, Terms: map[string]safety.Term{}, Words: map[string]string{},
	}
	d.tags(r)
	d.known(r)
	d.prescribable(r, sources)
	d.moreTags(r, sources)
	d.names(r)
	d.brands(r, sources)
	d.salts(r, sources)
	d.interactions(r, sources)
	d.allergies(r, sources)
	d.conditions(r, sources)
	d.extraLimits(r, sources)
	d.ways(r, sources)
	d.stricter(r, sources)
	d.triples(r, sources)
	d.weekly(r)
	r.Prepare()
	return r
}

// sources lists the source ids that SOURCES.md explains: the first cell of each row of its tables.
func (d *reader) sources() map[string]bool {
	known := map[string]bool{}
	body, err := fs.ReadFile(d.files, "SOURCES.md")
	if err != nil {
		d.problems = append(d.problems, Problem{"SOURCES.md", 0, "can't be opened; every fact names its source there"})
		return known
	}
	if d.own != nil {
		if more, err := fs.ReadFile(d.own, "SOURCES.md"); err == nil {
			body = slices.Concat(body, []byte("\n"), more)
		}
	}
	for _, line := range strings.Split(string(body), "\n") {
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| ") && len(cells) > 1 {
			for _, s := range strings.Split(cells[1], "/") {
				known[strings.TrimSpace(s)] = true
			}
		}
	}
	return known
}

func (d *reader) sourced(r row, column string, known map[string]bool) {
	for _, s := range strings.FieldsFunc(r.get(column), func(c rune) bool { return c == ';' || c == ',' }) {
		if !known[strings.TrimSpace(s)] {
			d.bad(r, "source %q is not in SOURCES.md", strings.TrimSpace(s))
		}
	}
	if r.get(column) == "" {
		d.bad(r, "names no source")
	}
}

func (d *reader) tags(r *safety.Rules) {
	rows := d.table("classes.csv", "tag", "meaning", "kind", "duplicate")
	d.unique(rows, "tag")
	for _, c := range rows {
		d.oneOf(c, "kind", "therapeutic", "hazard")
		d.oneOf(c, "duplicate", "y", "n")
		r.Tags[c.get("tag")] = safety.Tag{Name: c.get("tag"), Meaning: c.get("meaning"), Kind: c.get("kind"), Duplicate: c.get("duplicate") == "y"}
	}
}

func (d *reader) known(r *safety.Rules) {
	rows := d.table("known_drugs.csv", "inn", "inn_zh", "atc", "tags", "components")
	for _, c := range rows {
		d.drug(r, c)
	}
}

var atcShape = regexp.MustCompile(`^[A-Z]\d\d[A-Z]{0,2}(\d\d)?$`)

// drug reads what both lists of medicines have in common; nil when the name is taken.
func (d *reader) drug(r *safety.Rules, c row) *safety.Drug {
	inn := c.get("inn")
	if inn == "" || r.Drugs[inn] != nil || inn != safety.Fold(inn) {
		d.bad(c, "inn %q is empty, not lower case, or in the lists twice", inn)
		return nil
	}
	if c.get("atc") != "" && !atcShape.MatchString(c.get("atc")) {
		d.bad(c, "atc %q is none", c.get("atc"))
	}
	drug := &safety.Drug{INN: inn, NameZH: c.get("inn_zh"), ATC: c.get("atc"), Tags: c.list("tags")}
	for _, t := range drug.Tags {
		if _, defined := r.Tags[t]; !defined {
			d.bad(c, "tag %s is not defined in classes.csv", t)
		}
	}
	for _, part := range c.list("components") {
		drug.Components = append(drug.Components, d.component(c, part))
	}
	if len(drug.Components) == 0 {
		d.bad(c, "has no components")
	}
	r.Drugs[inn] = drug
	return drug
}

var componentShape = regexp.MustCompile(`^(.+?) ([0-9.]+) (mg|mcg|g|IU)$`)

// component reads "paracetamol" or "paracetamol 500 mg".
func (d *reader) component(c row, cell string) safety.Amount {
	m := componentShape.FindStringSubmatch(cell)
	if m == nil {
		return safety.Amount{Component: cell}
	}
	v, err := safety.ParseDecimal(m[2])
	if err != nil {
		d.bad(c, "component %q: %v", cell, err)
	}
	return safety.Amount{Component: m[1], Value: v, Unit: m[3]}
}

func (d *reader) names(r *safety.Rules) {
	rows := d.table("other_names.csv", "name", "inn")
	d.unique(rows, "name")
	for _, c := range rows {
		if r.Drugs[c.get("inn")] == nil {
			d.bad(c, "medicine %q is in no list", c.get("inn"))
		}
		if r.Drugs[safety.Fold(c.get("name"))] != nil {
			d.bad(c, "%q is a medicine of its own", c.get("name"))
		}
		r.Names[safety.Fold(c.get("name"))] = c.get("inn")
	}
	for inn, drug := range r.Drugs {
		if zh := safety.Fold(drug.NameZH); zh != "" && r.Names[zh] == "" {
			r.Names[zh] = inn
		}
	}
}

// side reports a selector that chooses nothing.
func (d *reader) side(r *safety.Rules, c row, column string) {
	selector := c.get(column)
	kind, name, _ := strings.Cut(selector, ":")
	switch {
	case kind == "drug" && r.Drugs[name] != nil:
		return
	case kind == "class":
		for _, drug := range r.Drugs {
			if slices.Contains(drug.Tags, name) {
				return
			}
		}
	}
	d.bad(c, "%s %q chooses no medicine of the lists", column, selector)
}

func (d *reader) interactions(r *safety.Rules, sources map[string]bool) {
	rows := d.table("interactions.csv", "id", "a", "b", "severity", "effect", "mechanism", "management", "source", "set", "confidence")
	d.unique(rows, "id")
	for _, c := range rows {
		d.side(r, c, "a")
		d.side(r, c, "b")
		d.sourced(c, "source", sources)
		d.oneOf(c, "severity", "contraindicated", "serious", "moderate")
		r.Interactions = append(r.Interactions, safety.InteractionRule{
			ID: c.get("id"), A: c.get("a"), B: c.get("b"), Severity: c.get("severity"),
			Effect: c.get("effect"), Mechanism: c.get("mechanism"), Management: c.get("management"), Source: c.get("source"), Set: c.get("set"),
		})
	}
}

func (d *reader) allergies(r *safety.Rules, sources map[string]bool) {
	rows := d.table("allergies.csv", "id", "allergen", "allergen_zh", "new_drug", "reaction", "relation", "action", "message", "source", "confidence")
	d.unique(rows, "id")
	d.unique(rows, "allergen", "new_drug", "reaction")
	for _, c := range rows {
		if c.get("new_drug") != "none" {
			d.side(r, c, "new_drug")
		}
		d.sourced(c, "source", sources)
		d.oneOf(c, "action", "hard_stop", "warn", "info", "none")
		r.Allergies = append(r.Allergies, safety.AllergyRule{
			ID: c.get("id"), Allergen: c.get("allergen"), AllergenZH: c.get("allergen_zh"), Drug: c.get("new_drug"),
			Reaction: c.get("reaction"), Relation: c.get("relation"), Action: c.get("action"), Message: c.get("message"), Source: c.get("source"),
		})
		r.Allergens[c.get("allergen")] = c.get("allergen")
		r.Allergens[safety.Fold(c.get("allergen_zh"))] = c.get("allergen")
	}
	more := d.table("allergens.csv", "words", "allergen")
	d.unique(more, "words")
	for _, c := range more {
		if r.Allergens[c.get("allergen")] == "" {
			d.bad(c, "allergen %q has no row in allergies.csv", c.get("allergen"))
		}
		if group, tag := strings.CutPrefix(c.get("words"), "class:"); tag && r.Tags[group].Name == "" {
			d.bad(c, "tag %s is not defined in classes.csv", group)
		}
		r.Allergens[safety.Fold(c.get("words"))] = c.get("allergen")
	}
}

func (d *reader) conditions(r *safety.Rules, sources map[string]bool) {
	terms := d.table("condition_terms.csv", "key", "name_en", "name_zh", "from")
	d.unique(terms, "key")
	for _, c := range terms {
		r.Terms[c.get("key")] = safety.Term{Key: c.get("key"), EN: c.get("name_en"), ZH: c.get("name_zh"), From: c.get("from")}
		r.Words[safety.Fold(c.get("name_en"))] = c.get("key")
		r.Words[safety.Fold(c.get("name_zh"))] = c.get("key")
	}
	more := d.table("condition_words.csv", "words", "term")
	d.unique(more, "words")
	for _, c := range more {
		for _, t := range c.list("term") {
			if r.Terms[t].Key == "" {
				d.bad(c, "term %s is not defined in condition_terms.csv", t)
			}
		}
		r.Words[safety.Fold(c.get("words"))] = c.get("term")
	}
	rows := d.table("conditions.csv", "id", "drug", "condition", "terms", "severity", "effect", "management", "source", "confidence")
	d.unique(rows, "id")
	for _, c := range rows {
		d.side(r, c, "drug")
		d.sourced(c, "source", sources)
		d.oneOf(c, "severity", "contraindicated", "serious", "caution")
		for _, t := range c.list("terms") {
			if r.Terms[t].Key == "" {
				d.bad(c, "term %s is not defined in condition_terms.csv", t)
			}
		}
		r.Conditions = append(r.Conditions, safety.ConditionRule{
			ID: c.get("id"), Drug: c.get("drug"), Condition: c.get("condition"), Terms: c.list("terms"),
			Severity: c.get("severity"), Effect: c.get("effect"), Management: c.get("management"), Source: c.get("source"),
		})
	}
}

// number reads a whole number of a cell; an empty cell is 0.
func (d *reader) number(c row, column string) int {
	if c.get(column) == "" {
		return 0
	}
	n, err := strconv.Atoi(c.get(column))
	if err != nil || n < 0 {
		d.bad(c, "%s %q is no number", column, c.get(column))
	}
	return n
}
