package pharmacy

import (
	"maps"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// How the bag leaves.
const (
	ByCourier = "courier"
	ByPickup  = "pickup"
	ByParcel  = "parcel"
)

// Fill is the work of one pharmacy on one order.
type Fill struct {
	ID            id.Fill `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history,omitempty"`

	Order        id.Order        `json:"order"`
	Attempt      int             `json:"attempt"`
	Pharmacy     id.Pharmacy     `json:"pharmacy"`
	Zone         id.Zone         `json:"zone"`
	Prescription id.Prescription `json:"prescription"`
	Part         id.Part         `json:"part"`
	Patient      id.Patient      `json:"patient"`
	Doctor       id.Account      `json:"doctor,omitempty"` // who signed; known from the review on
	Fulfilment   string          `json:"fulfilment"`
	Slot         *Appointment    `json:"slot,omitempty"`   // when a courier brings it by appointment; nil: as soon as it can be
	Coming       bool            `json:"coming,omitempty"` // paid for, and told to the pharmacy before its work begins
	Lines        []Item          `json:"lines"`
	Price        money.Amount    `json:"price"`
	Shelf        Shelf           `json:"shelf"`
	Racing       bool            `json:"racing,omitempty"` // ended while its stock was still being held

	Began     time.Time     `json:"began,omitzero"`    // of the present stage's budget
	Deadline  time.Time     `json:"deadline,omitzero"` // of the present stage; while paused, the latest it can become
	Left      time.Duration `json:"left,omitempty"`    // of the budget, kept while paused
	PackTime  time.Duration `json:"pack_time"`         // the budget of the zone when it was offered
	Paused    *Waiting      `json:"paused,omitempty"`
	PausedFor time.Duration `json:"paused_for,omitempty"`    // in the present stage
	DocPaused time.Duration `json:"doctor_paused,omitempty"` // how long doctors' answers have held the budget up
	LateSince time.Time     `json:"late_since,omitzero"`
	Queue     int           `json:"queue,omitempty"`    // orders before this one when it was offered
	Reviewed  time.Duration `json:"reviewed,omitempty"` // how long the review took, without the time that others owed

	Questions  []Question `json:"questions,omitempty"`
	Checked    []Finding  `json:"checked,omitempty"` // what the safety engine said when it was accepted
	Pharmacist id.Account `json:"pharmacist,omitempty"`
	Reason     string     `json:"reason,omitempty"` // coded, of a refusal or a release
	Note       phi.Text   `json:"note,omitempty"`
	Partly     *Partly    `json:"partly,omitempty"`
	Packed     []Packed   `json:"packed,omitempty"`
	Seal       string     `json:"seal,omitempty"`

	Counter  Counter   `json:"counter,omitzero"`
	Parcel   *Parcel   `json:"parcel,omitempty"`
	Disposed *Disposal `json:"disposed,omitempty"`
}

// Appointment is when a courier comes to the door, and when they leave the counter for it.
type Appointment struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Leaves time.Time `json:"leaves"`
	Begins time.Time `json:"begins,omitzero"`  // when the pharmacy is to begin
	Choice int       `json:"choice,omitempty"` // which choice of the order's; a later one holds
}

// Item is one line of a fill: the quantity prescribed, and the whole packs that cover it.
type Item struct {
	Product   string       `json:"product"`
	Quantity  int          `json:"quantity"`
	Packs     int          `json:"packs"`
	Units     int          `json:"units"`
	Price     money.Amount `json:"price"`
	InsteadOf string       `json:"instead_of,omitempty"` // the product prescribed, when the patient agreed to another
	Short     int          `json:"short,omitempty" doc:"How much of what was prescribed is still owed after this fill."`
}

// Waiting says whose answer the fill waits for.
type Waiting struct {
	Owes  string    `json:"owes" enum:"doctor,patient"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// DocID implements docstore.Document.
func (f *Fill) DocID() string { return string(f.ID) }

// facts tell who stands how to the fill. Until it was offered the pharmacy does not see it.
func (f *Fill) facts() access.Facts {
	facts := access.Facts{Record: string(f.ID), Patient: f.Patient, Doctor: f.Doctor}
	if !f.at(Offered).IsZero() {
		facts.Pharmacy = f.Pharmacy
	}
	return facts
}

// tell announces something about the fill to the feeds that may know it.
func (f *Fill) tell(kind event.Kind, a access.Actor, more map[string]string, to ...string) {
	data := map[string]string{
		"order": string(f.Order), "attempt": strconv.Itoa(f.Attempt), "pharmacy": string(f.Pharmacy),
		"patient": string(f.Patient), "part": string(f.Part), "prescription": string(f.Prescription),
		"fulfilment": f.Fulfilment, "zone": string(f.Zone), "state": string(f.State),
	}
	maps.Copy(data, more)
	feeds := append([]string{string(f.Patient)}, to...)
	if f.Coming || f.facts().Pharmacy != "" {
		feeds = append(feeds, string(f.Pharmacy))
	}
	f.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: feeds})
}

// live tells whether the pharmacy still works on it.
func (f *Fill) live() bool {
	switch f.State {
	case Offered, Reviewing, Preparing, Ready:
		return true
	case Reserved, Collected, Released, Refused, Expired, Returned:
	}
	return false
}

func (f *Fill) total() money.Amount {
	var sum money.Amount
	for _, l := range f.Lines {
		sum = sum.Plus(l.Price)
	}
	return sum
}

func priced(p money.Amount) map[string]string {
	return map[string]string{"price_minor": strconv.FormatInt(p.Minor, 10), "currency": p.Currency}
}

var fillSpec = docstore.Spec[Fill]{
	Name: "fills",
	Indexes: map[string]func(*Fill) (docstore.Key, bool){
		// The work list: few rows of a pharmacy are live, however many have ended.
		"work": func(f *Fill) (docstore.Key, bool) {
			return docstore.Key{Equal: docstore.Eq(string(f.Pharmacy), string(f.State)), Order: docstore.ByTime(f.Deadline)}, f.live()
		},
		// What waits for its time, paid for, the soonest first.
		"coming": func(f *Fill) (docstore.Key, bool) {
			if f.State != Reserved || !f.Coming || f.Slot == nil {
				return docstore.Key{}, false
			}
			return docstore.Key{Equal: string(f.Pharmacy), Order: docstore.ByTime(f.Slot.Begins)}, true
		},
		"ended": func(f *Fill) (docstore.Key, bool) {
			shown := !f.at(Offered).IsZero() && !f.live()
			return docstore.Key{Equal: string(f.Pharmacy), Order: docstore.ByTime(f.since())}, shown
		},
		"owed": func(f *Fill) (docstore.Key, bool) {
			q := f.open()
			if q == nil || q.Owes != owesDoctor || f.Doctor == "" {
				return docstore.Key{}, false
			}
			return docstore.Key{Equal: string(f.Doctor), Order: docstore.ByTime(q.At)}, true
		},
		"tracking": (*Fill).tracked,
		"order": func(f *Fill) (docstore.Key, bool) {
			return docstore.Key{Equal: string(f.Order), Order: docstore.ByNumber(int64(f.Attempt))}, f.Order != ""
		},
	},
}
