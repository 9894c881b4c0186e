package prescribing

import (
	"housecall/internal/phi"
	"housecall/internal/safety"
)

// Dosage is one step of how a medicine is taken, in the shape of a FHIR R4 Dosage: sequence,
// doseAndRate (Dose), timing.repeat (Timing), asNeeded with maxDosePerPeriod (AsNeeded), site,
// method, additionalInstruction, patientInstruction (Note, which is never parsed). Its sentence is
// made by the system. Numbers are decimal text with a unit.
type Dosage struct {
	Sequence     int       `json:"sequence,omitempty"`
	Dose         Measure   `json:"dose"`
	Timing       Timing    `json:"timing"`
	AsNeeded     *AsNeeded `json:"as_needed,omitempty"`
	Site         string    `json:"site,omitempty"`
	Instructions []string  `json:"instructions,omitempty"`
	Note         phi.Text  `json:"note,omitempty"`
}

// Measure is a number, or a range, of a unit: the product's own ("tablet", "mL", "puff"), a weight
// ("mg"), or a weight for each kg of the child ("mg/kg/dose", "mg/kg/day", "mL/kg").
type Measure struct {
	Value string `json:"value"`
	High  string `json:"high,omitempty"` // only when needed
	Unit  string `json:"unit"`
}

// Timing is when and how long. Count 1 is a single dose; OverHours a drink over hours.
type Timing struct {
	Frequency    int      `json:"frequency,omitempty"`
	Period       int      `json:"period,omitempty"`
	PeriodUnit   string   `json:"period_unit,omitempty"` // h, d, wk, mo
	When         []string `json:"when,omitempty"`
	TimeOfDay    []string `json:"time_of_day,omitempty"`
	DaysOfWeek   []string `json:"days_of_week,omitempty"`
	Duration     int      `json:"duration,omitempty"`
	DurationUnit string   `json:"duration_unit,omitempty"` // d, wk, mo
	Count        int      `json:"count,omitempty"`
	OverHours    int      `json:"over_hours,omitempty"`
}

// AsNeeded makes a dose one that is taken when needed: for what, and the ceiling in 24 hours, in
// doses, in the product's unit or in its weight. RepeatAfterHours: once more when it comes back.
type AsNeeded struct {
	For              string  `json:"for"`
	Max              Measure `json:"max"`
	RepeatAfterHours int     `json:"repeat_after_hours,omitempty"`
}

// Sentence is what the patient reads, in both languages.
type Sentence struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// Quantity is what is handed over, counted in the product's unit of supply.
type Quantity struct {
	Count int      `json:"count"`
	Unit  string   `json:"unit"` // "tablet", "bottle of 100 mL"
	Text  Sentence `json:"text"`
	Calc  int      `json:"calc,omitempty"` // what follows from the dosage, when the doctor set another number
}

// Item is one medicine of a prescription. It carries all that it says, so that the sheet stands for
// itself when the formulary has moved on.
type Item struct {
	Product        string          `json:"product"`
	INN            string          `json:"inn"`
	NameZH         string          `json:"name_zh"`
	Form           string          `json:"form"`
	FormZH         string          `json:"form_zh,omitempty"`
	Strength       string          `json:"strength"`
	Route          string          `json:"route"`
	ColdChain      bool            `json:"cold_chain,omitempty"`
	Steps          []Dosage        `json:"steps"`
	Sentence       Sentence        `json:"sentence"`
	Quantity       Quantity        `json:"quantity"`
	SupplyReason   phi.Text        `json:"supply_reason,omitempty"`
	Indication     phi.Text        `json:"indication,omitempty"`
	NoSubstitution bool            `json:"no_substitution,omitempty"`
	Days           int             `json:"days"`
	Highest        []safety.Amount `json:"highest,omitempty"` // of each component, in one dose
	PerDay         safety.Decimal  `json:"per_day"`           // the most doses in 24 hours
	AsNeeded       bool            `json:"as_needed,omitempty"`
	ByWeight       bool            `json:"by_weight,omitempty"`
}

// step is a dosage that was worked out: doses in the product's unit.
type step struct {
	Dosage
	low, high safety.Decimal
	perDay    safety.Decimal // most doses in 24 hours
	days      safety.Decimal // 0 when not bounded
	max       safety.Decimal // units in 24 hours, as needed
	maxKind   string         // how the ceiling was told: dose or unit
	doses     int            // how many doses in all, for a single dose or a count
	byWeight  bool
}

// medicines lists the items as the safety engine reads them.
func (rx *Prescription) medicines(from string) []safety.Medicine {
	out := make([]safety.Medicine, len(rx.Items))
	for i, it := range rx.Items {
		perDay := it.PerDay
		out[i] = safety.Medicine{
			ID: it.Product, INN: it.INN, Form: it.Form, Strength: it.Strength, Route: it.Route,
			Doses: it.Highest, PerDay: &perDay, Days: it.Days, AsNeeded: it.AsNeeded, From: from,
		}
	}
	return out
}
