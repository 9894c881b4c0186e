package fhir_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/consult"
	"housecall/internal/fhir"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/prescribing"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// held is a mother with an allergy that was a mistake, one visit and one signed prescription.
func held() fhir.Held {
	admitted, ended := noon.Add(-2*time.Hour), noon.Add(-time.Hour)
	return fhir.Held{
		Person: &identity.Person{ID: "pat_1", Name: "Wang Xiulan", BirthDate: "1955-03-08", Sex: "female", Language: "zh"},
		Record: &intake.Record{Patient: "pat_1", Facts: []intake.Fact{
			{ID: "fact_1", Kind: intake.KindAllergy, Code: "penicillin", Words: "penicillin", Reaction: "anaphylaxis", At: noon},
			{ID: "fact_2", Kind: intake.KindAllergy, Words: "strawberries", At: noon, Ended: &intake.End{At: noon, Why: "it was a rash of another cause"}},
			{ID: "fact_3", Kind: intake.KindCondition, Words: "high blood pressure", At: noon},
			{ID: "fact_4", Kind: intake.KindMedicine, Words: "amlodipine 5 mg", At: noon},
			{ID: "fact_5", Kind: intake.KindWeight, Value: "58.5", At: noon},
			{ID: "fact_6", Kind: intake.KindPregnancy, Value: "no", At: noon},
		}},
		Visits: []*consult.Visit{{ID: "vis_1", Patient: "pat_1", Doctor: "acc_lin", State: consult.IsCompleted, Specialty: "general", AdmittedAt: &admitted, EndedAt: &ended}},
		Notes: []*consult.Note{{ID: "note_vis_1", Visit: "vis_1", SealedAt: &ended, Written: consult.Written{
			Diagnoses: []consult.Diagnosis{{Code: "J02.9", Title: "Acute pharyngitis"}}, Summary: "Rest and drink.",
		}}},
		Prescriptions: []*prescribing.Prescription{{
			ID: "rx_1", Visit: "vis_1", State: prescribing.Signed, Signature: &prescribing.Signature{At: ended}, ValidUntil: noon.Add(72 * time.Hour),
			Prescriber: prescribing.Prescriber{Name: "Dr Chen Yu"}, Parts: []prescribing.Part{{ID: "part_rx_1_1", State: prescribing.Signed}},
			Items: []prescribing.Item{{
				Product: "paracetamol/tablet/500mg", INN: "paracetamol", Strength: "500 mg", Form: "tablet",
				Sentence: prescribing.Sentence{EN: "Take 1 tablet by mouth 3 times a day."}, Quantity: prescribing.Quantity{Count: 9, Unit: "tablet"},
			}},
		}, {ID: "rx_draft", State: prescribing.Draft, Items: []prescribing.Item{{INN: "secret"}}}},
	}
}

// parsed is the bundle as another system reads it.
func parsed(t *testing.T, b fhir.Bundle) (string, []map[string]any) {
	t.Helper()
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Entry []struct {
			FullURL  string         `json:"fullUrl"`
			Resource map[string]any `json:"resource"`
		}
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for _, e := range in.Entry {
		e.Resource["fullUrl"] = e.FullURL
		all = append(all, e.Resource)
	}
	return string(raw), all
}

func TestAPersonTakesEverythingThatIsKnownOfThemAndNoDraft(t *testing.T) {
	t.Parallel()

	raw, all := parsed(t, fhir.Everything(held(), noon))

	var kinds []string
	for _, r := range all {
		kinds = append(kinds, r["resourceType"].(string))
	}
	want := strings.Fields("Patient AllergyIntolerance AllergyIntolerance Condition MedicationStatement Observation Observation Encounter Condition DocumentReference MedicationRequest")
	if !slices.Equal(kinds, want) {
		t.Errorf("resources = %v, want %v", kinds, want)
	}
	if strings.Contains(raw, "secret") {
		t.Error("a draft left the house")
	}
	for _, said := range []string{"Wang Xiulan", `"value":58.5`, "J02.9", "Take 1 tablet by mouth 3 times a day.", "it was a rash of another cause", `"criticality":"high"`} {
		if !strings.Contains(raw, said) {
			t.Errorf("the bundle does not say %s", said)
		}
	}
}

func TestIdsAndReferencesAreFHIRsAndLeadSomewhereInTheBundle(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)

	raw, all := parsed(t, fhir.Everything(held(), noon))

	var there []string
	for _, r := range all {
		there = append(there, r["fullUrl"].(string))
		if !allowed.MatchString(r["id"].(string)) {
			t.Errorf("%s has the id %s", r["resourceType"], r["id"])
		}
	}
	for _, hit := range regexp.MustCompile(`"reference":"([^"]+)"`).FindAllStringSubmatch(raw, -1) {
		if !slices.Contains(there, hit[1]) {
			t.Errorf("%s is referred to, and not in the bundle", hit[1])
		}
	}
}

func TestWhatBecameOfAPrescriptionIsItsStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		state prescribing.State
		part  prescribing.State
		now   time.Time
		want  string
	}{
		{"signed and not yet dispensed", prescribing.Signed, prescribing.Claimed, noon, "active"},
		{"dispensed", prescribing.Signed, prescribing.Dispensed, noon, "completed"},
		{"run out", prescribing.Signed, prescribing.Signed, noon.Add(96 * time.Hour), "completed"},
		{"cancelled", prescribing.Cancelled, prescribing.Cancelled, noon, "cancelled"},
		{"replaced", prescribing.Replaced, prescribing.Replaced, noon, "stopped"},
	}
	for _, tt := range tests {
		h := held()
		h.Prescriptions[0].State, h.Prescriptions[0].Parts[0].State = tt.state, tt.part
		_, all := parsed(t, fhir.Everything(h, tt.now))
		if got := all[len(all)-1]["status"]; got != tt.want {
			t.Errorf("%s: status = %v, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWhereAVisitStandsIsTheEncountersStatus(t *testing.T) {
	t.Parallel()
	admitted := noon
	for state, want := range map[consult.State]string{
		consult.IsBooked: "planned", consult.Waiting: "arrived", consult.InProgress: "in-progress", consult.IsCompleted: "finished",
		consult.IsCancelled: "cancelled", consult.IsNoShow: "cancelled", consult.IsRedirected: "finished",
	} {
		h := fhir.Held{Person: held().Person, Visits: []*consult.Visit{{ID: id.Visit("vis_2"), State: state, AdmittedAt: &admitted}}}
		_, all := parsed(t, fhir.Everything(h, noon))
		if got := all[1]["status"]; got != want {
			t.Errorf("%s: status = %v, want %s", state, got, want)
		}
	}
}
