package intake_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"housecall/internal/fault"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

func flags(t *testing.T) *intake.Flags {
	t.Helper()
	text, err := os.ReadFile("data/red_flags.csv")
	must(t, err)
	f, err := intake.LoadFlags(string(text))
	must(t, err)
	return f
}

func TestRedFlagsStopTheBookingAndSayToCallTheEmergencyNumberOfThePlace(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	c := p.whole(i, "chest_pain")
	c.Answers["R036"] = "yes"
	c.Vitals = &[]intake.Vital{{Kind: "oxygen_saturation", Value: "93", Unit: "%"}}
	c.Answers["R004"] = "yes"

	typed := p.saved(i, c)
	stopped, err := p.Submit(t.Context(), mother, i.ID)
	must(t, err)

	if !slices.Equal(typed.Raised, []string{"R036", "R004"}) {
		t.Errorf("raised while typing: %v", typed.Raised)
	}
	if stopped.State != intake.Stopped || p.EmergencyNumber(stopped) != "120" {
		t.Errorf("state %s, number %s", stopped.State, p.EmergencyNumber(stopped))
	}
	alert := p.Judge(stopped).Raised[0]
	if alert.Urgency != "call_emergency_now" || !strings.Contains(alert.Tell.EN, "emergency number") || !strings.Contains(alert.Tell.ZH, "急救电话") || alert.Source == "" {
		t.Errorf("told %+v", alert)
	}
	e := p.told(string(i.ID), intake.EventStopped)
	if len(e) != 1 || e[0].Data["flag_1"] != "R036" || e[0].Data["urgency"] != "call_emergency_now" {
		t.Errorf("announced %v", e)
	}
	if len(p.told(string(i.ID), intake.EventSubmitted)) != 0 {
		t.Error("a stopped intake was handed in")
	}
}

func TestAQuestionThatIsNotAnsweredKeepsTheIntakeFromBeingSubmitted(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	c := p.whole(i, "headache")
	delete(c.Answers, "R049")
	i = p.saved(i, c)

	_, err := p.Submit(t.Context(), mother, i.ID)

	refused(t, err, fault.Invalid)
	if !slices.Equal(pointers(err), []string{"/answers/R049"}) {
		t.Errorf("pointers = %v", pointers(err))
	}
}

const adult, baby = "1980-01-01", "2026-10-01"

func vital(kind, value, unit string) []intake.Vital {
	return []intake.Vital{{Kind: kind, Value: value, Unit: unit}}
}

