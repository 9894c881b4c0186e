package paper_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/paper"
)

var update = flag.Bool("update", false, "write golden files anew")

func printed(tb testing.TB, jws string) []byte {
	tb.Helper()
	pdf, err := paper.Print(jws)
	if err != nil {
		tb.Fatal(err)
	}
	if keep := os.Getenv("HOUSECALL_KEEP_PAPER"); keep != "" { // to look at
		if err := os.WriteFile(filepath.Join(keep, strings.NewReplacer("/", "_").Replace(tb.Name())+".pdf"), pdf, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return pdf
}

func TestAPaperIsPrintedInBothLanguagesAlwaysTheSame(t *testing.T) {
	t.Parallel()
	p := newPen(t)

	for name, c := range map[string]paper.Card{
		"English": english(), "Chinese": chinese(), "twenty medicines": long(paper.English), "twenty medicines in Chinese": long(paper.Chinese),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jws := p.sign(t, c)

			once, twice := printed(t, jws), printed(t, jws)
			found := paper.CheckFile(once, p.keys, signedOn)

			if !bytes.Equal(once, twice) {
				t.Error("the same prescription was printed in two ways")
			}
			if found.Verdict != paper.Genuine {
				t.Errorf("its file is %s: %s", found.Verdict, found.Why)
			}
			t.Logf("%d characters of JWS, %d codes, %d bytes of PDF", len(jws), len(paper.Codes(jws)), len(once))
		})
	}
}

// A changed byte of a page needs another Edition, else papers that were printed before are called altered.
func TestAnEditionPrintsTheSameBytesForEver(t *testing.T) {
	t.Parallel()
	for _, language := range []string{paper.English, paper.Chinese} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			kept := filepath.Join("testdata", language+".jws")
			if *update {
				c := map[string]paper.Card{paper.English: english(), paper.Chinese: chinese()}[language]
				if _, err := os.Stat(kept); err != nil {
					writeFile(t, kept, newPen(t).sign(t, c))
				}
			}
			jws, err := os.ReadFile(kept)
			if err != nil {
				t.Fatal(err)
			}

			got := fmt.Sprintf("%s %x\n", paper.Edition, sha256.Sum256(printed(t, string(jws))))

			golden := filepath.Join("testdata", language+".sum")
			before, err := os.ReadFile(golden)
			switch {
			case string(before) == got:
			case *update && (err != nil || !strings.HasPrefix(string(before), paper.Edition+" ")):
				writeFile(t, golden, got)
			default:
				t.Errorf("the page has changed and the edition has not: count paper.Edition on, then write this file anew with -update")
			}
		})
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAPageThatSaysSomethingElseIsAltered(t *testing.T) {
	t.Parallel()
	p := newPen(t)
	jws := p.sign(t, english())
	pdf := printed(t, jws)
	moved := bytes.Replace(pdf, []byte("/MediaBox [0 0 595.28 841.89]"), []byte("/MediaBox [0 0 595.28 441.89]"), 1)
	more := append(bytes.Clone(pdf), "\n% something more\n"...)
	older := bytes.Replace(pdf, []byte("<hcrx:edition>"+paper.Edition), []byte("<hcrx:edition>housecall paper 0"), 1)
	another := p.sign(t, chinese())
	swapped := bytes.Replace(pdf, []byte(jws), []byte(another), 1)

	for name, c := range map[string]struct {
		pdf  []byte
		want paper.Verdict
	}{
		"a part of the page cut off":        {moved, paper.Altered},
		"something behind the end":          {more, paper.Altered},
		"the JWS of another prescription":   {swapped, paper.Altered},
		"the JWS of nobody":                 {bytes.Replace(pdf, []byte(jws), []byte(jws[:len(jws)-8]+"AAAAAAAA"), 1), paper.Forged},
		"printed by another edition":        {older, paper.Unchecked},
		"no PDF at all":                     {[]byte("hello"), paper.Forged},
		"a PDF with two signed parts in it": {append(bytes.Clone(pdf), pdf...), paper.Forged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := paper.CheckFile(c.pdf, p.keys, signedOn)

			if got.Verdict != c.want {
				t.Errorf("found %s (%s), want %s", got.Verdict, got.Why, c.want)
			}
		})
	}
}

func TestANameThatNoFontHasIsPrintedAsItsNumberAndStaysSigned(t *testing.T) {
	t.Parallel()
	p := newPen(t)
	c := chinese()
	c.Patient.Name = "𠮷田 Łukasz Ćwikła Ωμέγα Жуков"
	jws := p.sign(t, c)

	pdf := printed(t, jws)

	if found := paper.CheckFile(pdf, p.keys, signedOn.Add(time.Hour)); found.Verdict != paper.Genuine || found.Card.Patient.Name != c.Patient.Name {
		t.Errorf("found %+v", found)
	}
}

func TestAForgedTextPrintsNothing(t *testing.T) {
	t.Parallel()
	for _, jws := range []string{"", "a.b.c", "x"} {
		if _, err := paper.Print(jws); err == nil {
			t.Errorf("%q was printed", jws)
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	for _, c := range []paper.Card{english(), chinese()} {
		b.Run(c.Language, func(b *testing.B) {
			jws := newPen(b).sign(b, c)
			for b.Loop() {
				if _, err := paper.Print(jws); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
