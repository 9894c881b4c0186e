package caselist_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const wellPatient = `"patient":{"age":"40 y","sex":"m","weight_kg":70,"egfr":95,"liver":"normal","pregnancy":"no","lactating":false,"allergies":[],"conditions":[]}`

func TestWhatCannotBeMeantIsRefusedInWordsAndNeverPassed(t *testing.T) {
	t.Parallel()
	l := lister(t)
	amoxicillin := `{"inn":"amoxicillin","dose":500,"unit":"mg","doses_per_24h":3,"days":5,"route":"oral"}`
	child := `"patient":{"age":"3 y","sex":"m","weight_kg":14,"allergies":[],"conditions":[],"pregnancy":"no"}`
	for _, c := range []struct{ name, raw, want string }{
		{"no object", `7`, "hard_stop"},
		{"null", `null`, "hard_stop"},
		{"null everywhere", `{"id":null,"place":null,"date":null,"patient":null,"present":null,"new":null}`, "hard_stop"},
		{"a patient that is a list", `{"patient":[],"new":` + amoxicillin + `}`, "hard_stop"},
		{"a date that is none", `{"date":"2026-13-45",` + wellPatient + `,"new":` + amoxicillin + `}`, "hard_stop"},
		{"a birth after the day", `{"date":"2026-11-22","patient":{"born":"2030-01-01","sex":"m","egfr":90,"allergies":[],"conditions":[]},"new":` + amoxicillin + `}`, "warning"},
		{"a negative dose", `{` + wellPatient + `,"new":{"inn":"amoxicillin","dose":-500,"unit":"mg","doses_per_24h":3,"days":5}}`, "hard_stop"},
		{"an absurd dose", `{` + wellPatient + `,"new":{"inn":"amoxicillin","dose":1e12,"unit":"mg","doses_per_24h":3,"days":5}}`, "hard_stop"},
		{"a dose in words", `{` + wellPatient + `,"new":{"inn":"amoxicillin","dose":"many","unit":"mg","doses_per_24h":3,"days":5}}`, "hard_stop"},
		{"no unit", `{` + wellPatient + `,"new":{"inn":"amoxicillin","dose":500,"doses_per_24h":3,"days":5}}`, "hard_stop"},
		{"too often", `{` + wellPatient + `,"new":{"inn":"amoxicillin","dose":500,"unit":"mg","doses_per_24h":1000,"days":5}}`, "hard_stop"},
		{"mg read as mL", `{` + child + `,"new":{"inn":"paracetamol","dose":210,"unit":"mL","doses_per_24h":4,"days":3}}`, "hard_stop"},
		{"pounds for kilograms", `{"patient":{"age":"3 y","sex":"m","weight_kg":31,"allergies":[],"conditions":[],"pregnancy":"no"},"new":{"inn":"ibuprofen","dose":300,"unit":"mg","doses_per_24h":3,"days":3}}`, "hard_stop"},
		{"ten times too much", `{` + child + `,"new":{"inn":"paracetamol","dose":2100,"unit":"mg","doses_per_24h":4,"days":3}}`, "hard_stop"},
		{"pregnant and male", `{"patient":{"age":"30 y","sex":"m","egfr":95,"pregnancy":"20 weeks","allergies":[],"conditions":[]},"new":` + amoxicillin + `}`, "warning"},
		{"a look-alike letter", `{` + wellPatient + `,"new":{"inn":"amoxiсillin","dose":500,"unit":"mg","doses_per_24h":3,"days":5}}`, "hard_stop"},
		{"a medicine in words", `{` + wellPatient + `,"new":"something for the cough"}`, "hard_stop"},
		{"no name", `{` + wellPatient + `,"new":{"dose":500,"unit":"mg"}}`, "hard_stop"},
		{"five hundred medicines", `{` + wellPatient + `,"new":` + amoxicillin + `,"present":[` + strings.TrimSuffix(strings.Repeat(amoxicillin+",", 500), ",") + `]}`, "hard_stop"},
		{"a place nobody knows", `{"place":"Atlantis",` + wellPatient + `,"new":` + amoxicillin + `}`, "hard_stop"},
	} {
		got := l.Answer(json.RawMessage(c.raw))

		if got.Outcome != c.want {
			t.Errorf("%s: %s, want %s: %+v", c.name, got.Outcome, c.want, got.Findings)
		}
		for _, f := range got.Findings {
			if f.ID == "" || f.Why == "" || f.Do == "" || f.Source == "" || f.Drugs == nil {
				t.Errorf("%s: a finding leaves something out: %+v", c.name, f)
			}
		}
	}
}

func TestOneBrokenCaseDoesNotKeepTheOthersFromTheirAnswers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer

	err := lister(t).Run(strings.NewReader(`[{"id":"a",`+wellPatient+`,"new":{"inn":"amoxicillin","dose":500,"unit":"mg","doses_per_24h":3,"days":5}}, "x", {"id":"c"}]`), &out)

	var answers []struct{ ID, Outcome string }
	if err != nil || json.Unmarshal(out.Bytes(), &answers) != nil || len(answers) != 3 {
		t.Fatalf("%v: %s", err, out.String())
	}
	if answers[0].Outcome != "none" || answers[1].Outcome != "hard_stop" || answers[2].ID != "c" {
		t.Errorf("answered %+v", answers)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(`{"id":"x",` + wellPatient + `,"new":{"inn":"ibuprofen","dose":400,"unit":"mg","doses_per_24h":3}}`)
	f.Add(`{"patient":{"age":[],"weight_kg":{}},"new":[[[]]]}`)
	l := lister(f)
	f.Fuzz(func(t *testing.T, raw string) {
		if got := l.Answer(json.RawMessage(raw)); got.Outcome == "" || got.Outcome == "none" && len(got.Findings) > 0 {
			t.Errorf("%q is answered %+v", raw, got)
		}
	})
}
