package prescribing

import (
	"regexp"
	"strings"

	"housecall/internal/safety"
)

// The bases: what one dose of a form is counted in.
const (
	byPiece       = "piece"       // tablets, sachets: strength is of one
	byVolume      = "volume"      // mL: strength is of one mL
	byPuff        = "puff"        // puffs and sprays: strength is of one
	byDrop        = "drop"        // 20 drops are 1 mL; not weighed
	byFingertip   = "fingertip"   // 1 is 0.5 g and covers two palms; not weighed
	byApplication = "application" // a layer, a strip; not weighed
	byUnit        = "pen"         // units of insulin; pens that are told in mg count as pieces
)

// house reads the forms, packs, words and handling, which are this project's own data, and makes the
// products of the medicines.
func (d *reader) house(f *Formulary, sources map[string]bool) {
	d.readForms(f)
	d.readWords(f)
	d.readReasons(f)
	packs := d.table("packs.csv", "inn", "form", "strength", "size", "unit", "note", "source")
	handling := d.table("handling.csv", "inn", "form", "weekly", "scored", "life_days", "note", "source")
	for _, c := range packs {
		d.sourced(c, "source", sources)
	}
	for _, c := range handling {
		d.sourced(c, "source", sources)
		if f.Rules.Drugs[c.get("inn")] == nil {
			d.bad(c, "medicine %q is in no list", c.get("inn"))
		}
		d.oneOf(c, "weekly", "y", "n")
		d.oneOf(c, "scored", "y", "n")
	}
	for _, c := range d.table("formulary.csv", formularyColumns...) {
		drug := f.Rules.Drugs[c.get("inn")]
		if drug == nil {
			continue
		}
		for _, one := range d.products(f, c, drug) {
			one.pack(d, packs)
			one.handle(d, handling)
			if f.products[one.Code] != nil {
				d.bad(c, "product %s is there twice", one.Code)
			}
			f.products[one.Code] = one
			f.Products = append(f.Products, one)
		}
	}
}

func (d *reader) readForms(f *Formulary) {
	rows := d.table("forms.csv", "form", "form_zh", "basis", "one", "many", "zh", "verb", "place", "verb_zh", "route", "container", "containers", "container_zh", "size")
	d.unique(rows, "form")
	for _, c := range rows {
		d.oneOf(c, "basis", byPiece, byVolume, byPuff, byDrop, byFingertip, byApplication, byUnit)
		if c.get("form_zh") == "" {
			d.bad(c, "has no Chinese name, which Chinese papers print")
		}
		size, err := safety.ParseDecimal(c.get("size"))
		if err != nil && c.get("size") != "" {
			d.bad(c, "size %q: %v", c.get("size"), err)
		}
		f.forms[c.get("form")] = form{
			size: size, name: c.get("form"), nameZH: c.get("form_zh"), basis: c.get("basis"), one: c.get("one"), many: c.get("many"), zh: c.get("zh"),
			verb: c.get("verb"), place: c.get("place"), verbZH: c.get("verb_zh"), route: c.get("route"),
			container: c.get("container"), containers: c.get("containers"), containerZH: c.get("container_zh"),
		}
	}
}

func (d *reader) readWords(f *Formulary) {
	rows := d.table("dose_words.csv", "kind", "code", "en", "zh")
	d.unique(rows, "kind", "code")
	for _, c := range rows {
		d.oneOf(c, "kind", "when", "site", "reason", "instruction", "day")
		f.words[c.get("kind")+":"+c.get("code")] = word{c.get("en"), c.get("zh")}
	}
}

// readReasons reads what findings say in Chinese.
func (d *reader) readReasons(f *Formulary) {
	f.reasonsZH = map[string]string{}
	rows := d.table("reasons_zh.csv", "en", "zh")
	d.unique(rows, "en")
	for _, c := range rows {
		if c.get("en") == "" || c.get("zh") == "" {
			d.bad(c, "needs both languages")
		}
		f.reasonsZH[strings.TrimSuffix(c.get("en"), ".")] = c.get("zh")
	}
}

// products splits a cell like "tablet 325 mg; 500 mg | oral suspension 120 mg/5 mL".
func (d *reader) products(f *Formulary, c row, drug *safety.Drug) []*Product {
	var out []*Product
	for _, part := range strings.Split(c.get("forms"), " | ") {
		name, strengths := formOf(f, part)
		if name == "" {
			d.bad(c, "form %q is not in forms.csv", part)
			continue
		}
		if strengths == "" {
			strengths = "-"
		}
		for _, s := range strings.Split(strengths, "; ") {
			if strings.HasPrefix(strengths, "for ") && !strings.HasPrefix(s, "for ") {
				s = "for " + s // "sachet for 200 mL; 250 mL"
			}
			p := &Product{
				Drug: drug, Form: name, Strength: strings.TrimPrefix(s, "-"), form: f.forms[name], Cold: c.get("cold_chain") == "y",
				AdultUsual: c.get("adult_usual"), OTC: map[string]string{"US": c.get("otc_us"), "CN": c.get("otc_cn")},
			}
			p.Code = codeOf(drug.INN, p.Form, p.Strength)
			if !p.weigh() {
				d.bad(c, "strength %q of %s can't be read", s, name)
			}
			out = append(out, p)
		}
	}
	return out
}

// formOf finds the longest known form that a cell begins with.
func formOf(f *Formulary, cell string) (name, strengths string) {
	for known := range f.forms {
		if (cell == known || strings.HasPrefix(cell, known+" ")) && len(known) > len(name) {
			name = known
		}
	}
	return name, strings.TrimSpace(strings.TrimPrefix(cell, name))
}

