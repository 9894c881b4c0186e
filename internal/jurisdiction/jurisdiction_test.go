package jurisdiction_test

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"housecall/internal/jurisdiction"
	"housecall/policies"
)

func book(tb testing.TB) *jurisdiction.Book {
	tb.Helper()
	files, err := fs.Sub(policies.Jurisdictions, "jurisdictions")
	if err != nil {
		tb.Fatal(err)
	}
	b, err := jurisdiction.Load(files)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// factsOf reads "+guardian_present -first_visit days=8 city=Beijing drug=codeine;tags=opioid;cn=narcotic".
func factsOf(tb testing.TB, s string) jurisdiction.Facts {
	tb.Helper()
	f := jurisdiction.Facts{Yes: map[string]bool{}, Numbers: map[string]float64{}, Words: map[string]string{}}
	for _, w := range strings.Fields(s) {
		k, v, valued := strings.Cut(w, "=")
		n, err := strconv.ParseFloat(v, 64)
		switch {
		case strings.HasPrefix(w, "drug="):
			f.Drug = drugOf(strings.ReplaceAll(v, "_", " "))
		case strings.HasPrefix(w, "+"):
			f.Yes[w[1:]] = true
		case strings.HasPrefix(w, "-"):
			f.Yes[w[1:]] = false
		case valued && err == nil:
			f.Numbers[k] = n
		case valued:
			f.Words[k] = strings.ReplaceAll(v, "_", " ")
		}
	}
	if err := f.Check(); err != nil {
		tb.Fatal(err)
	}
	return f
}

func drugOf(s string) *jurisdiction.Drug {
	parts := strings.Split(s, ";")
	d := &jurisdiction.Drug{INN: parts[0], Components: strings.Split(parts[0], " and "), Route: "oral"}
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, ":")
		switch k {
		case "tags":
			d.Tags = strings.Split(strings.ReplaceAll(v, " ", "_"), ",")
		case "cn":
			d.CNClass = v
		case "us":
			d.USSchedule = v
		case "route":
			d.Route = v
		}
	}
	return d
}

