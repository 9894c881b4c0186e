package intake_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"housecall/internal/fault"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

func TestAnIntakeNeedsANumberToCallBack(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	c := p.whole(i, "cough")
	c.CallBack = nil
	i = p.saved(i, c)

	_, without := p.Submit(t.Context(), mother, i.ID)
	now, err := p.Intake(t.Context(), mother, i.ID)
	must(t, err)
	p.saved(now, intake.Change{CallBack: ptr(phi.Text("+86 10 5555 0100"))})
	submitted, err := p.Submit(t.Context(), mother, i.ID)
	must(t, err)

	refused(t, without, fault.Invalid)
	if got := pointers(without); !slices.Equal(got, []string{"/call_back"}) {
		t.Errorf("pointers %v, want the number to call back alone", got)
	}
	if now.State != intake.Draft || submitted.State != intake.Submitted {
		t.Errorf("without a number %s, with one %s", now.State, submitted.State)
	}
}

// everything is what PRODUCT.md has an intake ask: one of each.
func everything() (map[string]string, []intake.Vital, intake.Health) {
	return map[string]string{"since": "2d", "worse": "yes"},
		[]intake.Vital{{Kind: "temperature", Value: "38.5", Unit: "Cel"}, {Kind: "heart_rate", Value: "92", Unit: "/min"}},
		intake.Health{
			Allergies: []intake.Allergy{{Code: "penicillin", Reaction: "anaphylaxis"}}, Medicines: []intake.Item{{Words: "amlodipine 5 mg"}},
			Conditions: []intake.Item{{Code: "asthma"}}, WeightKg: "61.5", HeightCm: "164", EGFR: "88", Liver: "mild",
			Pregnancy: "yes", Weeks: "12", Lactation: "no",
		}
}

func TestAnIntakeKeepsAllThatTheDoctorAsksForAndFoldsItIntoTheRecord(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	symptoms, vitals, health := everything()
	i := p.begun(mother)
	i = p.saved(i, intake.Change{Symptoms: symptoms, Vitals: &vitals, Health: &health, Words: ptr(phi.Text("Since Monday."))})
	i = p.complete(i)
	_, err := p.Submit(ctx, mother, i.ID)
	must(t, err)

	p.care[lin.Account] = mother.Patient
	read, err := p.Intake(ctx, lin, i.ID)
	must(t, err)
	must(t, p.Fold(ctx, system, i.ID))

	if read.Complaint != "cough" || read.Words != "Since Monday." || !maps.Equal(read.Symptoms, symptoms) || !reflect.DeepEqual(read.Health, health) {
		t.Errorf("the doctor reads %q, %v, %+v", read.Complaint, read.Symptoms, read.Health)
	}
	if len(read.Vitals) != 2 || read.Vitals[0].Value != "38.5" {
		t.Errorf("vitals = %+v", read.Vitals)
	}
	r := p.record()
	for _, kind := range []intake.Kind{
		intake.KindAllergy, intake.KindMedicine, intake.KindCondition, intake.KindWeight, intake.KindHeight, intake.KindEGFR, intake.KindLiver,
		intake.KindPregnancy, intake.KindWeeks, intake.KindLactation,
	} {
		if len(r.Live(kind)) != 1 {
			t.Errorf("the record knows %d of %s, want one", len(r.Live(kind)), kind)
		}
	}
}
