package jurisdiction

import (
	"fmt"
	"maps"
	"slices"
)

// Facts is what is known. A name that is not in a map is a fact that nobody gave.
type Facts struct {
	Yes     map[string]bool
	Numbers map[string]float64
	Words   map[string]string
	Drug    *Drug
}

// Drug is the medicine that is asked about.
type Drug struct {
	INN        string
	Tags       []string
	Components []string
	CNClass    string
	USSchedule string
	Form       string
	Route      string
}

// answers are the facts with yes or no. A pack, a predicate or a caller that names another is refused.
var answers = []string{
	"first_visit", "proof_uploaded", "doctor_ticked_revisit", "guardian_present", "child_specialist_present", "doctor_three_years", "institution_consents",
	"doctor_identity_checked", "suited_to_remote", "doctor_on_white_list", "doctor_attending", "doctor_year_of_revisits", "doctor_trained", "pilot_used",
	"written_by_doctor", "signed", "pharmacist_approved", "error_found", "refused_and_told", "statistics_by_product", "reason_recorded", "emergency_visit",
	"buyer_identity_checked", "prescription_verified", "prescription_used", "risk_warning_shown", "gift_on_medicine", "sealed", "sent_alone", "temperature_logged",
	"traceable", "regulator_interface", "elder_mode_fit", "licensed_in_state", "state_confirmed", "audio_video", "state_asks_video", "in_person_before",
	"two_factors", "unchanged_after_signing", "signing_statement", "photo_id", "rems_active", "pregnancy_test_in_clinic", "can_become_pregnant",
	"tonsil_surgery", "breastfeeding", "pregnant", "federal_programme", "activity_recorded", "script_2023011",
	"cross_border", "eu_fields_complete", "brand_name", "biological", "brand_reason", "special_prescription", "common_logo", "rx_remote_sale",
	"negative_pregnancy_test", "effective_contraception", "weekday_named", "heart_disease", "qt_or_cyp3a4_inhibitor", "uncontrolled_hypertension",
	"severe_kidney_disease", "cyp2d6_ultrarapid", "cough_or_cold", "breathing_problems", "long_qt", "mild_infection", "past_serious_reaction",
	"t_prescription", "data_request", "summary_access", "dea_registered", "legitimate_purpose", "opioid_use_disorder", "legal_hold",
}

var numbers = []string{
	"age_months", "weight_kg", "days", "medicines", "refills", "validity_days", "age_of_prescription_days", "record_age_years", "dose_mg_day",
	"doses_per_day", "pregnancy_weeks", "grams_a_day", "grams_30_days", "days_since_test", "months_since_issue", "days_since_signature",
}

var wordNames = []string{"city", "institution", "specialty", "state", "record", "fulfilment"}

// Check refuses a fact whose name no rule knows: a slip of the pen must not read as "not told".
func (f Facts) Check() error {
	for name := range f.Yes {
		if !slices.Contains(answers, name) {
			return fmt.Errorf("there is no fact %q", name)
		}
	}
	for name := range f.Numbers {
		if !slices.Contains(numbers, name) {
			return fmt.Errorf("there is no number %q", name)
		}
	}
	for name := range f.Words {
		if !slices.Contains(wordNames, name) {
			return fmt.Errorf("there is no word %q", name)
		}
	}
	return nil
}

// Names lists every fact that can be told.
func Names() (yesNo, number, word []string) { return answers, numbers, wordNames }

// with adds what a pack itself knows; what was told counts more.
func (f Facts) with(known map[string]bool) Facts {
	all := maps.Clone(known)
	maps.Copy(all, f.Yes)
	f.Yes = all
	return f
}

// Params are the parameters of a predicate.
type Params struct {
	Facts        []string `yaml:"facts"`
	Drugs        []string `yaml:"drugs"`
	Components   []string `yaml:"components"`
	Tags         []string `yaml:"tags"`
	List         string   `yaml:"list"`
	Schedules    []string `yaml:"schedules"`
	Places       []string `yaml:"cities"`
	Institutions []string `yaml:"institutions"`
	Specialties  []string `yaml:"specialties"`
	Records      []string `yaml:"records"`
	Modes        []string `yaml:"modes"`
	Unless       string   `yaml:"unless"`
	Single       bool     `yaml:"single"`
	NotExternal  bool     `yaml:"not_external"`
	Max          int      `yaml:"max"`
	Emergency    int      `yaml:"emergency"`
	Years        int      `yaml:"years"`
	Months       int      `yaml:"months"`
	Days         int      `yaml:"days"`
	Weeks        int      `yaml:"weeks"`
	Kg           int      `yaml:"kg"`
	MgDay        int      `yaml:"mg_day"`
	MgDayOver    int      `yaml:"mg_day_over_65"`
	MgKgDay      float64  `yaml:"mg_kg_day"`
	Grams        float64  `yaml:"grams"`
}

func (p Params) check() error {
	for _, name := range p.Facts {
		if !slices.Contains(answers, name) {
			return fmt.Errorf("there is no fact %q", name)
		}
	}
	if p.Unless != "" && !slices.Contains(answers, p.Unless) {
		return fmt.Errorf("there is no fact %q", p.Unless)
	}
	if p.List != "" && p.List != "cn" && p.List != "us" {
		return fmt.Errorf("there is no list %q of controlled medicines", p.List)
	}
	return nil
}
