package httpapi

import (
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
)

// WorkView is a line of the work list: what to do and until when, nothing of the person.
type WorkView struct {
	Fill       id.Fill        `json:"fill"`
	Order      id.Order       `json:"order"`
	Attempt    int            `json:"attempt"`
	State      pharmacy.State `json:"state" enum:"offered,reviewing,preparing,ready,collected,released,refused,expired,returned"`
	Fulfilment string         `json:"fulfilment" enum:"courier,pickup,parcel"`
	Slot       *SlotSpan      `json:"slot,omitempty" doc:"When a courier brings it by appointment: the deadline is when they leave for it."`
	Lines      int            `json:"lines"`
	Medicines  []string       `json:"medicines,omitempty" doc:"Products, as the formulary codes them."`
	Deadline   *time.Time     `json:"deadline,omitempty" doc:"End of the present stage's budget; while paused, the latest it can become."`
	Owes       string         `json:"owes,omitempty" enum:"doctor,patient" doc:"The budget is paused: who owes an answer."`
	Late       bool           `json:"late"`
	Since      time.Time      `json:"since"`
}

func workView(f *pharmacy.Fill) WorkView {
	v := WorkView{
		Fill: f.ID, Order: f.Order, Attempt: f.Attempt, State: f.State, Fulfilment: f.Fulfilment, Slot: slotSpan(f.Slot), Lines: len(f.Lines),
		Late: !f.LateSince.IsZero(), Since: f.CreatedAt, Deadline: deadline(f),
	}
	for _, l := range f.Lines {
		v.Medicines = append(v.Medicines, l.Product)
	}
	if f.Paused != nil {
		v.Owes = f.Paused.Owes
	}
	if n := len(f.History); n > 0 {
		v.Since = f.History[n-1].At
	}
	return v
}

// ComingView is an order that is paid for and waits for its time: what will be to do, nothing of the person.
type ComingView struct {
	Fill       id.Fill   `json:"fill"`
	Order      id.Order  `json:"order"`
	Fulfilment string    `json:"fulfilment" enum:"courier,pickup,parcel"`
	Slot       SlotSpan  `json:"slot" doc:"When a courier brings it."`
	BeginsAt   time.Time `json:"begins_at" doc:"When it comes onto the work list, and its clock starts."`
	Lines      int       `json:"lines"`
	Medicines  []string  `json:"medicines" nullable:"false" doc:"Products, as the formulary codes them."`
}

func comingView(f *pharmacy.Fill) ComingView {
	v := ComingView{
		Fill: f.ID, Order: f.Order, Fulfilment: f.Fulfilment, Slot: *slotSpan(f.Slot), BeginsAt: f.Slot.Begins, Lines: len(f.Lines),
		Medicines: make([]string, 0, len(f.Lines)),
	}
	for _, l := range f.Lines {
		v.Medicines = append(v.Medicines, l.Product)
	}
	return v
}

// SlotSpan is when a courier comes by appointment.
type SlotSpan struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

func slotSpan(s *pharmacy.Appointment) *SlotSpan {
	if s == nil {
		return nil
	}
	return &SlotSpan{s.From, s.Until}
}

// deadline is when the present stage should be done; the stages after packing have none.
func deadline(f *pharmacy.Fill) *time.Time {
	switch f.State {
	case pharmacy.Offered, pharmacy.Reviewing, pharmacy.Preparing:
		return &f.Deadline
	case pharmacy.Reserved, pharmacy.Ready, pharmacy.Collected, pharmacy.Released, pharmacy.Refused, pharmacy.Expired, pharmacy.Returned:
	}
	return nil
}

