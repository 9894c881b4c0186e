package audit

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
)

// What says what sort of entry it is.
type What string

// The sorts of entries.
const (
	Seen   What = "seen"   // a person's record was read
	Denied What = "denied" // somebody asked for what is not theirs
	Done   What = "done"   // an act that must be kept
	Lost   What = "lost"   // Count refusals could not be kept
)

// Entry is one line of the audit. It carries ids, codes and hashes, never personal data.
type Entry struct {
	What     What        `json:"what"`
	At       time.Time   `json:"at"`
	Action   string      `json:"action" doc:"As in the access policy, or the kind of an event."`
	Account  id.Account  `json:"account,omitempty"`
	Role     access.Role `json:"role,omitempty"`
	Session  id.Session  `json:"session,omitempty"`
	Record   string      `json:"record,omitempty" doc:"Id of the document."`
	Patient  id.Patient  `json:"patient,omitempty" doc:"Whose record it is."`
	Pharmacy id.Pharmacy `json:"pharmacy,omitempty"`
	Reason   string      `json:"reason,omitempty" doc:"Coded reason."`
	Hash     string      `json:"hash,omitempty" doc:"Hash of what was signed or decided."`
	Event    string      `json:"event,omitempty" doc:"Id of the event that told of it."`
	Count    int64       `json:"count,omitempty"`
}

// Act is the entry of something that an actor did: give it to Trail.Record.
func Act(a access.Actor, action, record string, patient id.Patient) Entry {
	return Entry{
		What: Done, Action: action, Record: record, Patient: patient,
		Account: a.Account, Role: a.Role, Session: a.Session, Pharmacy: a.Pharmacy,
	}
}

func entryOf(what What, at time.Time, a access.Actor, action access.Action, f access.Facts) Entry {
	e := Act(a, string(action), f.Record, f.Patient)
	e.What, e.At = what, at
	return e
}