var (
	twoSlash  = regexp.MustCompile(`([a-z])/(\d+ iu)`)
	unitSlash = regexp.MustCompile(`([a-z])/`)
	unitGap   = regexp.MustCompile(`(\d) (mg|mcg|g|iu|ml|h)\b`)
)

// codeOf makes the stable id of a product: "amoxicillin/capsule/500mg".
func codeOf(inn, form, strength string) string {
	s := strings.NewReplacer("%", "pct", "(", "", ")", "").Replace(strings.ToLower(strength))
	s = twoSlash.ReplaceAllString(s, "$1+$2") // two components, not one in the other
	s = unitSlash.ReplaceAllString(s, "$1-per-")
	s = strings.ReplaceAll(s, "/", "+")
	s = unitGap.ReplaceAllString(s, "$1$2")
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), "-"), "--", "-")
	code := strings.ReplaceAll(inn, " ", "-") + "/" + strings.ReplaceAll(form, " ", "-")
	if s != "" {
		code += "/" + s
	}
	return code
}

var (
	simpleStrength = regexp.MustCompile(`^([\d.]+) (mg iron|mg|mcg|g|IU)(?:/(?:([\d.]+) )?(mL|g|dose|h))?(?: \(.+\))?$`)
	comboStrength  = regexp.MustCompile(`^([\d.]+)/([\d.]+) (mg|mcg)(?: per ([\d.]+) mL)?$`)
	mixedStrength  = regexp.MustCompile(`^([\d.]+) (mg)/([\d.]+) (IU)$`)
	makesStrength  = regexp.MustCompile(`^for ([\d.]+) mL$`)
	ironStrength   = regexp.MustCompile(`\(([\d.]+) mg iron\)`)
	percent        = regexp.MustCompile(`^[\d.]+%$`)
)

// weigh reads the strength into what one dose unit contains; false when it can't.
func (p *Product) weigh() bool {
	s, parts := p.Strength, p.Drug.Components
	if s == "" || percent.MatchString(s) {
		return true
	}
	if m := makesStrength.FindStringSubmatch(s); m != nil {
		p.PieceML = safety.MustDecimal(m[1])
		return true
	}
	if m := mixedStrength.FindStringSubmatch(s); m != nil && len(parts) == 2 {
		p.PerUnit = []safety.Amount{amount(parts[0], m[1], m[2], ""), amount(parts[1], m[3], m[4], "")}
		return true
	}
	if m := comboStrength.FindStringSubmatch(s); m != nil && len(parts) == 2 {
		p.PerUnit = []safety.Amount{amount(parts[0], m[1], m[3], m[4]), amount(parts[1], m[2], m[3], m[4])}
		return true
	}
	m := simpleStrength.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	if p.form.basis == byUnit && m[4] == "" { // a pen that is told in mg: one injection is one piece
		p.form.basis, p.form.one, p.form.many, p.form.zh = byPiece, "injection", "injections", "次"
	}
	if p.form.basis == byDrop || p.form.basis == byUnit || m[4] == "h" || len(parts) != 1 {
		return true // counted in drops, units or patches
	}
	if p.Form == "oral drops" && m[4] == "" { // "400 IU": of one dose, whose volume the product tells
		p.form.basis, p.form.one, p.form.many, p.form.zh = byPiece, "dose", "doses", "剂"
	}
	if iron := ironStrength.FindStringSubmatch(s); iron != nil { // its limits are told in iron
		m[1] = iron[1]
	}
	p.PerUnit = []safety.Amount{amount(parts[0], m[1], strings.TrimSuffix(m[2], " iron"), m[3])}
	return true
}

// amount is so much of a component in one unit: "120 mg" in "5" mL is 24 mg in one.
func amount(of safety.Amount, value, unit, in string) safety.Amount {
	v := safety.MustDecimal(value)
	if in != "" {
		v, _ = v.Over(safety.MustDecimal(in))
	}
	return safety.Amount{Component: of.Component, Value: v, Unit: unit}
}

// pack gives the product its usual packs: the rows that name it best.
func (p *Product) pack(d *reader, rows []row) {
	best := -1
	for _, c := range rows {
		fit := 0
		for column, own := range map[string]string{"inn": p.Drug.INN, "form": p.Form, "strength": p.Strength} {
			switch c.get(column) {
			case own:
				fit += map[string]int{"inn": 4, "strength": 2, "form": 1}[column]
			case "*":
			default:
				fit = -100
			}
		}
		if fit < 0 || fit < best {
			continue
		}
		size, err := safety.ParseDecimal(c.get("size"))
		if err != nil || size.IsZero() {
			d.bad(c, "size %q is no number", c.get("size"))
			continue
		}
		if fit > best {
			best, p.Packs = fit, nil
		}
		p.Packs = append(p.Packs, Pack{size, c.get("unit")})
	}
	if p.form.basis != byPiece && len(p.Packs) == 0 {
		d.problems = append(d.problems, Problem{"packs.csv", 0, "no pack for " + p.Code})
	}
}

func (p *Product) handle(d *reader, rows []row) {
	for _, c := range rows {
		if c.get("inn") == p.Drug.INN && c.get("form") == p.Form {
			p.Weekly, p.Scored, p.LifeDays = c.get("weekly") == "y", c.get("scored") == "y", d.number(c, "life_days")
		}
	}
}
