package caselist_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// The corpus is a thousand plain prescriptions of primary care, in the shape of `rx check`. What is
// prescribed, and what is taken already, is drawn by how often it is prescribed: frequencies.csv, in
// millions of prescriptions a year, rounded, after ClinCalc DrugStats (Medical Expenditure Panel Survey
// 2022); child_frequencies.csv in the proportions of ambulatory paediatrics. Ages are those of NAMCS
// 2018 (office visits by age); conditions follow from the medicines; facts are missing as often as
// ambulatory records lack them: an adult's weight 30%, kidney function 70% under 40 and 20% from 65 on,
// liver 75%, pregnancy 40% of women of 12 to 55, allergies 5%, conditions 8%, the dose of a present
// medicine 15%. What the service never prescribes (opioids, benzodiazepines, warfarin) stands among
// present medicines alone. The doctor of the corpus reads the recorded allergy, looks a medicine up for a
// pregnant woman and does not prescribe a group that is taken already; interactions, kidneys, conditions
// and age are left to chance, which is worse than a doctor.
const corpusSeed = 20261122

type sheet struct {
	rand  *rand.Rand
	adult []map[string]string
	child []map[string]string
}

func readFrequencies(tb testing.TB, file string) []map[string]string {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, c := range r {
			m[rows[0][i]] = c
		}
		out = append(out, m)
	}
	return out
}

func number(s string) float64 { f, _ := strconv.ParseFloat(s, 64); return f }

func (s *sheet) chance(percent int) bool { return s.rand.IntN(100) < percent }

// draw picks a row by its frequency among those that fit.
func (s *sheet) draw(rows []map[string]string, fits func(map[string]string) bool) map[string]string {
	total := 0.0
	for _, r := range rows {
		if fits(r) {
			total += number(r["millions"])
		}
	}
	at := s.rand.Float64() * total
	for _, r := range rows {
		if fits(r) {
			if at -= number(r["millions"]); at < 0 {
				return r
			}
		}
	}
	return nil
}

// ages: visits to office-based physicians by age, in percent (NAMCS 2018).
var ages = []struct{ from, to, percent int }{{1, 11, 13}, {12, 24, 10}, {25, 44, 20}, {45, 64, 28}, {65, 74, 16}, {75, 92, 13}}

func (s *sheet) age() int {
	at := s.rand.IntN(100)
	for _, a := range ages {
		if at -= a.percent; at < 0 {
			return a.from + s.rand.IntN(a.to-a.from+1)
		}
	}
	return 50
}

type object = map[string]any

func (s *sheet) make(n int) object {
	age := s.age()
	sex := "m"
	if s.chance(57) {
		sex = "f"
	}
	p := object{"age": fmt.Sprintf("%d y", age), "sex": sex}
	c := object{"id": fmt.Sprintf("corpus-%04d", n), "place": "US", "date": "2026-11-22", "patient": p}
	if age < 12 {
		s.kid(c, p, age)
		return c
	}
	s.grown(c, p, age, sex)
	return c
}

// kid is a child's prescription: nearly every one has a weight, or no dose could be worked out.
func (s *sheet) kid(c, p object, age int) {
	kg := []float64{10, 12, 14.5, 16.5, 18.5, 20.5, 23, 26, 29, 32, 35.5}[age-1]
	kg = float64(int((kg*(0.9+0.2*s.rand.Float64()))*10)) / 10
	r := s.draw(s.child, func(r map[string]string) bool { return within(r, age) })
	if !s.chance(3) {
		p["weight_kg"] = kg
	}
	p["pregnancy"], p["lactating"] = "no", false
	s.history(p, nil)
	dose := number(r["max_mg"])
	if perKg := number(r["mg_kg_dose"]); perKg > 0 {
		dose = min(dose, float64(int(perKg*kg*0.99/5))*5)
		if dose < 5 {
			dose = float64(int(perKg*kg*10)) / 10
		}
	}
	c["present"] = []any{}
	c["new"] = object{"inn": r["inn"], "dose": dose, "unit": "mg", "doses_per_24h": number(r["per_day"]), "days": number(r["days"]), "as_needed": r["as_needed"] == "y", "route": r["route"]}
	if r["inn"] == "oseltamivir" && kg <= 15 {
		c["new"].(object)["dose"] = 30.0
	}
}

