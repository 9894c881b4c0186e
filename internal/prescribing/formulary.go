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
	"sync"

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
	uses     []use
	index    []entry

	reasonsZH map[string]string // what findings say, in Chinese, without the full stop
}

// use is what medicines are looked for; it is no advice.
type use struct {
	words, wordsZH string
	medicines      []string
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
	name, nameZH, basis, one, many, zh, verb, place, verbZH, route string
	container, containers, containerZH                             string
	size                                                           safety.Decimal // of a drop in mL, a fingertip length in g, an application in either
}

// word is a coded word of a dosage in both languages.
type word struct{ en, zh string }

// House is the formulary that comes with housecall, read once; nobody changes it.
func House() (*Formulary, error) { return house() }

var house = sync.OnceValues(func() (*Formulary, error) { return LoadFormulary(nil, nil) })

// LoadFormulary reads a folder of formulary files, the one that comes with housecall when it is nil, and
// adds to each table the rows of the operator's own folder, where there is one. A wrong row refuses the
// whole; the error is a Problems with file, line and reason of each.
func LoadFormulary(files, own fs.FS) (*Formulary, error) {
	if files == nil {
		house, err := fs.Sub(embedded, "data")
		if err != nil {
			return nil, fmt.Errorf("open formulary: %w", err)
		}
		files = house
	}
	d := &reader{files: files, own: own}
	f := &Formulary{products: map[string]*Product{}, forms: map[string]form{}, words: map[string]word{}}
	sources := d.sources()
	f.Rules = d.rules(sources)
	d.house(f, sources)
	d.readUses(f, sources)
	d.consistent(f)
	d.ownTables()
	if len(d.problems) > 0 {
		return nil, d.problems.once()
	}
	slices.SortFunc(f.Products, func(a, b *Product) int { return strings.Compare(a.Code, b.Code) })
	f.index = indexOf(f)
	var err error
	f.Edition, err = edition(files, own)
	return f, err
}

// CheckFormulary writes what a folder of formulary files holds with the operator's own beside it, or
// each of its mistakes, and answers whether it may be used. Nil is as for LoadFormulary.
func CheckFormulary(files, own fs.FS, out io.Writer) error {
	f, err := LoadFormulary(files, own)
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

func edition(files, own fs.FS) (string, error) {
	sum := sha256.New()
	for _, folder := range []fs.FS{files, own} {
		if folder == nil {
			continue
		}
		names, err := fs.Glob(folder, "*.csv")
		if err != nil {
			return "", fmt.Errorf("list formulary: %w", err)
		}
		for _, n := range names {
			body, err := fs.ReadFile(folder, n)
			if err != nil {
				return "", fmt.Errorf("read %s: %w", n, err)
			}
			_, _ = fmt.Fprintf(sum, "%s %d\n%s", n, len(body), body)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
