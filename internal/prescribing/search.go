package prescribing

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strings"

	"housecall/internal/access"
	"housecall/internal/safety"
)

// Hit is one medicine that a search found, with its products.
type Hit struct {
	Drug     *safety.Drug
	Products []*Product
	Score    int
}

// entry is one medicine with everything it may be asked for by.
type entry struct {
	drug     *safety.Drug
	products []*Product
	names    []name // folded: generic, Chinese, others
	uses     []name // what it is looked for
	atc      string
	letters  uint32 // of its names, and of the words of its uses
	ofUses   uint32
}

// name is one name with its words ready to be compared.
type name struct {
	text     string
	words    []spelt
	initials []uint32 // of its pinyin, where it is Chinese
}

// spelt is a word with the set of its letters: words that share too few can't be typos of each other.
type spelt struct {
	text    string
	letters uint32
}

func nameOf(text string) name {
	n := name{text: text}
	for _, w := range strings.Fields(text) {
		n.words = append(n.words, spelt{w, letters(w)})
	}
	if len(n.words) > 1 {
		n.words = append(n.words, spelt{text, letters(text)})
	}
	if text != "" && text[0] > 127 {
		n.initials = initialsOf(text)
	}
	return n
}

func letters(s string) uint32 {
	var set uint32
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			set |= 1 << (c - 'a')
		case c >= '0' && c <= '9':
			set |= 1 << (26 + (c-'0')%6) // the six bits that are left
		}
	}
	return set
}

func indexOf(f *Formulary) []entry {
	byINN := map[string]*entry{}
	var order []string
	for _, p := range f.Products {
		e := byINN[p.Drug.INN]
		if e == nil {
			e = &entry{drug: p.Drug, names: []name{nameOf(p.Drug.INN), nameOf(safety.Fold(p.Drug.NameZH))}, atc: strings.ToLower(p.Drug.ATC)}
			byINN[p.Drug.INN] = e
			order = append(order, p.Drug.INN)
		}
		e.products = append(e.products, p)
	}
	for other, inn := range f.Rules.Names {
		if e := byINN[inn]; e != nil && other != e.names[1].text {
			e.names = append(e.names, nameOf(other))
		}
	}
	for _, u := range f.uses {
		for _, inn := range u.medicines {
			if e := byINN[inn]; e != nil {
				e.uses = append(e.uses, nameOf(u.words), nameOf(u.wordsZH))
			}
		}
	}
	out := make([]entry, len(order))
	for i, inn := range order {
		slices.SortFunc(byINN[inn].names[2:], func(a, b name) int { return strings.Compare(a.text, b.text) })
		out[i] = *byINN[inn]
		out[i].letters, out[i].ofUses = lettersOf(out[i].names), lettersOf(out[i].uses)
	}
	return out
}

// query is what is asked for, made ready once.
type query struct {
	text, later string // later: as it stands within a name
	letters     uint32
}

// Search finds medicines by generic name, another name, Chinese name or the initials of its pinyin, ATC
// code, or what they are used for: exact first, then what begins so, then a word that does, then a use,
// then what is nearly so written. At most limit.
func (f *Formulary) Search(words string, limit int) []Hit {
	text := safety.Fold(words)
	if text == "" || len(text) > 100 {
		return nil
	}
	q := &query{text: text, later: " " + text, letters: letters(text)}
	var hits []Hit
	for i := range f.index {
		e := &f.index[i]
		if s := e.score(q); s > 0 {
			hits = append(hits, Hit{e.drug, e.products, s})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Drug.INN, b.Drug.INN))
	})
	return hits[:min(len(hits), max(limit, 0))]
}

func lettersOf(names []name) (set uint32) {
	for _, n := range names {
		set |= letters(n.text)
	}
	return set
}

// mostSlips is how many letters of a query a name may lack and still be meant.
const mostSlips = 2

func (e *entry) score(q *query) int {
	best := 0
	if len(q.text) >= 3 && strings.HasPrefix(e.atc, q.text) {
		best = 70
	}
	for i := range e.names {
		n, s := &e.names[i], 0
		if bits.OnesCount32(q.letters&^e.letters) <= mostSlips {
			s = nameScore(n, q)
		}
		if i > 0 && s > 1 {
			s-- // the generic name first
		}
		best = max(best, s, initialsScore(n.initials, q.text))
	}
	if len(q.text) < 3 || best >= mostOfUse || bits.OnesCount32(q.letters&^e.ofUses) > mostSlips {
		return best
	}
	for i := range e.uses {
		best = max(best, nameScore(&e.uses[i], q)*mostOfUse/100)
	}
	return best
}

