package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// Prescriptions are the routes of prescriptions, their signing and their parts.
func Prescriptions(prescriptions *prescribing.Service) []Route {
	r := prescriptionRoutes{prescriptions}
	return []Route{
		post("/visits/{id}/prescriptions", "prescription.write", "Begin a draft for a visit", r.create).created(),
		post("/visits/{id}/prescriptions/preview", "prescription.write", "Read back and check what is being written; nothing is kept", r.preview).keyless(),
		get("/visits/{id}/prescriptions", "prescription.list", "List what a visit has prescribed", r.ofVisit),
		get("/patients/{id}/prescriptions", "prescription.history", "List a patient's signed prescriptions, newest first", r.ofPatient),
		get("/prescriptions/{id}", "prescription.read", "Read a prescription", r.read),
		put("/prescriptions/{id}", "prescription.write", "Write a draft anew", r.edit),
		get("/prescriptions/{id}/page", "prescription.read", "Read a signed prescription as a sheet of paper", r.page),
		post("/prescriptions/{id}/cancel", "prescription.cancel", "Throw a draft away, or cancel a signed prescription", r.cancel),
		post("/signings", "prescription.sign", "Begin to sign drafts of one visit", r.begin).created(),
		post("/signings/{id}/passkey", "prescription.sign", "Ask what a device needs to sign by a passkey", r.askPasskey).keyless(),
		post("/signings/{id}/confirm", "prescription.sign", "Sign with a fresh second factor", r.sign),
		get("/parts/{id}", "prescription.review", "Read a part that your pharmacy holds", r.part),
		get("/parts/{id}/recheck", "prescription.review", "Check a part again with today's facts", r.recheck),
	}
}

type prescriptionRoutes struct{ prescriptions *prescribing.Service }

// PrescriptionText is what a doctor writes.
type PrescriptionText struct {
	Items     []ItemText      `json:"items" nullable:"false" minItems:"1" maxItems:"20"`
	ValidDays int             `json:"valid_days,omitempty" minimum:"0" maximum:"365"`
	Repeats   int             `json:"repeats,omitempty" minimum:"0" maximum:"12" doc:"How often it may be filled again."`
	EveryDays int             `json:"every_days,omitempty" minimum:"0" maximum:"120"`
	Replaces  id.Prescription `json:"replaces,omitempty" maxLength:"96"`
	Reasons   []ReasonText    `json:"reasons,omitempty" maxItems:"100"`
}

// ItemText is one medicine as the doctor writes it.
type ItemText struct {
	Product        string               `json:"product" minLength:"1" maxLength:"200"`
	Steps          []prescribing.Dosage `json:"steps" nullable:"false" minItems:"1" maxItems:"12"`
	Indication     phi.Text             `json:"indication,omitempty" maxLength:"500"`
	NoSubstitution bool                 `json:"no_substitution,omitempty"`
	Supply         int                  `json:"supply,omitempty" minimum:"0" maximum:"2000" doc:"Only to hand over another number than follows from the dosage."`
	SupplyReason   phi.Text             `json:"supply_reason,omitempty" maxLength:"500"`
}

// ReasonText is why a warning does not hold here.
type ReasonText struct {
	Finding string   `json:"finding" maxLength:"100"`
	Code    string   `json:"code,omitempty" maxLength:"40"`
	Words   phi.Text `json:"words,omitempty" maxLength:"2000"`
}

func (t PrescriptionText) written() prescribing.Written {
	w := prescribing.Written{ValidDays: t.ValidDays, Repeats: t.Repeats, EveryDays: t.EveryDays, Replaces: t.Replaces}
	for _, it := range t.Items {
		w.Items = append(w.Items, prescribing.WrittenItem(it))
	}
	for _, one := range t.Reasons {
		w.Reasons = append(w.Reasons, prescribing.WrittenReason(one))
	}
	return w
}

// PrescriptionView is a prescription as it is answered. Findings and reasons are for who prescribes
// and dispenses.
type PrescriptionView struct {
	ID           id.Prescription   `json:"id,omitempty"`
	State        prescribing.State `json:"state" enum:"draft,signed,cancelled,replaced"`
	Visit        id.Visit          `json:"visit"`
	Doctor       id.Account        `json:"doctor"`
	Patient      id.Patient        `json:"patient"`
	PatientName  phi.Text          `json:"patient_name,omitempty"`
	Born         string            `json:"born,omitempty"`
	Jurisdiction string            `json:"jurisdiction,omitempty"`
	Items        []ItemView        `json:"items" nullable:"false"`
	ValidDays    int               `json:"valid_days"`
	Repeats      int               `json:"repeats"`
	EveryDays    int               `json:"every_days,omitempty"`
	Replaces     id.Prescription   `json:"replaces,omitempty"`
	Findings     []safety.Finding  `json:"findings,omitempty"`
	Reasons      []ReasonText      `json:"reasons,omitempty"`
	Taking       []TakingView      `json:"taking,omitempty" doc:"What the findings were computed against."`
	SignedAt     *time.Time        `json:"signed_at,omitempty"`
	ValidUntil   *time.Time        `json:"valid_until,omitempty"`
	EndedReason  string            `json:"ended_reason,omitempty"`
	Parts        []PartView        `json:"parts" nullable:"false"`
}