func within(r map[string]string, age int) bool {
	return age >= int(number(r["from_age"])) && age <= int(number(r["to_age"]))
}

// groups are what a doctor would not give twice.
var groups = map[string]string{
	"statin": "atorvastatin rosuvastatin simvastatin pravastatin", "raas": "lisinopril losartan", "ccb": "amlodipine nifedipine", "beta": "metoprolol carvedilol propranolol atenolol",
	"acid": "omeprazole pantoprazole famotidine", "mood": "sertraline escitalopram fluoxetine citalopram venlafaxine duloxetine bupropion trazodone amitriptyline",
	"nsaid": "ibuprofen naproxen meloxicam diclofenac celecoxib", "antihistamine": "cetirizine loratadine hydroxyzine", "steroid": "prednisone prednisolone", "su": "glipizide glimepiride",
	"opioid": "tramadol", "relaxant": "cyclobenzaprine tizanidine", "benzo": "alprazolam clonazepam", "clot": "apixaban warfarin", "platelet": "clopidogrel aspirin",
	"anticonvulsant": "topiramate lamotrigine gabapentin",
}

func groupOf(inn string) string {
	for name, list := range groups {
		if slices.Contains(strings.Fields(list), inn) {
			return name
		}
	}
	switch {
	case strings.HasPrefix(inn, "hydrocodone"):
		return "opioid"
	case strings.HasSuffix(inn, "ethinylestradiol"):
		return "pill"
	}
	return inn
}

func (s *sheet) grown(c, p object, age int, sex string) {
	taken, conditions := []map[string]string{}, []string{}
	fits := func(r map[string]string) bool {
		return within(r, age) && (r["sex"] == "" || r["sex"] == sex) &&
			!slices.ContainsFunc(taken, func(o map[string]string) bool { return groupOf(o["inn"]) == groupOf(r["inn"]) })
	}
	for range s.howMany(age) {
		if r := s.draw(s.adult, func(r map[string]string) bool { return r["use"] != "acute" && fits(r) }); r != nil {
			taken = append(taken, r)
			conditions = append(conditions, r["for"])
		}
	}
	allergy := s.facts(p, age, sex, conditions)
	var present []any
	for _, r := range taken {
		present = append(present, s.entry(r, 15))
	}
	c["present"] = present
	if present == nil {
		c["present"] = []any{}
	}
	r := s.draw(s.adult, func(r map[string]string) bool {
		return r["use"] != "present" && fits(r) && !strings.Contains(avoided[allergy], r["inn"]) &&
			(p["pregnancy"] == nil || !strings.Contains(p["pregnancy"].(string), "weeks") || strings.Contains(inPregnancy, r["inn"]))
	})
	c["new"] = s.entry(r, 0)
}

// inPregnancy is what is plainly prescribed to pregnant women.
const inPregnancy = "amoxicillin cephalexin acetaminophen nitrofurantoin levothyroxine loratadine cetirizine famotidine albuterol ondansetron metformin"

// avoided is what a doctor who read the allergy would not prescribe.
var avoided = map[string]string{
	"penicillin": "amoxicillin amoxicillin and clavulanate penicillin v", "sulfa": "sulfamethoxazole and trimethoprim",
	"aspirin": "ibuprofen naproxen meloxicam diclofenac celecoxib", "codeine": "tramadol", "lisinopril": "lisinopril",
}

func (s *sheet) howMany(age int) int {
	switch {
	case age < 25:
		return s.rand.IntN(2)
	case age < 45:
		return s.rand.IntN(3)
	case age < 65:
		return s.rand.IntN(5)
	}
	return 1 + s.rand.IntN(6)
}

