package intake

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed data/red_flags.csv
var redFlags string

// Flag is one row of the red flags.
type Flag struct {
	ID        string
	Complaint string // a code, or "any"
	Question  Text
	Tell      Text
	Urgency   string // call_emergency_now | emergency_department_today | see_in_person
	Source    string

	trigger trigger
	ages    ages
	group   func(subject) bool // nil: ages decide
}

// Text is a text in the languages of the product.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// Flags are the red flags, loaded and checked.
type Flags struct {
	flags      []Flag
	complaints []string
	of         map[string][]*Flag // by complaint: its own and those of any, in the order of the file
	zones      sync.Map           // name -> *time.Location
}

var flagColumns = []string{"id", "complaint", "age", "question_en", "question_zh", "trigger", "why", "tell_en", "tell_zh", "urgency", "source", "confidence"}

var urgencies = map[string]string{
	"call emergency now": "call_emergency_now", "emergency department today": "emergency_department_today", "see in person": "see_in_person",
}

// LoadFlags reads red_flags.csv. A row that is not wholly understood is an error with its line: a
// red flag that is silently dropped could cost a life.
func LoadFlags(text string) (*Flags, error) {
	rows := csv.NewReader(strings.NewReader(text))
	rows.FieldsPerRecord = len(flagColumns)
	head, err := rows.Read()
	if err != nil || !slices.Equal(head, flagColumns) {
		return nil, fmt.Errorf("red flags, line 1: want the columns %s", strings.Join(flagColumns, ","))
	}
	out, seen := &Flags{}, map[string]bool{}
	for {
		row, err := rows.Read()
		if err == io.EOF { //nolint:errorlint // csv answers io.EOF itself
			break
		}
		if err != nil {
			return nil, fmt.Errorf("red flags: %w", err)
		}
		line, _ := rows.FieldPos(0)
		f, err := parseFlag(row)
		if err == nil && seen[f.ID] {
			err = fmt.Errorf("the id %s is there twice", f.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("red flags, line %d: %w", line, err)
		}
		seen[f.ID] = true
		out.flags = append(out.flags, f)
		if f.Complaint != "any" && !slices.Contains(out.complaints, f.Complaint) {
			out.complaints = append(out.complaints, f.Complaint)
		}
	}
	if len(out.flags) == 0 {
		return nil, fmt.Errorf("red flags: there are none")
	}
	out.complaints = append(out.complaints, "other")
	out.sort()
	return out, nil
}

// sort lists what each complaint asks; none, or one that no flag names, asks what any does.
func (f *Flags) sort() {
	f.of = make(map[string][]*Flag, len(f.complaints)+1)
	for _, c := range append([]string{""}, f.complaints...) {
		for n := range f.flags {
			if flag := &f.flags[n]; flag.Complaint == "any" || flag.Complaint == c {
				f.of[c] = append(f.of[c], flag)
			}
		}
	}
}

// asked are the flags that go with a complaint.
func (f *Flags) asked(complaint string) []*Flag {
	if list, known := f.of[complaint]; known {
		return list
	}
	return f.of[""]
}

func parseFlag(row []string) (Flag, error) {
	for i, cell := range row {
		if strings.TrimSpace(cell) == "" {
			return Flag{}, fmt.Errorf("%s is empty", flagColumns[i])
		}
	}
	f := Flag{
		ID: row[0], Complaint: code(row[1]), Question: Text{row[3], row[4]}, Tell: Text{row[7], row[8]},
		Urgency: urgencies[row[9]], Source: row[10],
	}
	if f.Urgency == "" {
		return f, fmt.Errorf("urgency %q is not known", row[9])
	}
	var err error
	if f.group = groups[row[2]]; f.group == nil {
		if f.ages, err = parseAges(row[2]); err != nil {
			return f, err
		}
	}
	if f.trigger, err = parseTrigger(row[5]); err != nil {
		return f, err
	}
	return f, nil
}

func code(words string) string { return strings.ReplaceAll(strings.TrimSpace(words), " ", "_") }

// Complaints lists the codes an intake may name, "other" last.
func (f *Flags) Complaints() []string { return slices.Clone(f.complaints) }

// about tells whether the flag is asked of this person.
func (f *Flag) about(s subject) bool {
	if f.group != nil {
		return f.group(s)
	}
	return f.ages.include(s.born, s.day)
}
