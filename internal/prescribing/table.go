package prescribing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Problem is one thing wrong in a data file, with where it stands.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Error implements error: "formulary.csv:12: tag statinn is not defined".
func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason) }

// Problems is every problem of a set of files.
type Problems []Problem

// Error implements error, one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// row is one line of a table, by column name.
type row struct {
	file  string
	line  int
	cells map[string]string
}

func (r row) get(column string) string { return r.cells[column] }

// list splits a cell at semicolons.
func (r row) list(column string) []string {
	var out []string
	for _, c := range strings.Split(r.cells[column], ";") {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	return out
}

// reader reads tables and collects what is wrong with them, so that one run shows every mistake.
type reader struct {
	files    fs.FS
	problems Problems
}

func (d *reader) bad(r row, format string, args ...any) {
	d.problems = append(d.problems, Problem{r.file, r.line, fmt.Sprintf(format, args...)})
}

// table reads a CSV file with exactly these columns. A row with too many or too few cells, a cell with
// white space around it or a key said twice is a problem.
func (d *reader) table(file string, columns ...string) []row {
	f, err := d.files.Open(file)
	if err != nil {
		d.problems = append(d.problems, Problem{file, 0, "can't be opened; every table must be there"})
		return nil
	}
	defer func() { _ = f.Close() }()
	in := csv.NewReader(f)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil || !slices.Equal(head, columns) {
		d.problems = append(d.problems, Problem{file, 1, "the columns must be: " + strings.Join(columns, ",")})
		return nil
	}
	var rows []row
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			d.problems = append(d.problems, brokenRow(file, err))
			return rows
		}
		line, _ := in.FieldPos(0)
		r := row{file: file, line: line, cells: map[string]string{}}
		if len(cells) != len(columns) {
			d.bad(r, "has %d cells, not %d", len(cells), len(columns))
			continue
		}
		for i, c := range cells {
			if strings.TrimSpace(c) != c {
				d.bad(r, "%s has white space around it", columns[i])
			}
			r.cells[columns[i]] = c
		}
		rows = append(rows, r)
	}
}

func brokenRow(file string, err error) Problem {
	var broken *csv.ParseError
	if errors.As(err, &broken) {
		return Problem{file, broken.Line, "is no CSV: " + broken.Err.Error()}
	}
	return Problem{file, 0, "can't be read"}
}

// unique reports rows that share a key.
func (d *reader) unique(rows []row, columns ...string) {
	seen := map[string]int{}
	for _, r := range rows {
		parts := make([]string, len(columns))
		for i, c := range columns {
			parts[i] = r.get(c)
		}
		key := strings.Join(parts, ", ")
		if before, twice := seen[key]; twice {
			d.bad(r, "says %s again, after line %d", key, before)
		}
		seen[key] = r.line
	}
}

// oneOf reports a cell that is none of these.
func (d *reader) oneOf(r row, column string, allowed ...string) {
	if !slices.Contains(allowed, r.get(column)) {
		d.bad(r, "%s is %q; it must be one of %s", column, r.get(column), strings.Join(allowed, ", "))
	}
}
