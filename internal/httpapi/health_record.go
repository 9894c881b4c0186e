package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/fhir"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

// HealthRecord are the routes of what lasts of a person.
func HealthRecord(intakes *intake.Service) []Route {
	r := recordRoutes{intakes}
	return []Route{
		get("/patients/{id}/health-record", "health_record.read", "Read a person's health record, ended facts too", r.read),
		post("/patients/{id}/health-record/facts", "health_record.add", "Add a fact", r.add).created(),
		post("/patients/{id}/health-record/bring", "health_record.bring", "Bring facts from a FHIR R4 bundle of another house, or of this one", r.bring).upTo(4 << 20),
		post("/patients/{id}/health-record/facts/{fact}/end", "health_record.end", "End a fact that is wrong; it stays readable", r.end),
	}
}

type recordRoutes struct{ intakes *intake.Service }

// HealthFact is one thing that holds, or held, of a person.
type HealthFact struct {
	ID       string      `json:"id"`
	Kind     intake.Kind `json:"kind" enum:"allergy,medicine,condition,weight_kg,height_cm,egfr,liver,pregnancy,pregnancy_weeks,lactation"`
	Code     string      `json:"code,omitempty"`
	Words    phi.Text    `json:"words,omitempty"`
	Reaction string      `json:"reaction,omitempty"`
	Value    string      `json:"value,omitempty"`
	By       id.Account  `json:"by"`
	At       time.Time   `json:"at"`
	Source   string      `json:"source" doc:"Id of the intake or visit it was told in."`
	Ended    *FactEnd    `json:"ended,omitempty"`
}

// FactEnd is who ended a fact, when and why.
type FactEnd struct {
	By  id.Account `json:"by"`
	At  time.Time  `json:"at"`
	Why phi.Text   `json:"why"`
}

// HealthRecordView is a person's health record.
type HealthRecordView struct {
	Patient id.Patient      `json:"patient"`
	Facts   []HealthFact    `json:"facts" nullable:"false"`
	None    map[string]bool `json:"none" nullable:"false" doc:"Which lists were asked for: true, that there is none; absent, nobody asked."`
}

func recordView(r *intake.Record) HealthRecordView {
	v := HealthRecordView{Patient: r.Patient, Facts: []HealthFact{}, None: map[string]bool{}}
	for _, f := range r.Facts {
		fact := HealthFact{ID: f.ID, Kind: f.Kind, Code: f.Code, Words: f.Words, Reaction: f.Reaction, Value: f.Value, By: f.By, At: f.At, Source: f.Source}
		if f.Ended != nil {
			end := FactEnd(*f.Ended)
			fact.Ended = &end
		}
		v.Facts = append(v.Facts, fact)
	}
	for kind, said := range r.Asked {
		v.None[string(kind)] = said.None
	}
	return v
}

func recordReply(r *intake.Record, err error) (*Reply[HealthRecordView], error) {
	if err != nil {
		return nil, err
	}
	return reply(r.Version, recordView(r)), nil
}

func (r recordRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[HealthRecordView], error) {
	return recordReply(r.intakes.Facts(ctx, a, id.Patient(in.ID)))
}

type addFactIn struct {
	ByID
	Body struct {
		Kind     intake.Kind `json:"kind" enum:"allergy,medicine,condition,weight_kg,height_cm,egfr,liver,pregnancy,pregnancy_weeks,lactation"`
		Code     string      `json:"code,omitempty" maxLength:"80"`
		Words    phi.Text    `json:"words,omitempty" maxLength:"200"`
		Reaction string      `json:"reaction,omitempty" enum:"anaphylaxis,immediate,severe_delayed,non_severe,unknown"`
		Value    string      `json:"value,omitempty" maxLength:"20"`
		Visit    id.Visit    `json:"visit,omitempty" maxLength:"96" doc:"The visit it was told in."`
	}
}

func (r recordRoutes) add(ctx context.Context, a access.Actor, in *addFactIn) (*Reply[HealthRecordView], error) {
	b := in.Body
	return recordReply(r.intakes.AddFact(ctx, a, id.Patient(in.ID), intake.Fact{
		Kind: b.Kind, Code: b.Code, Words: b.Words, Reaction: b.Reaction, Value: b.Value, Source: string(b.Visit),
	}))
}

type endFactIn struct {
	ByID
	Fact string `path:"fact" maxLength:"96"`
	Body struct {
		Why phi.Text `json:"why" minLength:"1" maxLength:"200"`
	}
}

func (r recordRoutes) end(ctx context.Context, a access.Actor, in *endFactIn) (*Reply[HealthRecordView], error) {
	return recordReply(r.intakes.EndFact(ctx, a, id.Patient(in.ID), in.Fact, in.Body.Why))
}

type bringIn struct {
	ByID
	RawBody []byte `contentType:"application/fhir+json"`
}

// BroughtView is what of a bundle is in the record now, and what was left.
type BroughtView struct {
	Taken int         `json:"taken" doc:"Facts that the bundle told; those that the record had already are not there twice."`
	Left  []fhir.Left `json:"left" nullable:"false" doc:"What was not taken, counted by type and reason."`
}

func (r recordRoutes) bring(ctx context.Context, a access.Actor, in *bringIn) (*Reply[BroughtView], error) {
	b, err := fhir.Bring(in.RawBody)
	if err != nil {
		return nil, err
	}
	_, err = r.intakes.Bring(ctx, a, id.Patient(in.ID), intake.Brought{Born: b.Born, Facts: b.Facts})
	if err != nil {
		return nil, err
	}
	return reply(0, BroughtView{len(b.Facts), append([]fhir.Left{}, b.Left...)}), nil
}