// FillView is a fill as it is answered. The seal is for the pharmacy and for support: whoever
// confirms it at the door reads it off the bag.
type FillView struct {
	ID           id.Fill            `json:"id"`
	State        pharmacy.State     `json:"state" enum:"reserved,offered,reviewing,preparing,ready,collected,released,refused,expired,returned"`
	Reason       string             `json:"reason,omitempty" doc:"Coded reason of a refusal or release."`
	Note         phi.Text           `json:"note,omitempty"`
	Order        id.Order           `json:"order"`
	Attempt      int                `json:"attempt"`
	Pharmacy     id.Pharmacy        `json:"pharmacy"`
	Prescription id.Prescription    `json:"prescription"`
	Part         id.Part            `json:"part"`
	Patient      id.Patient         `json:"patient"`
	Fulfilment   string             `json:"fulfilment" enum:"courier,pickup,parcel"`
	Slot         *SlotSpan          `json:"slot,omitempty" doc:"When a courier brings it by appointment."`
	Lines        []FillLine         `json:"lines" nullable:"false"`
	Price        money.Amount       `json:"price"`
	Deadline     *time.Time         `json:"deadline,omitempty"`
	Paused       *FillPause         `json:"paused,omitempty" doc:"The budget stands still while somebody owes an answer."`
	Late         bool               `json:"late"`
	Questions    []FillQuestionView `json:"questions" nullable:"false"`
	Partly       string             `json:"partly,omitempty" enum:"out_of_stock,damaged,short_dated,patient_wish,other" doc:"Why less is given than was prescribed."`
	Packed       []PackedIn         `json:"packed" nullable:"false"`
	Seal         string             `json:"seal,omitempty"`
	CodeTries    int                `json:"code_tries,omitempty" doc:"Wrong codes at the counter; five lock it."`
	Carrier      string             `json:"carrier,omitempty"`
	Tracking     phi.Text           `json:"tracking,omitempty"`
	DeliveredAt  *time.Time         `json:"delivered_at,omitempty" doc:"By the carrier's word."`
	Disposition  string             `json:"disposition,omitempty" enum:"restock,destroy"`
	CreatedAt    time.Time          `json:"created_at"`
	History      []StepView         `json:"history" nullable:"false"`
}

// FillLine is one product with its whole packs and their price.
type FillLine pharmacy.Item

// FillPause says whose answer a fill waits for.
type FillPause pharmacy.Waiting

// FillFinding is what the safety engine says today.
type FillFinding pharmacy.Finding

func fillLines(items []pharmacy.Item) []FillLine {
	out := make([]FillLine, 0, len(items))
	for _, i := range items {
		out = append(out, FillLine(i))
	}
	return out
}

// FillQuestionView is a question of the pharmacist's.
type FillQuestionView struct {
	ID         string        `json:"id"`
	Owes       string        `json:"owes" enum:"doctor,patient"`
	AskedAt    time.Time     `json:"asked_at"`
	Text       phi.Text      `json:"text,omitempty"`
	Line       *int          `json:"line,omitempty" doc:"The line that a substitute is proposed for."`
	Product    string        `json:"product,omitempty" doc:"The substitute."`
	Difference *money.Amount `json:"difference,omitempty" doc:"What it costs more; with a minus, less."`
	Answer     string        `json:"answer,omitempty" enum:"confirmed,withdrawn,advised,agreed,declined,lapsed" doc:"Absent while it is open."`
	AnswerText phi.Text      `json:"answer_text,omitempty"`
	AnsweredAt *time.Time    `json:"answered_at,omitempty"`
}