// vitalTests are what vital signs raise and ask; adults first, then children.
var vitalTests = []struct {
	name   string
	intake intake.Intake
	raised string // of vital signs, joined by commas
	asked  string // a question that only the value brings up
}{
	{name: "nothing measured", intake: intake.Intake{Born: adult}},
	{name: "oxygen 91", intake: intake.Intake{Born: adult, Vitals: vital("oxygen_saturation", "91", "%")}, raised: "R003"},
	{name: "oxygen 92 is asked about", intake: intake.Intake{Born: adult, Vitals: vital("oxygen_saturation", "92", "%")}, asked: "R004"},
	{name: "oxygen 92, usual for the person", intake: intake.Intake{Born: adult, Vitals: vital("oxygen_saturation", "92", "%"), Answers: map[string]string{"R004": "no"}}, asked: "R004"},
	{name: "oxygen 90 with COPD is asked about", intake: intake.Intake{Born: adult, Vitals: vital("oxygen_saturation", "90", "%"), Health: intake.Health{Conditions: []intake.Item{{Code: "copd"}}}}, asked: "R003"},
	{name: "oxygen 87 with COPD", intake: intake.Intake{Born: adult, Vitals: vital("oxygen_saturation", "87", "%"), Health: intake.Health{Conditions: []intake.Item{{Code: "copd"}}}}, raised: "R003"},
	{name: "breathing 25", intake: intake.Intake{Born: adult, Vitals: vital("respiratory_rate", "25", "/min")}, raised: "R005"},
	{name: "breathing 24 is asked about", intake: intake.Intake{Born: adult, Vitals: vital("respiratory_rate", "24", "/min")}, asked: "R006"},
	{name: "breathing 24 with infection", intake: intake.Intake{Born: adult, Vitals: vital("respiratory_rate", "24", "/min"), Answers: map[string]string{"R006": "yes"}}, raised: "R006", asked: "R006"},
	{name: "breathing 24 in a baby is no matter of adults", intake: intake.Intake{Born: baby, Vitals: vital("respiratory_rate", "24", "/min")}},
	{name: "pulse 130 is borne", intake: intake.Intake{Born: adult, Vitals: vital("heart_rate", "130", "/min")}},
	{name: "pulse 131", intake: intake.Intake{Born: adult, Vitals: vital("heart_rate", "131", "/min")}, raised: "R007"},
	{name: "pulse 39", intake: intake.Intake{Born: adult, Vitals: vital("heart_rate", "39", "/min")}, raised: "R008"},
	{name: "pulse 45 is asked about", intake: intake.Intake{Born: adult, Vitals: vital("heart_rate", "45", "/min")}, asked: "R008"},
	{name: "pressure 90", intake: intake.Intake{Born: adult, Vitals: vital("systolic", "90", "mm[Hg]")}, raised: "R009"},
	{name: "pressure of 12 kPa is 90", intake: intake.Intake{Born: adult, Vitals: vital("systolic", "11.9", "kPa")}, raised: "R009"},
	{name: "pressure 185 with a headache", intake: intake.Intake{Born: adult, Vitals: vital("systolic", "185", "mm[Hg]"), Answers: map[string]string{"R010": "yes", "R011": "no"}}, raised: "R010", asked: "R010"},
	{name: "lower pressure 121 goes with the symptoms too", intake: intake.Intake{Born: adult, Vitals: vital("diastolic", "121", "mm[Hg]"), Answers: map[string]string{"R010": "yes", "R011": "no"}}, raised: "R010", asked: "R011"},
	{name: "38.0 in a baby of seven weeks", intake: intake.Intake{Born: baby, Complaint: "fever", Vitals: vital("temperature", "38.0", "Cel")}, raised: "R019"},
	{name: "100.4 F is 38.0", intake: intake.Intake{Born: baby, Complaint: "fever", Vitals: vital("temperature", "100.4", "[degF]")}, raised: "R019"},
	{name: "37.9 in a baby", intake: intake.Intake{Born: baby, Complaint: "fever", Vitals: vital("temperature", "37.9", "Cel")}},
	{name: "39 at four months", intake: intake.Intake{Born: "2026-07-20", Complaint: "fever", Vitals: vital("temperature", "39", "Cel")}, raised: "R020"},
	{name: "39 at seven months", intake: intake.Intake{Born: "2026-04-20", Complaint: "fever", Vitals: vital("temperature", "39", "Cel")}},
	{name: "breathing 42 at two years", intake: intake.Intake{Born: "2024-06-01", Complaint: "fever", Vitals: vital("respiratory_rate", "42", "/min")}, raised: "R026"},
	{name: "breathing 40 at two years", intake: intake.Intake{Born: "2024-06-01", Complaint: "fever", Vitals: vital("respiratory_rate", "40", "/min")}},
	{name: "breathing 40 at four years", intake: intake.Intake{Born: "2022-06-01", Complaint: "fever", Vitals: vital("respiratory_rate", "40", "/min")}, raised: "R026"},
	{name: "pulse 149 at one year", intake: intake.Intake{Born: "2025-06-01", Complaint: "fever", Vitals: vital("heart_rate", "149", "/min")}},
	{name: "pulse 150 at one year", intake: intake.Intake{Born: "2025-06-01", Complaint: "fever", Vitals: vital("heart_rate", "150", "/min")}, raised: "R028"},
	{name: "half the best peak flow", intake: intake.Intake{Born: adult, Complaint: "breathlessness_or_asthma", Vitals: vital("peak_flow_of_best", "49", "%")}, raised: "R041"},
	{name: "the newest measurement counts", intake: intake.Intake{Born: adult, Vitals: append(vital("heart_rate", "140", "/min"), vital("heart_rate", "90", "/min")...)}},
}