// cases has for each rule facts with which it fires and facts with which it does not.
var cases = []struct{ rule, place, stage, fires, silent string }{
	{"HOUSE-C01", "house", "consult", "age_months=71 -guardian_present", "age_months=72 -guardian_present"},
	{"HOUSE-P01", "house", "prescribe", "medicines=21", "medicines=20"},
	{"HOUSE-P02", "house", "prescribe", "days=91", "days=91 +reason_recorded"},
	{"HOUSE-P03", "house", "sign", "validity_days=366", "validity_days=365"},
	{"HOUSE-P04", "house", "sign", "", "+written_by_doctor"},
	{"HOUSE-D01", "house", "deliver", "+signed", "+signed +pharmacist_approved"},
	{"HOUSE-D02", "house", "deliver", "-sealed", "+sealed"},
	{"CN-C01", "cn", "consult", "+first_visit", "-first_visit"},
	{"CN-C03", "cn", "consult", "+proof_uploaded", "+proof_uploaded +doctor_ticked_revisit"},
	{"CN-C04", "cn", "prescribe", "age_months=60 +guardian_present", "age_months=60 +guardian_present +child_specialist_present"},
	{"CN-C05", "cn", "operate", "+doctor_three_years -institution_consents", "+doctor_three_years +institution_consents"},
	{"CN-C06", "cn", "operate", "-doctor_identity_checked", "+doctor_identity_checked"},
	{"CN-C07", "cn", "consult", "-suited_to_remote", "+suited_to_remote"},
	{"CN-C08", "cn", "operate", "+pilot_used -doctor_trained", "-pilot_used"},
	{"CN-P01", "cn", "prescribe", "drug=codeine;cn:narcotic", "drug=amoxicillin"},
	{"CN-P02", "cn", "prescribe", "drug=dextromethorphan", "drug=amoxicillin"},
	{"CN-P03", "cn", "prescribe", "days=8", "days=8 +reason_recorded"},
	{"CN-P04", "cn", "prescribe", "medicines=6", "medicines=5"},
	{"CN-P05", "cn", "sign", "validity_days=4", "validity_days=3"},
	{"CN-P06", "cn", "sign", "-written_by_doctor", "+written_by_doctor"},
	{"CN-P07", "cn", "dispense", "+signed -pharmacist_approved", "+signed +pharmacist_approved"},
	{"CN-P08", "cn", "dispense", "+error_found -refused_and_told", "-error_found"},
	{"CN-P09", "cn", "operate", "+statistics_by_product", "-statistics_by_product"},
	{"CN-S01", "cn", "deliver", "drug=diazepam;cn:psychotropic", "drug=amoxicillin"},
	{"CN-S02", "cn", "deliver", "drug=epinephrine;route:intramuscular", "drug=insulin;tags:glucose_lowering;route:subcutaneous"},
	{"CN-S03", "cn", "prescribe", "drug=ibuprofen_and_pseudoephedrine", "drug=ibuprofen"},
	{"CN-S04", "cn", "prescribe", "drug=testosterone;tags:anabolic", "drug=ibuprofen;tags:nsaid"},
	{"CN-S05", "cn", "prescribe", "drug=colchicine", "drug=theophylline"},
	{"CN-S05b", "cn", "prescribe", "drug=mifepristone", "drug=theophylline"},
	{"CN-S06", "cn", "deliver", "+buyer_identity_checked", "+buyer_identity_checked +prescription_verified"},
	{"CN-S07", "cn", "dispense", "+prescription_used", "-prescription_used"},
	{"CN-S08", "cn", "deliver", "-risk_warning_shown", "+risk_warning_shown"},
	{"CN-S09", "cn", "deliver", "+gift_on_medicine", "-gift_on_medicine"},
	{"CN-S10", "cn", "deliver", "+sealed +sent_alone -temperature_logged", "+sealed +sent_alone +temperature_logged"},
	{"CN-R01", "cn", "retain", "record=medical record_age_years=14", "record=medical record_age_years=15"},
	{"CN-R02", "cn", "retain", "record=call record_age_years=2", "record=medical record_age_years=2"},
	{"CN-R03", "cn", "retain", "record=sale record_age_years=4", "record=sale record_age_years=5"},
	{"CN-R04", "cn", "operate", "+traceable -regulator_interface", "+traceable +regulator_interface"},
	{"CN-R05", "cn", "operate", "-elder_mode_fit", "+elder_mode_fit"},
	{"US-L01", "us", "sign", "", "+licensed_in_state"},
	{"US-L02", "us", "consult", "-state_confirmed", "+state_confirmed"},
	{"US-L03", "us", "sign", "+state_asks_video -audio_video", "+state_asks_video +audio_video"},
	{"US-D01", "us", "prescribe", "drug=diazepam;us:C-IV", "drug=diazepam;us:C-IV +in_person_before"},
	{"US-D02", "us", "prescribe", "drug=diazepam;us:C-IV", "drug=amoxicillin"},
	{"US-D03", "us", "prescribe", "drug=buprenorphine;us:C-III", "drug=amoxicillin"},
	{"US-D04", "us", "prescribe", "drug=diazepam;us:C-IV", "drug=amoxicillin"},
	{"US-D05", "us", "sign", "drug=morphine;us:C-II refills=1", "drug=morphine;us:C-II refills=0"},
	{"US-D06", "us", "dispense", "drug=diazepam;us:C-IV refills=2 months_since_issue=7", "drug=diazepam;us:C-IV refills=5 months_since_issue=5"},
	{"US-D07", "us", "sign", "drug=diazepam;us:C-IV +two_factors", "drug=diazepam;us:C-IV +two_factors +unchanged_after_signing +signing_statement"},
	{"US-D08", "us", "retain", "record=controlled record_age_years=1", "record=controlled record_age_years=2"},
	{"US-D09", "us", "deliver", "drug=pseudoephedrine grams_30_days=7.6 +photo_id", "drug=pseudoephedrine grams_30_days=7.2 +photo_id"},
	{"US-R01", "us", "prescribe", "drug=isotretinoin", "drug=isotretinoin +rems_active"},
	{"US-R02", "us", "prescribe", "drug=isotretinoin +can_become_pregnant days=31 days_since_test=2 refills=0", "drug=isotretinoin +can_become_pregnant days=30 days_since_test=7 refills=0"},
	{"US-R03", "us", "prescribe", "drug=isotretinoin -pregnancy_test_in_clinic", "drug=isotretinoin +pregnancy_test_in_clinic"},
	{"US-R04", "us", "prescribe", "drug=thalidomide", "drug=thalidomide +rems_active"},
	{"US-O01", "us", "prescribe", "drug=codeine age_months=143 -breastfeeding", "drug=codeine age_months=300 -breastfeeding"},
	{"US-O02", "us", "prescribe", "drug=ibuprofen;tags:nsaid +pregnant pregnancy_weeks=30", "drug=ibuprofen;tags:nsaid +pregnant pregnancy_weeks=29"},
	{"US-O02b", "us", "prescribe", "drug=ibuprofen;tags:nsaid +pregnant pregnancy_weeks=20", "drug=ibuprofen;tags:nsaid +pregnant pregnancy_weeks=19"},
	{"US-O03", "us", "deliver", "+federal_programme +gift_on_medicine", "+federal_programme -gift_on_medicine"},
	{"US-O04", "us", "dispense", "age_of_prescription_days=366", "age_of_prescription_days=365"},
	{"US-O05", "us", "operate", "-activity_recorded", "+activity_recorded"},
	{"US-O06", "us", "retain", "record=audit record_age_years=5", "record=audit record_age_years=6"},
	{"US-O07", "us", "operate", "-script_2023011", "+script_2023011"},
	{"EU-P01", "eu", "sign", "+cross_border -eu_fields_complete", "-cross_border"},
	{"EU-P02", "eu", "sign", "+brand_name -brand_reason -biological", "+brand_name -brand_reason +biological"},
	{"EU-P03", "eu", "sign", "+special_prescription +cross_border", "+special_prescription -cross_border"},
	{"EU-P04", "eu", "operate", "-common_logo", "+common_logo"},
	{"EU-P05", "eu", "deliver", "fulfilment=courier", "fulfilment=pickup"},
	{"EU-M01", "eu", "prescribe", "drug=valproate", "drug=valproate -can_become_pregnant"},
	{"EU-M02", "eu", "prescribe", "drug=acitretin +can_become_pregnant days=30 days_since_test=1 refills=0", "drug=acitretin -can_become_pregnant"},
	{"EU-M03", "eu", "prescribe", "drug=topiramate +can_become_pregnant -effective_contraception -pregnant", "drug=topiramate +can_become_pregnant +effective_contraception -pregnant"},
	{"EU-M04", "eu", "prescribe", "drug=methotrexate -weekday_named", "drug=methotrexate +weekday_named"},
	{"EU-M05", "eu", "prescribe", "drug=domperidone dose_mg_day=30 days=8 age_months=400 weight_kg=70 -heart_disease -qt_or_cyp3a4_inhibitor", "drug=domperidone dose_mg_day=30 days=7 age_months=400 weight_kg=70 -heart_disease -qt_or_cyp3a4_inhibitor"},
	{"EU-M06", "eu", "prescribe", "drug=metoclopramide dose_mg_day=31 days=3 age_months=400", "drug=metoclopramide dose_mg_day=30 days=5 age_months=400"},
	{"EU-M07", "eu", "prescribe", "drug=pseudoephedrine +uncontrolled_hypertension -severe_kidney_disease", "drug=pseudoephedrine -uncontrolled_hypertension -severe_kidney_disease"},
	{"EU-M08", "eu", "prescribe", "drug=codeine age_months=400 +breastfeeding -cyp2d6_ultrarapid", "drug=codeine age_months=400 -breastfeeding -cyp2d6_ultrarapid"},
	{"EU-M09", "eu", "prescribe", "drug=hydroxyzine dose_mg_day=75 age_months=800 -long_qt", "drug=hydroxyzine dose_mg_day=75 age_months=400 -long_qt"},
	{"EU-M10", "eu", "prescribe", "drug=ciprofloxacin;tags:fluoroquinolone +mild_infection", "drug=ciprofloxacin;tags:fluoroquinolone -mild_infection -past_serious_reaction"},
	{"EU-M11", "eu", "prescribe", "drug=dioctahedral_smectite age_months=23 -pregnant -breastfeeding", "drug=dioctahedral_smectite age_months=300 -pregnant -breastfeeding"},
	{"EU-D01", "eu", "operate", "+data_request", "-data_request"},
	{"EU-D02", "eu", "operate", "-summary_access", "+summary_access"},
	{"EU-D03", "eu", "operate", "", ""},
	{"DE-T01", "de", "prescribe", "drug=thalidomide -t_prescription", "drug=thalidomide +t_prescription"},
	{"DE-T02", "de", "dispense", "drug=thalidomide age_of_prescription_days=7", "drug=thalidomide age_of_prescription_days=6"},
	{"DE-T03", "de", "prescribe", "drug=thalidomide +can_become_pregnant days=29 refills=0", "drug=thalidomide -can_become_pregnant days=84 refills=0"},
	{"DE-T04", "de", "deliver", "drug=thalidomide fulfilment=parcel", "drug=thalidomide fulfilment=courier"},
}