func fillView(a access.Actor, f *pharmacy.Fill) FillView {
	v := FillView{
		ID: f.ID, State: f.State, Reason: f.Reason, Note: f.Note, Order: f.Order, Attempt: f.Attempt, Pharmacy: f.Pharmacy,
		Prescription: f.Prescription, Part: f.Part, Patient: f.Patient, Fulfilment: f.Fulfilment, Slot: slotSpan(f.Slot), Lines: fillLines(f.Lines),
		Price: f.Price, Deadline: deadline(f), Paused: (*FillPause)(f.Paused), Late: !f.LateSince.IsZero(), CodeTries: f.Counter.Tries, CreatedAt: f.CreatedAt,
		Questions: make([]FillQuestionView, 0, len(f.Questions)), Packed: make([]PackedIn, 0, len(f.Packed)), History: make([]StepView, 0, len(f.History)),
	}
	if a.Role != access.Patient && a.Role != access.Doctor {
		v.Seal = f.Seal
	}
	for _, q := range f.Questions {
		v.Questions = append(v.Questions, fillQuestionView(q))
	}
	for _, p := range f.Packed {
		v.Packed = append(v.Packed, PackedIn{p.Line, p.Product, p.Batch, p.Expiry, p.Units})
	}
	for _, s := range f.History {
		v.History = append(v.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
	}
	if f.Partly != nil {
		v.Partly = f.Partly.Why
	}
	if f.Parcel != nil {
		v.Carrier, v.Tracking = f.Parcel.Carrier, f.Parcel.Tracking
		if !f.Parcel.DeliveredAt.IsZero() {
			v.DeliveredAt = &f.Parcel.DeliveredAt
		}
	}
	if f.Disposed != nil {
		v.Disposition = f.Disposed.What
	}
	return v
}

func fillQuestionView(q pharmacy.Question) FillQuestionView {
	v := FillQuestionView{ID: q.ID, Owes: q.Owes, AskedAt: q.At, Text: q.Text, Answer: q.Answer, AnswerText: q.AnswerText}
	if q.Swap != nil {
		v.Line, v.Product, v.Difference = &q.Swap.Line, q.Swap.Product, &q.Swap.Difference
	}
	if !q.AnsweredAt.IsZero() {
		v.AnsweredAt = &q.AnsweredAt
	}
	return v
}

// FillSheetView is what the pharmacist decides on.
type FillSheetView struct {
	Fill        FillView             `json:"fill"`
	PatientName phi.Text             `json:"patient_name"`
	BornOn      phi.Text             `json:"born_on,omitempty"`
	Doctor      id.Account           `json:"doctor"`
	DoctorName  phi.Text             `json:"doctor_name,omitempty"`
	SignedAt    time.Time            `json:"signed_at"`
	Lines       []FillScriptLineView `json:"lines" nullable:"false"`
	Findings    []FillFinding        `json:"findings" nullable:"false" doc:"What the safety engine says today."`
}

// FillScriptLineView is one medicine of the prescription.
type FillScriptLineView struct {
	Product      string   `json:"product"`
	Quantity     int      `json:"quantity"`
	Dosage       phi.Text `json:"dosage"`
	DosageZH     phi.Text `json:"dosage_zh,omitempty" doc:"The same in Chinese."`
	NoSubstitute bool     `json:"no_substitute"`
}

func fillSheetView(a access.Actor, s *pharmacy.Sheet) FillSheetView {
	v := FillSheetView{
		Fill: fillView(a, s.Fill), PatientName: s.Script.PatientName, BornOn: s.Script.BornOn, Doctor: s.Script.Doctor, DoctorName: s.Script.DoctorName,
		SignedAt: s.Script.SignedAt, Lines: make([]FillScriptLineView, 0, len(s.Script.Lines)), Findings: make([]FillFinding, 0, len(s.Findings)),
	}
	for _, l := range s.Script.Lines {
		v.Lines = append(v.Lines, FillScriptLineView(l))
	}
	for _, f := range s.Findings {
		v.Findings = append(v.Findings, FillFinding(f))
	}
	return v
}

// LabelView is what is printed for the packs.
type LabelView struct {
	Fill        id.Fill         `json:"fill"`
	Pharmacy    string          `json:"pharmacy"`
	Address     string          `json:"address"`
	Phone       string          `json:"phone"`
	PatientName phi.Text        `json:"patient_name"`
	BornOn      phi.Text        `json:"born_on,omitempty"`
	At          time.Time       `json:"at"`
	Lines       []LabelLineView `json:"lines" nullable:"false"`
}

// LabelLineView is the label of one medicine.
type LabelLineView struct {
	Product  string   `json:"product"`
	Code     string   `json:"code" doc:"The product, as the formulary codes it."`
	Units    int      `json:"units"`
	Dosage   phi.Text `json:"dosage"`
	DosageZH phi.Text `json:"dosage_zh,omitempty" doc:"The same in Chinese."`
	Batches  []string `json:"batches" nullable:"false"`
}

func labelView(l *pharmacy.Label) LabelView {
	v := LabelView{
		Fill: l.Fill, Pharmacy: l.Pharmacy, Address: l.Address, Phone: l.Phone, PatientName: l.PatientName, BornOn: l.BornOn, At: l.At,
		Lines: make([]LabelLineView, 0, len(l.Lines)),
	}
	for _, line := range l.Lines {
		v.Lines = append(v.Lines, LabelLineView{line.Product, line.Code, line.Units, line.Dosage, line.DosageZH, append([]string{}, line.Batches...)})
	}
	return v
}
