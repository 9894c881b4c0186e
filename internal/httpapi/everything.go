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

// take gathers from each keeper what it hands out: a part that this person may not see refuses the whole.
func (r everythingRoutes) take(ctx context.Context, a access.Actor, in *ByID) (*RecordFile, error) {
	patient := id.Patient(in.ID)
	var h fhir.Held
	var err error
	if h.Person, err = r.People.Person(ctx, a, patient); err != nil {
		return nil, err
	}
	if h.Record, err = r.Intakes.Facts(ctx, a, patient); err != nil {
		return nil, err
	}
	h.Visits, err = pages(func(cursor string) (docstore.Page[consult.Visit], error) { return r.Visits.Of(ctx, a, patient, cursor) })
	if err != nil {
		return nil, err
	}
	for _, v := range h.Visits {
		note, err := r.Visits.Note(ctx, a, v.ID)
		if fault.Is(err, fault.NotFound) {
			continue // not written, or not theirs to read yet
		}
		if err != nil {
			return nil, err
		}
		h.Notes = append(h.Notes, note)
	}
	h.Prescriptions, err = pages(func(cursor string) (docstore.Page[prescribing.Prescription], error) {
		return r.Prescriptions.OfPatient(ctx, a, patient, cursor)
	})
	if err != nil {
		return nil, err
	}
	body, err := json.MarshalIndent(fhir.Everything(h, r.Clock.Now()), "", "  ")
	return &RecordFile{"application/fhir+json", `attachment; filename="record.fhir.json"`, body}, err
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