func decided(b *jurisdiction.Book, place, stage, day, rule string, f jurisdiction.Facts) bool {
	return slices.ContainsFunc(b.Decide(place, stage, day, f), func(d jurisdiction.Decision) bool {
		return d.Rule == rule && d.Source != "" && d.EN != "" && d.Day == day
	})
}

func shifted(t *testing.T, day string, by int) string {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return d.AddDate(0, 0, by).Format(time.DateOnly)
}

func TestEveryRuleFiresWhenItShouldAndOnlyBetweenItsDays(t *testing.T) {
	t.Parallel()
	b := book(t)
	covered := map[string]bool{"CN-C02": true} // what it allows is a test of its own

	for _, c := range cases {
		covered[c.rule] = true
		rules := b.Rules(c.place)
		i := slices.IndexFunc(rules, func(r jurisdiction.Rule) bool { return r.ID == c.rule })
		if i < 0 {
			t.Errorf("%s is no rule of %s", c.rule, c.place)
			continue
		}
		r := rules[i]
		fires, silent := factsOf(t, c.fires), factsOf(t, c.silent)
		in := "2026-11-22"
		if r.From > in {
			in = r.From
		}
		if !decided(b, c.place, c.stage, in, c.rule, fires) {
			t.Errorf("%s does not fire on %s: %+v", c.rule, in, b.Decide(c.place, c.stage, in, fires))
		}
		if c.rule != "EU-D03" && decided(b, c.place, c.stage, in, c.rule, silent) {
			t.Errorf("%s fires where it must not", c.rule)
		}
		for day, want := range map[string]bool{r.From: true, r.Until: true} {
			if day != "" && decided(b, c.place, c.stage, day, c.rule, fires) != want {
				t.Errorf("%s on its day %s: not in force", c.rule, day)
			}
		}
		if r.From != "" && decided(b, c.place, c.stage, shifted(t, r.From, -1), c.rule, fires) {
			t.Errorf("%s is in force the day before it begins", c.rule)
		}
		if r.Until != "" && decided(b, c.place, c.stage, shifted(t, r.Until, 1), c.rule, fires) {
			t.Errorf("%s is in force the day after it ended", c.rule)
		}
	}
	for _, place := range b.Places() {
		for _, r := range b.Rules(place) {
			if !covered[r.ID] {
				t.Errorf("rule %s has no case", r.ID)
			}
		}
	}
}

