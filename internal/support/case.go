package support

import (
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
	"housecall/internal/phi"
)

const (
	silentAfter = 7 * 24 * time.Hour
	closedAfter = 14 * 24 * time.Hour
	reopenable  = 90 * 24 * time.Hour // after the last step
	mostWords   = 4000
	mostSaid    = 300 // messages in a case
)

// Category is what went wrong, as the person chose it.
type Category string

// The categories.
const (
	Late       Category = "late"
	Missing    Category = "missing"
	Wrong      Category = "wrong_item"
	Damaged    Category = "damaged"
	NotGiven   Category = "not_delivered"
	SideEffect Category = "side_effect"
	Care       Category = "care"
	Money      Category = "money"
	Access     Category = "access"
	Conduct    Category = "conduct"
	Other      Category = "other"
)

// Categories lists every category.
var Categories = []Category{Late, Missing, Wrong, Damaged, NotGiven, SideEffect, Care, Money, Access, Conduct, Other}

// answerWithin is how long somebody waits for support at most: less where a medicine may be needed now.
func (c Category) answerWithin() time.Duration {
	switch c {
	case SideEffect, Wrong:
		return 10 * time.Minute
	case Late, Missing, Damaged, NotGiven:
		return 30 * time.Minute
	case Care, Money, Access, Conduct, Other:
	}
	return 8 * time.Hour
}

// Case is one thing that went wrong.
type Case struct {
	ID            id.Case `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history"`
	Category      Category                       `json:"category"`
	Subject       string                         `json:"subject,omitempty"` // id of what it is about
	Patient       id.Patient                     `json:"patient,omitempty"` // whose case it is, where it is a patient's
	Owner         id.Account                     `json:"owner,omitempty"`   // who opened it
	Pharmacy      id.Pharmacy                    `json:"pharmacy,omitempty"`
	OpenedBy      access.Role                    `json:"opened_by"`
	Concerns      id.Patient                     `json:"concerns,omitempty"` // the patient the subject is about: gets the coupon
	Reason        string                         `json:"reason"`             // why it stands where it stands, as a code
	Assigned      id.Account                     `json:"assigned,omitempty"`
	Overdue       bool                           `json:"overdue,omitempty"`
	Messages      []Message                      `json:"messages"`
	Actions       []Action                       `json:"actions,omitempty"`
}

// Message is what somebody wrote in a case.
type Message struct {
	ID   id.Message  `json:"id"`
	By   id.Account  `json:"by"`
	Role access.Role `json:"role"`
	Text phi.Text    `json:"text"`
	At   time.Time   `json:"at"`
}

// What is wanted to make good.
type What string

// What can be done from a case.
const (
	GiveRefund What = "refund"
	GiveCoupon What = "coupon"
	Redeliver  What = "redelivery"
)

// ActionState is how far an action is.
type ActionState string

// The states of an action.
const (
	Wanted ActionState = "wanted"
	Done   ActionState = "done"
	Failed ActionState = "failed"
)

// Action is something wanted to make good.
type Action struct {
	ID     string       `json:"id"`
	What   What         `json:"what"`
	State  ActionState  `json:"state"`
	Kinds  []string     `json:"kinds,omitempty"` // of lines, for a refund; none is all
	Amount money.Amount `json:"amount,omitzero"` // of a coupon
	Reason string       `json:"reason"`
	By     id.Account   `json:"by"`
	At     time.Time    `json:"at"`
	Result string       `json:"result,omitempty"` // id or code of what came of it
}

// DocID implements docstore.Document.
func (c *Case) DocID() string { return string(c.ID) }

var caseIndexes = map[string]func(*Case) (docstore.Key, bool){
	"state": func(c *Case) (docstore.Key, bool) {
		return docstore.Key{Equal: string(c.State), Order: docstore.ByTime(c.CreatedAt)}, true
	},
	"assigned": func(c *Case) (docstore.Key, bool) {
		return docstore.Key{Equal: string(c.Assigned), Order: docstore.ByTime(c.CreatedAt)}, c.Assigned != "" && c.State != Closed
	},
	"overdue": func(c *Case) (docstore.Key, bool) {
		return docstore.Key{Equal: "overdue", Order: docstore.ByTime(c.CreatedAt)}, c.Overdue
	},
	"whose": func(c *Case) (docstore.Key, bool) {
		return docstore.Key{Equal: c.whose(), Order: docstore.ByTime(c.CreatedAt)}, c.whose() != ""
	},
	"subject": func(c *Case) (docstore.Key, bool) {
		return docstore.Key{Equal: c.Subject, Order: docstore.ByTime(c.CreatedAt)}, c.Subject != ""
	},
}

// whose is the patient, pharmacy or account that sees the case among theirs.
func (c *Case) whose() string {
	switch {
	case c.Patient != "":
		return string(c.Patient)
	case c.Pharmacy != "":
		return string(c.Pharmacy)
	}
	return string(c.Owner)
}

// facts say how people stand to the case. A caregiver who opened it sees it by their grant, a
// pharmacist as long as they work there: neither keeps it as their own.
func (c *Case) facts() access.Facts {
	f := access.Facts{Record: string(c.ID), Patient: c.Patient, Pharmacy: c.Pharmacy}
	if f.Patient == "" && f.Pharmacy == "" {
		f.Owner = c.Owner
	}
	return f
}

func (c *Case) announce(kind event.Kind, by string, data map[string]string) {
	all := map[string]string{"case": string(c.ID), "subject": c.Subject, "category": string(c.Category), "state": string(c.State)}
	for k, v := range data {
		all[k] = v
	}
	to := []string{event.ToSupport}
	if w := c.whose(); w != "" {
		to = append(to, w)
	}
	if kind == CaseOverdue {
		to = append(to, event.ToOperators)
	}
	c.Emit(event.Event{Kind: kind, By: by, Data: all, To: to})
}

// say adds a message.
func (c *Case) say(a access.Actor, text phi.Text, now time.Time) error {
	if len(c.Messages) >= mostSaid {
		return fault.New(fault.Conflict, "This case is full. Open another and name this one.").Coded("case-full")
	}
	n := id.Derive[id.Message](string(c.ID), strconv.Itoa(len(c.Messages)))
	c.Messages = append(c.Messages, Message{n, a.Account, a.Role, text, now})
	return nil
}

func (c *Case) pending() bool {
	for _, a := range c.Actions {
		if a.State == Wanted {
			return true
		}
	}
	return false
}

// words checks what somebody wrote.
func words(text phi.Text) (phi.Text, error) {
	said := strings.TrimSpace(text.Reveal())
	if said == "" || len(said) > mostWords {
		return "", fault.InvalidField("/text", "Write what happened, in up to 4000 characters.")
	}
	return phi.Text(said), nil
}
