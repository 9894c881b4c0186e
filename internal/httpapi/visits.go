package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

// Visits are the routes of visits, from asking for one to its end.
func Visits(visits *consult.Service) []Route {
	r := visitRoutes{visits}
	return []Route{
		post("/visits/offer", "visit.request", "Learn what a visit costs and how long the wait is", r.offer).keyless(),
		post("/visits", "visit.request", "Queue for a visit, or book a time", r.request).created(),
		get("/visits/{id}", "visit.read", "Read a visit", r.read),
		get("/visits", "visit.list_own", "List the visits of the doctor who asks, newest first", r.mine),
		get("/patients/{id}/visits", "visit.read", "List a patient's visits, newest first", r.list),
		get("/visits/{id}/wait", "visit.read", "Place in the queue and how long it takes", r.wait),
		get("/visits/{id}/calendar", "visit.read", "Calendar file of a booked visit", r.calendar),
		post("/visits/{id}/here", "visit.wait", "Say that the patient is in the waiting room", r.here),
		post("/visits/{id}/pay", "visit.pay", "Have a refused fee authorised anew", r.pay),
		post("/visits/{id}/move", "visit.move", "Take another time, or a time in place of the queue", r.move),
		post("/visits/{id}/cancel", "visit.cancel", "Cancel a visit", r.cancel),
		post("/visits/{id}/admit", "visit.admit", "Call somebody in", r.admit),
		post("/visits/{id}/hand-over", "visit.hand_over", "Give a visit back to the queue, or to another doctor", r.handOver),
		post("/visits/{id}/guardian", "visit.see_guardian", "Tick that a child's guardian is present", r.guardian),
		post("/visits/{id}/call-back", "visit.call_back", "See the number to call the patient back", r.callBack),
		post("/visits/{id}/redirect", "visit.redirect", "End a visit that is not for remote care", r.redirect),
		post("/visits/{id}/complete", "visit.complete", "Complete a visit", r.complete),
	}
}

type visitRoutes struct{ visits *consult.Service }

// VisitTerms are what a visit costs, said before.
type VisitTerms struct {
	Fee               money.Amount `json:"fee"`
	NoShow            money.Amount `json:"no_show" doc:"What is kept when nobody comes."`
	LateCancelMinutes int          `json:"late_cancel_minutes" doc:"A cancellation later than this before a booked time costs what a no-show does; 0: never."`
}

func termsView(t consult.Terms) VisitTerms {
	return VisitTerms{t.Fee, t.NoShow, int(t.LateCancel.Minutes())}
}

// VisitWait is a place in the queue and how long it takes.
type VisitWait struct {
	Position      int  `json:"position" doc:"1 is next."`
	Doctors       int  `json:"doctors" doc:"On duty for this visit."`
	Known         bool `json:"known" doc:"False: nobody is on duty, so nobody can say."`
	MedianSeconds int  `json:"median_seconds"`
	LowSeconds    int  `json:"low_seconds" doc:"Nine of ten wait between low and high."`
	HighSeconds   int  `json:"high_seconds"`
	Measured      int  `json:"measured" doc:"Visits that the estimate stands on."`
}

func waitView(w consult.Wait) VisitWait {
	return VisitWait{w.Position, w.Doctors, w.Known, int(w.Median.Seconds()), int(w.Low.Seconds()), int(w.High.Seconds()), w.Measured}
}

// VisitOffer is what is said before anybody queues.
type VisitOffer struct {
	Terms           VisitTerms `json:"terms"`
	Specialty       string     `json:"specialty"`
	Language        string     `json:"language"`
	Wait            VisitWait  `json:"wait"`
	EmergencyNumber string     `json:"emergency_number"`
}

// VisitCall is the room of a visit. It never moves the visit.
type VisitCall struct {
	Room  string            `json:"room"`
	State consult.RoomState `json:"state" enum:"open,connected,interrupted,ended"`
	Seats int               `json:"seats"`
}

// VisitGuest is somebody who joined by a link.
type VisitGuest struct {
	As   string   `json:"as" enum:"interpreter,family,other"`
	Name phi.Text `json:"name,omitempty" doc:"As they said it."`
	Seat string   `json:"seat,omitempty" doc:"Theirs in the call."`
}