// TakingView is a medicine that the patient takes beside a prescription.
type TakingView struct {
	Name phi.Text `json:"name"`
	From string   `json:"from,omitempty" doc:"Where it is known from."`
}

// ItemView is one medicine of a prescription.
type ItemView struct {
	Product        string               `json:"product"`
	INN            string               `json:"inn"`
	NameZH         string               `json:"name_zh"`
	Form           string               `json:"form"`
	Strength       string               `json:"strength,omitempty"`
	Route          string               `json:"route"`
	ColdChain      bool                 `json:"cold_chain"`
	Steps          []prescribing.Dosage `json:"steps" nullable:"false"`
	Sentence       prescribing.Sentence `json:"sentence"`
	Quantity       prescribing.Quantity `json:"quantity"`
	Indication     phi.Text             `json:"indication,omitempty"`
	NoSubstitution bool                 `json:"no_substitution"`
	Days           int                  `json:"days"`
}

// PartView is what one pharmacy fills for one order.
type PartView struct {
	ID       id.Part            `json:"id"`
	N        int                `json:"n"`
	State    prescribing.State  `json:"state" enum:"signed,claimed,dispensed,cancelled,expired,replaced"`
	Lines    []prescribing.Line `json:"lines" nullable:"false"`
	Earliest time.Time          `json:"earliest"`
	Until    time.Time          `json:"until"`
	Order    id.Order           `json:"order,omitempty"`
	RestOf   id.Part            `json:"rest_of,omitempty"`
}

func itemViews(items []prescribing.Item) []ItemView {
	out := make([]ItemView, 0, len(items))
	for _, it := range items {
		out = append(out, ItemView{
			Product: it.Product, INN: it.INN, NameZH: it.NameZH, Form: it.Form, Strength: it.Strength, Route: it.Route,
			ColdChain: it.ColdChain, Steps: it.Steps, Sentence: it.Sentence, Quantity: it.Quantity, Indication: it.Indication,
			NoSubstitution: it.NoSubstitution, Days: it.Days,
		})
	}
	return out
}

func partView(p prescribing.Part) PartView {
	return PartView{ID: p.ID, N: p.N, State: p.State, Lines: p.Lines, Earliest: p.Earliest, Until: p.Until, Order: p.Order, RestOf: p.RestOf}
}

func prescriptionView(a access.Actor, rx *prescribing.Prescription) PrescriptionView {
	v := PrescriptionView{
		ID: rx.ID, State: rx.State, Visit: rx.Visit, Doctor: rx.Doctor, Patient: rx.Patient, PatientName: rx.Subject.Name,
		Born: rx.Subject.Born.String(), Jurisdiction: rx.Jurisdiction, Items: itemViews(rx.Items), ValidDays: rx.ValidDays,
		Repeats: rx.Repeats, EveryDays: rx.EveryDays, Replaces: rx.Replaces, Parts: make([]PartView, 0, len(rx.Parts)),
	}
	if a.Role != access.Patient { // what doctor and pharmacist weigh; a caregiver who only pays must not read it
		v.Findings = rx.Findings
		for _, one := range rx.Reasons {
			v.Reasons = append(v.Reasons, ReasonText{one.Finding, one.Code, one.Words})
		}
		for _, m := range rx.Basis.Current {
			v.Taking = append(v.Taking, TakingView{phi.Text(m.INN), m.From})
		}
	}
	if rx.Signature != nil {
		v.SignedAt, v.ValidUntil = &rx.Signature.At, &rx.ValidUntil
	}
	if rx.Ended != nil {
		v.EndedReason = rx.Ended.Reason
	}
	for _, p := range rx.Parts {
		v.Parts = append(v.Parts, partView(p))
	}
	return v
}

func prescriptionReply(a access.Actor, rx *prescribing.Prescription, err error) (*Reply[PrescriptionView], error) {
	if err != nil {
		return nil, err
	}
	return reply(rx.Version, prescriptionView(a, rx)), nil
}