func TestAMissingVitalSignRaisesNothingAndAMeasuredOneDoes(t *testing.T) {
	t.Parallel()
	f := flags(t)
	for _, tt := range vitalTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			judged := f.Judge(&tt.intake, monday)

			var raised, asked []string
			for _, a := range judged.Raised {
				raised = append(raised, a.ID)
			}
			for _, q := range judged.Questions {
				asked = append(asked, q.ID)
			}
			if got := strings.Join(raised, ","); got != tt.raised {
				t.Errorf("raised %q, want %q", got, tt.raised)
			}
			if tt.asked != "" && !slices.Contains(asked, tt.asked) {
				t.Errorf("%s is not asked", tt.asked)
			}
		})
	}
}

func TestQuestionsFollowComplaintAgeAndGroup(t *testing.T) {
	t.Parallel()
	f := flags(t)
	asked := func(i intake.Intake) []string {
		var out []string
		for _, q := range f.Judge(&i, monday).Questions {
			out = append(out, q.ID)
		}
		return out
	}
	tests := []struct {
		name   string
		intake intake.Intake
		has    string
		hasNot string
	}{
		{"of everybody", intake.Intake{Born: "1980-01-01"}, "R013", "R036"},
		{"with chest pain", intake.Intake{Born: "1980-01-01", Complaint: "chest_pain"}, "R036", "R049"},
		{"chest pain of a child", intake.Intake{Born: "2016-01-01", Complaint: "chest_pain"}, "R038", "R036"},
		{"a fever under five", intake.Intake{Born: "2021-11-24", Complaint: "fever"}, "R021", ""},
		{"a fever at five", intake.Intake{Born: "2021-11-23", Complaint: "fever"}, "R031", "R021"},
		{"a headache over fifty", intake.Intake{Born: "1970-01-01", Complaint: "headache"}, "R051", "R053"},
		{"a headache in pregnancy", intake.Intake{Born: "1995-01-01", Complaint: "headache", Health: intake.Health{Pregnancy: "yes", Weeks: "21"}}, "R053", "R051"},
		{"a headache early in pregnancy", intake.Intake{Born: "1995-01-01", Complaint: "headache", Health: intake.Health{Pregnancy: "yes", Weeks: "8"}}, "R049", "R053"},
		{"a headache in pregnancy of unknown weeks", intake.Intake{Born: "1995-01-01", Complaint: "headache", Health: intake.Health{Pregnancy: "yes"}}, "R053", ""},
		{"belly pain of a woman", intake.Intake{Born: "1995-01-01", Sex: "female", Complaint: "abdominal_pain"}, "R056", "R057"},
		{"belly pain of a man", intake.Intake{Born: "1995-01-01", Sex: "male", Complaint: "abdominal_pain"}, "R057", "R056"},
		{"belly pain of who did not say", intake.Intake{Born: "1995-01-01", Complaint: "abdominal_pain"}, "R056", ""},
		{"vomiting with diabetes", intake.Intake{Born: "1960-01-01", Complaint: "vomiting_or_diarrhoea", Health: intake.Health{Conditions: []intake.Item{{Code: "diabetes_type1"}}}}, "R062", ""},
		{"vomiting on a gliflozin", intake.Intake{Born: "1960-01-01", Complaint: "vomiting_or_diarrhoea", Health: intake.Health{Medicines: []intake.Item{{Words: "Dapagliflozin 10"}}}}, "R062", ""},
		{"vomiting alone", intake.Intake{Born: "1960-01-01", Complaint: "vomiting_or_diarrhoea"}, "R058", "R062"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := asked(tt.intake)
			if !slices.Contains(got, tt.has) {
				t.Errorf("asked %v without %s", got, tt.has)
			}
			if tt.hasNot != "" && slices.Contains(got, tt.hasNot) {
				t.Errorf("asked %s", tt.hasNot)
			}
		})
	}
}

