package onboarding

import (
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
)

// Kind is what an application is for.
type Kind string

// The kinds of application.
const (
	Doctor     Kind = "doctor"
	Pharmacy   Kind = "pharmacy"
	Pharmacist Kind = "pharmacist"
	Courier    Kind = "courier"
)

// PaperKind is what a paper shows.
type PaperKind string

// The kinds of paper.
const (
	Licence         PaperKind = "licence"
	Identity        PaperKind = "identity"
	Specialty       PaperKind = "specialty"
	BackgroundCheck PaperKind = "background_check"
	Insurance       PaperKind = "insurance"
	Other           PaperKind = "other"
)

// PaperKinds lists every kind of paper.
var PaperKinds = []PaperKind{Licence, Identity, Specialty, BackgroundCheck, Insurance, Other}

// needed lists the papers without which nobody of this kind is approved.
var needed = map[Kind][]PaperKind{
	Doctor:     {Licence, Identity},
	Pharmacy:   {Licence},
	Pharmacist: {Licence, Identity},
	Courier:    {Identity, BackgroundCheck, Insurance},
}

// Paper is one document that was handed in. One without an attachment was shown to an operator.
type Paper struct {
	Number     int           `json:"number"`
	Kind       PaperKind     `json:"kind"`
	Attachment id.Attachment `json:"attachment,omitempty"`
	ValidUntil time.Time     `json:"valid_until,omitzero"` // zero: does not run out
	By         id.Account    `json:"by"`
	At         time.Time     `json:"at"`
	Accepted   bool          `json:"accepted"`
}

// Details are what an applicant says.
type Details struct {
	Licence       phi.Text `json:"licence,omitempty"` // its number
	Specialties   []string `json:"specialties,omitempty"`
	Languages     []string `json:"languages,omitempty"`
	Jurisdictions []string `json:"jurisdictions,omitempty"`
}

// Application is how somebody asks to be let to work.
type Application struct {
	ID            id.Application `json:"id"`
	docstore.Meta `json:"meta"`
	State         State                          `json:"state"`
	History       []lifecycle.Step[State, Event] `json:"history"`
	Kind          Kind                           `json:"kind"`
	Subject       string                         `json:"subject"` // the account, or the pharmacy
	Applicant     id.Account                     `json:"applicant"`
	Pharmacy      id.Pharmacy                    `json:"pharmacy,omitempty"`
	Details
	Papers []Paper   `json:"papers"`
	Wanted []string  `json:"wanted,omitempty"` // papers that were asked for
	Reason string    `json:"reason,omitempty"` // of the refusal or the suspension
	Until  time.Time `json:"until,omitzero"`   // when the first accepted paper runs out; zero: none does
}

// DocID implements docstore.Document.
func (a *Application) DocID() string { return string(a.ID) }

// IDOf is the id of the one application of a subject.
func IDOf(subject string) id.Application { return id.Derive[id.Application](subject) }

// facts: a pharmacy's application belongs to those who work there, whoever began it.
func (a *Application) facts() access.Facts {
	if a.Kind == Pharmacy {
		return access.Facts{Record: string(a.ID), Pharmacy: a.Pharmacy}
	}
	return access.Facts{Record: string(a.ID), Owner: a.Applicant}
}

func (a *Application) announce(kind event.Kind, by id.Account, more ...string) {
	data := map[string]string{"subject": a.Subject, "kind": string(a.Kind)}
	for i := 0; i+1 < len(more); i += 2 {
		data[more[i]] = more[i+1]
	}
	to := []string{string(a.Applicant), event.ToOperators}
	if a.Kind == Pharmacy {
		to = append(to, a.Subject)
	}
	a.Emit(event.Event{Kind: kind, By: string(by), Data: data, To: to})
}

// accept counts every paper that is on the table, and finds when the first of those in use runs out.
// A newer paper of a kind takes the place of the older.
func (a *Application) accept(now time.Time) error {
	newest := make(map[PaperKind]int, len(PaperKinds))
	for i := range a.Papers {
		a.Papers[i].Accepted = true
		newest[a.Papers[i].Kind] = i
	}
	a.Until = time.Time{}
	for kind, i := range newest {
		until := a.Papers[i].ValidUntil
		if until.IsZero() || kind == Other {
			continue
		}
		if !until.After(now) {
			return fault.New(fault.Conflict, "A paper has run out. Ask for a newer one.").Coded("paper-ran-out").With("/papers", words(kind))
		}
		if a.Until.IsZero() || until.Before(a.Until) {
			a.Until = until
		}
	}
	if lacking := a.lacking(); len(lacking) > 0 {
		return fault.New(fault.Conflict, "Papers are missing: "+strings.Join(lacking, ", ")+".").Coded("papers-missing")
	}
	return nil
}

func (a *Application) lacking() []string {
	var lacking []string
	for _, kind := range needed[a.Kind] {
		if !slices.ContainsFunc(a.Papers, func(p Paper) bool { return p.Kind == kind }) {
			lacking = append(lacking, words(kind))
		}
	}
	return lacking
}

func words(k PaperKind) string { return strings.ReplaceAll(string(k), "_", " ") }

// watch sets the timers that follow from Until, or takes them away.
func (a *Application) watch(now time.Time) {
	a.ClearTimer(RanOut, ThirtyDaysDue, SevenDaysDue)
	if a.Until.IsZero() {
		return
	}
	a.SetTimer(RanOut, a.Until)
	for kind, before := range map[event.Kind]time.Duration{ThirtyDaysDue: 30 * day, SevenDaysDue: 7 * day} {
		if due := a.Until.Add(-before); due.After(now) {
			a.SetTimer(kind, due)
		}
	}
}

const day = 24 * time.Hour

var spec = docstore.Spec[Application]{Name: "applications", Indexes: map[string]func(*Application) (docstore.Key, bool){
	"state": func(a *Application) (docstore.Key, bool) {
		return docstore.Key{Equal: string(a.State), Order: docstore.ByTime(a.CreatedAt)}, true
	},
	"applicant": func(a *Application) (docstore.Key, bool) {
		return docstore.Key{Equal: string(a.Applicant), Order: docstore.ByTime(a.CreatedAt)}, true
	},
	"pharmacy": func(a *Application) (docstore.Key, bool) {
		return docstore.Key{Equal: string(a.Pharmacy), Order: docstore.ByTime(a.CreatedAt)}, a.Pharmacy != ""
	},
}}