// mostOfUse is the score of a medicine that is asked for by exactly what it is used for: after those
// whose name begins so, before those that may have been mistyped.
const mostOfUse = 65

func nameScore(n *name, q *query) int {
	switch {
	case n.text == q.text:
		return 100
	case strings.HasPrefix(n.text, q.text):
		return 90
	case len(q.text) < len(n.text) && strings.Contains(n.text, q.later):
		return 80
	case len(q.text) >= 2 && q.text[0] > 127 && strings.Contains(n.text, q.text): // Chinese has no spaces
		return 75
	}
	if len(q.text) < 4 || len(q.text) > maxTyped || q.text[0] > 127 {
		return 0
	}
	return misspelt(n, q)
}

const maxTyped = 40 // letters; nobody mistypes a longer word and means it

// misspelt scores a name that the query may be a slip of: one slip, two in a long word.
func misspelt(n *name, q *query) int {
	allowed := 1
	if len(q.text) >= 7 {
		allowed = mostSlips
	}
	best := 0
	for i := range n.words {
		w := &n.words[i]
		if len(w.text) < len(q.text)-allowed || bits.OnesCount32(q.letters&^w.letters) > allowed {
			continue
		}
		for n := len(q.text); n <= min(len(w.text), len(q.text)+1) || n == len(q.text); n++ { // the query may be its beginning
			candidate := cut(w.text, n)
			if bits.OnesCount32(letters(candidate)&^q.letters) > allowed {
				continue // counting letters is ten times cheaper than counting slips
			}
			if d := typos(candidate, q.text, allowed); d <= allowed {
				best = max(best, 60-10*d)
			}
		}
	}
	return best
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

// typos counts letters changed, left out, added or swapped, and stops counting beyond most. Both are
// at most maxTyped+1 long.
func typos(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var rows [3][maxTyped + 2]uint8
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = uint8(j)
	}
	for i := 1; i <= len(a); i++ {
		row[0] = uint8(i)
		least := row[0]
		for j := 1; j <= len(b); j++ {
			same := uint8(1)
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if int(least) > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return int(last[len(b)])
}

// Search answers the formulary to who prescribes or dispenses.
func (s *Service) Search(ctx context.Context, a access.Actor, words string, limit int) ([]Hit, error) {
	if err := s.guard.Check(ctx, a, SearchAction, access.Facts{}); err != nil {
		return nil, err
	}
	return s.formulary.Search(words, limit), nil
}

// NamesZH answers how medicines and forms are called in Chinese, by the parts of a product's code: the common name, then
// the form. It is no secret, and everybody who reads an order needs it.
func (s *Service) NamesZH(ctx context.Context, a access.Actor) (medicines, forms map[string]string, err error) {
	if err := s.guard.Check(ctx, a, NamesAction, access.Facts{}); err != nil {
		return nil, nil, err
	}
	medicines, forms = map[string]string{}, map[string]string{}
	for _, p := range s.formulary.Products {
		inn, rest, _ := strings.Cut(p.Code, "/")
		form, _, _ := strings.Cut(rest, "/")
		medicines[inn], forms[form] = p.Drug.NameZH, p.form.nameZH
	}
	return medicines, forms, nil
}

// Words answers the coded words of a dosage by kind (when, site, reason, instruction, day), sorted.
func (s *Service) Words(ctx context.Context, a access.Actor) (map[string][]CodedWord, error) {
	if err := s.guard.Check(ctx, a, SearchAction, access.Facts{}); err != nil {
		return nil, err
	}
	out := map[string][]CodedWord{}
	for key, w := range s.formulary.words {
		kind, code, _ := strings.Cut(key, ":")
		out[kind] = append(out[kind], CodedWord{Code: code, Sentence: Sentence{EN: w.en, ZH: w.zh}})
	}
	for _, words := range out {
		slices.SortFunc(words, func(a, b CodedWord) int { return strings.Compare(a.Code, b.Code) })
	}
	return out, nil
}

// CodedWord is a code with how it is said.
type CodedWord struct {
	Code string `json:"code"`
	Sentence
}

// DoseUnit is what a dose of the product is counted in.
func (p *Product) DoseUnit() string { return p.form.one }

// Route is how the product enters the body.
func (p *Product) Route() string { return p.form.route }