func TestThePilotLetsAChildBeSeenAtFirstOnlyInItsHospitalsAndYear(t *testing.T) {
	t.Parallel()
	b := book(t)
	pilot := "+first_visit city=Beijing institution=Beijing_Children's_Hospital specialty=child_skin +doctor_on_white_list +guardian_present"

	for _, c := range []struct {
		name, day, facts string
		redirected       bool
	}{
		{"in the pilot", "2026-11-22", pilot, false},
		{"on its first day", "2026-02-01", pilot, false},
		{"the day before it began", "2026-01-31", pilot, true},
		{"on its last day", "2026-12-31", pilot, false},
		{"the day after it ended", "2027-01-01", pilot, true},
		{"another hospital", "2026-11-22", strings.Replace(pilot, "Beijing_Children's_Hospital", "Other", 1), true},
		{"a guardian nobody saw", "2026-11-22", strings.Replace(pilot, "+guardian_present", "", 1), true},
	} {
		if got := decided(b, "cn", "consult", c.day, "CN-C01", factsOf(t, c.facts)); got != c.redirected {
			t.Errorf("%s: redirected %v, want %v", c.name, got, c.redirected)
		}
	}
}

func TestAFactThatNobodyGaveDecidesTheStricterWay(t *testing.T) {
	t.Parallel()
	b := book(t)

	got := b.Decide("cn", "consult", "2026-11-22", factsOf(t, ""))

	i := slices.IndexFunc(got, func(d jurisdiction.Decision) bool { return d.Rule == "CN-C01" })
	if i < 0 || !slices.Contains(got[i].Missing, "first_visit") {
		t.Errorf("decided %+v, want CN-C01 for the want of first_visit", got)
	}
	if decided(b, "us", "prescribe", "2026-11-22", "US-D02", factsOf(t, "")) {
		t.Error("what only records fired without a medicine")
	}
}

