package prescribing_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"housecall/internal/fault"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

func tablet(d prescribing.Dosage) prescribing.WrittenItem {
	return prescribing.WrittenItem{Product: "paracetamol/tablet/500mg", Steps: one(d)}
}

var oneTablet = measure("1", "tablet")

func unweighed() safety.Patient {
	p := child("12")
	p.Weight = nil
	return p
}

func weighedLongAgo() safety.Patient {
	p := child("12")
	p.WeighedOn = safety.MustDate("2026-10-01")
	return p
}

// impossible are dosages that must be refused, with where and why.
var impossible = []struct {
	name    string
	item    prescribing.WrittenItem
	person  safety.Patient
	at      string
	bodyHas string
}{
	{"no unit", tablet(prescribing.Dosage{Dose: measure("500", ""), Timing: daily(3, 3)}), adult(), "/dose/unit", "no dose"},
	{"a negative dose", tablet(prescribing.Dosage{Dose: measure("-1", "tablet"), Timing: daily(3, 3)}), adult(), "/dose/value", "negative"},
	{"a dose of nothing", tablet(prescribing.Dosage{Dose: measure("0", "tablet"), Timing: daily(3, 3)}), adult(), "/dose/value", "nothing"},
	{"a trailing zero", tablet(prescribing.Dosage{Dose: measure("5.0", "mg"), Timing: daily(3, 3)}), adult(), "/dose/value", "trailing zero"},
	{"a leading point", tablet(prescribing.Dosage{Dose: measure(".5", "mg"), Timing: daily(3, 3)}), adult(), "/dose/value", "before the point"},
	{"a number in words", tablet(prescribing.Dosage{Dose: measure("one", "tablet"), Timing: daily(3, 3)}), adult(), "/dose/value", "digits"},
	{"a float in powers", tablet(prescribing.Dosage{Dose: measure("1e3", "tablet"), Timing: daily(3, 3)}), adult(), "/dose/value", "digits"},
	{"digits of another script", tablet(prescribing.Dosage{Dose: measure("５", "tablet"), Timing: daily(3, 3)}), adult(), "/dose/value", "digits"},
	{"ten times too many", tablet(prescribing.Dosage{Dose: measure("100", "tablet"), Timing: daily(3, 3)}), adult(), "/dose", "too much"},
	{"a number of forty digits", tablet(prescribing.Dosage{Dose: measure(strings.Repeat("9", 40), "tablet"), Timing: daily(3, 3)}), adult(), "/dose/value", "too large"},
	{"a third of a tablet", tablet(prescribing.Dosage{Dose: measure("0.3", "tablet"), Timing: daily(3, 3)}), adult(), "/dose", "whole"},
	{"half of what is not scored", tablet(prescribing.Dosage{Dose: measure("0.5", "tablet"), Timing: daily(3, 3)}), adult(), "/dose", "whole"},
	{"mL of a tablet", tablet(prescribing.Dosage{Dose: measure("5", "mL"), Timing: daily(3, 3)}), adult(), "/dose/unit", "dosed in tablets"},
	{"the sign for micro", tablet(prescribing.Dosage{Dose: measure("500", "µg"), Timing: daily(3, 3)}), adult(), "/dose/unit", "micrograms"},
	{"a range that is not as needed", tablet(prescribing.Dosage{Dose: prescribing.Measure{Value: "1", High: "2", Unit: "tablet"}, Timing: daily(3, 3)}), adult(), "/dose/high", "when needed"},
	{"a range upside down", tablet(prescribing.Dosage{
		Dose: prescribing.Measure{Value: "2", High: "1", Unit: "tablet"}, Timing: every(6),
		AsNeeded: &prescribing.AsNeeded{For: "pain", Max: measure("4000", "mg")},
	}), adult(), "/dose/high", "more than"},
	{"no frequency", tablet(prescribing.Dosage{Dose: oneTablet}), adult(), "/timing", "how often"},
	{"no duration", tablet(prescribing.Dosage{Dose: oneTablet, Timing: daily(3, 0)}), adult(), "/timing/duration", "day to a year"},
	{"a course of ten years", tablet(prescribing.Dosage{Dose: oneTablet, Timing: daily(3, 3650)}), adult(), "/timing/duration", "day to a year"},
	{"more than once an hour", tablet(prescribing.Dosage{Dose: oneTablet, Timing: prescribing.Timing{Frequency: 3, Period: 1, PeriodUnit: "h", Duration: 1, DurationUnit: "d"}}), adult(), "/timing", "once an hour"},
	{"a unit of time that is none", tablet(prescribing.Dosage{Dose: oneTablet, Timing: prescribing.Timing{Frequency: 1, Period: 1, PeriodUnit: "fortnight", Duration: 1, DurationUnit: "d"}}), adult(), "/timing/period_unit", "hours"},
	{"as needed without a ceiling", tablet(prescribing.Dosage{Dose: oneTablet, Timing: every(6), AsNeeded: &prescribing.AsNeeded{For: "pain"}}), adult(), "/as_needed/max", "ceiling"},
	{"a ceiling below one dose", tablet(prescribing.Dosage{Dose: oneTablet, Timing: every(6), AsNeeded: &prescribing.AsNeeded{For: "pain", Max: measure("100", "mg")}}), adult(), "/as_needed/max", "less than one dose"},
	{"a ceiling beyond reach", tablet(prescribing.Dosage{Dose: oneTablet, Timing: every(8), AsNeeded: &prescribing.AsNeeded{For: "pain", Max: measure("9", "doses")}}), adult(), "/as_needed/max", "can reach"},
	{"needed for nothing that is listed", tablet(prescribing.Dosage{Dose: oneTablet, Timing: every(6), AsNeeded: &prescribing.AsNeeded{For: "fun", Max: measure("4", "doses")}}), adult(), "/as_needed/for", "list"},
	{"a weekly medicine every day", prescribing.WrittenItem{Product: "alendronic-acid/tablet/70mg", Steps: one(prescribing.Dosage{Dose: oneTablet, Timing: daily(1, 28)})}, adult(), "/timing", "WEEK"},
	{"a weekly medicine on no day", prescribing.WrittenItem{Product: "alendronic-acid/tablet/70mg", Steps: one(prescribing.Dosage{
		Dose:   oneTablet,
		Timing: prescribing.Timing{Frequency: 1, Period: 1, PeriodUnit: "wk", Duration: 4, DurationUnit: "wk"},
	})}, adult(), "/timing/days_of_week", "exactly one day"},
	{"insulin in U", prescribing.WrittenItem{Product: "insulin-glargine/prefilled-pen/100iu-per-ml", Steps: one(prescribing.Dosage{Dose: measure("18", "U"), Timing: daily(1, 30)})}, adult(), "/dose/unit", "Write units"},
	{"insulin in IU", prescribing.WrittenItem{Product: "insulin-glargine/prefilled-pen/100iu-per-ml", Steps: one(prescribing.Dosage{Dose: measure("18", "IU"), Timing: daily(1, 30)})}, adult(), "/dose/unit", "Write units"},
	{"eye drops without an eye", prescribing.WrittenItem{Product: "chloramphenicol-eye-drops/eye-drops/0.5pct", Steps: one(prescribing.Dosage{Dose: measure("1", "drop"), Timing: daily(4, 3)})}, adult(), "/site", "where"},
	{"by weight, and no weight", prescribing.WrittenItem{Product: "paracetamol/oral-suspension/120mg-per-5ml", Steps: one(prescribing.Dosage{Dose: measure("15", "mg/kg/dose"), Timing: daily(4, 3)})}, unweighed(), "/dose", "not known"},
	{"by weight, and an old weight", prescribing.WrittenItem{Product: "paracetamol/oral-suspension/120mg-per-5ml", Steps: one(prescribing.Dosage{Dose: measure("15", "mg/kg/dose"), Timing: daily(4, 3)})}, weighedLongAgo(), "/dose", "older than 30 days"},
	{"mg/kg of nothing said", prescribing.WrittenItem{Product: "paracetamol/oral-suspension/120mg-per-5ml", Steps: one(prescribing.Dosage{Dose: measure("15", "mg/kg"), Timing: daily(4, 3)})}, child("12"), "/dose/unit", "one dose"},
	{"a volume no syringe shows", prescribing.WrittenItem{Product: "paracetamol/oral-suspension/120mg-per-5ml", Steps: one(prescribing.Dosage{Dose: measure("7.53", "mL"), Timing: daily(4, 3)})}, child("12"), "/dose", "can't be measured"},
	{"a strength too coarse for the child", prescribing.WrittenItem{Product: "paracetamol/tablet/500mg", Steps: one(prescribing.Dosage{Dose: measure("15", "mg/kg/dose"), Timing: daily(4, 3)})}, child("12"), "/dose", "whole"},
	{"steps out of order", prescribing.WrittenItem{Product: "prednisolone/tablet/5mg", Steps: []prescribing.Dosage{
		{Sequence: 2, Dose: oneTablet, Timing: daily(1, 3)}, {Sequence: 1, Dose: oneTablet, Timing: daily(1, 3)},
	}}, adult(), "/sequence", "order"},
	{"two of a combination by weight", prescribing.WrittenItem{Product: "amoxicillin-and-clavulanic-acid/tablet/500+125mg", Steps: one(prescribing.Dosage{Dose: measure("625", "mg"), Timing: daily(3, 5)})}, adult(), "/dose/unit", "in tablets"},
}

func TestADosageThatCannotBeIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, c := range impossible {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			_, err := f.Item(c.item, c.person, today)

			var refused *fault.Error
			if !errors.As(err, &refused) || len(refused.Fields) != 1 {
				t.Fatalf("refused with %v, want one field", err)
			}
			if at := "/items/0/steps/0" + c.at; refused.Fields[0].Pointer != at {
				t.Errorf("points at %s, want %s", refused.Fields[0].Pointer, at)
			}
			if !strings.Contains(refused.Fields[0].Message, c.bodyHas) {
				t.Errorf("says %q, want it to hold %q", refused.Fields[0].Message, c.bodyHas)
			}
		})
	}
}

func TestAWeightDoseStopsAtTheCeiling(t *testing.T) {
	t.Parallel()
	f := house(t)
	heavy := child("80")

	it, err := f.Item(prescribing.WrittenItem{
		Product: "ibuprofen/oral-suspension/100mg-per-5ml",
		Steps:   one(prescribing.Dosage{Dose: measure("10", "mg/kg/dose"), Timing: daily(3, 3)}),
	}, heavy, today)
	if err != nil {
		t.Fatal(err)
	}
	if got := it.Highest[0].Value.String(); got != "400" {
		t.Errorf("one dose is %s mg, want the cap of 400", got)
	}
}

