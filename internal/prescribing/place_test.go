package prescribing_test

import (
	"slices"
	"testing"

	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// inChina makes the visit one in China, with what it tells the rules of the place.
func inChina(w *world, told map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	facts := w.visits[visit]
	facts.Jurisdiction, facts.Told = "CN", told
	w.visits[visit] = facts
}

// seen is what the doctor sees while typing.
func seen(w *world, items ...prescribing.WrittenItem) *prescribing.Prescription {
	w.t.Helper()
	rx, err := w.Preview(w.t.Context(), asDoctor(), visit, sheet(items...))
	if err != nil {
		w.t.Fatal(err)
	}
	return rx
}

func rule(rx *prescribing.Prescription, why string) safety.Severity {
	i := slices.IndexFunc(rx.Findings, func(f safety.Finding) bool {
		return len(f.Fact) >= len("Rule "+why) && f.Fact[:len("Rule "+why)] == "Rule "+why
	})
	if i < 0 {
		return ""
	}
	return rx.Findings[i].Severity
}

func TestInChinaNothingIsPrescribedBeforeTheDoctorSaysThatTheEarlierDiagnosisQualifies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inChina(w, map[string]bool{"proof_uploaded": true, "doctor_ticked_revisit": false})

	before := seen(w, amoxicillin())
	inChina(w, map[string]bool{"proof_uploaded": true, "doctor_ticked_revisit": true})
	after := seen(w, amoxicillin())

	if rule(before, "CN-C03") != safety.HardStop || rule(after, "CN-C03") != "" {
		t.Errorf("before the tick %q, after it %q", rule(before, "CN-C03"), rule(after, "CN-C03"))
	}
	if after.ValidDays != 1 {
		t.Errorf("the prescription is good for %d days, want that day alone", after.ValidDays)
	}
}

func TestInChinaTheBanListStopsAndMoreThanAWeekNeedsAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inChina(w, map[string]bool{"proof_uploaded": true, "doctor_ticked_revisit": true})
	fortnight := prescribing.WrittenItem{Product: "amlodipine/tablet/5mg", Steps: one(prescribing.Dosage{Dose: measure("5", "mg"), Timing: daily(1, 14)})}
	banned := prescribing.WrittenItem{Product: "colchicine/tablet/0.5mg", Steps: one(prescribing.Dosage{Dose: measure("0.5", "mg"), Timing: daily(2, 3)})}

	long, stopped := seen(w, fortnight), seen(w, banned)

	if rule(long, "CN-P03") != safety.Warning || rule(stopped, "CN-S05") != safety.HardStop {
		t.Errorf("fortnight %q, banned %q", rule(long, "CN-P03"), rule(stopped, "CN-S05"))
	}
	week := seen(w, amoxicillin())
	if rule(week, "CN-P03") != "" || rule(week, "CN-S05") != "" {
		t.Errorf("a week of amoxicillin: %+v", week.Findings)
	}
}

func TestAtHomeTheRulesOfOtherPlacesAreSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	rx := seen(w, amoxicillin())

	for _, f := range rx.Findings {
		if f.Kind == safety.KindJurisdiction || f.Kind == safety.KindControlled {
			t.Errorf("found %+v", f)
		}
	}
	if rx.ValidDays != 30 {
		t.Errorf("good for %d days, want the house's thirty", rx.ValidDays)
	}
}