// entry is a medicine of the case; of so many in a hundred present ones nobody told the dose.
func (s *sheet) entry(r map[string]string, dumb int) object {
	m := object{"inn": r["inn"], "dose": number(r["dose"]), "unit": r["unit"], "doses_per_24h": number(r["per_day"]), "days": nil, "as_needed": r["as_needed"] == "y", "route": r["route"]}
	if r["days"] != "" && dumb == 0 {
		m["days"] = number(r["days"])
	}
	if s.chance(dumb) {
		m["dose"], m["unit"], m["doses_per_24h"] = nil, nil, nil
	}
	return m
}

// facts draws what is known of an adult; it answers the recorded allergy.
func (s *sheet) facts(p object, age int, sex string, conditions []string) string {
	if !s.chance(30) {
		p["weight_kg"] = float64(55 + s.rand.IntN(45))
	}
	missing := map[bool]int{true: 20, false: 45}[age >= 65]
	if age < 40 {
		missing = 70
	}
	if !s.chance(missing) {
		p["egfr"] = float64(max(32, 112-age*7/10+s.rand.IntN(21)-10))
	}
	if s.chance(25) {
		p["liver"] = "normal"
	}
	if sex == "f" && age >= 12 && age <= 55 {
		s.mother(p, age)
	} else {
		p["pregnancy"], p["lactating"] = "no", false
	}
	return s.history(p, conditions)
}

func (s *sheet) mother(p object, age int) {
	switch {
	case s.chance(40):
		p["pregnancy"] = "unknown"
	case age >= 18 && age <= 40 && s.chance(5):
		p["pregnancy"], p["lactating"] = fmt.Sprintf("%d weeks", 6+s.rand.IntN(33)), false
	default:
		p["pregnancy"], p["lactating"] = "no", age >= 20 && age <= 40 && s.chance(3)
	}
}

// history draws allergies (penicillin 8%, sulfa 4%, aspirin 1.5%, codeine 3%, an ACE inhibitor's cough
// 1%) and other conditions.
func (s *sheet) history(p object, conditions []string) string {
	allergy := ""
	switch at := s.rand.IntN(1000); {
	case at < 50:
	case at < 130:
		allergy = "penicillin"
	case at < 170:
		allergy = "sulfa"
	case at < 185:
		allergy = "aspirin"
	case at < 215:
		allergy = "codeine"
	case at < 225:
		allergy = "lisinopril"
	default:
		p["allergies"] = []any{}
	}
	if allergy != "" {
		p["allergies"] = []any{object{"allergen": allergy, "reaction": []string{"rash", "rash", "hives", "nausea", ""}[s.rand.IntN(5)]}}
	}
	if s.chance(8) {
		return allergy
	}
	out := []any{}
	slices.Sort(conditions)
	for _, c := range slices.Compact(conditions) {
		if c != "" {
			out = append(out, c)
		}
	}
	p["conditions"] = out
	return allergy
}

// corpus draws the thousand cases, one JSON object a line.
func corpus(tb testing.TB) []byte {
	tb.Helper()
	s := &sheet{rand: rand.New(rand.NewPCG(corpusSeed, corpusSeed)), adult: readFrequencies(tb, "testdata/frequencies.csv"), child: readFrequencies(tb, "testdata/child_frequencies.csv")} //nolint:gosec // a draw, not a secret
	var out bytes.Buffer
	for n := 1; n <= 1000; n++ {
		line, err := json.Marshal(s.make(n))
		if err != nil {
			tb.Fatal(err)
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// frozen reads the file of the thousand cases.
func frozen(tb testing.TB) []byte {
	tb.Helper()
	f, err := os.Open("testdata/corpus.jsonl.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func TestTheThousandPrescriptionsAreThoseThatWereDrawn(t *testing.T) {
	if *update {
		var out bytes.Buffer
		z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
		_, _ = z.Write(corpus(t))
		_ = z.Close()
		if err := os.WriteFile("testdata/corpus.jsonl.gz", out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(frozen(t), corpus(t)) {
		t.Error("the file of the corpus is not what its seed draws: it was frozen before any threshold was set, and stays")
	}
}
