package upload

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
)

// State is where an upload stands.
type State string

// The states of an upload.
const (
	Awaited   State = "awaited"  // may be sent; nobody can read it
	Readable  State = "readable" // looked at, stripped, moved
	Refused   State = "refused"
	Abandoned State = "abandoned" // nobody settled it
)

// Event moves an upload.
type Event string

const (
	settle  Event = "settle"
	refuse  Event = "refuse"
	abandon Event = "abandon"
)

var moves = lifecycle.Table[State, Event]{
	Awaited:   {settle: Readable, refuse: Refused, abandon: Abandoned},
	Readable:  {},
	Refused:   {},
	Abandoned: {},
}

var whys = lifecycle.MustExplain(lifecycle.Whys[Event]{settle: "looked_at", refuse: "unreadable", abandon: "never_settled"}, moves)

// Purpose is what a file is for.
type Purpose string

// The purposes.
const (
	Paper Purpose = "paper" // of vetting
	Photo Purpose = "photo" // of a delivery that failed
)

// Kinds of events.
const (
	Settled      event.Kind = "upload.settled"
	WasRefused   event.Kind = "upload.refused" // data: reason
	WasAbandoned event.Kind = "upload.abandoned"
	NeverSettled event.Kind = "upload.never_settled" // a timer
)

// TimerKinds lists every timer that TimerFired answers.
var TimerKinds = []event.Kind{NeverSettled}

// Upload is one file.
type Upload struct {
	ID            id.Attachment `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history,omitempty"`
	Purpose       Purpose                        `json:"purpose"`
	By            id.Account                     `json:"by"`
	Type          string                         `json:"type"`
	Size          int64                          `json:"size"`
	Why           string                         `json:"why,omitempty"` // coded, when refused
}

// DocID implements docstore.Document.
func (u *Upload) DocID() string { return string(u.ID) }

func (u *Upload) key() string        { return "uploads/" + string(u.ID) }
func (u *Upload) quarantine() string { return "quarantine/" + u.key() }

func (u *Upload) facts() access.Facts { return access.Facts{Record: string(u.ID), Owner: u.By} }

// apply is the only place that sets State.
func (u *Upload) apply(now time.Time, a access.Actor, e Event, kind event.Kind, why string) error {
	to, err := moves.Next(u.State, e)
	if err != nil {
		return err
	}
	u.History = append(u.History, lifecycle.Step[State, Event]{Event: e, From: u.State, To: to, By: string(a.Account), At: now, Why: whys.Of(e, why, a.Cause)})
	u.State, u.Why = to, why
	u.ClearTimer(NeverSettled)
	data := map[string]string{"purpose": string(u.Purpose)}
	if why != "" {
		data["reason"] = why
	}
	u.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: []string{string(u.By)}})
	return nil
}