// VisitView is a visit as it is answered.
type VisitView struct {
	ID              id.Visit         `json:"id"`
	State           consult.State    `json:"state" enum:"booked,waiting,in_progress,completed,cancelled,no_show,redirected"`
	Reason          string           `json:"reason,omitempty" doc:"Why it came to this state; coded."`
	Patient         id.Patient       `json:"patient"`
	Intake          id.Intake        `json:"intake"`
	Doctor          id.Account       `json:"doctor,omitempty"`
	Specialty       string           `json:"specialty"`
	Language        string           `json:"language"`
	Complaint       string           `json:"complaint"`
	PatientName     phi.Text         `json:"patient_name,omitempty" doc:"As it was when the visit was asked for."`
	Born            string           `json:"born,omitempty"`
	Jurisdiction    string           `json:"jurisdiction"`
	EmergencyNumber string           `json:"emergency_number"`
	Terms           VisitTerms       `json:"terms"`
	FeeState        consult.FeeState `json:"fee_state" enum:"pending,held,refused"`
	StartsAt        *time.Time       `json:"starts_at,omitempty"`
	EndsAt          *time.Time       `json:"ends_at,omitempty"`
	QueuedAt        time.Time        `json:"queued_at"`
	AdmittedAt      *time.Time       `json:"admitted_at,omitempty"`
	EndedAt         *time.Time       `json:"ended_at,omitempty"`
	Here            bool             `json:"here" doc:"The patient is, or was, in the waiting room."`
	Away            bool             `json:"away" doc:"Was called and not there."`
	There           bool             `json:"there" doc:"The patient's side took a seat in the room."`
	LeftAlone       bool             `json:"left_alone" doc:"No doctor is on duty for this visit: take a time, wait, or cancel without a fee."`
	Guardian        bool             `json:"guardian" doc:"A guardian was seen."`
	CallBackSeen    int              `json:"call_back_seen" doc:"How often the call-back number was looked at."`
	Call            *VisitCall       `json:"call,omitempty"`
	Guests          []VisitGuest     `json:"guests,omitempty" doc:"Who has joined by a guest's link."`
	History         []StepView       `json:"history" nullable:"false"`
	CreatedAt       time.Time        `json:"created_at"`
}

func visitView(v *consult.Visit) VisitView {
	out := VisitView{
		ID: v.ID, State: v.State, Patient: v.Patient, Intake: v.Intake, Doctor: v.Doctor, Specialty: v.Specialty, Language: v.Language,
		Complaint: v.Complaint, PatientName: v.Name, Born: v.Born, Jurisdiction: v.Jurisdiction, EmergencyNumber: v.EmergencyNumber, Terms: termsView(v.Fee.Terms),
		FeeState: v.Fee.State, StartsAt: v.StartsAt, EndsAt: v.EndsAt, QueuedAt: v.QueuedAt, AdmittedAt: v.AdmittedAt, EndedAt: v.EndedAt,
		Here: v.HereAt != nil, Away: v.Away, There: v.ThereAt != nil, LeftAlone: v.LeftAlone != nil, Guardian: v.Guardian != nil,
		CallBackSeen: len(v.Revealed), CreatedAt: v.CreatedAt, History: []StepView{},
	}
	if v.Call != nil {
		out.Call = &VisitCall{v.Call.Room, v.Call.State, len(v.Call.Seats)}
	}
	for _, g := range v.Guests {
		if g.Used != nil {
			out.Guests = append(out.Guests, VisitGuest{g.As, g.Name, g.Seat})
		}
	}
	for _, s := range v.History {
		out.History = append(out.History, StepView{string(s.Event), string(s.From), string(s.To), s.At, s.Why})
		out.Reason = s.Why
	}
	return out
}

func visitReply(v *consult.Visit, err error) (*Reply[VisitView], error) {
	if err != nil {
		return nil, err
	}
	return reply(v.Version, visitView(v)), nil
}

// VisitWish is what is asked for.
type VisitWish struct {
	Intake    id.Intake `json:"intake" maxLength:"96"`
	Specialty string    `json:"specialty,omitempty" maxLength:"80" doc:"The intake's, when absent."`
	Language  string    `json:"language,omitempty" maxLength:"20" doc:"The intake's, when absent."`
}

type offerIn struct{ Body VisitWish }

func (r visitRoutes) offer(ctx context.Context, a access.Actor, in *offerIn) (*Reply[VisitOffer], error) {
	o, err := r.visits.Offered(ctx, a, consult.Wish{Intake: in.Body.Intake, Specialty: in.Body.Specialty, Language: in.Body.Language})
	if err != nil {
		return nil, err
	}
	return reply(0, VisitOffer{termsView(o.Terms), o.Specialty, o.Language, waitView(o.Wait), o.EmergencyNumber}), nil
}

// VisitTime is a time of a doctor.
type VisitTime struct {
	Doctor id.Account `json:"doctor" maxLength:"96"`
	Start  time.Time  `json:"start"`
}

