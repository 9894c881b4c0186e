package httpapi

import (
	"context"
	"encoding/json"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/consult"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/fhir"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/intake"
	"housecall/internal/prescribing"
)

// Keepers hold what is known of a person, each its part.
type Keepers struct {
	People        *identity.Service
	Intakes       *intake.Service
	Visits        *consult.Service
	Prescriptions *prescribing.Service
	Clock         clock.Clock
}

// Everything is the route of a person's whole record, to take elsewhere.
func Everything(k Keepers) []Route {
	r := everythingRoutes{k}
	return []Route{
		get("/patients/{id}/everything", "health_record.export", "Take the whole record of a person, as a FHIR R4 bundle", r.take),
	}
}

type everythingRoutes struct{ Keepers }

// RecordFile is a record to keep.
type RecordFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte `contentType:"application/fhir+json"`
}

func (r everythingRoutes) take(ctx context.Context, a access.Actor, in *ByID) (*RecordFile, error) {
	h, err := r.held(ctx, a, id.Patient(in.ID), every)
	if err != nil {
		return nil, err
	}
	body, err := json.MarshalIndent(fhir.Everything(h, r.Clock.Now()), "", "  ")
	return &RecordFile{"application/fhir+json", `attachment; filename="record.fhir.json"`, body}, err
}

// parts are what of a record is needed.
type parts struct{ person, facts, visits, notes, prescriptions bool }

var every = parts{true, true, true, true, true}

// held gathers from each keeper what it hands out: a part that this person may not see refuses the whole.
// A doctor is handed the notes and prescriptions of their own visits, as elsewhere.
func (k Keepers) held(ctx context.Context, a access.Actor, patient id.Patient, need parts) (fhir.Held, error) {
	h := fhir.Held{Patient: patient}
	var err error
	if need.person {
		if h.Person, err = k.People.Person(ctx, a, patient); err != nil {
			return h, err
		}
	}
	if need.facts {
		if h.Record, err = k.Intakes.Facts(ctx, a, patient); err != nil {
			return h, err
		}
	}
	byVisit := need.prescriptions && a.Role == access.Doctor
	if need.visits || need.notes || byVisit {
		h.Visits, err = pages(func(cursor string) (docstore.Page[consult.Visit], error) { return k.Visits.Of(ctx, a, patient, cursor) })
		if err != nil {
			return h, err
		}
	}
	if need.notes {
		if h.Notes, err = k.notes(ctx, a, h.Visits); err != nil {
			return h, err
		}
	}
	switch {
	case byVisit:
		h.Prescriptions, err = k.prescribed(ctx, a, h.Visits)
	case need.prescriptions:
		h.Prescriptions, err = pages(func(cursor string) (docstore.Page[prescribing.Prescription], error) {
			return k.Prescriptions.OfPatient(ctx, a, patient, cursor)
		})
	}
	return h, err
}

func (k Keepers) notes(ctx context.Context, a access.Actor, visits []*consult.Visit) ([]*consult.Note, error) {
	var all []*consult.Note
	for _, v := range visits {
		if a.Role == access.Doctor && v.Doctor != a.Account {
			continue
		}
		note, err := k.Visits.Note(ctx, a, v.ID)
		if fault.Is(err, fault.NotFound) {
			continue // not written, or not theirs to read yet
		}
		if err != nil {
			return nil, err
		}
		if note.SealedAt != nil {
			all = append(all, note) // until then it is its doctor's work
		}
	}
	return all, nil
}

func (k Keepers) prescribed(ctx context.Context, a access.Actor, visits []*consult.Visit) ([]*prescribing.Prescription, error) {
	var all []*prescribing.Prescription
	for _, v := range visits {
		if v.Doctor != a.Account {
			continue
		}
		some, err := k.Prescriptions.OfVisit(ctx, a, v.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// pages reads a list to its end.
func pages[T any](page func(cursor string) (docstore.Page[T], error)) ([]*T, error) {
	var all []*T
	for cursor := ""; ; {
		p, err := page(cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if cursor = p.Next; cursor == "" {
			return all, nil
		}
	}
}
