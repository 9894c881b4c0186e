// Package access decides who may do what. There is one policy (policies/rules.csv, judged by
// Casbin) and it is asked twice: by the route, whether this role may ever do this, and by the
// service, whether this person may do it to this record. An error means no.
package access

import (
	"time"

	"housecall/internal/event"
	"housecall/internal/id"
)

// Role is what an account is. A caregiver is a patient's account that holds a grant.
type Role string

// The roles. Nobody has not signed in; System is housecall itself, acting on an event.
const (
	Nobody        Role = "nobody"
	Patient       Role = "patient"
	Doctor        Role = "doctor"
	Pharmacist    Role = "pharmacist"
	PharmacyStaff Role = "pharmacy_staff"
	Courier       Role = "courier"
	Guest         Role = "guest"
	Support       Role = "support"
	Operator      Role = "operator"
	Auditor       Role = "auditor"
	System        Role = "system"
)

// Roles lists every role that there is.
var Roles = []Role{Nobody, Patient, Doctor, Pharmacist, PharmacyStaff, Courier, Guest, Support, Operator, Auditor, System}

// Action names what somebody wants to do: "<thing>.<verb>", as in rules.csv.
type Action string

// Relation says how the person stands to the record.
type Relation string

// The relations. Any holds for everybody; the Granted ones for who holds that scope from the
// patient; the others as said in Facts.
const (
	Any            Relation = "any"
	Own            Relation = "own"
	GrantedSee     Relation = "granted:see"
	GrantedBook    Relation = "granted:book"
	GrantedAttend  Relation = "granted:attend"
	GrantedPay     Relation = "granted:pay"
	GrantedReceive Relation = "granted:receive"
	Treating       Relation = "treating"
	Filling        Relation = "filling"
	Riding         Relation = "riding"
	Seated         Relation = "seated"
)

// Relations lists every relation that there is.
var Relations = []Relation{
	Any, Own, GrantedSee, GrantedBook, GrantedAttend, GrantedPay, GrantedReceive, Treating, Filling, Riding, Seated,
}

// Scope is one right that a patient grants to a caregiver.
type Scope string

// The scopes of a grant.
const (
	See     Scope = "see"
	Book    Scope = "book"
	Attend  Scope = "attend"
	Pay     Scope = "pay"
	Receive Scope = "receive"
)

// Scopes lists every scope that there is.
var Scopes = []Scope{See, Book, Attend, Pay, Receive}

// Actor is who asks. It is a parameter of everything that asks the policy, never hidden in a context.
type Actor struct {
	Account  id.Account
	Role     Role
	Session  id.Session
	Patient  id.Patient  // the person whose account this is, for patients
	Pharmacy id.Pharmacy // where they work, for pharmacists and pharmacy staff
	Visit    id.Visit    // the one visit a guest may join
	// SecondFactor is when this session last showed its second factor; zero: never.
	SecondFactor time.Time
	Locked       bool       // a shared counter left alone: unlocking and leaving is all that is allowed
	Request      id.Request // the request they make, so that it is done once
	Cause        string     // kind of the event that a part of the service acts on; a person's own act has none
}

// Part is housecall itself, named by the part that acts ("journey"). The request is that of the event
// it acts on, so that handling it twice does the work once.
func Part(name string, req id.Request) Actor {
	return Actor{Account: id.Account(name), Role: System, Request: req}
}

// On is the actor acting on an event of this kind; the histories of what it changes say so.
func (a Actor) On(kind event.Kind) Actor {
	a.Cause = string(kind)
	return a
}

// Facts tell how people stand to a record. Leave empty what the record does not have.
type Facts struct {
	Record   string      // id of the document, for the audit
	Patient  id.Patient  // whose record it is: Own to that person, Granted to their caregivers
	Owner    id.Account  // whose own thing it is where there is no patient: Own
	Doctor   id.Account  // who treats: Treating
	Pharmacy id.Pharmacy // which pharmacy has it to fill: Filling, to those who work there
	Courier  id.Account  // who carries it: Riding
	Visit    id.Visit    // whose call it is: Seated, to a guest of this visit
}
