package safety

// Patient is what is known of the person. A zero field is a fact that nobody gave, never "none".
type Patient struct {
	Born            Date        `json:"born,omitzero"`
	Sex             string      `json:"sex,omitempty"` // "f", "m" or ""
	Weight          *Decimal    `json:"weight_kg,omitempty"`
	WeighedOn       Date        `json:"weighed_on,omitzero"`
	EGFR            *Decimal    `json:"egfr,omitempty"`
	Liver           string      `json:"liver,omitempty"` // normal, mild, moderate, severe or ""
	Pregnancy       Pregnancy   `json:"pregnancy,omitzero"`
	Lactating       Answer      `json:"lactating,omitempty"`
	AllergiesAsked  bool        `json:"allergies_asked"`
	Allergies       []Allergy   `json:"allergies,omitempty"`
	ConditionsAsked bool        `json:"conditions_asked"`
	Conditions      []Condition `json:"conditions,omitempty"`
}

// Answer is yes, no, or "" when nobody asked.
type Answer string

// The answers to a question.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown" // asked, and not known
)

// Pregnancy is what is known of one; Weeks is 0 when not known.
type Pregnancy struct {
	Is    Answer `json:"is,omitempty"`
	Weeks int    `json:"weeks,omitempty"`
}

// Allergy is a recorded allergy in plain words; the engine matches them.
type Allergy struct {
	Allergen string `json:"allergen"`
	Reaction string `json:"reaction,omitempty"`
	From     string `json:"from,omitempty"` // where it is known from
}

// Condition is a recorded condition: a key of the list of conditions, or plain words.
type Condition struct {
	Words string `json:"words"`
	From  string `json:"from,omitempty"`
}

// Medicine is one that is taken or proposed. Components that the name alone does not tell (the
// strength of a combination) come with it.
type Medicine struct {
	ID        string   `json:"id"`  // of the item, so that a finding can be placed
	INN       string   `json:"inn"` // or the words of who named it
	Form      string   `json:"form,omitempty"`
	Strength  string   `json:"strength,omitempty"`
	Route     string   `json:"route,omitempty"`
	Doses     []Amount `json:"doses,omitempty"` // the highest single dose, by component
	PerDay    *Decimal `json:"per_day,omitempty"`
	Days      int      `json:"days,omitempty"`
	AsNeeded  bool     `json:"as_needed,omitempty"`
	From      string   `json:"from,omitempty"`       // where it is known from, for the sentence
	CheckedAs string   `json:"checked_as,omitempty"` // the medicine of a list that a doctor matched it to by hand
}

// Amount is so much of one component.
type Amount struct {
	Component string  `json:"component"`
	Value     Decimal `json:"value"`
	Unit      string  `json:"unit"` // mg, mcg, g, IU
}

var perGram = map[string]Decimal{"g": Whole(1), "mg": Whole(1000), "mcg": Whole(1000000), "micrograms": Whole(1000000)}

// Convert writes a weight in another unit; false when the two do not go together.
func Convert(v Decimal, from, to string) (Decimal, bool) {
	if from == to && from != "" {
		return v, true
	}
	f, known := perGram[from]
	t, also := perGram[to]
	if !known || !also {
		return v, false
	}
	out, _ := v.Times(t).Over(f)
	return out, true
}