type writeIn struct {
	ByID
	Body PrescriptionText
}

func (r prescriptionRoutes) create(ctx context.Context, a access.Actor, in *writeIn) (*Reply[PrescriptionView], error) {
	rx, err := r.prescriptions.Create(ctx, a, id.Visit(in.ID), in.Body.written())
	return prescriptionReply(a, rx, err)
}

func (r prescriptionRoutes) preview(ctx context.Context, a access.Actor, in *writeIn) (*Reply[PrescriptionView], error) {
	rx, err := r.prescriptions.Preview(ctx, a, id.Visit(in.ID), in.Body.written())
	return prescriptionReply(a, rx, err)
}

type rewriteIn struct {
	ByID
	Edit
	Body PrescriptionText
}

func (r prescriptionRoutes) edit(ctx context.Context, a access.Actor, in *rewriteIn) (*Reply[PrescriptionView], error) {
	rx, err := r.prescriptions.Edit(ctx, a, id.Prescription(in.ID), in.Version(), in.Body.written())
	return prescriptionReply(a, rx, err)
}

func (r prescriptionRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[PrescriptionView], error) {
	rx, err := r.prescriptions.Prescription(ctx, a, id.Prescription(in.ID))
	return prescriptionReply(a, rx, err)
}

func (r prescriptionRoutes) ofVisit(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[PrescriptionView]], error) {
	all, err := r.prescriptions.OfVisit(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(all, "", func(rx *prescribing.Prescription) PrescriptionView { return prescriptionView(a, rx) }), nil
}

type rxOfPatientIn struct {
	ByID
	Cursor string `query:"cursor" maxLength:"512" doc:"What the page before gave as next."`
}

func (r prescriptionRoutes) ofPatient(ctx context.Context, a access.Actor, in *rxOfPatientIn) (*Reply[ListOf[PrescriptionView]], error) {
	page, err := r.prescriptions.OfPatient(ctx, a, id.Patient(in.ID), in.Cursor)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, func(rx *prescribing.Prescription) PrescriptionView { return prescriptionView(a, rx) }), nil
}

// PrescriptionPage is a signed prescription in words.
type PrescriptionPage struct {
	Number       id.Prescription `json:"number"`
	PatientName  phi.Text        `json:"patient_name,omitempty"`
	Born         string          `json:"born,omitempty"`
	Doctor       id.Account      `json:"doctor"`
	SignedAt     time.Time       `json:"signed_at"`
	ValidUntil   time.Time       `json:"valid_until"`
	Jurisdiction string          `json:"jurisdiction,omitempty"`
	Lines        []PageLineView  `json:"lines" nullable:"false"`
	Key          string          `json:"key" doc:"Key id of the doctor's signature."`
	Signature    string          `json:"signature"`
}

// PageLineView is one medicine of a page.
type PageLineView struct {
	Medicine       prescribing.Sentence `json:"medicine"`
	Dosage         prescribing.Sentence `json:"dosage"`
	Quantity       prescribing.Sentence `json:"quantity"`
	NoSubstitution bool                 `json:"no_substitution"`
}

func (r prescriptionRoutes) page(ctx context.Context, a access.Actor, in *ByID) (*Reply[PrescriptionPage], error) {
	p, err := r.prescriptions.Page(ctx, a, id.Prescription(in.ID))
	if err != nil {
		return nil, err
	}
	v := PrescriptionPage{
		Number: p.Number, PatientName: p.Subject.Name, Born: p.Subject.Born.String(), Doctor: p.Doctor, SignedAt: p.SignedAt,
		ValidUntil: p.ValidUntil, Jurisdiction: p.Jurisdiction, Key: p.Key, Signature: p.Signature,
	}
	for _, l := range p.Lines {
		v.Lines = append(v.Lines, PageLineView(l))
	}
	return reply(0, v), nil
}

func (r prescriptionRoutes) cancel(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[PrescriptionView], error) {
	if err := r.prescriptions.Cancel(ctx, a, id.Prescription(in.ID), in.Body.Reason); err != nil {
		return nil, err
	}
	return r.read(ctx, a, &in.ByID)
}

type beginIn struct {
	Body struct {
		Prescriptions []id.Prescription `json:"prescriptions" nullable:"false" minItems:"1" maxItems:"10"`
	}
}

// SigningView is a challenge: what will be signed, as it stands.
type SigningView struct {
	ID            id.Challenge       `json:"id"`
	Until         time.Time          `json:"until"`
	Sheets        []SigningSheetView `json:"sheets" nullable:"false"`
	Prescriptions []PrescriptionView `json:"prescriptions" nullable:"false" doc:"Show these; the signature covers them."`
}

