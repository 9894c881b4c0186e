package prescribing

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
	"housecall/internal/safety"
)

// Prescription is one sheet of one visit: items, the facts and findings they were judged by, the
// signature, and the parts that pharmacies fill.
type Prescription struct {
	ID            id.Prescription `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history"`
	Visit         id.Visit                       `json:"visit"`
	Doctor        id.Account                     `json:"doctor"`
	Patient       id.Patient                     `json:"patient"`
	Jurisdiction  string                         `json:"jurisdiction"`
	Subject       Subject                        `json:"subject"`
	Prescriber    Prescriber                     `json:"prescriber"`
	Items         []Item                         `json:"items"`
	ValidDays     int                            `json:"valid_days"`
	Repeats       int                            `json:"repeats,omitempty"` // parts beyond the first
	EveryDays     int                            `json:"every_days,omitempty"`
	Replaces      id.Prescription                `json:"replaces,omitempty"`
	Findings      []safety.Finding               `json:"findings"`
	Reasons       []Reason                       `json:"reasons,omitempty"`
	Basis         Basis                          `json:"basis"`
	Signing       id.Challenge                   `json:"signing,omitempty"` // the challenge that is being confirmed
	Signature     *Signature                     `json:"signature,omitempty"`
	ValidUntil    time.Time                      `json:"valid_until,omitzero"`
	Ended         *Ending                        `json:"ended,omitempty"`
	Parts         []Part                         `json:"parts,omitempty"`
}

// DocID implements docstore.Document.
func (rx *Prescription) DocID() string { return string(rx.ID) }

// Subject is the person as the paper names them.
type Subject struct {
	Name phi.Text    `json:"name,omitempty"`
	Born safety.Date `json:"born,omitzero"`
	Sex  string      `json:"sex,omitempty"`
}

// Prescriber is the doctor as the paper names them.
type Prescriber struct {
	Name          phi.Text `json:"name"`
	Qualification string   `json:"qualification,omitempty"`
	Licence       phi.Text `json:"licence,omitempty"`
	Clinic        string   `json:"clinic,omitempty"`
	Address       string   `json:"address,omitempty"`
	Country       string   `json:"country,omitempty"`
	Mail          string   `json:"mail,omitempty"`
	Phone         string   `json:"phone,omitempty"`
}

// Reason is why a doctor signs in spite of a warning: a code, words, or both.
type Reason struct {
	Finding string     `json:"finding"`
	Code    string     `json:"code,omitempty"`
	Words   phi.Text   `json:"words,omitempty"`
	By      id.Account `json:"by"`
	At      time.Time  `json:"at"`
}

// Basis is what the findings were computed from, so that a change can be said in words.
type Basis struct {
	At      time.Time         `json:"at"`
	Edition string            `json:"edition"` // of the formulary
	Patient safety.Patient    `json:"patient"`
	Current []safety.Medicine `json:"current,omitempty"`
}

// Ending is the doctor's word that ends a signed prescription.
type Ending struct {
	By     id.Account      `json:"by"`
	At     time.Time       `json:"at"`
	Reason string          `json:"reason"`
	For    id.Prescription `json:"for,omitempty"` // the one that takes its place
}

// Part is what one pharmacy fills for one order.
type Part struct {
	ID        id.Part                        `json:"id"`
	N         int                            `json:"n"`
	State     State                          `json:"state"`
	History   []lifecycle.Step[State, Event] `json:"history"`
	Lines     []Line                         `json:"lines"`
	Earliest  time.Time                      `json:"earliest"`
	Until     time.Time                      `json:"until"`
	Order     id.Order                       `json:"order,omitempty"` // who holds or has had it
	ClaimedAt time.Time                      `json:"claimed_at,omitzero"`
	EndedAt   time.Time                      `json:"ended_at,omitzero"`
	RestOf    id.Part                        `json:"rest_of,omitempty"`
	Given     []Line                         `json:"given,omitempty"` // what was handed over, when not all
}

// Line is so much of one product, for one item (from 1) of the prescription.
type Line struct {
	Item     int    `json:"item"`
	Product  string `json:"product"`
	Quantity int    `json:"quantity"` // of the product's unit of supply: tablets, bottles, tubes
	Unit     string `json:"unit"`
}

// part finds a part of the prescription.
func (rx *Prescription) part(part id.Part) (*Part, error) {
	for i := range rx.Parts {
		if rx.Parts[i].ID == part {
			return &rx.Parts[i], nil
		}
	}
	return nil, docstore.NotFound()
}

func (rx *Prescription) facts() access.Facts {
	return access.Facts{Record: string(rx.ID), Patient: rx.Patient, Doctor: rx.Doctor}
}

// live tells whether the doctor's word still stands.
func (rx *Prescription) live() bool { return rx.State == Signed }

// nextExpiry is when the next part that nobody has claimed runs out; zero when none will.
func (rx *Prescription) nextExpiry() time.Time {
	var next time.Time
	for _, p := range rx.Parts {
		if p.State == Signed && (next.IsZero() || p.Until.Before(next)) {
			next = p.Until
		}
	}
	return next
}

// watchExpiry sets the timer to the next expiry, or takes it away.
func (rx *Prescription) watchExpiry() {
	if next := rx.nextExpiry(); !next.IsZero() {
		rx.SetTimer(KindValidityEnded, next)
		return
	}
	rx.ClearTimer(KindValidityEnded)
}

func draftOnly() error {
	return fault.New(fault.Conflict, "This is a draft. Nothing can be done with it before the doctor has signed it.").Coded("rx-draft")
}
