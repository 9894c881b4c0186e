package prescribing_test

import (
	"slices"
	"strings"
	"testing"

	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// med is a medicine as a test list writes it: "ibuprofen 400 mg x3" or just "warfarin".
func med(tb testing.TB, s string) safety.Medicine {
	tb.Helper()
	w := strings.Fields(s)
	i := slices.IndexFunc(w, func(x string) bool { _, err := safety.ParseDecimal(x); return err == nil })
	if i < 0 {
		return safety.Medicine{INN: s, From: "told at intake"}
	}
	inn, per := strings.Join(w[:i], " "), safety.MustDecimal(strings.TrimPrefix(w[i+2], "x"))
	return safety.Medicine{INN: inn, PerDay: &per, Doses: []safety.Amount{{Component: inn, Value: safety.MustDecimal(w[i]), Unit: w[i+1]}}, From: "told at intake"}
}

func meds(tb testing.TB, all ...string) []safety.Medicine {
	tb.Helper()
	out := make([]safety.Medicine, len(all))
	for i, s := range all {
		out[i] = med(tb, s)
	}
	return out
}

func patient(change func(*safety.Patient)) safety.Patient {
	p := woman()
	if change != nil {
		change(&p)
	}
	return p
}

func aged(born string) func(*safety.Patient) {
	return func(p *safety.Patient) { p.Born = safety.MustDate(born) }
}

func weighing(born, kg string) func(*safety.Patient) {
	return func(p *safety.Patient) {
		w := safety.MustDecimal(kg)
		p.Born, p.Weight, p.WeighedOn = safety.MustDate(born), &w, today
	}
}

func allergic(allergen, reaction string) func(*safety.Patient) {
	return func(p *safety.Patient) { p.Allergies = []safety.Allergy{{Allergen: allergen, Reaction: reaction}} }
}

func having(words string) func(*safety.Patient) {
	return func(p *safety.Patient) { p.Conditions = []safety.Condition{{Words: words}} }
}

func kidneys(egfr string) func(*safety.Patient) {
	return func(p *safety.Patient) { e := safety.MustDecimal(egfr); p.EGFR = &e }
}

func carrying(weeks int) func(*safety.Patient) {
	return func(p *safety.Patient) { p.Pregnancy = safety.Pregnancy{Is: safety.Yes, Weeks: weeks} }
}

// pharmacistsList is what a pharmacist would test the engine with: who takes what, what is new, and
// what must be said.
var pharmacistsList = []struct {
	name    string
	who     func(*safety.Patient)
	present []string
	new     []string
	kind    safety.Kind
	want    safety.Severity // "" means no finding of this kind that stops or warns
}{
	{"penicillin allergy, amoxicillin", allergic("penicillin", "rash"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindAllergy, safety.HardStop},
	{"penicillin allergy in Chinese", allergic("青霉素类", "皮疹"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindAllergy, safety.HardStop},
	{"anaphylaxis to penicillin, cefalexin", allergic("penicillin", "anaphylaxis"), nil, []string{"cefalexin 500 mg x3"}, safety.KindAllergy, safety.HardStop},
	{"rash with penicillin, cefalexin", allergic("penicillin", "rash"), nil, []string{"cefalexin 500 mg x3"}, safety.KindAllergy, safety.Warning},
	{"anaphylaxis to penicillin, cefixime", allergic("penicillin", "anaphylaxis"), nil, []string{"cefixime 400 mg x1"}, safety.KindAllergy, safety.Warning},
	{"rash with penicillin, cefixime", allergic("penicillin", "rash"), nil, []string{"cefixime 400 mg x1"}, safety.KindAllergy, safety.Info},
	{"penicillin allergy, azithromycin", allergic("penicillin", "rash"), nil, []string{"azithromycin 500 mg x1"}, safety.KindAllergy, ""},
	{"naproxen allergy covers ibuprofen", allergic("naproxen", "wheeze"), nil, []string{"ibuprofen 400 mg x3"}, safety.KindAllergy, safety.HardStop},
	{"sulfa allergy, furosemide", allergic("sulfa", "rash"), nil, []string{"furosemide 40 mg x1"}, safety.KindAllergy, ""},
	{"sulfa allergy, celecoxib", allergic("sulfa", "rash"), nil, []string{"celecoxib 200 mg x1"}, safety.KindAllergy, safety.Warning},
	{"an allergen of a combination's component", allergic("trimethoprim", "rash"), nil, []string{"sulfamethoxazole and trimethoprim"}, safety.KindAllergy, safety.HardStop},
	{"ACE inhibitor cough", allergic("ace inhibitor cough", ""), nil, []string{"lisinopril 10 mg x1"}, safety.KindAllergy, safety.Warning},
	{"an allergen nobody knows", allergic("moon dust", "itch"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindAllergy, safety.Warning},
	{"loratadine allergy, same drug", allergic("loratadine", "hives"), nil, []string{"loratadine 10 mg x1"}, safety.KindAllergy, safety.HardStop},
	{"loratadine allergy, cetirizine", allergic("loratadine", "hives"), nil, []string{"cetirizine 10 mg x1"}, safety.KindAllergy, ""},
	{"nobody asked about allergies", func(p *safety.Patient) { p.AllergiesAsked = false }, nil, []string{"amoxicillin 500 mg x3"}, safety.KindMissingFact, safety.Warning},

	{"ibuprofen twice", nil, []string{"ibuprofen 400 mg x3"}, []string{"ibuprofen 200 mg x3"}, safety.KindDuplicate, safety.Warning},
	{"two NSAIDs", nil, []string{"naproxen 250 mg x2"}, []string{"ibuprofen 200 mg x3"}, safety.KindDuplicate, safety.Warning},
	{"paracetamol in a combination", nil, []string{"paracetamol and codeine"}, []string{"paracetamol 500 mg x3"}, safety.KindDuplicate, safety.Warning},
	{"an NSAID gel beside an NSAID", nil, []string{"diclofenac topical"}, []string{"naproxen 250 mg x2"}, safety.KindDuplicate, ""},

	{"warfarin and ibuprofen", nil, []string{"warfarin"}, []string{"ibuprofen 400 mg x3"}, safety.KindInteraction, safety.Warning},
	{"simvastatin and clarithromycin", nil, []string{"simvastatin 40 mg x1"}, []string{"clarithromycin 500 mg x2"}, safety.KindInteraction, safety.HardStop},
	{"nitrate and sildenafil", nil, []string{"isosorbide mononitrate"}, []string{"sildenafil 50 mg x1"}, safety.KindInteraction, safety.HardStop},
	{"phenelzine and sertraline", nil, []string{"phenelzine"}, []string{"sertraline 50 mg x1"}, safety.KindInteraction, safety.HardStop},
	{"amlodipine and paracetamol", nil, []string{"amlodipine 5 mg x1"}, []string{"paracetamol 500 mg x4"}, safety.KindInteraction, ""},

	{"a medicine nobody knows, new", nil, nil, []string{"miracle powder"}, safety.KindUnknownDrug, safety.HardStop},
	{"a homoglyph, new", nil, nil, []string{"аmoxicillin"}, safety.KindUnknownDrug, safety.HardStop},
	{"a medicine nobody knows, present", nil, []string{"grandmother's tea"}, []string{"amoxicillin 500 mg x3"}, safety.KindUnknownDrug, safety.Warning},
	{"blocked by telemedicine", nil, nil, []string{"warfarin 5 mg x1"}, safety.KindRemoteBlocked, safety.HardStop},

	{"too much at once", nil, nil, []string{"paracetamol 2000 mg x1"}, safety.KindDoseMax, safety.HardStop},
	{"too much in a day", nil, nil, []string{"paracetamol 1000 mg x6"}, safety.KindDoseMax, safety.HardStop},
	{"too much in a day over two products", nil, []string{"paracetamol 1000 mg x2"}, []string{"paracetamol 1000 mg x3"}, safety.KindDoseMax, safety.HardStop},
	{"a usual dose", nil, nil, []string{"paracetamol 1000 mg x4"}, safety.KindDoseMax, ""},
	{"a present dose that nobody told", nil, []string{"paracetamol"}, []string{"paracetamol 500 mg x3"}, safety.KindDoseMax, safety.Warning},
	{"citalopram over 65", aged("1950-01-01"), nil, []string{"citalopram 40 mg x1"}, safety.KindDoseMax, safety.HardStop},
	{"too young", aged("2020-01-01"), nil, []string{"doxycycline 100 mg x1"}, safety.KindDoseAge, safety.HardStop},
	{"a child, ten times too much", weighing("2022-01-01", "15"), nil, []string{"paracetamol 1000 mg x4"}, safety.KindDoseWeight, safety.HardStop},
	{"a child's usual dose", weighing("2022-01-01", "15"), nil, []string{"paracetamol 225 mg x4"}, safety.KindDoseWeight, ""},
	{"a child over its age band", weighing("2022-01-01", "15"), nil, []string{"cetirizine 10 mg x1"}, safety.KindDoseMax, safety.HardStop},
	{"a child of unknown weight", aged("2022-01-01"), nil, []string{"paracetamol 225 mg x4"}, safety.KindMissingFact, safety.HardStop},

	{"weak kidneys, metformin", kidneys("25"), nil, []string{"metformin 500 mg x2"}, safety.KindRenal, safety.HardStop},
	{"good kidneys, metformin", kidneys("95"), nil, []string{"metformin 500 mg x2"}, safety.KindRenal, ""},
	{"old, kidneys unknown, metformin", aged("1945-01-01"), nil, []string{"metformin 500 mg x2"}, safety.KindMissingFact, safety.Warning},
	{"severe liver disease, paracetamol", func(p *safety.Patient) { p.Liver = "severe" }, nil, []string{"paracetamol 500 mg x3"}, safety.KindHepatic, safety.HardStop},
	{"ibuprofen at 30 weeks", carrying(30), nil, []string{"ibuprofen 400 mg x3"}, safety.KindPregnancy, safety.HardStop},
	{"ibuprofen at 8 weeks", carrying(8), nil, []string{"ibuprofen 400 mg x3"}, safety.KindPregnancy, safety.Info},
	{"ibuprofen in weeks nobody told", carrying(0), nil, []string{"ibuprofen 400 mg x3"}, safety.KindPregnancy, safety.HardStop},
	{"low-dose aspirin at 30 weeks", carrying(30), nil, []string{"acetylsalicylic acid 100 mg x1"}, safety.KindPregnancy, ""},
	{"pregnancy nobody asked about", func(p *safety.Patient) { p.Pregnancy.Is = "" }, nil, []string{"ibuprofen 400 mg x3"}, safety.KindMissingFact, safety.Warning},
	{"a man is not asked about pregnancy", func(p *safety.Patient) { p.Sex, p.Pregnancy.Is = "m", "" }, nil, []string{"ibuprofen 400 mg x3"}, safety.KindMissingFact, ""},
	{"pregnant and male is a question", func(p *safety.Patient) { p.Sex, p.Pregnancy.Is = "m", safety.Yes }, nil, []string{"amoxicillin 500 mg x3"}, safety.KindMissingFact, safety.Warning},
	{"asthma and propranolol", having("Asthma"), nil, []string{"propranolol 40 mg x2"}, safety.KindCondition, safety.HardStop},
	{"asthma and amoxicillin", having("asthma"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindCondition, ""},
	{"a condition nobody knows", having("the vapours"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindCondition, safety.Warning},
	{"high blood pressure is no alarm", having("hypertension"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindCondition, ""},
	{"a date before birth", aged("2030-01-01"), nil, []string{"amoxicillin 500 mg x3"}, safety.KindMissingFact, safety.Warning},
}

func TestTheSafetyCheckFindsWhatAPharmacistWould(t *testing.T) {
	t.Parallel()
	rules := house(t).Rules

	for _, c := range pharmacistsList {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			found := safety.Check(patient(c.who), meds(t, c.present...), meds(t, c.new...), rules, today)

			got := safety.Severity("")
			for _, f := range found {
				if f.Kind == c.kind {
					got = safety.Worst([]safety.Finding{{Severity: got}, f})
				}
			}
			if c.want == "" && got == safety.Info {
				got = ""
			}
			if got != c.want {
				t.Errorf("%s is %q, want %q; all: %+v", c.kind, got, c.want, found)
			}
		})
	}
}

func TestAPlainPrescriptionRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	rules := house(t).Rules

	for _, s := range []string{
		"amoxicillin 500 mg x3", "paracetamol 500 mg x4", "loratadine 10 mg x1", "omeprazole 20 mg x1", "amlodipine 5 mg x1", "metformin 500 mg x2",
		"ibuprofen 200 mg x3", "atorvastatin 20 mg x1", "cetirizine 10 mg x1", "azithromycin 500 mg x1",
	} {
		found := safety.Check(woman(), nil, meds(t, s), rules, today)

		if worst := safety.Worst(found); worst == safety.HardStop || worst == safety.Warning {
			t.Errorf("%s: %+v", s, found)
		}
	}
}

func TestEveryInteractionOfTheListIsFoundBothWays(t *testing.T) {
	t.Parallel()
	rules := house(t).Rules

	for _, r := range rules.Interactions {
		a, b := member(rules, r.A, ""), ""
		if a != "" {
			b = member(rules, r.B, a)
		}
		if a == "" || b == "" {
			continue
		}
		for _, way := range [][2]string{{a, b}, {b, a}} {
			found := safety.Check(woman(), meds(t, way[0]), meds(t, way[1]), rules, today)
			if !hasKind(found, safety.KindInteraction) {
				t.Errorf("%s: %s with %s is not found", r.ID, way[0], way[1])
			}
		}
	}
}

// member is a medicine that the selector means, other than this one.
func member(rules *safety.Rules, selector, but string) string {
	var all []string
	for inn, d := range rules.Drugs {
		if d.Is(selector) && inn != but && inn != "acetylsalicylic acid" {
			all = append(all, inn)
		}
	}
	slices.Sort(all)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

func TestFindingsKeepTheirIDsWhenTheCheckRunsAgain(t *testing.T) {
	t.Parallel()
	rules := house(t).Rules
	present, again := meds(t, "warfarin", "naproxen 250 mg x2"), meds(t, "naproxen 250 mg x2", "warfarin")

	first := safety.Check(woman(), present, meds(t, "ibuprofen 400 mg x3"), rules, today)
	second := safety.Check(woman(), again, meds(t, "ibuprofen 400 mg x3"), rules, today.Add(1))

	ids := func(found []safety.Finding) []string {
		var out []string
		for _, f := range found {
			out = append(out, f.ID)
		}
		slices.Sort(out)
		return out
	}
	if len(first) == 0 || !slices.Equal(ids(first), ids(second)) {
		t.Errorf("ids %v, then %v", ids(first), ids(second))
	}
}

func TestEveryFindingSaysWhatToDoAndWhereFrom(t *testing.T) {
	t.Parallel()
	rules := house(t).Rules
	p := patient(allergic("penicillin", "hives"))
	p.Conditions = []safety.Condition{{Words: "asthma"}}

	found := safety.Check(p, meds(t, "warfarin", "simvastatin 40 mg x1"), meds(t, "amoxicillin 500 mg x3", "clarithromycin 500 mg x2", "propranolol 40 mg x2"), rules, today)

	for _, f := range found {
		if f.ID == "" || f.Why == "" || f.Do == "" || f.Source == "" || f.Fact == "" || f.Drugs == nil {
			t.Errorf("finding %+v leaves something out", f)
		}
	}
}

func BenchmarkCheckTenCurrentFiveProposed(b *testing.B) {
	f, err := prescribing.House()
	if err != nil {
		b.Fatal(err)
	}
	current := meds(b, "amlodipine 5 mg x1", "atorvastatin 20 mg x1", "metformin 500 mg x2", "warfarin", "omeprazole 20 mg x1", "levothyroxine 50 mcg x1",
		"bisoprolol 5 mg x1", "sertraline 50 mg x1", "salbutamol", "tamsulosin 0.4 mg x1")
	proposed := meds(b, "amoxicillin 500 mg x3", "ibuprofen 400 mg x3", "loratadine 10 mg x1", "prednisolone 40 mg x1", "clarithromycin 500 mg x2")
	for b.Loop() {
		safety.Check(woman(), current, proposed, f.Rules, today)
	}
}
