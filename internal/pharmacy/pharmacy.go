package pharmacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
)

// Pharmacy is a shop with a counter.
type Pharmacy struct {
	ID            id.Pharmacy `json:"id"`
	docstore.Meta `json:"meta"`
	Profile       `json:"profile"`
	Timetable     `json:"timetable"`
	Pause         *Pause  `json:"pause,omitempty"`
	Staff         []Staff `json:"staff,omitempty"`
}

// Profile is what an operator says of a pharmacy.
type Profile struct {
	Name        string    `json:"name" minLength:"1" maxLength:"120"`
	Address     string    `json:"address" minLength:"1" maxLength:"300"`
	Phone       string    `json:"phone" maxLength:"32"`
	At          geo.Point `json:"at"`
	Zone        id.Zone   `json:"zone"`
	TimeZone    string    `json:"time_zone" doc:"IANA name, for example Europe/Berlin."`
	Currency    string    `json:"currency" minLength:"3" maxLength:"3" doc:"ISO 4217; every price of its stock is in it."`
	Fulfilments []string  `json:"fulfilments" doc:"courier, pickup, parcel"`
}

// Pause is a time in which nothing new is to be expected of the pharmacy.
type Pause struct {
	Until  time.Time  `json:"until"`
	Reason string     `json:"reason" enum:"overload,staff,stocktaking,technical,emergency,other"`
	By     id.Account `json:"by"`
	At     time.Time  `json:"at"`
}

// Staff is an account that works at the pharmacy.
type Staff struct {
	Account id.Account  `json:"account"`
	Role    access.Role `json:"role"`
}

// DocID implements docstore.Document.
func (p *Pharmacy) DocID() string { return string(p.ID) }

var pharmacySpec = docstore.Spec[Pharmacy]{
	Name: "pharmacies",
	Indexes: map[string]func(*Pharmacy) (docstore.Key, bool){
		"zone": func(p *Pharmacy) (docstore.Key, bool) {
			return docstore.Key{Equal: string(p.Zone), Order: p.Name}, true
		},
		"all": func(p *Pharmacy) (docstore.Key, bool) { return docstore.Key{Equal: "all", Order: p.Name}, true },
	},
}

// PauseReasons lists why a pharmacy may pause.
var PauseReasons = []string{"overload", "staff", "stocktaking", "technical", "emergency", "other"}

const maxPause = 14 * 24 * time.Hour

func (p *Pharmacy) facts() access.Facts {
	return access.Facts{Record: string(p.ID), Pharmacy: p.ID}
}

func (p *Pharmacy) tell(kind event.Kind, a access.Actor) {
	p.Emit(event.Event{
		Kind: kind, By: string(a.Account), To: []string{string(p.ID), event.ToOperators},
		Data: map[string]string{"pharmacy": string(p.ID), "zone": string(p.Zone)},
	})
}

