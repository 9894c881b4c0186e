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

// once leaves out what was found again when a table was read again.
func (p Problems) once() Problems {
	var out Problems
	for _, one := range p {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
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
	own      fs.FS // the operator's, whose rows are added; nil for none
	problems Problems
	tables   []string // that were asked for
}

func (d *reader) bad(r row, format string, args ...any) {
	d.problems = append(d.problems, Problem{r.file, r.line, fmt.Sprintf(format, args...)})
}

// ownPrefix stands before the name of an operator's file.
const ownPrefix = "own/"

// table reads a CSV file with exactly these columns, then the rows that the operator adds to it. A row
// with too many or too few cells, or a cell with white space around it, is a problem.
func (d *reader) table(file string, columns ...string) []row {
	if !slices.Contains(d.tables, file) {
		d.tables = append(d.tables, file)
	}
	rows := d.rows(d.files, file, file, columns)
	if d.own == nil {
		return rows
	}
	if _, err := fs.Stat(d.own, file); errors.Is(err, fs.ErrNotExist) {
		return rows
	}
	return append(rows, d.rows(d.own, file, ownPrefix+file, columns)...)
}

// ownTables reports files of the operator that nothing reads: a misspelt name must not be silence.
func (d *reader) ownTables() {
	if d.own == nil {
		return
	}
	names, err := fs.Glob(d.own, "*")
	if err != nil || len(names) == 0 {
		d.problems = append(d.problems, Problem{ownPrefix, 0, "can't be read, or holds nothing"})
	}
	for _, n := range names {
		if !slices.Contains(d.tables, n) && n != "SOURCES.md" && n != "README.md" {
			d.problems = append(d.problems, Problem{ownPrefix + n, 0, "is no table of a formulary: " + strings.Join(d.tables, ", ")})
		}
	}
}

func (d *reader) rows(files fs.FS, file, called string, columns []string) []row {
	f, err := files.Open(file)
	if err != nil {
		d.problems = append(d.problems, Problem{called, 0, "can't be opened; every table must be there"})
		return nil
	}
	defer func() { _ = f.Close() }()
	in := csv.NewReader(f)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil || !slices.Equal(head, columns) {
		d.problems = append(d.problems, Problem{called, 1, "the columns must be: " + strings.Join(columns, ",")})
		return nil
	}
	var rows []row
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			d.problems = append(d.problems, brokenRow(called, err))
			return rows
		}
		line, _ := in.FieldPos(0)
		r := row{file: called, line: line, cells: map[string]string{}}
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