func TestMoreIsHandedOverOnlyWithAReason(t *testing.T) {
	t.Parallel()
	f := house(t)
	w := amoxicillin()

	w.Supply = 42
	_, more := f.Item(w, adult(), today)
	w.SupplyReason = "lives on a boat"
	reasoned, err := f.Item(w, adult(), today)
	w.Supply = 10
	less, errLess := f.Item(w, adult(), today)

	if !fault.Is(more, fault.Invalid) || err != nil || errLess != nil {
		t.Fatalf("more: %v, with a reason: %v, less: %v", more, err, errLess)
	}
	if reasoned.Quantity.Count != 42 || reasoned.Quantity.Calc != 21 || less.Quantity.Count != 10 {
		t.Errorf("quantities %+v and %+v", reasoned.Quantity, less.Quantity)
	}
}

func TestALongCourseOfAMixedSuspensionComesInSeparateBottles(t *testing.T) {
	t.Parallel()
	f := house(t)

	it, err := f.Item(prescribing.WrittenItem{
		Product: "amoxicillin/oral-suspension/250mg-per-5ml",
		Steps:   one(prescribing.Dosage{Dose: measure("250", "mg"), Timing: daily(2, 10)}),
	}, child("20"), today)
	if err != nil {
		t.Fatal(err)
	}
	if it.Quantity.Text.EN != "2 bottles of 100 mL" { // 100 mL would do, but lives seven days
		t.Errorf("quantity = %s", it.Quantity.Text.EN)
	}
}