type requestVisitIn struct {
	Body struct {
		VisitWish
		Agreed money.Amount `json:"agreed" doc:"The fee that was said and agreed to."`
		Method string       `json:"method,omitempty" maxLength:"100" doc:"Token of the payment gateway; the sandbox takes card_ok and card_refused."`
		Time   *VisitTime   `json:"time,omitempty" doc:"Books this time; without it, queues on demand."`
	}
}

func (r visitRoutes) request(ctx context.Context, a access.Actor, in *requestVisitIn) (*Reply[VisitView], error) {
	b := in.Body
	w := consult.Wish{Intake: b.Intake, Specialty: b.Specialty, Language: b.Language, Agreed: b.Agreed, Method: b.Method}
	if b.Time != nil {
		return visitReply(r.visits.Book(ctx, a, w, b.Time.Doctor, b.Time.Start))
	}
	return visitReply(r.visits.Request(ctx, a, w))
}

func (r visitRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitView], error) {
	return visitReply(r.visits.Visit(ctx, a, id.Visit(in.ID)))
}

func (r visitRoutes) mine(ctx context.Context, a access.Actor, in *ByCursor) (*Reply[ListOf[VisitView]], error) {
	page, err := r.visits.Mine(ctx, a, in.Cursor)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, visitView), nil
}

func (r visitRoutes) list(ctx context.Context, a access.Actor, in *ofPatientPageIn) (*Reply[ListOf[VisitView]], error) {
	page, err := r.visits.Of(ctx, a, id.Patient(in.ID), in.Cursor)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, visitView), nil
}

func (r visitRoutes) wait(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitWait], error) {
	w, err := r.visits.WaitOf(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, waitView(w)), nil
}

// CalendarFile is an ICS file.
type CalendarFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte `contentType:"text/calendar"`
}

func (r visitRoutes) calendar(ctx context.Context, a access.Actor, in *ByID) (*CalendarFile, error) {
	text, err := r.visits.Calendar(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return &CalendarFile{"text/calendar; charset=utf-8", `attachment; filename="visit.ics"`, []byte(text)}, nil
}

func (r visitRoutes) here(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitView], error) {
	return visitReply(r.visits.Here(ctx, a, id.Visit(in.ID)))
}

func (r visitRoutes) pay(ctx context.Context, a access.Actor, in *payIn) (*Reply[VisitView], error) {
	return visitReply(r.visits.PayAgain(ctx, a, id.Visit(in.ID), in.Body.Method))
}

type moveVisitIn struct {
	ByID
	Body VisitTime
}

func (r visitRoutes) move(ctx context.Context, a access.Actor, in *moveVisitIn) (*Reply[VisitView], error) {
	return visitReply(r.visits.Move(ctx, a, id.Visit(in.ID), in.Body.Doctor, in.Body.Start))
}

func (r visitRoutes) cancel(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[VisitView], error) {
	return visitReply(r.visits.Cancel(ctx, a, id.Visit(in.ID), in.Body.Reason))
}

func (r visitRoutes) admit(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitView], error) {
	return visitReply(r.visits.Admit(ctx, a, id.Visit(in.ID)))
}

type handOverVisitIn struct {
	ByID
	Body struct {
		To id.Account `json:"to,omitempty" maxLength:"96" doc:"A doctor on duty; absent: the head of the queue."`
	}
}

func (r visitRoutes) handOver(ctx context.Context, a access.Actor, in *handOverVisitIn) (*Reply[VisitView], error) {
	return visitReply(r.visits.HandOver(ctx, a, id.Visit(in.ID), in.Body.To))
}

func (r visitRoutes) guardian(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitView], error) {
	return visitReply(r.visits.SeeGuardian(ctx, a, id.Visit(in.ID)))
}

// CallBackView is the number to call the patient back in this visit.
type CallBackView struct {
	Number phi.Text `json:"number"`
}

func (r visitRoutes) callBack(ctx context.Context, a access.Actor, in *ByID) (*Reply[CallBackView], error) {
	v, err := r.visits.RevealCallBack(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(v.Version, CallBackView{v.CallBack}), nil
}

func (r visitRoutes) redirect(ctx context.Context, a access.Actor, in *reasonIn) (*Reply[VisitView], error) {
	return visitReply(r.visits.Redirect(ctx, a, id.Visit(in.ID), in.Body.Reason))
}

func (r visitRoutes) complete(ctx context.Context, a access.Actor, in *ByID) (*Reply[VisitView], error) {
	return visitReply(r.visits.Complete(ctx, a, id.Visit(in.ID)))
}