func TestTheHouseHoldsEverywhereAndGermanyAddsToTheUnion(t *testing.T) {
	t.Parallel()
	b := book(t)

	if !decided(b, "de", "prescribe", "2026-11-22", "EU-M01", factsOf(t, "drug=valproate")) || !decided(b, "de", "prescribe", "2026-11-22", "HOUSE-P01", factsOf(t, "medicines=21")) {
		t.Error("a rule of the Union or of the house does not hold in Germany")
	}
	if decided(b, "de", "deliver", "2026-11-22", "EU-P05", factsOf(t, "fulfilment=courier")) {
		t.Error("Germany allows the courier, the pack does not")
	}
	if !decided(b, "atlantis", "prescribe", "2026-11-22", "HOUSE-J01", factsOf(t, "")) {
		t.Error("a place without a pack was let through")
	}
}

func TestTheDayIsThatOfThePatientsZone(t *testing.T) {
	t.Parallel()
	b := book(t)
	night := time.Date(2026, 12, 31, 17, 0, 0, 0, time.UTC) // one in the morning in Shanghai

	if got := b.Day("cn", "", night); got != "2027-01-01" {
		t.Errorf("in China it is %s", got)
	}
	if got := b.Day("us", "America/New_York", night); got != "2026-12-31" {
		t.Errorf("in New York it is %s", got)
	}
}

func TestAPackThatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	good := "place: house\nzone: UTC\nrules:\n  - {id: H1, at: [sign], when: lacks, with: {facts: [signed]}, decide: block, en: x, source: s, confidence: high}\n"
	for name, raw := range map[string]string{
		"a misspelt predicate": strings.Replace(good, "when: lacks", "when: lakcs", 1),
		"a misspelt fact":      strings.Replace(good, "[signed]", "[singed]", 1),
		"a misspelt decision":  strings.Replace(good, "block", "blok", 1),
		"a misspelt key":       strings.Replace(good, "confidence", "certainty", 1),
		"a day that is none":   strings.Replace(good, "when:", "from: \"2026-13-01\", when:", 1),
		"no source":            strings.Replace(good, "source: s, ", "", 1),
		"no zone":              strings.Replace(good, "UTC", "Nowhere/Land", 1),
		"a rule that ends first": strings.Replace(good, "when:",
			"from: \"2026-02-01\", until: \"2026-01-01\", when:", 1),
	} {
		if _, err := jurisdiction.Load(fstest.MapFS{"house.yaml": {Data: []byte(raw)}}); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
	if _, err := jurisdiction.Load(fstest.MapFS{"house.yaml": {Data: []byte(good)}}); err != nil {
		t.Error(err)
	}
}

func TestExplainingSaysRuleDayAndSourceInWords(t *testing.T) {
	t.Parallel()

	got := book(t).Explain("cn", "prescribe", "2026-11-22", factsOf(t, "drug=codeine;cn:narcotic +proof_uploaded +doctor_ticked_revisit age_months=400 days=3 medicines=1 validity_days=1"))

	for _, want := range []string{"Not allowed", "CN-P01", "NHC-2018", "2026-11-22", "narcotic"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
}

func TestWhichPlaceAsksForALicenceOfTheState(t *testing.T) {
	t.Parallel()
	b := book(t)

	for place, want := range map[string]string{"us": "US-L01", "cn": "", "eu": "", "de": "", "house": ""} {
		if rule, asked := b.Asks(place, jurisdiction.Consult, "2026-11-22", "licensed_in_state"); rule != want || asked != (want != "") {
			t.Errorf("%s asks by %q, want %q", place, rule, want)
		}
	}
}

func TestHowLongARecordIsKeptGoesByThePlace(t *testing.T) {
	t.Parallel()
	b := book(t)

	for _, c := range []struct {
		place, record, day string
		years              int
		rule               string
	}{
		{"cn", "medical", "2026-11-22", 15, "CN-R01"},
		{"cn", "call", "2026-11-22", 3, "CN-R02"},
		{"cn", "sale", "2022-11-30", 0, ""},
		{"cn", "sale", "2022-12-01", 5, "CN-R03"},
		{"us", "controlled", "2026-11-22", 2, "US-D08"},
		{"us", "audit", "2026-11-22", 6, "US-O06"},
		{"house", "medical", "2026-11-22", 0, ""},
	} {
		if years, rule := b.KeepFor(c.place, c.record, c.day); years != c.years || rule != c.rule {
			t.Errorf("%s records in %s on %s: %d years by %q, want %d by %q", c.record, c.place, c.day, years, rule, c.years, c.rule)
		}
	}
}
