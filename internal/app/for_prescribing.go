package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// forPrescribing is what prescribing asks of visits, health records, vetting and pharmacies.
type forPrescribing struct {
	*Services
	clock clock.Clock
}

// afterVisit is how long after a visit its doctor may still prescribe for it.
const afterVisit = 72 * time.Hour

// Visit implements prescribing.Visits.
func (f forPrescribing) Visit(ctx context.Context, visit id.Visit) (prescribing.VisitFacts, error) {
	v, err := f.Consult.Visit(ctx, house, visit)
	if err != nil {
		return prescribing.VisitFacts{}, err
	}
	open := v.State == consult.InProgress ||
		(v.State == consult.IsCompleted && v.EndedAt != nil && f.clock.Now().Sub(*v.EndedAt) < afterVisit)
	told, err := f.told(ctx, v)
	if err != nil {
		return prescribing.VisitFacts{}, err
	}
	return prescribing.VisitFacts{
		Told:   told,
		Doctor: v.Doctor, Patient: v.Patient, State: string(v.State), Open: open,
		Jurisdiction: lawOf(v.Jurisdiction), Zone: v.TimeZone,
	}, nil
}

// told is what a visit and its intake tell the rules of the place.
func (f forPrescribing) told(ctx context.Context, v *consult.Visit) (map[string]bool, error) {
	st, err := f.Onboarding.Standing(ctx, string(v.Doctor))
	if err != nil {
		return nil, fmt.Errorf("ask the standing of %s: %w", v.Doctor, err)
	}
	told := map[string]bool{
		"licensed_in_state": v.Region != "" && st.In(strings.ToLower(v.Jurisdiction+"-"+v.Region)), "audio_video": v.ThereAt != nil,
		"guardian_present": v.Guardian != nil, "child_specialist_present": v.Specialty == "paediatrics" || v.Specialty == "pediatrics",
		"written_by_doctor": true, "emergency_visit": false, "state_confirmed": v.Region != "",
	}
	in, err := f.Intake.Intake(ctx, house, v.Intake)
	if fault.Is(err, fault.NotFound) {
		return told, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the intake of %s: %w", v.ID, err)
	}
	told["proof_uploaded"] = in.EarlierDiagnosis != nil
	told["doctor_ticked_revisit"] = in.EarlierDiagnosis != nil && in.EarlierDiagnosis.Verdict != nil && in.EarlierDiagnosis.Verdict.Answer == "qualifies"
	return told, nil
}

// lawOf is the place as the clinical lists name it; the house's rules have no name there.
func lawOf(jurisdiction string) string {
	if jurisdiction == "house" {
		return ""
	}
	return strings.ToUpper(jurisdiction)
}

// MayPrescribe implements prescribing.Vetting.
func (f forPrescribing) MayPrescribe(ctx context.Context, doctor id.Account, jurisdiction string) error {
	st, err := f.Onboarding.Standing(ctx, string(doctor))
	if err != nil {
		return err
	}
	if !st.Active {
		return fault.New(fault.Denied, "Your licence is not in force here. Look at your papers.").Coded("not-vetted")
	}
	if jurisdiction == "" {
		return nil
	}
	for _, j := range st.Jurisdictions {
		if strings.EqualFold(j, jurisdiction) || strings.HasPrefix(j, strings.ToLower(jurisdiction)+"-") { // a state of it: which, the rules ask
			return nil
		}
	}
	return fault.New(fault.Denied, "Your licence does not hold where the patient is now.").Coded("not-licensed-there")
}

// Filling implements prescribing.Fillers.
func (f forPrescribing) Filling(ctx context.Context, order id.Order) (id.Pharmacy, error) {
	return f.Pharmacy.Filling(ctx, order)
}

// Facts implements prescribing.Health: what is known of a patient today. What can't be read is left
// unknown, which the safety engine says.
func (f forPrescribing) Facts(ctx context.Context, patient id.Patient) (prescribing.Facts, error) {
	person, err := f.Identity.Person(ctx, house, patient)
	if err != nil {
		return prescribing.Facts{}, err
	}
	record, err := f.Intake.Facts(ctx, house, patient)
	if fault.Is(err, fault.NotFound) {
		record, err = &intake.Record{Patient: patient}, nil
	}
	if err != nil {
		return prescribing.Facts{}, err
	}
	born, _ := safety.ParseDate(person.BirthDate.Reveal())
	out := prescribing.Facts{Subject: prescribing.Subject{Name: person.Name, Born: born, Sex: sexOf(person.Sex.Reveal())}, Patient: patientOf(record)}
	out.Patient.Born, out.Patient.Sex = born, sexOf(person.Sex.Reveal())
	for _, m := range record.Live(intake.KindMedicine) {
		out.Present = append(out.Present, medicineOf(m))
	}
	return out, nil
}

