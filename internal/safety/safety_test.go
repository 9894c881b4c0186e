package safety_test

import (
	"encoding/json"
	"strings"
	"testing"

	"housecall/internal/safety"
)

var on = safety.MustDate("2026-11-22")

// small is a list of three medicines.
func small() *safety.Rules {
	r := &safety.Rules{
		Tags: map[string]safety.Tag{"nsaid": {Name: "nsaid", Meaning: "pain", Duplicate: true}},
		Drugs: map[string]*safety.Drug{
			"ibuprofen": {INN: "ibuprofen", Tags: []string{"nsaid"}, Components: []safety.Amount{{Component: "ibuprofen"}}, Prescribable: true},
			"naproxen":  {INN: "naproxen", Tags: []string{"nsaid"}, Components: []safety.Amount{{Component: "naproxen"}}, Prescribable: true},
		},
	}
	r.Prepare()
	return r
}

func TestWhatCannotBeCheckedIsAHardStop(t *testing.T) {
	t.Parallel()
	torn := small()
	torn.Drugs["ibuprofen"].Components = nil
	torn.Drugs["ibuprofen"].Pregnancy = []safety.Clause{{When: "all", Action: "avoid", Text: "above 150 mg/day"}}
	fresh := &safety.Rules{Drugs: map[string]*safety.Drug{"ibuprofen": {INN: "ibuprofen"}}}

	for name, c := range map[string]struct {
		rules *safety.Rules
		n     int
	}{
		"no rules":                     {nil, 1},
		"empty rules":                  {&safety.Rules{}, 1},
		"rules that were not prepared": {fresh, 1},
		"a row that breaks a check":    {torn, 1},
		"five hundred medicines":       {small(), 500},
	} {
		proposed := make([]safety.Medicine, c.n)
		for i := range proposed {
			proposed[i].INN = "ibuprofen"
		}

		found := safety.Check(safety.Patient{Pregnancy: safety.Pregnancy{Is: safety.Yes}}, nil, proposed, c.rules, on)

		if safety.Worst(found) != safety.HardStop {
			t.Errorf("%s: %+v, want a hard stop", name, found)
		}
	}
}

func TestOneGroupByAnotherRouteIsNoDuplicate(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		name, form, present string
		want                bool
	}{
		{"tablet and tablet", "tablet", "capsule", true},
		{"tablet and cream", "tablet", "cream", false},
		{"nose and lung", "nasal spray", "inhaler", false},
		{"a route that nobody told", "tablet", "", true},
	} {
		found := safety.Check(safety.Patient{AllergiesAsked: true}, []safety.Medicine{{INN: "naproxen", Form: c.present}},
			[]safety.Medicine{{INN: "ibuprofen", Form: c.form}}, small(), on)

		got := false
		for _, f := range found {
			got = got || f.Kind == safety.KindDuplicate
		}
		if got != c.want {
			t.Errorf("%s: duplicate %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNothingProposedNothingFound(t *testing.T) {
	t.Parallel()

	if found := safety.Check(safety.Patient{AllergiesAsked: true, ConditionsAsked: true}, []safety.Medicine{{INN: "naproxen"}}, nil, small(), on); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
}

func TestDecimalsAreExact(t *testing.T) {
	t.Parallel()
	third, _ := safety.Whole(80).Over(safety.Whole(3))

	for _, c := range []struct{ name, got, want string }{
		{"tenths", safety.MustDecimal("0.1").Plus(safety.MustDecimal("0.2")).String(), "0.3"},
		{"a third, three times", third.Times(safety.Whole(3)).String(), "80"},
		{"a product", safety.MustDecimal("31.25").Times(safety.MustDecimal("0.2")).String(), "6.25"},
		{"halves go down", safety.MustDecimal("7.25").To(safety.MustDecimal("0.5")).String(), "7"},
		{"the nearest step", safety.MustDecimal("7.3").To(safety.MustDecimal("0.5")).String(), "7.5"},
		{"no trailing zero", safety.MustDecimal("2.5").Times(safety.Whole(2)).String(), "5"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestDecimalsAreReadAsTextAlone(t *testing.T) {
	t.Parallel()

	for _, raw := range []string{`7.5`, `"7.50"`, `".5"`, `"-1"`, `"1e3"`, `"NaN"`, `"1/3"`, `"0x10"`, `true`, `"7,5"`, `"999999999999"`} {
		var d safety.Decimal
		if err := json.Unmarshal([]byte(raw), &d); err == nil {
			t.Errorf("%s was read as %s", raw, d)
		}
	}
	var d safety.Decimal
	if err := json.Unmarshal([]byte(`"7.5"`), &d); err != nil || !d.Equal(safety.MustDecimal("7.5")) {
		t.Errorf("read %s, %v", d, err)
	}
}

func TestAWeightMayBeWrittenWithAZeroBehindThePoint(t *testing.T) {
	t.Parallel()

	for raw, want := range map[string]string{"70.0": "70", "12.50": "12.5", "70": "70", "100": "100"} {
		d, err := safety.Measured(raw)
		if err != nil || d.String() != want {
			t.Errorf("%s is read as %s, %v", raw, d, err)
		}
	}
	if _, err := safety.Measured("-3"); err == nil {
		t.Error("a negative weight was read")
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1", "0.5", "5.0", ".5", "-1", "1e9", "９", strings.Repeat("9", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := safety.ParseDecimal(s)
		if err == nil && d.String() != s {
			t.Errorf("%q is written back as %q", s, d)
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add("ibuprofen", "naproxen", "penicillin", "rash")
	f.Fuzz(func(t *testing.T, proposed, present, allergen, reaction string) {
		found := safety.Check(safety.Patient{Allergies: []safety.Allergy{{Allergen: allergen, Reaction: reaction}}},
			[]safety.Medicine{{INN: present}}, []safety.Medicine{{INN: proposed}}, small(), on)
		if small().Lookup(proposed) == nil && safety.Worst(found) != safety.HardStop {
			t.Errorf("a medicine nobody knows passed: %q", proposed)
		}
	})
}
