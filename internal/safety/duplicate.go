package safety

import (
	"slices"
	"strings"
)

// duplicates warns of one ingredient, or one group of medicines, taken twice by the same route. Two
// present medicines are the business of who prescribed them; a pair counts when one side is new.
func duplicates(c *check) []Finding {
	var found []Finding
	for i, m := range c.proposed {
		others := append(slices.Clone(c.current), c.proposed[:i]...)
		for _, o := range others {
			if f, doubled := c.doubled(m, o); doubled {
				found = append(found, f)
			}
		}
	}
	return found
}

func (c *check) doubled(m, o *taken) (Finding, bool) {
	if m.drug == nil || o.drug == nil || !sameRoute(m, o) {
		return Finding{}, false
	}
	pair := []string{m.drug.INN, o.drug.INN}
	slices.Sort(pair)
	if shared := sharedComponent(m.drug, o.drug); shared != "" {
		return finding(KindDuplicate, Warning, "component:"+shared, pair,
			"Both contain "+shared+"; "+o.drug.INN+" "+standing(o)+".",
			"The same ingredient twice is easily an overdose.",
			"Stop one of the two, or say why both are needed and how the ceiling is kept.", "HOUSECALL"), true
	}
	if tag, shared := c.sharedTag(m.drug, o.drug); shared {
		return finding(KindDuplicate, Warning, "tag:"+tag.Name, pair,
			"Both are of one group ("+tag.Meaning+"); "+o.drug.INN+" "+standing(o)+".",
			"Two medicines of one group add harm, seldom help.",
			"Stop one of the two, or say why both are needed.", "HOUSECALL"), true
	}
	return Finding{}, false
}

func standing(o *taken) string {
	if o.new {
		return "is on this prescription too"
	}
	return "is taken at present, " + from(o.From)
}

func sharedComponent(a, b *Drug) string {
	for _, x := range a.Components {
		for _, y := range b.Components {
			if x.Component == y.Component {
				return x.Component
			}
		}
	}
	return ""
}

func (c *check) sharedTag(a, b *Drug) (Tag, bool) {
	for _, t := range a.Tags {
		if tag := c.rules.Tags[t]; tag.Duplicate && slices.Contains(b.Tags, t) {
			return tag, true
		}
	}
	return Tag{}, false
}

// sameRoute compares routes. One that is not told counts as the same: the stricter way.
func sameRoute(a, b *taken) bool {
	ra, rb := a.route, b.route
	return ra == "" || rb == "" || ra == rb || systemic[ra] && systemic[rb]
}

// systemic routes end in the same blood: paracetamol by mouth and as a suppository adds up.
var systemic = map[string]bool{"oral": true, "rectal": true, "intravenous": true, "intramuscular": true}

// Route is the way a medicine enters the body: what it says, else what its form tells, else "".
// Nose and lung are different; skin, eye, ear and mouth are.
func Route(m Medicine) string {
	if r := strings.ToLower(strings.TrimSpace(m.Route)); r != "" {
		if known := routes[r]; known != "" {
			return known
		}
		return r
	}
	f := strings.ToLower(m.Form)
	for _, w := range formRoutes {
		if strings.Contains(f, w.word) {
			return w.route
		}
	}
	return ""
}

// routes are other words for a route.
var routes = map[string]string{
	"po": "oral", "by mouth": "oral", "mouth": "oral", "per os": "oral", "口服": "oral", "buccal": "oral",
	"topical": "skin", "cutaneous": "skin", "dermal": "skin", "external": "skin", "外用": "skin",
	"ophthalmic": "eye", "ocular": "eye", "eyes": "eye", "otic": "ear", "ears": "ear",
	"inhalation": "inhaled", "inhaler": "inhaled", "inh": "inhaled", "nebulised": "inhaled", "nebulized": "inhaled", "intranasal": "nasal", "nose": "nasal",
	"pr": "rectal", "pv": "vaginal", "intravaginal": "vaginal", "sc": "subcutaneous", "subcut": "subcutaneous", "s.c.": "subcutaneous",
	"im": "intramuscular", "iv": "intravenous", "injection": "intravenous", "sl": "sublingual", "patch": "transdermal", "td": "transdermal",
}

// formRoutes: the first word found in the form decides, so the particular stand before the general.
var formRoutes = []struct{ word, route string }{
	{"eye", "eye"},
	{"ear", "ear"},
	{"nasal", "nasal"},
	{"vaginal", "vaginal"},
	{"suppository", "rectal"},
	{"sublingual", "sublingual"},
	{"inhal", "inhaled"},
	{"nebuliser", "inhaled"},
	{"patch", "transdermal"},
	{"pen", "subcutaneous"},
	{"auto-injector", "intramuscular"},
	{"oral", "oral"},
	{"tablet", "oral"},
	{"capsule", "oral"},
	{"granules", "oral"},
	{"powder", "oral"},
	{"sachet", "oral"},
	{"gum", "oral"},
	{"cream", "skin"},
	{"ointment", "skin"},
	{"gel", "skin"},
	{"lotion", "skin"},
	{"shampoo", "skin"},
	{"solution", "skin"},
	{"spray", "skin"},
}
