package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/fhir"
	"housecall/internal/id"
)

// FHIRBase is where FHIR stands, beside the API: its addresses, parameters and refusals are those of HL7.
const FHIRBase = "/fhir"

// FHIRMounts are reading and searching records as FHIR R4. Each keeper judges what it hands out.
func FHIRMounts(k Keepers, publicURL string) []Mount {
	r := fhirMounts{k, strings.TrimSuffix(publicURL, "/") + FHIRBase}
	return []Mount{
		{Method: http.MethodGet, Path: FHIRBase + "/metadata", Action: "fhir.describe", Handle: r.metadata, Limited: true},
		{Method: http.MethodGet, Path: FHIRBase + "/:type", Action: "health_record.read", Handle: r.answered(r.search), Limited: true},
		{Method: http.MethodGet, Path: FHIRBase + "/:type/:id", Action: "health_record.read", Handle: r.answered(r.read), Limited: true},
		{Method: http.MethodGet, Path: FHIRBase + "/:type/:id/$everything", Action: "health_record.export", Handle: r.answered(r.everything), Limited: true},
	}
}

type fhirMounts struct {
	Keepers
	server string
}

// asked is a request: what of which type, with what parameters.
type asked struct {
	kind  fhir.Type
	id    string
	query url.Values
}

func (r fhirMounts) metadata(w http.ResponseWriter, _ *http.Request, _ access.Actor) {
	writeFHIR(w, http.StatusOK, fhir.Capabilities(r.server))
}

func writeFHIR(w http.ResponseWriter, status int, resource any) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(resource)
}

// answered says a refusal as an OperationOutcome.
func (r fhirMounts) answered(answer func(context.Context, access.Actor, asked) (any, error)) func(http.ResponseWriter, *http.Request, access.Actor) {
	return func(w http.ResponseWriter, req *http.Request, a access.Actor) {
		kind, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, FHIRBase+"/"), "/")
		rid, _, _ := strings.Cut(rest, "/")
		query, err := url.ParseQuery(req.URL.RawQuery)
		if err != nil {
			err = fault.New(fault.Malformed, "The parameters can't be read.")
		}
		var out any
		if err == nil {
			out, err = answer(req.Context(), a, asked{fhir.Type(kind), rid, query})
		}
		if err != nil {
			p := problemOf(req.Context(), err)
			for name, v := range p.GetHeaders() {
				w.Header()[name] = v
			}
			writeFHIR(w, p.Status, fhir.Refusal(p.Status, p.Detail+" Reference: "+p.Reference))
			return
		}
		writeFHIR(w, http.StatusOK, out)
	}
}

// needed tells which parts a type is made of.
var needed = map[fhir.Type]parts{
	fhir.OfPatient:             {person: true},
	fhir.OfAllergyIntolerance:  {facts: true},
	fhir.OfMedicationStatement: {facts: true},
	fhir.OfObservation:         {facts: true},
	fhir.OfCondition:           {facts: true, notes: true},
	fhir.OfEncounter:           {visits: true},
	fhir.OfDocumentReference:   {notes: true},
	fhir.OfMedicationRequest:   {prescriptions: true},
}

func (r fhirMounts) search(ctx context.Context, a access.Actor, q asked) (any, error) {
	need, served := needed[q.kind]
	if !served {
		return nil, notServed()
	}
	patient, err := fhir.Whose(q.kind, q.query)
	if err != nil {
		return nil, err
	}
	h, err := r.held(ctx, a, patient, need)
	if err != nil {
		return nil, err
	}
	return fhir.Find(h, q.kind, q.query, r.server, r.Clock.Now())
}

func (r fhirMounts) read(ctx context.Context, a access.Actor, q asked) (any, error) {
	need, served := needed[q.kind]
	if !served {
		return nil, notServed()
	}
	if len(q.query) > 0 && q.query.Get("_format") == "" {
		return nil, fault.New(fault.Malformed, "Reading takes no parameters but _format.")
	}
	source, err := fhir.SourceOf(q.kind, q.id)
	if err != nil {
		return nil, err
	}
	patient, err := r.of(ctx, a, source)
	if err != nil {
		return nil, err
	}
	h, err := r.held(ctx, a, patient, need)
	if err != nil {
		return nil, err
	}
	return fhir.Read(h, q.kind, q.id, r.server, r.Clock.Now())
}

// of asks the keeper of a document whose it is.
func (r fhirMounts) of(ctx context.Context, a access.Actor, s fhir.Source) (id.Patient, error) {
	switch {
	case s.Visit != "":
		v, err := r.Visits.Visit(ctx, a, s.Visit)
		if err != nil {
			return "", err
		}
		return v.Patient, nil
	case s.Prescription != "":
		rx, err := r.Prescriptions.Prescription(ctx, a, s.Prescription)
		if err != nil {
			return "", err
		}
		return rx.Patient, nil
	}
	return s.Patient, nil
}

func (r fhirMounts) everything(ctx context.Context, a access.Actor, q asked) (any, error) {
	if q.kind != fhir.OfPatient {
		return nil, notServed()
	}
	patient, err := fhir.PatientOf(q.id)
	if err != nil {
		return nil, err
	}
	if len(q.query) > 0 {
		return nil, fault.New(fault.Malformed, "Everything is the whole: it takes no parameters.")
	}
	h, err := r.held(ctx, a, patient, every)
	if err != nil {
		return nil, err
	}
	return fhir.All(h, r.server, r.Clock.Now()), nil
}

func notServed() error {
	return fault.New(fault.NotFound, "That type of resource is not served here. "+FHIRBase+"/metadata lists those that are.")
}
