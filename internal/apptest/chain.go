package apptest

import (
	"time"

	"github.com/pquerna/otp/totp"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
)

// HandsIn has the daughter fill in the intake for her mother and hand it in.
func (w *Town) HandsIn() id.Intake {
	w.t.Helper()
	ctx := w.t.Context()
	i, err := w.Intake.Begin(ctx, w.As(w.Daughter), intake.Start{Patient: w.Mother.Patient, Specialty: "general", Language: "en"})
	w.Must(err)
	complaint, words, call, consent := "fever", phi.Text(Words), phi.Text(CallBack), w.Intake.Consent
	change := intake.Change{
		Where: &Door, CallBack: &call, Consent: &consent, Complaint: &complaint, Words: &words, Answers: map[string]string{},
		Health: &intake.Health{None: []string{"allergy", "medicine", "condition"}, WeightKg: "62"},
	}
	judged := *i
	judged.Complaint = complaint
	for _, q := range w.Intake.Judge(&judged).Questions {
		change.Answers[q.ID] = "no"
	}
	_, err = w.Intake.Save(ctx, w.As(w.Daughter), i.ID, i.Version, change)
	w.Must(err)
	_, err = w.Intake.Submit(ctx, w.As(w.Daughter), i.ID)
	w.Must(err)
	return i.ID
}

// Queues has the daughter ask for a visit; the fee is held.
func (w *Town) Queues() id.Visit {
	w.t.Helper()
	v, err := w.Consult.Request(w.t.Context(), w.As(w.Daughter), consult.Wish{
		Intake: w.HandsIn(), Specialty: "general", Language: "en", Agreed: money.Of(5000, "CNY"), Method: "card_ok",
	})
	w.Must(err)
	w.Settle()
	return v.ID
}

// OnDuty has a doctor come.
func (w *Town) OnDuty(doctor access.Actor) {
	w.t.Helper()
	_, err := w.Consult.GoOn(w.t.Context(), w.As(doctor))
	w.Must(err)
	w.Settle()
}

// Admitted is a visit in which the doctor and the mother are.
func (w *Town) Admitted() id.Visit {
	w.t.Helper()
	w.OnDuty(w.Doctor)
	v := w.Queues()
	_, err := w.Consult.Here(w.t.Context(), w.As(w.Mother), v)
	w.Must(err)
	_, err = w.Consult.Admit(w.t.Context(), w.As(w.Doctor), v)
	w.Must(err)
	w.Joins(v)
	return v
}

// Joins has the mother take her seat in the call.
func (w *Town) Joins(v id.Visit) {
	w.t.Helper()
	_, err := w.Consult.Ticket(w.t.Context(), w.As(w.Mother), v)
	w.Must(err)
	w.Settle()
}

// Script is a signed prescription.
type Script struct {
	Visit id.Visit
	ID    id.Prescription
	Part  id.Part
}

// Prescribed is a signed prescription of tablets from a completed visit.
func (w *Town) Prescribed() Script {
	w.t.Helper()
	return w.PrescribedAs(prescribing.WrittenItem{Product: Tablets})
}

// PrescribedAs is a signed prescription of one item, taken three times a day for five days.
func (w *Town) PrescribedAs(item prescribing.WrittenItem) Script {
	w.t.Helper()
	return w.PrescribedSheet(prescribing.Written{Items: []prescribing.WrittenItem{item}})
}

// PrescribedSheet is a signed prescription; what has no dosage is taken three times a day for five days.
func (w *Town) PrescribedSheet(sheet prescribing.Written) Script {
	w.t.Helper()
	ctx, v := w.t.Context(), w.Admitted()
	for i := range sheet.Items {
		if sheet.Items[i].Steps == nil {
			sheet.Items[i].Steps = []prescribing.Dosage{{
				Dose:   prescribing.Measure{Value: "1", Unit: "tablet"},
				Timing: prescribing.Timing{Frequency: 3, Period: 1, PeriodUnit: "d", Duration: 5, DurationUnit: "d"},
			}}
		}
	}
	said := phi.Text("Rest.")
	_, err := w.Consult.SaveNote(ctx, w.As(w.Doctor), v, 0, consult.NoteChange{
		Subjective: &said, Plan: &said, Summary: &said, Diagnoses: &[]consult.Diagnosis{{Code: "R50.9"}},
	})
	w.Must(err)
	rx, err := w.Prescribing.Create(ctx, w.As(w.Doctor), v, sheet)
	w.Must(err)
	c, err := w.Prescribing.BeginSigning(ctx, w.As(w.Doctor), rx.ID)
	w.Must(err)
	signed, err := w.Prescribing.Sign(ctx, w.As(w.Doctor), c.ID, w.code())
	w.Must(err)
	_, err = w.Consult.Complete(ctx, w.As(w.Doctor), v)
	w.Must(err)
	w.Settle()
	return Script{v, rx.ID, signed[0].Parts[0].ID}
}