// SigningSheetView names the content of one prescription.
type SigningSheetView struct {
	Prescription id.Prescription `json:"prescription"`
	Hash         string          `json:"hash" doc:"SHA-256 of the canonical content."`
	Fingerprint  string          `json:"fingerprint" doc:"Its short form, printed on the paper too."`
}

func (r prescriptionRoutes) begin(ctx context.Context, a access.Actor, in *beginIn) (*Reply[SigningView], error) {
	c, err := r.prescriptions.BeginSigning(ctx, a, in.Body.Prescriptions...)
	if err != nil {
		return nil, err
	}
	v := SigningView{ID: c.ID, Until: c.Until}
	for _, s := range c.Sheets {
		rx, err := r.prescriptions.Prescription(ctx, a, s.Prescription)
		if err != nil {
			return nil, err
		}
		v.Sheets = append(v.Sheets, SigningSheetView{s.Prescription, s.Hash, s.Fingerprint()})
		v.Prescriptions = append(v.Prescriptions, prescriptionView(a, rx))
	}
	return reply(0, v), nil
}

type confirmIn struct {
	ByID
	Body struct {
		Code    string          `json:"code,omitempty" minLength:"4" maxLength:"12" doc:"Of your authenticator, now; good once."`
		Passkey json.RawMessage `json:"passkey,omitempty" doc:"In place of a code: what the device answered to the question of this signing, as PublicKeyCredential.toJSON()."`
	}
}

// askPasskey asks the doctor's device to sign what is on screen: the question is its digest.
func (r prescriptionRoutes) askPasskey(ctx context.Context, a access.Actor, in *ByID) (*Reply[PasskeyOptions], error) {
	return offered(r.prescriptions.BeginPasskey(ctx, a, id.Challenge(in.ID)))
}

func (r prescriptionRoutes) sign(ctx context.Context, a access.Actor, in *confirmIn) (*Reply[ListOf[PrescriptionView]], error) {
	if (in.Body.Code == "") == (len(in.Body.Passkey) == 0) {
		return nil, fault.InvalidField("/code", "Send a code of your authenticator, or a passkey.")
	}
	var all []*prescribing.Prescription
	var err error
	if in.Body.Code != "" {
		all, err = r.prescriptions.Sign(ctx, a, id.Challenge(in.ID), in.Body.Code)
	} else {
		all, err = r.prescriptions.SignByPasskey(ctx, a, id.Challenge(in.ID), in.Body.Passkey)
	}
	if err != nil {
		return nil, err
	}
	return listed(all, "", func(rx *prescribing.Prescription) PrescriptionView { return prescriptionView(a, rx) }), nil
}

// DispensableView is a part in the pharmacist's hand.
type DispensableView struct {
	Part         PartView         `json:"part"`
	Prescription PrescriptionView `json:"prescription"`
	Items        []ItemView       `json:"items" nullable:"false" doc:"In the order of the part's lines."`
	Genuine      bool             `json:"genuine" doc:"The doctor's signature was verified just now."`
}

func (r prescriptionRoutes) part(ctx context.Context, a access.Actor, in *ByID) (*Reply[DispensableView], error) {
	d, err := r.prescriptions.Dispensable(ctx, a, id.Part(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, DispensableView{Part: partView(*d.Part), Prescription: prescriptionView(a, d.Prescription), Items: itemViews(d.Items), Genuine: d.Genuine}), nil
}

// RecheckView is the safety check of today against the doctor's.
type RecheckView struct {
	At       time.Time            `json:"at"`
	Findings []safety.Finding     `json:"findings" nullable:"false"`
	Changes  []prescribing.Change `json:"changes" nullable:"false" doc:"What is new, gone or changed since the doctor signed."`
	Reasons  []ReasonText         `json:"reasons" nullable:"false" doc:"The doctor's, for the warnings."`
}

func (r prescriptionRoutes) recheck(ctx context.Context, a access.Actor, in *ByID) (*Reply[RecheckView], error) {
	c, err := r.prescriptions.Recheck(ctx, a, id.Part(in.ID))
	if err != nil {
		return nil, err
	}
	v := RecheckView{At: c.At, Findings: c.Findings, Changes: c.Changes, Reasons: []ReasonText{}}
	if v.Changes == nil {
		v.Changes = []prescribing.Change{}
	}
	for _, one := range c.Reasons {
		v.Reasons = append(v.Reasons, ReasonText{one.Finding, one.Code, one.Words})
	}
	return reply(0, v), nil
}
