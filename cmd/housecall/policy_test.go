package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func runCommand(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := root()
	c.SetArgs(args)
	c.SetIn(strings.NewReader(in))
	c.SetOut(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAnOperatorIsToldInWordsWhyAMedicineIsNotAllowed(t *testing.T) {
	t.Parallel()

	said, err := runCommand(t, "", "policy", "explain", "--jurisdiction", "cn", "--date", "2026-11-22", "--at", "prescribe", "--drug", "colchicine",
		"--is", "proof_uploaded,doctor_ticked_revisit", "--number", "days=3,medicines=1,age_months=480,validity_days=1")

	if err != nil || !strings.Contains(said, "Not allowed") || !strings.Contains(said, "CN-S05") || !strings.Contains(said, "NMPA-BAN") {
		t.Errorf("%v: %s", err, said)
	}
	before, err := runCommand(t, "", "policy", "explain", "--jurisdiction", "cn", "--date", "2022-11-30", "--at", "prescribe", "--drug", "colchicine",
		"--is", "proof_uploaded,doctor_ticked_revisit", "--number", "days=3,medicines=1,age_months=480,validity_days=1")
	if err != nil || strings.Contains(before, "CN-S05") {
		t.Errorf("before the ban list %v: %s", err, before)
	}
}

func TestExplainRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--jurisdiction", "atlantis"},
		{"--date", "tomorrow"},
		{"--is", "gardian_present"},
		{"--number", "days=many"},
		{"--drug", "zorblax"},
		{"--at", "sometime"},
	} {
		if said, err := runCommand(t, "", append([]string{"policy", "explain"}, args...)...); err == nil {
			t.Errorf("%v was answered: %s", args, said)
		}
	}
}

func TestAPharmacistsCaseIsAnsweredInItsShape(t *testing.T) {
	t.Parallel()
	one := `{"id":"a","place":"US","date":"2026-11-22","patient":{"age":"45 y","sex":"f","weight_kg":70,"egfr":95,"liver":"normal","pregnancy":"no","lactating":false,"allergies":[],"conditions":[]},
	"present":[{"inn":"warfarin","dose":5,"unit":"mg","doses_per_24h":1,"days":null,"as_needed":false,"route":"oral"}],"new":{"inn":"ibuprofen","dose":400,"unit":"mg","doses_per_24h":3,"days":5,"as_needed":true,"route":"oral"}}`

	said, err := runCommand(t, one, "rx", "check", "--json")

	var answer struct {
		ID       string `json:"id"`
		Outcome  string `json:"outcome"`
		Findings []map[string]any
	}
	if err != nil || json.Unmarshal([]byte(said), &answer) != nil || answer.ID != "a" || answer.Outcome != "warning" || len(answer.Findings) == 0 {
		t.Fatalf("%v: %s", err, said)
	}
	for _, key := range []string{"id", "kind", "severity", "drugs", "fact", "why", "do", "source"} {
		if _, there := answer.Findings[0][key]; !there {
			t.Errorf("a finding has no %q", key)
		}
	}
	several, err := runCommand(t, "["+one+","+`{"id":"b"}`+", 7]", "rx", "check", "--json")
	if err != nil || !strings.HasPrefix(several, "[") || strings.Count(several, `"outcome"`) != 3 {
		t.Errorf("an array with broken cases: %v: %s", err, several)
	}
	if _, err := runCommand(t, "", "rx", "check", "--json"); err == nil {
		t.Error("nothing was answered with something")
	}
}
