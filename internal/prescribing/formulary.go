package prescribing

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"housecall/internal/safety"
)

//go:embed data
var embedded embed.FS

// Formulary is what can be prescribed, how it is dosed, packed and said, and the rules of safety that
// go with it. It is loaded once and only read.
type Formulary struct {
	Edition  string // hash of all its files: a changed file is another edition
	Rules    *safety.Rules
	Products []*Product // sorted by code

	products map[string]*Product
	forms    map[string]form
	words    map[string]word // by kind and code
	index    []entry
}

// Product is one medicine in one form and strength.
type Product struct {
	Code       string
	Drug       *safety.Drug
	Form       string
	Strength   string
	PerUnit    []safety.Amount // in one dose unit (a tablet, a mL, a puff); empty where it is not weighed
	PieceML    safety.Decimal  // for a sachet that is dissolved: how many mL it makes
	Packs      []Pack
	Weekly     bool
	Scored     bool
	LifeDays   int // of a bottle once mixed or opened; 0 when not told
	Cold       bool
	AdultUsual string
	OTC        map[string]string // by place: y, n or ""

	form form
}

// Pack is a usual size of what is handed over.
type Pack struct {
	Size safety.Decimal
	Unit string
}

// form is how a dosage form is counted and said.
type form struct {
	name, basis, one, many, zh, verb, place, verbZH, route string
	container, containers, containerZH                     string
	size                                                   safety.Decimal // of a drop in mL, a fingertip length in g, an application in either
}

// word is a coded word of a dosage in both languages.
type word struct{ en, zh string }

// House loads the formulary that comes with housecall.
func House() (*Formulary, error) {
	files, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, fmt.Errorf("open formulary: %w", err)
	}
	return LoadFormulary(files)
}

// LoadFormulary reads a folder of formulary files. The first wrong row refuses the whole; the error
// is a Problems with file, line and reason of each.
func LoadFormulary(files fs.FS) (*Formulary, error) {
	d := &reader{files: files}
	f := &Formulary{products: map[string]*Product{}, forms: map[string]form{}, words: map[string]word{}}
	sources := d.sources()
	f.Rules = d.rules(sources)
	d.house(f, sources)
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	slices.SortFunc(f.Products, func(a, b *Product) int { return strings.Compare(a.Code, b.Code) })
	f.index = indexOf(f)
	var err error
	f.Edition, err = edition(files)
	return f, err
}

// CheckFormulary writes what a folder of formulary files holds, or each of its mistakes, and answers
// whether it may be used. A nil folder is the one that comes with housecall.
func CheckFormulary(files fs.FS, out io.Writer) error {
	load := House
	if files != nil {
		load = func() (*Formulary, error) { return LoadFormulary(files) }
	}
	f, err := load()
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return fmt.Errorf("the formulary has mistakes and would not be loaded")
	}
	prescribable := 0
	for _, d := range f.Rules.Drugs {
		if d.Prescribable {
			prescribable++
		}
	}
	_, err = fmt.Fprintf(out, "%d medicines, %d products, %d more recognised, %d tags, %d interactions, %d allergy rows, %d conditions; edition %s\n",
		prescribable, len(f.Products), len(f.Rules.Drugs)-prescribable, len(f.Rules.Tags), len(f.Rules.Interactions),
		len(f.Rules.Allergies), len(f.Rules.Conditions), f.Edition)
	return err
}

// Product finds a product by its code.
func (f *Formulary) Product(code string) (*Product, bool) {
	p, ok := f.products[code]
	return p, ok
}

func edition(files fs.FS) (string, error) {
	sum := sha256.New()
	names, err := fs.Glob(files, "*.csv")
	if err != nil {
		return "", fmt.Errorf("list formulary: %w", err)
	}
	for _, n := range names {
		body, err := fs.ReadFile(files, n)
		if err != nil {
			return "", fmt.Errorf("read %s: %w", n, err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", n, len(body), body)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
