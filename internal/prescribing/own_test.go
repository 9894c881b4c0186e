package prescribing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"housecall/internal/prescribing"
)

// paracetamolRow is the row of the house that own medicines are made from.
func paracetamolRow(t *testing.T) (head, row string) {
	t.Helper()
	lines := strings.Split(string(prescribing.HouseFiles(t)["formulary.csv"].Data), "\n")
	return lines[0], lines[1]
}

// ownRow is a medicine of the operator's.
func ownRow(t *testing.T, change ...string) string {
	t.Helper()
	_, row := paracetamolRow(t)
	row = strings.Replace(row, "paracetamol,对乙酰氨基酚", "febrinol,热必安", 1)
	row = strings.Replace(row, ",paracetamol,", ",febrinol,", 1)
	for i := 0; i+1 < len(change); i += 2 {
		if !strings.Contains(row, change[i]) {
			t.Fatalf("the row does not hold %q", change[i])
		}
		row = strings.Replace(row, change[i], change[i+1], 1)
	}
	return row
}

func TestAnOperatorAddsAnOwnMedicine(t *testing.T) {
	t.Parallel()
	head, _ := paracetamolRow(t)
	file := filepath.Join(t.TempDir(), "mine.csv")
	if err := os.WriteFile(file, []byte(head+"\n"+ownRow(t)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := prescribing.OwnFormulary(file)
	ok(t, err)

	f, err := prescribing.LoadFormulary(nil, own)
	ok(t, err)

	for _, words := range []string{"febrinol", "热必安", "rba"} {
		if hits := f.Search(words, 3); len(hits) == 0 || hits[0].Drug.INN != "febrinol" {
			t.Errorf("search %q found %v", words, hits)
		}
	}
	if f.Edition == house(t).Edition {
		t.Error("the edition is the house's alone")
	}
	var out strings.Builder
	if err := prescribing.CheckFormulary(nil, own, &out); err != nil || !strings.Contains(out.String(), "medicines") {
		t.Errorf("checked: %v %s", err, out.String())
	}
}

func TestABrokenOwnFormularyRefusesToLoadWithLineAndReason(t *testing.T) {
	t.Parallel()
	head, paracetamol := paracetamolRow(t)

	for _, c := range []struct{ name, file, body, bodyHas string }{
		{"a tag nobody defined", "formulary.csv", head + "\n" + ownRow(t, "analgesic_antipyretic", "pain_killer"), "own/formulary.csv:2: tag pain_killer is not defined"},
		{"a medicine of the house again", "formulary.csv", head + "\n" + paracetamol, "own/formulary.csv:2: inn \"paracetamol\""},
		{"a ceiling in a unit that the strength is not told in", "formulary.csv", head + "\n" + ownRow(t, ",4000 mg,", ",4000 IU,"), "adult_max_daily is told in IU"},
		{"one dose over the day's ceiling", "formulary.csv", head + "\n" + ownRow(t, ",4000 mg,", ",400 mg,"), "own/formulary.csv:2: one dose of 1000 mg may be more than the day's 400 mg"},
		{"a ceiling of what it does not hold", "formulary.csv", head + "\n" + ownRow(t, ",4000 mg,", ",codeine 4000 mg,"), "\"codeine\", which is none of its components"},
		{"a source nobody explains", "formulary.csv", head + "\n" + ownRow(t, "FDA;BNF;BNFC", "FDA;MINE;BNFC"), "own/formulary.csv:2: source \"MINE\""},
		{"a row that is cut off", "formulary.csv", head + "\nfebrinol,热必安", "own/formulary.csv:2: has 2 cells"},
		{"other columns", "formulary.csv", "name,dose\na,b", "own/formulary.csv:1: the columns must be"},
		{"a pair that chooses nothing", "interactions.csv", "id,a,b,severity,effect,mechanism,management,source,set,confidence\nX1,drug:nothing,class:maoi,serious,e,m,m,BNF,,high", "own/interactions.csv:2: a \"drug:nothing\" chooses no medicine"},
		{"a pack in a unit that the form is not counted in", "packs.csv", "inn,form,strength,size,unit,note,source\nparacetamol,oral suspension,*,100,g,own,BNF", "own/packs.csv:2: unit \"g\" can't be"},
		{"a pack of a form that is none", "packs.csv", "inn,form,strength,size,unit,note,source\nparacetamol,syrup,*,100,mL,own,BNF", "own/packs.csv:2: form \"syrup\""},
		{"a use of no medicine", "indications.csv", "words,words_zh,medicines,source\nhiccups,呃逆,class:none,BNF", "own/indications.csv:2: medicines \"class:none\""},
		{"a misspelt name of a table", "formularry.csv", head, "own/formularry.csv:0: is no table"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			f, err := prescribing.LoadFormulary(nil, fstest.MapFS{c.file: &fstest.MapFile{Data: []byte(c.body + "\n")}})

			if f != nil || err == nil || !strings.Contains(err.Error(), c.bodyHas) {
				t.Errorf("refused with\n%v\nwant it to hold %q", err, c.bodyHas)
			}
		})
	}
	if _, err := prescribing.OwnFormulary(filepath.Join(t.TempDir(), "nothing.csv")); err == nil {
		t.Error("a file that is not there was taken")
	}
	if _, err := prescribing.LoadFormulary(nil, fstest.MapFS{}); err == nil {
		t.Error("an empty folder was taken for own medicines")
	}
}

func TestOwnSourcesAreExplainedBesideTheHouses(t *testing.T) {
	t.Parallel()
	head, _ := paracetamolRow(t)
	own := fstest.MapFS{
		"SOURCES.md":    &fstest.MapFile{Data: []byte("| id | what |\n|---|---|\n| MINE | our hospital's list |\n")},
		"formulary.csv": &fstest.MapFile{Data: []byte(head + "\n" + ownRow(t, "FDA;BNF;BNFC", "MINE;BNFC") + "\n")},
	}

	_, err := prescribing.LoadFormulary(nil, own)

	ok(t, err)
}
