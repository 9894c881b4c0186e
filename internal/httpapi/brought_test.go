package httpapi_test

import (
	"strings"
	"testing"
)

const fromElsewhere = `{"resourceType":"Bundle","type":"collection","entry":[
	{"resource":{"resourceType":"Patient","id":"7","birthDate":"1980-01-02"}},
	{"resource":{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/7"},"code":{"text":"penicillin"}}},
	{"resource":{"resourceType":"MedicationStatement","status":"active","subject":{"reference":"Patient/7"},"medicationCodeableConcept":{"text":"warfarin 3 mg"}}},
	{"resource":{"resourceType":"Immunization","status":"completed"}}]}`

func TestAPersonBringsARecordFromElsewhereOverHTTP(t *testing.T) {
	t.Parallel()
	c, _ := newPractice(t)
	const path, kind = "/patients/pat_ann/health-record/bring", "Content-Type: application/fhir+json"

	came := c.ask("ann", "POST", path, fromElsewhere, 200, kind)
	again := c.ask("ann", "POST", path, strings.Replace(fromElsewhere, "1980-01-02", "1980", 1), 200, kind, "Idempotency-Key: another")
	record := c.ask("ann", "GET", "/patients/pat_ann/health-record", "", 200)

	left, _ := came["left"].([]any)
	if came["taken"] != 2.0 || again["taken"] != 2.0 || len(left) != 1 || left[0].(map[string]any)["type"] != "Immunization" || left[0].(map[string]any)["why"] != "no_fact" {
		t.Errorf("came: %v, again: %v", came, again)
	}
	facts, _ := record["facts"].([]any)
	if len(facts) != 2 {
		t.Fatalf("the record holds %v, want both once", facts)
	}
	for n, words := range []string{"penicillin", "warfarin 3 mg"} {
		f := facts[n].(map[string]any)
		if f["words"] != words || f["by"] != "acc_ann" || f["source"] != "file" {
			t.Errorf("fact %d = %v", n, f)
		}
	}
}

func TestARecordFromElsewhereIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	c, _ := newPractice(t)
	const path, kind = "/patients/pat_ann/health-record/bring", "Content-Type: application/fhir+json"

	another := c.ask("ann", "POST", path, strings.Replace(fromElsewhere, "1980-01-02", "1981-01-02", 1), 422, kind)
	c.ask("ann", "POST", path, strings.Replace(fromElsewhere, "Patient/7", "Patient/8", 1), 422, kind)
	c.ask("ann", "POST", path, strings.Replace(fromElsewhere, `"penicillin"`, `7`, 1), 422, kind)
	c.ask("ann", "POST", path, `{"resourceType":"Patient"}`, 422, kind)
	c.ask("ann", "POST", path, fromElsewhere[:99], 400, kind)
	c.ask("ann", "POST", path, fromElsewhere, 415, "Content-Type: application/fhir+xml")
	c.ask("ann", "POST", path, `{"resourceType":"Bundle","id":"`+strings.Repeat("x", 4<<20)+`"}`, 413, kind)
	c.ask("bob", "POST", path, fromElsewhere, 404, kind)
	c.ask("dan", "POST", path, fromElsewhere, 403, kind)

	if another["type"] != "/problems/file-of-another" {
		t.Errorf("somebody else's file: %v", another)
	}
	record := c.ask("ann", "GET", "/patients/pat_ann/health-record", "", 200)
	if facts, _ := record["facts"].([]any); len(facts) != 0 {
		t.Errorf("of what was refused there is %v", facts)
	}
}