func sexOf(s string) string {
	switch s {
	case "female":
		return "f"
	case "male":
		return "m"
	}
	return ""
}

func patientOf(r *intake.Record) safety.Patient {
	p := safety.Patient{AllergiesAsked: r.Known(intake.KindAllergy), ConditionsAsked: r.Known(intake.KindCondition)}
	for _, a := range r.Live(intake.KindAllergy) {
		p.Allergies = append(p.Allergies, safety.Allergy{Allergen: named(a), Reaction: a.Reaction, From: a.Source})
	}
	for _, c := range r.Live(intake.KindCondition) {
		p.Conditions = append(p.Conditions, safety.Condition{Words: named(c), From: c.Source})
	}
	if w, ok := r.Value(intake.KindWeight); ok {
		p.Weight, p.WeighedOn = decimal(w.Value), safety.DateOf(w.At)
	}
	if e, ok := r.Value(intake.KindEGFR); ok {
		p.EGFR = decimal(e.Value)
	}
	if l, ok := r.Value(intake.KindLiver); ok {
		p.Liver = l.Value
	}
	if l, ok := r.Value(intake.KindLactation); ok {
		p.Lactating = safety.Answer(l.Value)
	}
	p.Pregnancy = pregnancyOf(r)
	return p
}

func pregnancyOf(r *intake.Record) safety.Pregnancy {
	told, ok := r.Value(intake.KindPregnancy)
	if !ok {
		return safety.Pregnancy{}
	}
	var p safety.Pregnancy
	switch told.Value {
	case "yes":
		p.Is = safety.Yes
	case "no", "postpartum":
		p.Is = safety.No
	}
	if w, ok := r.Value(intake.KindWeeks); ok && p.Is == safety.Yes {
		p.Weeks, _ = strconv.Atoi(w.Value)
	}
	return p
}

func medicineOf(f intake.Fact) safety.Medicine {
	return safety.Medicine{ID: f.ID, INN: named(f), From: f.Source}
}

// named is the code of a fact where a list has one, else the words it was told in.
func named(f intake.Fact) string {
	if f.Code != "" {
		return f.Code
	}
	return f.Words.Reveal()
}

func decimal(s string) *safety.Decimal {
	d, err := safety.Measured(s)
	if err != nil {
		return nil
	}
	return &d
}

// namesOnPaper tells how a doctor is named on a printed prescription.
type namesOnPaper struct {
	*Services
	clinic config.Clinic
}

// Prescriber implements prescribing.Prescribers.
func (n namesOnPaper) Prescriber(ctx context.Context, doctor id.Account) (prescribing.Prescriber, error) {
	name, err := n.Identity.NameOf(ctx, doctor)
	if err != nil {
		return prescribing.Prescriber{}, err
	}
	st, err := n.Onboarding.Standing(ctx, string(doctor))
	if err != nil {
		return prescribing.Prescriber{}, err
	}
	return prescribing.Prescriber{
		Name: name, Licence: st.Licence, Qualification: strings.ReplaceAll(strings.Join(st.Specialties, ", "), "_", " "),
		Clinic: n.clinic.Name, Address: n.clinic.Address, Country: n.clinic.Country, Mail: n.clinic.Mail, Phone: n.clinic.Phone,
	}, nil
}

// openFormulary loads the formulary that comes with housecall or a folder in its place, with the
// operator's own beside it.
func openFormulary(c config.Config) (*prescribing.Formulary, error) {
	own, err := prescribing.OwnFormulary(c.OwnFormulary)
	if err != nil {
		return nil, err
	}
	if c.FormularyFile == "" && own == nil {
		return prescribing.House()
	}
	var files fs.FS
	if c.FormularyFile != "" {
		files = os.DirFS(c.FormularyFile)
	}
	f, err := prescribing.LoadFormulary(files, own)
	if err != nil {
		return nil, fmt.Errorf("load the formulary:\n%w", err)
	}
	return f, nil
}

// itemsOf are the items that a part's lines are of, by line.
func itemsOf(rx *prescribing.Prescription, p *prescribing.Part) []prescribing.Item {
	var out []prescribing.Item
	for _, l := range p.Lines {
		if l.Item >= 1 && l.Item <= len(rx.Items) {
			out = append(out, rx.Items[l.Item-1])
		}
	}
	return slices.Clip(out)
}
