package safety

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Lookup finds a medicine by its generic name or another name; nil when no list knows it. Salts,
// release forms and the order of a combination make no other medicine. Beyond that the match is exact:
// a name that is nearly right is not right, and a look-alike letter of another script is another letter.
func (r *Rules) Lookup(name string) *Drug {
	f := Fold(name)
	if d := r.named(f); d != nil {
		return d
	}
	if bare := bareName(f); bare != f {
		if d := r.named(bare); d != nil {
			return d
		}
	}
	parts := partsOf(f)
	if len(parts) < 2 || r.combos == nil {
		return nil
	}
	return r.combos[r.comboKey(parts)]
}

func (r *Rules) named(folded string) *Drug {
	if d := r.Drugs[folded]; d != nil {
		return d
	}
	return r.Drugs[r.alias(folded)]
}

// alias is the medicine that another name or a trade name means; "" when none.
func (r *Rules) alias(folded string) string { return cmp.Or(r.Names[folded], r.Brands[folded]) }

// Parts finds the medicines that a combination outside the lists is made of; nil when one of them is
// not known.
func (r *Rules) Parts(name string) []*Drug {
	var out []*Drug
	for _, part := range partsOf(Fold(name)) {
		d := r.named(part)
		if d == nil {
			d = r.named(bareName(part))
		}
		if d == nil {
			return nil
		}
		out = append(out, d)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// localRows are the endings of the rows that are for one place of the body.
var localRows = map[string][]string{
	"skin": {" topical"}, "vaginal": {" topical", " vaginal"},
	"eye": {" eye drops", " eye and ear drops", " eye ointment"}, "ear": {" eye and ear drops", " ear drops"},
	"subcutaneous": {" injection"},
}

// ByRoute finds the row of a medicine that is for one place of the body: what is put on the skin, in
// the eye or the ear stands in the lists as a medicine of its own.
func (r *Rules) ByRoute(name, route string) *Drug {
	for _, suffix := range localRows[route] {
		for _, f := range []string{Fold(name), bareName(Fold(name))} {
			d := r.named(f + suffix)
			if d == nil && r.alias(f) != "" {
				d = r.named(r.alias(f) + suffix)
			}
			if d != nil {
				return d
			}
		}
	}
	return r.Lookup(name)
}

// index prepares the look-up of combinations and of phrases.
func (r *Rules) index() {
	r.combos, r.stricter = map[string]*Drug{}, map[string][]int{}
	for _, d := range r.Drugs {
		if len(d.Components) < 2 {
			continue
		}
		parts := make([]string, len(d.Components))
		for i, c := range d.Components {
			parts[i] = c.Component
		}
		if key := r.comboKey(parts); r.combos[key] == nil || d.Prescribable {
			r.combos[key] = d
		}
	}
	for i, s := range r.Stricter {
		r.stricter[s.Rule] = append(r.stricter[s.Rule], i)
	}
	for w := range r.Words {
		if len(w) > 2 {
			r.phrases = append(r.phrases, phraseOf(w))
		}
	}
	for w := range r.Allergens {
		if !strings.HasPrefix(w, "class:") && len(w) > 2 {
			r.reagents = append(r.reagents, phraseOf(w))
		}
	}
	longest := func(a, b phrase) int {
		return cmp.Or(len(b.words)-len(a.words), strings.Compare(a.words, b.words))
	}
	slices.SortFunc(r.phrases, longest)
	slices.SortFunc(r.reagents, longest)
}

func (r *Rules) comboKey(parts []string) string {
	key := make([]string, len(parts))
	for i, p := range parts {
		key[i] = p
		if d := r.named(p); d != nil {
			key[i] = d.INN
		} else if d := r.named(bareName(p)); d != nil {
			key[i] = d.INN
		} else if p == "clavulanate" || p == "clavulanate potassium" {
			key[i] = "clavulanic acid"
		}
	}
	slices.Sort(key)
	return strings.Join(key, "+")
}

var joints = strings.NewReplacer(" and ", "+", " with ", "+", " plus ", "+", " & ", "+", "&", "+", "/", "+", ";", "+", ",", "+", "-", "+", " + ", "+")

// partsOf splits "losartan/hydrochlorothiazide" and "losartan and hydrochlorothiazide".
func partsOf(folded string) []string {
	var out []string
	for _, p := range strings.Split(joints.Replace(folded), "+") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// tails are words behind a name that make no other medicine: salts, esters, hydrates, forms.
var tails = strings.Fields(`hydrochloride hcl sodium potassium calcium magnesium maleate besylate besilate mesylate mesilate succinate tartrate
	fumarate phosphate sulfate sulphate acetate citrate bromide hydrobromide nitrate hydrate monohydrate dihydrate trihydrate anhydrous disodium
	tosylate oxalate pamoate embonate benzoate propanediol bisulfate bisulphate hemihydrate tromethamine dihydrochloride medoxomil proxetil axetil hyclate propionate furoate dipropionate valerate xinafoate erbumine arginine cilexetil bitartrate
	tablet tablets capsule capsules oral er xr sr mr cr la xl pr ir ec dr prolonged-release extended-release modified-release slow-release
	spray inhaler drops cream gel ointment lotion patch injection syrup suspension solution suppository powder pen
	immediate-release controlled-release gastro-resistant enteric-coated dispersible`)

// bareName takes the salt and the release form off a name.
func bareName(folded string) string {
	w := strings.Fields(folded)
	for len(w) > 1 && slices.Contains(tails, w[len(w)-1]) {
		w = w[:len(w)-1]
	}
	return strings.Join(w, " ")
}

// Fold makes a name comparable: lower case, single spaces, without punctuation around it.
func Fold(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	return strings.Trim(s, " .,;:!?\"'()")
}

// mention is a phrase of a list that was found in a text.
type mention struct {
	phrase string
	denied bool // "no asthma", "father had asthma"
}

// mentions finds the phrases of a list in a text, the longest first, each word once. The rest is the text
// with # where they stood.
func mentions(text string, phrases []phrase) (out []mention, rest string) {
	rest = " " + strings.Join(strings.Fields(strings.Map(punctuation, text)), " ") + " "
	for _, p := range phrases {
		at := strings.Index(rest, p.needle)
		if at < 0 {
			continue
		}
		out = append(out, mention{p.words, denied(rest[:at])})
		from, until := at, at+len(p.needle)
		if p.needle != p.words {
			from, until = from+1, until-1 // the spaces around it stay
		}
		rest = rest[:from] + strings.Repeat("#", until-from) + rest[until:]
	}
	return out, rest
}

// passing are words that say how long, how bad or on which side, and name no illness.
var passing = strings.Fields(`a an and the of in on at to with for from since after during by due is was has had have very quite mild moderate slight
	minor chronic acute recurrent occasional seasonal intermittent stable controlled well treated untreated resolved recent recently previous
	previously past old history hx left right both upper lower bilateral year years month months week weeks day days ago last this long
	longstanding long-standing childhood adult known diagnosed possible probable suspected some occasionally only my his her their i
	no none now current currently under treatment diet lifestyle bad little bit problem problems disease type ongoing uncomplicated simple
	knee knees hip hips hand hands foot feet shoulder shoulders neck ankle wrist elbow leg legs arm arms finger fingers toe toes spine scalp
	post op operation surgery removed non`)

// tells whether what stands beside the phrases that were found may be left out of account.
func nothingElse(rest string) bool {
	return !slices.ContainsFunc(strings.Fields(rest), func(w string) bool {
		w = strings.Trim(w, "#'-0123456789")
		return w != "" && strings.ContainsFunc(w, unicode.IsLetter) && !slices.Contains(passing, w)
	})
}

// phrase is what to look for in a text: whole words, but for Chinese, which has no spaces between them.
type phrase struct{ words, needle string }

func phraseOf(words string) phrase {
	if strings.ContainsFunc(words, func(c rune) bool { return c > 0x2e80 }) {
		return phrase{words, words}
	}
	return phrase{words, " " + strings.Join(strings.Fields(strings.Map(punctuation, words)), " ") + " "}
}

func punctuation(c rune) rune {
	if strings.ContainsRune(",;:.()[]/\"", c) {
		return ' '
	}
	return c
}

// denied tells whether the words before a phrase take it back, or speak of somebody else. "No asthma but
// COPD" takes back the asthma alone.
func denied(before string) bool {
	w := strings.Fields(before)
	for i := len(w) - 1; i >= max(0, len(w)-4); i-- {
		switch w[i] {
		case "no", "not", "denies", "denied", "without", "never", "excluded", "family", "father", "mother", "brother", "sister":
			return true
		case "but", "has", "however", "although":
			return false
		}
	}
	return slices.ContainsFunc([]string{"无", "没有", "否认", "父亲", "母亲", "家族史"}, func(back string) bool {
		return strings.HasSuffix(strings.TrimRight(before, " 有患"), back)
	})
}
