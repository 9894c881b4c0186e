package prescribing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"housecall/internal/prescribing"
)

func TestDoctorFindsAMedicineByAnyOfItsNames(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, c := range []struct{ name, words, want string }{
		{"the generic name", "amoxicillin", "amoxicillin"},
		{"its beginning", "amoxi", "amoxicillin"},
		{"capital letters", "  Ibuprofen ", "ibuprofen"},
		{"another name", "acetaminophen", "paracetamol"},
		{"its Chinese name", "阿莫西林", "amoxicillin"},
		{"the beginning of its Chinese name", "布洛", "ibuprofen"},
		{"its ATC code", "J01CA04", "amoxicillin"},
		{"a letter left out", "amoxicilin", "amoxicillin"},
		{"two letters swapped", "amoxciillin", "amoxicillin"},
		{"a letter wrong", "paracetomol", "paracetamol"},
		{"a later word", "clavulanic", "amoxicillin and clavulanic acid"},
		{"the initials of its pinyin", "amxl", "amoxicillin"},
		{"initials with a character of two readings", "blf", "ibuprofen"},
		{"the beginning of its initials", "dyxa", "paracetamol"},
		{"initials of characters that few lists have", "gybjx", "benzoyl peroxide"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			hits := f.Search(c.words, 5)

			if len(hits) == 0 || hits[0].Drug.INN != c.want {
				t.Errorf("search %q found %v, want %s first", c.words, hits, c.want)
			}
		})
	}
}

func TestSearchFindsNothingForNonsense(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, words := range []string{"", "   ", "xqzjkw", "<script>", "\x00\xff"} {
		if hits := f.Search(words, 5); len(hits) != 0 {
			t.Errorf("search %q found %d medicines, want none", words, len(hits))
		}
	}
}

func TestDoctorFindsMedicinesByWhatTheyAreUsedFor(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, c := range []struct{ name, words, want string }{
		{"in English", "migraine", "sumatriptan"},
		{"in Chinese", "高血压", "amlodipine"},
		{"its beginning", "hyperten", "lisinopril"},
		{"a letter wrong", "cystitus", "nitrofurantoin"},
		{"a group by its class", "heartburn", "omeprazole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			hits := f.Search(c.words, 50)

			if !slices.ContainsFunc(hits, func(h prescribing.Hit) bool { return h.Drug.INN == c.want }) {
				t.Errorf("search %q found %d medicines, not %s", c.words, len(hits), c.want)
			}
		})
	}
	if hits := f.Search("gout", 5); len(hits) == 0 || hits[0].Score >= 90 {
		t.Error("a use counts like a name")
	}
}

// city is a formulary of 10,000 medicines: the house's, and made-up ones beside it.
func city(tb testing.TB) *prescribing.Formulary {
	tb.Helper()
	files := prescribing.HouseFiles(tb)
	head, row := string(files["formulary.csv"].Data), "paracetamol,对乙酰氨基酚,"
	head, _, _ = strings.Cut(head, "\n")
	_, rest, _ := strings.Cut(string(files["formulary.csv"].Data), row)
	rest, _, _ = strings.Cut(rest, "\n")
	rest = strings.Replace(rest, ",paracetamol,", ",{inn},", 1)
	syllables := strings.Fields("am ox clav ril tra met for lo dip ine sar tan pra zo le mab cef dox ol mi na flu con ben per sul tri ste ro qui")
	han := []rune("阿莫西林氯沙坦替美托洛尔布地奈德头孢克肟左氧氟环丙格列齐特瑞舒伐他汀钙缬硝苯平依那普利")
	r := rand.New(rand.NewPCG(7, 7))
	var own strings.Builder
	own.WriteString(head + "\n")
	for i := range 10_000 - len(house(tb).Products) {
		inn, zh := "", ""
		for range 3 + r.IntN(3) {
			inn += syllables[r.IntN(len(syllables))]
			zh += string(han[r.IntN(len(han))])
		}
		inn += fmt.Sprintf(" %c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
		fmt.Fprintf(&own, "%s,%s,%s\n", inn, zh, strings.Replace(rest, "{inn}", inn, 1))
	}
	f, err := prescribing.LoadFormulary(files, fstest.MapFS{"formulary.csv": &fstest.MapFile{Data: []byte(own.String())}})
	if err != nil {
		tb.Fatalf("%.300s", err.Error())
	}
	return f
}

func BenchmarkSearchOf10000(b *testing.B) {
	f := city(b)
	for _, words := range []string{"amoxicillin", "paracetomol", "阿莫西", "amxl", "J01CA", "hypertension", "xqzjkwvb", "amoxicilin", "metfromin", "clarithromicin", "simvastatine"} {
		b.Run(words, func(b *testing.B) {
			for b.Loop() {
				f.Search(words, 20)
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	f := house(b)
	for b.Loop() {
		f.Search("paracetomol", 20)
	}
}

func BenchmarkLoadFormulary(b *testing.B) {
	for b.Loop() {
		if _, err := prescribing.LoadFormulary(nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSearchShowsGenericNamesWithTheirFormsStrengthsAndCodes(t *testing.T) {
	t.Parallel()
	f := house(t)

	hits := f.Search("amoxicillin", 20)

	if len(hits) == 0 || hits[0].Drug.INN != "amoxicillin" || hits[0].Drug.ATC != "J01CA04" {
		t.Fatalf("found %+v, want the generic first, with its code", hits)
	}
	forms, strengths := map[string]bool{}, map[string]bool{}
	for _, p := range hits[0].Products {
		forms[p.Form], strengths[p.Strength] = true, true
	}
	if !forms["capsule"] || !forms["oral suspension"] || !strengths["500 mg"] || !strengths["250 mg/5 mL"] {
		t.Errorf("forms %v, strengths %v; want what a doctor chooses from", forms, strengths)
	}
	for _, h := range hits {
		if h.Drug.ATC == "" || h.Drug.INN == "" || len(h.Products) == 0 {
			t.Errorf("%s has code %q and %d products", h.Drug.INN, h.Drug.ATC, len(h.Products))
		}
	}
	if trade := f.Search("panadol", 5); len(trade) > 0 && trade[0].Drug.INN == "panadol" {
		t.Error("a trade name is offered to prescribe")
	}
}