func TestWhoCannotMeasureButSaysYesIsSentToBeSeen(t *testing.T) {
	t.Parallel()
	f := flags(t)
	i := intake.Intake{Born: "1980-01-01", Complaint: "fever", Answers: map[string]string{"R033": "yes"}}
	unmeasured := f.Judge(&i, monday).Raised
	i.Vitals = []intake.Vital{{Kind: "temperature", Value: "37.2", Unit: "Cel"}}
	measured := f.Judge(&i, monday).Raised

	if len(unmeasured) != 1 || unmeasured[0].ID != "R033" {
		t.Errorf("chemotherapy and fever without a thermometer: %v", unmeasured)
	}
	if len(measured) != 0 {
		t.Errorf("chemotherapy and 37.2: %v", measured)
	}
}

func TestAGroupThatNeedsAVisitInPersonIsToldSoWithoutAQuestion(t *testing.T) {
	t.Parallel()
	f := flags(t)
	man := f.Judge(&intake.Intake{Born: "1980-01-01", Sex: "male", Complaint: "urinary"}, monday).Raised
	woman := f.Judge(&intake.Intake{Born: "1980-01-01", Sex: "female", Complaint: "urinary"}, monday).Raised

	if len(man) != 1 || man[0].ID != "R065" || man[0].Urgency != "see_in_person" || len(woman) != 0 {
		t.Errorf("man %v, woman %v", man, woman)
	}
}

func TestARedFlagThatIsNotUnderstoodKeepsTheServiceFromStartingAndNamesItsLine(t *testing.T) {
	t.Parallel()
	head := "id,complaint,age,question_en,question_zh,trigger,why,tell_en,tell_zh,urgency,source,confidence\n"
	good := "R1,any,all,q,q,answer=yes,w,t,t,call emergency now,S,high\n"
	row := func(age, trigger, urgency string) string {
		return head + good + "R2,any," + age + ",q,q," + trigger + ",w,t,t," + urgency + ",S,high\n"
	}
	tests := map[string]string{
		"no rows": head, "other columns": "id,age\n", "nothing": "",
		"an unknown trigger":    row("all", "answer=perhaps", "see in person"),
		"an unknown sign":       row("all", "XYZ>=4", "see in person"),
		"no number":             row("all", "HR>=fast", "see in person"),
		"a range turned round":  row("all", "HR 49-41", "see in person"),
		"an unknown qualifier":  row("all", "HR>=90 with a limp", "see in person"),
		"an unknown age":        row("teenagers", "answer=yes", "see in person"),
		"an age turned round":   row("9-3 y", "answer=yes", "see in person"),
		"an unknown urgency":    row("all", "answer=yes", "wait and see"),
		"an empty cell":         row("all", "", "see in person"),
		"the same id twice":     head + good + good,
		"a cell too many":       head + good + "R2,any,all,q,q,answer=yes,w,t,t,see in person,S,high,x\n",
		"an age of no part":     row("all", "RR>=40 (3-4 parsecs y)", "see in person"),
		"a sign with a bad age": row("all", "RR>=40 (old y)", "see in person"),
	}
	for name, text := range tests {
		_, err := intake.LoadFlags(text)
		if err == nil {
			t.Errorf("%s: loaded", name)
			continue
		}
		if strings.Contains(text, "R2,") && !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: %v names no line", name, err)
		}
	}
}

func TestEveryRedFlagIsLoadedWithItsSource(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("data/red_flags.csv")
	must(t, err)
	f, err := intake.LoadFlags(string(text))
	must(t, err)

	complaints := f.Complaints()
	if len(complaints) != 20 || complaints[len(complaints)-1] != "other" || !slices.Contains(complaints, "breathlessness_or_asthma") {
		t.Errorf("complaints = %v", complaints)
	}
}

func FuzzLoadFlags(f *testing.F) {
	f.Add("SpO2<=91 (known COPD on target 88-92: <88)", "16+")
	f.Add("RR 41-49 (1-2 y) or RR>=40 (3-4 y)", "0-27 days")
	f.Fuzz(func(t *testing.T, trigger, age string) {
		head := "id,complaint,age,question_en,question_zh,trigger,why,tell_en,tell_zh,urgency,source,confidence\n"
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		loaded, err := intake.LoadFlags(head + "R1,any," + quote(age) + ",q,q," + quote(trigger) + ",w,t,t,see in person,S,high\n")
		if err != nil {
			return
		}
		loaded.Judge(&intake.Intake{Born: "1980-01-01", Words: phi.Text("x")}, monday)
	})
}
