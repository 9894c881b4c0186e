package caselist

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// List answers case lists by one formulary.
type List struct {
	rules    *safety.Rules
	products map[string][]*prescribing.Product
	place    Place
	today    safety.Date
}

// Place judges new medicines by the rules of a place on a day.
type Place interface {
	Judge(c *Case, drugs []*safety.Drug) []safety.Finding
}

// New makes a list reader. A case without a date is judged on today.
func New(f *prescribing.Formulary, place Place, today safety.Date) *List {
	l := &List{rules: f.Rules, place: place, today: today, products: map[string][]*prescribing.Product{}}
	for _, p := range f.Products {
		l.products[p.Drug.INN] = append(l.products[p.Drug.INN], p)
	}
	return l
}

// Answer is what is said of one case.
type Answer struct {
	ID       string           `json:"id"`
	Outcome  string           `json:"outcome"`
	Findings []safety.Finding `json:"findings"`
}

// Run reads one case or an array of cases and writes the answers in the same shape. One case that
// can't be read does not keep the others from their answers.
func (l *List) Run(in io.Reader, out io.Writer) error {
	cases, array, err := read(in)
	if err != nil {
		return err
	}
	answers := make([]Answer, len(cases))
	for i, raw := range cases {
		answers[i] = l.Answer(raw)
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if array {
		err = e.Encode(answers)
	} else {
		err = e.Encode(answers[0])
	}
	if err != nil {
		return fmt.Errorf("write the answers: %w", err)
	}
	return nil
}

// Answer judges one case. What breaks on the way is a hard stop.
func (l *List) Answer(raw json.RawMessage) (a Answer) {
	a = Answer{Outcome: string(safety.HardStop)}
	defer func() {
		if recover() != nil {
			a.Outcome = string(safety.HardStop)
			a.Findings = []safety.Finding{safety.Refusal(safety.KindMissingFact, safety.HardStop, "broken", nil, "The case could not be checked to its end. What could not be checked is not safe.")}
		}
	}()
	c := l.parse(raw)
	a.ID = c.ID
	found := slices.Clone(c.Refused)
	if len(c.New) > 0 {
		found = append(found, safety.Check(c.Patient, c.Present, c.New, l.rules, c.Date)...)
		found = append(found, l.judged(c)...)
	}
	a.Findings = safety.Sorted(found)
	for i := range a.Findings { // a case list is answered in one language
		a.Findings[i].FactZH, a.Findings[i].WhyZH, a.Findings[i].DoZH = "", "", ""
	}
	a.Outcome = "none"
	if worst := safety.Worst(a.Findings); worst != "" {
		a.Outcome = string(worst)
	}
	return a
}

func (l *List) judged(c *Case) []safety.Finding {
	drugs := make([]*safety.Drug, len(c.New))
	for i, m := range c.New {
		drugs[i] = l.drug(m)
	}
	if l.place == nil {
		return nil
	}
	return l.place.Judge(c, drugs)
}

// PlaceOf is the place of a case as the packs name it: "house" where none is told.
func (c *Case) PlaceOf() string {
	switch p := strings.TrimSpace(c.Place); p {
	case "", "house", "none", "unknown":
		return "house"
	case "china", "中国", "prc":
		return "cn"
	case "usa", "united states", "u.s.":
		return "us"
	case "germany", "deutschland":
		return "de"
	default:
		return p
	}
}
