package consult

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Code is one line of a list of diagnoses.
type Code struct {
	Code    string `json:"code"`
	Title   string `json:"title"`
	TitleZH string `json:"title_zh,omitempty"` // the project's own translation, or the operator's
}

// Codes is a list of coded diagnoses.
type Codes struct {
	list   []Code
	byCode map[string]Code
}

//go:embed data/icd10cm.csv
var demoCodes string

// DemoCodes are common codes of primary care out of ICD-10-CM, which is in the public domain. An operator
// sets a file of their own.
func DemoCodes() (*Codes, error) { return LoadCodes(demoCodes) }

var codeShape = regexp.MustCompile(`^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$`)

// LoadCodes reads a list with the columns code,title,source and, where it has one, title_zh. A row that is no code, or
// there twice, is an error with its line.
func LoadCodes(text string) (*Codes, error) {
	rows := csv.NewReader(strings.NewReader(text))
	rows.FieldsPerRecord = 0 // as the first line has
	out := &Codes{byCode: map[string]Code{}}
	for head := true; ; head = false {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list of diagnoses: %w", err)
		}
		if head {
			if len(row) < 3 || len(row) > 4 {
				return nil, fmt.Errorf("list of diagnoses: want the columns code,title,source and maybe title_zh")
			}
			continue
		}
		line, _ := rows.FieldPos(0)
		c := Code{Code: row[0], Title: strings.TrimSpace(row[1])}
		if len(row) == 4 {
			c.TitleZH = strings.TrimSpace(row[3])
		}
		if _, twice := out.byCode[c.Code]; twice || !codeShape.MatchString(c.Code) || c.Title == "" || row[2] == "" {
			return nil, fmt.Errorf("list of diagnoses, line %d: want a new code, its title and its source", line)
		}
		out.byCode[c.Code] = c
		out.list = append(out.list, c)
	}
	if len(out.list) == 0 {
		return nil, fmt.Errorf("list of diagnoses: it is empty")
	}
	return out, nil
}

// Find answers the line of a code.
func (c *Codes) Find(code string) (Code, bool) {
	found, ok := c.byCode[code]
	return found, ok
}

// mostFound is how many codes a search answers.
const mostFound = 20

// Search answers codes that begin with the text, then those whose title holds every word of it.
func (c *Codes) Search(text string) []Code {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return nil
	}
	var begins, holds []Code
	for _, x := range c.list {
		switch {
		case strings.HasPrefix(strings.ToLower(x.Code), text):
			begins = append(begins, x)
		case holdsAll(strings.ToLower(x.Title)+x.TitleZH, strings.Fields(text)):
			holds = append(holds, x)
		}
	}
	all := append(begins, holds...)
	return all[:min(len(all), mostFound)]
}

func holdsAll(title string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(title, w) {
			return false
		}
	}
	return true
}
