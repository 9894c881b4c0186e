package consult

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Visit is one person seeing one doctor, from asking to the end.
type Visit struct {
	ID            id.Visit `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history,omitempty"`

	Intake          id.Intake  `json:"intake"`
	Patient         id.Patient `json:"patient"`
	By              id.Account `json:"by"`             // who asked and pays: the patient or a caregiver
	Name            phi.Text   `json:"name,omitempty"` // as it was when the visit was asked for
	Born            string     `json:"born"`
	Specialty       string     `json:"specialty"`
	Language        string     `json:"language"`
	Complaint       string     `json:"complaint"`
	Jurisdiction    string     `json:"jurisdiction"`
	EmergencyNumber string     `json:"emergency_number"`
	TimeZone        string     `json:"time_zone"`
	CallBack        phi.Text   `json:"call_back"`

	Fee Fee `json:"fee"`

	Doctor   id.Account `json:"doctor,omitempty"` // who is booked, treats or treated
	Slot     id.Slot    `json:"slot,omitempty"`
	StartsAt *time.Time `json:"starts_at,omitempty"`
	EndsAt   *time.Time `json:"ends_at,omitempty"`

	QueuedAt  time.Time  `json:"queued_at"`
	Head      bool       `json:"head,omitempty"`       // back in the queue: before all others, by QueuedAt
	Away      bool       `json:"away,omitempty"`       // was called and not there: passed over until back
	LeftAlone *time.Time `json:"left_alone,omitempty"` // since when no doctor is on duty for them
	HereAt    *time.Time `json:"here_at,omitempty"`    // the patient opened the waiting room

	FirstCalledAt *time.Time `json:"first_called_at,omitempty"`
	AdmittedAt    *time.Time `json:"admitted_at,omitempty"`
	AdmitKey      string     `json:"admit_key,omitempty"` // which request admitted, so that "next" is done once
	ThereAt       *time.Time `json:"there_at,omitempty"`  // the patient's side took a seat since admitted
	EndedAt       *time.Time `json:"ended_at,omitempty"`

	Guardian *Tick   `json:"guardian,omitempty"`
	Call     *Call   `json:"call,omitempty"`
	Guests   []Guest `json:"guests,omitempty"`
	Revealed []Tick  `json:"revealed,omitempty"` // who saw the call-back number
}

// Tick is that somebody saw something.
type Tick struct {
	By   id.Account `json:"by"`
	At   time.Time  `json:"at"`
	Rule string     `json:"rule,omitempty"`
}

// FeeState is where the fee of a visit stands.
type FeeState string

// The states of a fee.
const (
	FeePending FeeState = "pending"
	FeeHeld    FeeState = "held"
	FeeRefused FeeState = "refused"
)

// Fee is what was said before the visit was asked for.
type Fee struct {
	State   FeeState   `json:"state"`
	Terms   Terms      `json:"terms"`
	Payment id.Payment `json:"payment,omitempty"`
	Attempt int        `json:"attempt"`
	Method  string     `json:"method,omitempty"`
}

// Terms are what a visit costs, said before.
type Terms struct {
	Fee    money.Amount `json:"fee"`
	NoShow money.Amount `json:"no_show"` // kept when nobody comes; zero: nothing
	// LateCancel is how long before a booked time a cancellation still is free. After that it costs
	// what a no-show does. Zero: free to the last moment.
	LateCancel time.Duration `json:"late_cancel"`
}

// Call is the room of a visit.
type Call struct {
	Room  string    `json:"room"`
	N     int       `json:"n"` // the doctor opened it anew so often
	State RoomState `json:"state"`
	Seats []Seat    `json:"seats,omitempty"`
}

// Seat is a person's place in the room; connections come and go under it.
type Seat struct {
	ID   string `json:"id"`
	Role string `json:"role"`
}

// Guest is an invitation for one call. The token itself is stored nowhere.
type Guest struct {
	Hash  string     `json:"hash"`
	As    string     `json:"as"` // interpreter | family | other
	By    id.Account `json:"by"`
	Until time.Time  `json:"until"`
	Used  *time.Time `json:"used,omitempty"`
	Name  phi.Text   `json:"name,omitempty"` // as they said it, for the others in the call
	Seat  string     `json:"seat,omitempty"` // that their session takes
}

// DocID implements docstore.Document.
func (v *Visit) DocID() string { return string(v.ID) }

func (v *Visit) facts() access.Facts {
	return access.Facts{Record: string(v.ID), Patient: v.Patient, Doctor: v.Doctor, Visit: v.ID}
}

// announce emits an event that the patient and the doctor see, and whoever else is named.
func (v *Visit) announce(a access.Actor, kind event.Kind, data map[string]string, also ...string) {
	all := map[string]string{"patient": string(v.Patient), "specialty": v.Specialty, "intake": string(v.Intake), "state": string(v.State)}
	to := append([]string{string(v.Patient)}, also...)
	if v.Doctor != "" {
		all["doctor"] = string(v.Doctor)
		to = append(to, string(v.Doctor))
	}
	for key, value := range data {
		all[key] = value
	}
	v.Emit(event.Event{Kind: kind, By: string(a.Account), Data: all, To: to})
}

// rank orders the queue: who was put back first, then by when they queued.
func (v *Visit) rank() string {
	if v.Head {
		return "0" + docstore.ByTime(v.QueuedAt)
	}
	return "1" + docstore.ByTime(v.QueuedAt)
}

var visits = docstore.Spec[Visit]{
	Name: "visits",
	Indexes: map[string]func(*Visit) (docstore.Key, bool){
		"patient": func(v *Visit) (docstore.Key, bool) {
			return docstore.Key{Equal: string(v.Patient), Order: docstore.ByTime(v.CreatedAt)}, true
		},
		"doctor": func(v *Visit) (docstore.Key, bool) {
			return docstore.Key{Equal: string(v.Doctor), Order: docstore.ByTime(v.CreatedAt)}, v.Doctor != ""
		},
		"care": func(v *Visit) (docstore.Key, bool) {
			return docstore.Key{Equal: docstore.Eq(string(v.Doctor), string(v.Patient)), Order: docstore.ByTime(v.CreatedAt)}, v.Doctor != ""
		},
		"queue": func(v *Visit) (docstore.Key, bool) {
			return docstore.Key{Equal: v.Specialty, Order: v.rank()}, v.State == Waiting
		},
		"at_work": func(v *Visit) (docstore.Key, bool) {
			return docstore.Key{Equal: string(v.Doctor), Order: docstore.ByTime(v.CreatedAt)}, v.State == InProgress
		},
		"in_progress": func(v *Visit) (docstore.Key, bool) {
			return docstore.Key{Equal: v.Specialty, Order: docstore.ByTime(v.CreatedAt)}, v.State == InProgress
		},
		"pace": func(v *Visit) (docstore.Key, bool) {
			if v.State != IsCompleted || v.EndedAt == nil {
				return docstore.Key{}, false
			}
			return docstore.Key{Equal: v.Specialty, Order: docstore.ByTime(*v.EndedAt)}, true
		},
	},
}