// code is one of the authenticator's that was not used yet.
func (w *Town) code() string {
	w.t.Helper()
	for !w.Clock.Now().After(w.used.Add(30 * time.Second)) {
		w.Clock.Advance(30 * time.Second)
	}
	w.used = w.Clock.Now()
	code, err := totp.GenerateCode(secret, w.used)
	w.Must(err)
	return code
}

// Wanted is an order of a part to the mother's door.
func Wanted(part id.Part, c Counter, f order.Fulfilment) order.Wanted {
	o := order.Wanted{Part: part, Pharmacy: c.ID, Fulfilment: f}
	o.Address = order.Address{Text: DoorText, Receiver: MotherName, Point: Door}
	return o
}

// Unpaid is an order that waits for payment.
func (w *Town) Unpaid(s Script, c Counter, f order.Fulfilment) id.Order {
	w.t.Helper()
	o, err := w.Order.Place(w.t.Context(), w.As(w.Daughter), Wanted(s.Part, c, f))
	w.Must(err)
	w.Settle()
	return o.ID
}

// Pays pays an order.
func (w *Town) Pays(o id.Order, method string) {
	w.t.Helper()
	_, err := w.Order.Pay(w.t.Context(), w.As(w.Daughter), o, method)
	w.Must(err)
	w.Settle()
}

// Placed is an order of a new prescription that is paid for.
func (w *Town) Placed(f order.Fulfilment) (id.Order, Script) {
	w.t.Helper()
	s := w.Prescribed()
	o := w.Unpaid(s, w.Corner, f)
	w.Pays(o, "card_ok")
	w.In(o, order.Placed)
	return o, s
}

// The reads that a story looks with.

// OrderNow is the order as it stands.
func (w *Town) OrderNow(o id.Order) *order.Order {
	w.t.Helper()
	doc, err := w.Order.Get(w.t.Context(), w.House(), o)
	w.Must(err)
	return doc
}

// In fails the story when an order is not in a state, and answers the order.
func (w *Town) In(o id.Order, s order.State) *order.Order {
	w.t.Helper()
	doc := w.OrderNow(o)
	if doc.State != s {
		w.t.Fatalf("the order is %s, want %s; %+v", doc.State, s, doc.History)
	}
	return doc
}

// FillNow is the fill of an attempt.
func (w *Town) FillNow(o id.Order, attempt int) *pharmacy.Fill {
	w.t.Helper()
	f, err := w.Pharmacy.Fill(w.t.Context(), w.House(), id.FillOf(o, attempt))
	w.Must(err)
	return f
}

// JobNow is the courier's job of an attempt.
func (w *Town) JobNow(o id.Order, attempt int) *delivery.Job {
	w.t.Helper()
	j, err := w.Delivery.Job(w.t.Context(), w.House(), id.JobOf(o, attempt))
	w.Must(err)
	return j
}

// PartNow is the state of the prescription.
func (w *Town) PartNow(s Script) prescribing.State {
	w.t.Helper()
	_, p, err := w.Prescribing.Part(w.t.Context(), w.House(), s.Part)
	w.Must(err)
	return p.State
}

// Refuses fails the story unless err is a refusal of this kind.
func (w *Town) Refuses(what string, err error, kind fault.Kind) {
	w.t.Helper()
	if !fault.Is(err, kind) {
		w.t.Errorf("%s = %v, want it refused", what, err)
	}
}
