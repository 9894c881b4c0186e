package fhir_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/fault"
	"housecall/internal/fhir"
	"housecall/internal/intake"
)

func bundleOf(resources ...string) []byte {
	entries := make([]string, 0, len(resources))
	for n, r := range resources {
		entries = append(entries, fmt.Sprintf(`{"fullUrl":"urn:uuid:%d","resource":%s}`, n, r))
	}
	return []byte(`{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`)
}

func TestABundleOfAnotherHouseBringsWhatHoldsToday(t *testing.T) {
	t.Parallel()
	got, err := fhir.Bring(bundleOf(
		`{"resourceType":"Patient","id":"p7","birthDate":"1955-03-08"}`,
		`{"resourceType":"AllergyIntolerance","patient":{"reference":"urn:uuid:0"},"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"91936005","display":"Allergy to penicillin"}]},
			"reaction":[{"manifestation":[{"coding":[{"system":"http://snomed.info/sct","code":"39579001"}]}]}]}`,
		`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/p7"},"category":["food"],"code":{"text":"无花果"}}`,
		`{"resourceType":"Condition","subject":{"reference":"Patient/p7"},"code":{"text":"high blood pressure"},"category":[{"coding":[{"code":"problem-list-item"}]}]}`,
		`{"resourceType":"MedicationStatement","status":"active","subject":{"reference":"Patient/p7"},"medicationCodeableConcept":{"text":"amlodipine 5 mg"}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"reference":"Patient/p7"},"medicationReference":{"reference":"Medication/m1"}}`,
		`{"resourceType":"Medication","id":"m1","code":{"coding":[{"display":"metformin 500 mg tablet"}]}}`,
	))
	want := fhir.Import{Born: "1955-03-08", Facts: []intake.Fact{
		{Kind: intake.KindAllergy, Words: "Allergy to penicillin", Reaction: "anaphylaxis"},
		{Kind: intake.KindAllergy, Words: "无花果", Reaction: "unknown"},
		{Kind: intake.KindCondition, Words: "high blood pressure"},
		{Kind: intake.KindMedicine, Words: "amlodipine 5 mg"},
		{Kind: intake.KindMedicine, Words: "metformin 500 mg tablet"},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWhatABundleDoesNotSayOfTodayIsLeftWithWhy(t *testing.T) {
	t.Parallel()
	got, err := fhir.Bring(bundleOf(
		`{"resourceType":"AllergyIntolerance","verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"latex"}}`,
		`{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"milk"}}`,
		`{"resourceType":"AllergyIntolerance","code":{"coding":[{"code":"716186003","display":"No known allergy"}]}}`,
		`{"resourceType":"AllergyIntolerance","code":{"text":"NKDA"}}`,
		`{"resourceType":"AllergyIntolerance","code":{"text":"无已知过敏"}}`,
		`{"resourceType":"AllergyIntolerance"}`,
		`{"resourceType":"Condition","code":{"text":"`+strings.Repeat("long ", 50)+`"}}`,
		`{"resourceType":"Condition","category":[{"coding":[{"code":"encounter-diagnosis"}]}],"code":{"text":"a cold"}}`,
		`{"resourceType":"MedicationStatement","status":"completed","medicationCodeableConcept":{"text":"amoxicillin"}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"plan","medicationCodeableConcept":{"text":"statin"}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"Medication/gone"}}`,
		`{"resourceType":"Observation","valueQuantity":{"value":58}}`,
		`{"resourceType":"Questionnaire","code":[{"code":"x"}]}`,
	))
	want := []fhir.Left{
		{Type: "AllergyIntolerance", Why: fhir.Over, N: 2},
		{Type: "AllergyIntolerance", Why: fhir.SaysNone, N: 3},
		{Type: "AllergyIntolerance", Why: fhir.NoWords, N: 1},
		{Type: "Condition", Why: fhir.TooLong, N: 1},
		{Type: "Condition", Why: fhir.OfThen, N: 1},
		{Type: "MedicationStatement", Why: fhir.Over, N: 1},
		{Type: "MedicationRequest", Why: fhir.Over, N: 1},
		{Type: "MedicationRequest", Why: fhir.NoWords, N: 1},
		{Type: "Observation", Why: fhir.OfThen, N: 1},
		{Type: "Questionnaire", Why: fhir.NoFact, N: 1},
	}
	if diff := cmp.Diff(want, got.Left); err != nil || diff != "" || len(got.Facts) != 0 {
		t.Errorf("%v, taken %v\n%s", err, got.Facts, diff)
	}
}

func TestAFileThatIsNoBundleOfOnePersonIsRefused(t *testing.T) {
	t.Parallel()
	many := make([]string, 101)
	for n := range many {
		many[n] = fmt.Sprintf(`{"resourceType":"Condition","code":{"text":"c%d"}}`, n)
	}
	for name, raw := range map[string][]byte{
		"nothing":             nil,
		"no JSON":             []byte("<Bundle/>"),
		"a list":              []byte("[]"),
		"another resource":    []byte(`{"resourceType":"Patient"}`),
		"a resource of none":  bundleOf(`{}`),
		"a wrong type":        bundleOf(`{"resourceType":"Condition","code":"flu"}`),
		"two patients":        bundleOf(`{"resourceType":"Patient","id":"a"}`, `{"resourceType":"Patient","id":"b"}`),
		"two of no name":      bundleOf(`{"resourceType":"Patient"}`, `{"resourceType":"Patient"}`),
		"facts of two":        bundleOf(`{"resourceType":"Condition","subject":{"reference":"Patient/a"}}`, `{"resourceType":"Condition","subject":{"reference":"Patient/b"}}`),
		"of another than one": bundleOf(`{"resourceType":"Patient","id":"a"}`, `{"resourceType":"Condition","subject":{"reference":"Patient/b"}}`),
		"too many facts":      bundleOf(many...),
		"too many entries":    []byte(`{"resourceType":"Bundle","entry":[` + strings.Repeat(`{"resource":{"resourceType":"X"}},`, 2000) + `{}]}`),
	} {
		if _, err := fhir.Bring(raw); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

func TestOurOwnBundleComesBackAsWhatHoldsToday(t *testing.T) {
	t.Parallel()
	h := held()
	raw, err := json.Marshal(fhir.Everything(h, noon))
	if err != nil {
		t.Fatal(err)
	}
	got, err := fhir.Bring(raw)
	want := []intake.Fact{
		{Kind: intake.KindAllergy, Code: "penicillin", Words: "penicillin", Reaction: "anaphylaxis"},
		{Kind: intake.KindCondition, Words: "high blood pressure"},
		{Kind: intake.KindMedicine, Words: "amlodipine 5 mg"},
		{Kind: intake.KindMedicine, Words: "paracetamol 500 mg tablet"},
	}
	if diff := cmp.Diff(want, got.Facts); err != nil || diff != "" || got.Born != "1955-03-08" {
		t.Errorf("born %s, %v\n%s", got.Born, err, diff)
	}
}
