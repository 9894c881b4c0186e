package caselist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"housecall/internal/safety"
)

// Case is one question of a case list, read: what could not be read stands in Refused.
type Case struct {
	ID      string
	Place   string
	Date    safety.Date
	Patient safety.Patient
	Present []safety.Medicine
	New     []safety.Medicine
	Notes   []string // of the new medicines, one each
	Refused []safety.Finding
}

// object is a JSON object of a case. Nothing in it is trusted to have the shape that was asked for.
type object map[string]any

// Limits of a list: what is larger was not written by a pharmacist.
const (
	maxCases = 20000
	maxBytes = 64 << 20
)

// read splits the input into cases, and tells whether it was an array.
func read(in io.Reader) (cases []json.RawMessage, array bool, err error) {
	body, err := io.ReadAll(io.LimitReader(in, maxBytes+1))
	if err != nil {
		return nil, false, fmt.Errorf("read the cases: %w", err)
	}
	if len(body) > maxBytes {
		return nil, false, fmt.Errorf("the list is larger than %d MB; send it in parts", maxBytes>>20)
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 {
		return nil, false, fmt.Errorf("there is nothing on standard input: send one case or an array of cases as JSON")
	}
	if body[0] != '[' {
		var one json.RawMessage
		if err := json.Unmarshal(body, &one); err != nil {
			return lines(body)
		}
		return []json.RawMessage{one}, false, nil
	}
	if err := json.Unmarshal(body, &cases); err != nil {
		return nil, true, fmt.Errorf("this is no JSON array of cases: %w", err)
	}
	if len(cases) > maxCases {
		return nil, true, fmt.Errorf("more than %d cases; send them in parts", maxCases)
	}
	return cases, true, nil
}

// lines reads one case a line, as lists are often kept.
func lines(body []byte) ([]json.RawMessage, bool, error) {
	var out []json.RawMessage
	for n, line := range bytes.Split(body, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var one json.RawMessage
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, false, fmt.Errorf("line %d is no JSON: %w", n+1, err)
		}
		out = append(out, one)
	}
	return out, true, nil
}

// parse reads one case. It never fails: what is wrong is said among the findings.
func (l *List) parse(raw json.RawMessage) *Case {
	c := &Case{Date: l.today}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var o object
	if err := d.Decode(&o); err != nil || o == nil {
		c.refuse("case", "This is no case: a JSON object is expected.")
		return c
	}
	c.ID, c.Place = text(o["id"]), strings.ToLower(text(o["place"]))
	if told := text(o["date"]); told != "" {
		on, err := safety.ParseDate(told[:min(len(told), len("2026-11-22"))])
		if err != nil {
			c.refuse("date", "The date can't be read. Write it like 2026-11-22.")
		} else {
			c.Date = on
		}
	}
	patient, ok := o["patient"].(map[string]any)
	if !ok && o["patient"] != nil {
		c.refuse("patient", "The patient can't be read: a JSON object is expected.")
	}
	l.person(c, object(patient))
	l.medicines(c, o)
	return c
}

func (c *Case) refuse(what, why string, drugs ...string) {
	c.Refused = append(c.Refused, safety.Refusal(safety.KindMissingFact, safety.HardStop, "unreadable:"+what, drugs, why))
}

func (c *Case) question(what, why string, drugs ...string) {
	c.Refused = append(c.Refused, safety.Refusal(safety.KindMissingFact, safety.Warning, "unreadable:"+what, drugs, why))
}

func (l *List) medicines(c *Case, o object) {
	present, fresh := entries(o["present"]), entries(o["new"])
	if len(present) > maxMedicines || len(fresh) > maxMedicines {
		c.Refused = append(c.Refused, safety.Refusal(safety.KindLimit, safety.HardStop, "too-many", nil,
			fmt.Sprintf("%d medicines at once: this can't be meant, and was not checked.", len(present)+len(fresh))))
		return
	}
	if len(fresh) == 0 {
		c.refuse("new", "No new medicine is named, so nothing could be checked.")
	}
	for _, e := range present {
		if m, ok := l.medicine(c, e, false); ok {
			c.Present = append(c.Present, m)
		}
	}
	for _, e := range fresh {
		m, ok := l.medicine(c, e, true)
		if !ok {
			c.refuse("new", "A new medicine has no name.")
			continue
		}
		c.New, c.Notes = append(c.New, m), append(c.Notes, text(e["note"]))
	}
}

const maxMedicines = 100

// entries reads an object, an array of objects, or plain names.
func entries(v any) []object {
	var out []object
	switch x := v.(type) {
	case map[string]any:
		out = append(out, object(x))
	case string:
		out = append(out, object{"inn": x})
	case []any:
		for _, one := range x {
			if one != nil {
				out = append(out, entries(one)...)
			}
		}
	}
	return out
}

// text reads a string, or a number that stands where a string is asked for.
func text(v any) string {
	switch x := v.(type) {
	case string:
		return strings.TrimSpace(x)
	case json.Number:
		return x.String()
	}
	return ""
}

// number reads a number, or one in quotes. told is whether there is anything, ok whether it is a number.
func number(v any) (f float64, told, ok bool) {
	switch x := v.(type) {
	case nil:
		return 0, false, true
	case json.Number:
		f, err := x.Float64()
		return f, true, err == nil && !math.IsInf(f, 0)
	case string:
		if strings.TrimSpace(x) == "" {
			return 0, false, true
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		return f, true, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	return 0, true, false
}

// decimal writes a number of a case as the exact number that it was meant to be; a dose has at most six
// digits behind the point.
func decimal(f float64) safety.Decimal {
	d, err := safety.Measured(strconv.FormatFloat(f, 'f', 6, 64))
	if err != nil {
		return safety.Decimal{}
	}
	return d
}

func texts(v any) []string {
	var out []string
	switch x := v.(type) {
	case string:
		out = append(out, x)
	case []any:
		for _, one := range x {
			switch y := one.(type) {
			case string:
				out = append(out, y)
			case map[string]any:
				for _, k := range []string{"condition", "name", "term", "words"} {
					if s := text(y[k]); s != "" {
						out = append(out, s)
						break
					}
				}
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return strings.TrimSpace(s) == "" })
}