func TestFiveHundredMedicinesAndForgedNamesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := make([]prescribing.WrittenItem, 500)
	for i := range many {
		many[i] = amoxicillin()
	}
	homoglyph := amoxicillin()
	homoglyph.Product = "аmoxicillin/capsule/500mg" // the first letter is Cyrillic

	_, tooMany := w.Create(t.Context(), asDoctor(), visit, sheet(many...))
	_, forged := w.Create(t.Context(), asDoctor(), visit, sheet(homoglyph))
	_, empty := w.Create(t.Context(), asDoctor(), visit, sheet())

	for name, err := range map[string]error{"500": tooMany, "homoglyph": forged, "empty": empty} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestABrokenFormularyFileIsRefusedWithLineAndReason(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ name, file, old, new, bodyHas string }{
		{"an unknown tag", "formulary.csv", "nsaid;bleeding_risk,ibuprofen", "nsaidd;bleeding_risk,ibuprofen", "formulary.csv:3: tag nsaidd is not defined"},
		{"a unit that is none", "formulary.csv", "1000 mg,4000 mg,,2 mo", "1000 mgs,4000 mg,,2 mo", "formulary.csv:2: adult_max_single"},
		{"a strength that can't be read", "formulary.csv", "tablet 325 mg; 500 mg", "tablet 325 mq; 500 mg", "formulary.csv:2: strength \"325 mq\""},
		{"a form that nobody defined", "formulary.csv", "tablet 325 mg; 500 mg", "tabllet 325 mg; 500 mg", "formulary.csv:2: form"},
		{"a row that is cut off", "interactions.csv", "Two ways of raising serotonin,", "", "interactions.csv:5: has 9 cells, not 10"},
		{"a severity that is none", "interactions.csv", ",contraindicated,Loss of HIV", ",bad,Loss of HIV", "interactions.csv:3: severity"},
		{"a pair that chooses nothing", "interactions.csv", "drug:atazanavir", "drug:atazanavirr", "interactions.csv:3: a \"drug:atazanavirr\" chooses no medicine"},
		{"a source nobody explains", "allergies.csv", "AAAAI-2022;BNF,high\nA002", "NOBODY,high\nA002", "allergies.csv:2: source \"NOBODY\""},
		{"a quote left open", "classes.csv", "nsaid,Non", "nsaid,\"Non", "classes.csv"},
		{"a row said twice", "classes.csv", "cox2_selective,NSAID", "nsaid,NSAID", "classes.csv:4: says nsaid again"},
		{"a white space at the end", "packs.csv", "usual bottle,HOUSECALL\n", "usual bottle ,HOUSECALL\n", "packs.csv:2: note has white space"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := prescribing.HouseFiles(t)
			body := string(files[c.file].Data)
			if !strings.Contains(body, c.old) {
				t.Fatalf("%s does not hold %q", c.file, c.old)
			}
			files[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(body, c.old, c.new, 1))}

			_, err := prescribing.LoadFormulary(files, nil)

			if err == nil || !strings.Contains(err.Error(), c.bodyHas) {
				t.Errorf("refused with\n%v\nwant it to hold %q", err, c.bodyHas)
			}
		})
	}
}

func TestAFormularyChangedInMidPrescriptionMustBeLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	w.forge(rx.ID, func(rx *prescribing.Prescription) { rx.Basis.Edition = "yesterday's" })

	_, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)

	is(t, err, "formulary-changed")
}

func TestNothingIsSignedWithAnotherFormularyThanItWasShownWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	ok(t, err)
	head, _ := paracetamolRow(t)
	w.formulary, err = prescribing.LoadFormulary(nil, fstest.MapFS{"formulary.csv": &fstest.MapFile{Data: []byte(head + "\n" + ownRow(t) + "\n")}})
	ok(t, err)
	w.connect()

	_, err = w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	is(t, err, "formulary-changed")
	if w.asked != 0 || w.stands(rx.ID).State != prescribing.Draft {
		t.Errorf("the code was asked %d times, it is %s", w.asked, w.stands(rx.ID).State)
	}
}

func TestCheckingTheFormularySaysWhatItHolds(t *testing.T) {
	t.Parallel()
	var out strings.Builder

	err := prescribing.CheckFormulary(nil, nil, &out)

	if err != nil || !strings.Contains(out.String(), "641 interactions") {
		t.Errorf("%v: %s", err, out.String())
	}
	empty := fstest.MapFS{}
	if err := prescribing.CheckFormulary(empty, nil, &out); err == nil {
		t.Error("an empty folder was taken for a formulary")
	}
}
