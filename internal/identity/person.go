package identity

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Person is who a record is about: the owner of a patient's account, or a dependant in the care of
// guardians.
type Person struct {
	ID            id.Patient `json:"id"`
	docstore.Meta `json:"meta"`
	Name          phi.Text     `json:"name"`
	BirthDate     phi.Text     `json:"birth_date"` // 2006-01-02
	Sex           phi.Text     `json:"sex"`        // female, male, other or unknown
	Language      string       `json:"language"`
	Owner         id.Account   `json:"owner,omitempty"`
	Guardians     []id.Account `json:"guardians,omitempty"`
}

// DocID implements docstore.Document.
func (p *Person) DocID() string { return string(p.ID) }

// AgeAt is the person's age in whole years on the day of t, in t's zone.
func (p *Person) AgeAt(t time.Time) int {
	born, err := time.Parse(time.DateOnly, p.BirthDate.Reveal())
	if err != nil {
		return 0
	}
	age := t.Year() - born.Year()
	if t.Month() < born.Month() || t.Month() == born.Month() && t.Day() < born.Day() {
		age--
	}
	return max(0, age)
}

// facts tell how an actor stands to the person: a guardian's dependant is their own.
func (p *Person) facts(a access.Actor) access.Facts {
	f := access.Facts{Record: string(p.ID), Patient: p.ID, Owner: p.Owner}
	if slices.Contains(p.Guardians, a.Account) {
		f.Owner = a.Account
	}
	return f
}

var personSpec = docstore.Spec[Person]{Name: "persons", Indexes: map[string]func(*Person) (docstore.Key, bool){
	"guardian": func(p *Person) (docstore.Key, bool) {
		if len(p.Guardians) == 0 {
			return docstore.Key{}, false
		}
		return docstore.Key{Equal: string(p.Guardians[0]), Order: docstore.ByTime(p.CreatedAt)}, true
	},
}}

// Profile is what a person tells about themselves.
type Profile struct {
	Name      phi.Text `json:"name"`
	BirthDate phi.Text `json:"birth_date,omitempty"`
	Sex       phi.Text `json:"sex,omitempty"`
	Language  string   `json:"language"`
	TypeSize  string   `json:"type_size"` // "normal", "large" or "largest"; of an account
}

func newPerson(pid id.Patient, p Profile) *Person {
	return &Person{ID: pid, Name: p.Name, BirthDate: p.BirthDate, Sex: p.Sex, Language: p.Language}
}

// check refuses what is missing or can't be, and fills the usual type size.
func (p *Profile) check(now time.Time) error {
	bad := fault.New(fault.Invalid, "Something is missing or can't be right. Look at the marked fields.")
	born, err := time.Parse(time.DateOnly, p.BirthDate.Reveal())
	// Somewhere on earth it is tomorrow already.
	if err != nil || born.After(now.Add(day)) || now.Year()-born.Year() > 130 {
		bad = bad.With("/birth_date", "Write the birth date as year-month-day, like 1950-07-31.")
	}
	if !slices.Contains([]string{"female", "male", "other", "unknown"}, p.Sex.Reveal()) {
		bad = bad.With("/sex", "Choose female, male, other or unknown.")
	}
	p.checkNaming(&bad)
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

func (p *Profile) checkNaming(bad **fault.Error) {
	p.Name = phi.Text(strings.TrimSpace(p.Name.Reveal()))
	if n := utf8.RuneCountInString(p.Name.Reveal()); n == 0 || n > 120 || strings.ContainsFunc(p.Name.Reveal(), func(r rune) bool { return r < ' ' }) {
		*bad = (*bad).With("/name", "Write the name, 120 letters at most.")
	}
	if p.Language == "" {
		p.Language = "en"
	}
	if !slices.Contains([]string{"en", "zh"}, p.Language) {
		*bad = (*bad).With("/language", "Choose en or zh.")
	}
	if p.TypeSize == "" {
		p.TypeSize = "normal"
	}
	if !slices.Contains([]string{"normal", "large", "largest"}, p.TypeSize) {
		*bad = (*bad).With("/type_size", "Choose normal, large or largest.")
	}
}