// check lists all that is wrong with a profile.
func (p Profile) check() error {
	bad := fault.New(fault.Invalid, "Some details of the pharmacy need another look.")
	if strings.TrimSpace(p.Name) == "" {
		bad = bad.With("/name", "Give the pharmacy's name.")
	}
	if strings.TrimSpace(p.Address) == "" {
		bad = bad.With("/address", "Give the address of the counter.")
	}
	if !p.At.Valid() || p.At.IsZero() {
		bad = bad.With("/at", "Give the place in degrees.")
	}
	if p.Zone == "" {
		bad = bad.With("/zone", "Say in which zone the pharmacy is.")
	}
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "" || p.TimeZone == "Local" {
		bad = bad.With("/time_zone", "Give an IANA time zone, for example Asia/Shanghai.")
	}
	if len(p.Currency) != 3 || p.Currency != strings.ToUpper(p.Currency) {
		bad = bad.With("/currency", "Give a currency of three capital letters, for example CNY.")
	}
	if len(p.Fulfilments) == 0 {
		bad = bad.With("/fulfilments", "Say how the pharmacy hands over: courier, pickup or parcel.")
	}
	for i, f := range p.Fulfilments {
		if !slices.Contains([]string{ByCourier, ByPickup, ByParcel}, f) || slices.Contains(p.Fulfilments[:i], f) {
			bad = bad.With(fmt.Sprintf("/fulfilments/%d", i), "Say courier, pickup or parcel, each once.")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Create opens a pharmacy, for an operator or for an application that was approved. With no id one
// is derived from the request. It announces pharmacy.created; it is quoted once it is vetted.
func (s *Service) Create(ctx context.Context, a access.Actor, ph id.Pharmacy, p Profile, t Timetable) (*Pharmacy, error) {
	if err := s.Guard.Check(ctx, a, "pharmacy.create", access.Facts{Record: string(ph)}); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	if _, err := s.Zones.Terms(ctx, p.Zone); err != nil {
		if fault.Is(err, fault.NotFound) {
			return nil, fault.InvalidField("/zone", "There is no such zone. Draw it first.")
		}
		return nil, fmt.Errorf("read terms of %s: %w", p.Zone, err)
	}
	if ph == "" && a.Request.Key != "" {
		ph = id.Of[id.Pharmacy](a.Request)
	}
	if ph == "" {
		ph = id.New[id.Pharmacy]()
	}
	doc := &Pharmacy{ID: ph, Profile: p, Timetable: t}
	doc.tell(KindCreated, a)
	return doc, s.pharmacies.Insert(ctx, a.Request, doc)
}

// Edit changes what an operator says of a pharmacy.
func (s *Service) Edit(ctx context.Context, a access.Actor, ph id.Pharmacy, version int64, p Profile) (*Pharmacy, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return s.change(ctx, a, ph, "pharmacy.edit", version, func(doc *Pharmacy) error {
		if p.Currency != doc.Currency {
			return fault.InvalidField("/currency", "The currency of a pharmacy can't be changed: its prices are in it.")
		}
		doc.Profile = p
		doc.tell(KindChanged, a)
		return nil
	})
}

// SetTimetable changes opening hours and holidays, for the pharmacy's pharmacist or an operator.
func (s *Service) SetTimetable(ctx context.Context, a access.Actor, ph id.Pharmacy, version int64, t Timetable) (*Pharmacy, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return s.change(ctx, a, ph, "pharmacy.hours", version, func(doc *Pharmacy) error {
		doc.Timetable = t
		doc.tell(KindChanged, a)
		return nil
	})
}

// PauseUntil says that the pharmacy takes nothing new until then. What it accepted goes on.
func (s *Service) PauseUntil(ctx context.Context, a access.Actor, ph id.Pharmacy, until time.Time, reason string) (*Pharmacy, error) {
	return s.change(ctx, a, ph, "pharmacy.pause", 0, func(doc *Pharmacy) error {
		now := s.Clock.Now()
		if !slices.Contains(PauseReasons, reason) {
			return fault.InvalidField("/reason", "Say why: "+strings.Join(PauseReasons, ", ")+".")
		}
		if !until.After(now) || until.Sub(now) > maxPause {
			return fault.InvalidField("/until", "Say until when, at most 14 days from now.")
		}
		doc.Pause = &Pause{Until: until.UTC().Truncate(time.Millisecond), Reason: reason, By: a.Account, At: now}
		doc.tell(KindPaused, a)
		return nil
	})
}

// Resume ends a pause. Where there is none it changes nothing of note.
func (s *Service) Resume(ctx context.Context, a access.Actor, ph id.Pharmacy) (*Pharmacy, error) {
	return s.change(ctx, a, ph, "pharmacy.pause", 0, func(doc *Pharmacy) error {
		if doc.Pause != nil {
			doc.Pause = nil
			doc.tell(KindResumed, a)
		}
		return nil
	})
}

// Employ notes an account as working at the pharmacy; what it may do is the account's own role.
func (s *Service) Employ(ctx context.Context, a access.Actor, ph id.Pharmacy, account id.Account, role access.Role) (*Pharmacy, error) {
	return s.change(ctx, a, ph, "pharmacy.employ", 0, func(doc *Pharmacy) error {
		if role != access.Pharmacist && role != access.PharmacyStaff {
			return fault.InvalidField("/role", "Say pharmacist or pharmacy_staff.")
		}
		doc.dismiss(account)
		doc.Staff = append(doc.Staff, Staff{account, role})
		return nil
	})
}

// Dismiss takes an account off the pharmacy's list.
func (s *Service) Dismiss(ctx context.Context, a access.Actor, ph id.Pharmacy, account id.Account) (*Pharmacy, error) {
	return s.change(ctx, a, ph, "pharmacy.employ", 0, func(doc *Pharmacy) error {
		doc.dismiss(account)
		return nil
	})
}

// StaffOf lists who works at a pharmacy, for an operator.
func (s *Service) StaffOf(ctx context.Context, a access.Actor, ph id.Pharmacy) ([]Staff, error) {
	doc, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return nil, err
	}
	return doc.Staff, s.Guard.Check(ctx, a, "pharmacy.employ", doc.facts())
}

func (p *Pharmacy) dismiss(account id.Account) {
	p.Staff = slices.DeleteFunc(p.Staff, func(m Staff) bool { return m.Account == account })
}

// Pharmacy is one pharmacy, for whoever is signed in.
func (s *Service) Pharmacy(ctx context.Context, a access.Actor, ph id.Pharmacy) (*Pharmacy, error) {
	doc, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return nil, err
	}
	return doc, s.Guard.Check(ctx, a, "pharmacy.read", doc.facts())
}

// Pharmacies lists the pharmacies of a zone by name, or all of them when no zone is given.
func (s *Service) Pharmacies(ctx context.Context, a access.Actor, zone id.Zone, cursor string, limit int) (docstore.Page[Pharmacy], error) {
	if err := s.Guard.Check(ctx, a, "pharmacy.list", access.Facts{Record: string(zone)}); err != nil {
		return docstore.Page[Pharmacy]{}, err
	}
	q := docstore.Query{Index: "all", Equal: "all", Cursor: cursor, Limit: limit}
	if zone != "" {
		q.Index, q.Equal = "zone", string(zone)
	}
	return s.pharmacies.Find(ctx, q)
}

func (s *Service) change(ctx context.Context, a access.Actor, ph id.Pharmacy, action access.Action, version int64, change func(*Pharmacy) error) (*Pharmacy, error) {
	doc, err := s.pharmacies.Get(ctx, string(ph))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, action, doc.facts()); err != nil {
		return nil, err
	}
	return s.pharmacies.Update(ctx, string(ph), docstore.On{Request: a.Request, Version: version}, change)
}
