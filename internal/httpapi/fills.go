package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
)

// Fills are the routes of a pharmacy's work on orders.
func Fills(pharmacies *pharmacy.Service) []Route {
	r := fillRoutes{pharmacies}
	return []Route{
		get("/pharmacies/{id}/fills", "fill.list", "Show the work list, the nearest deadline first", r.work),
		get("/pharmacies/{id}/coming-fills", "fill.list", "List paid orders that wait for their time, the soonest first", r.coming),
		get("/pharmacies/{id}/past-fills", "fill.list", "List what the pharmacy had, newest first", r.past),
		get("/orders/{id}/fills", "fill.read", "List the attempts of an order", r.ofOrder),
		get("/duty/questions", "fill.owed", "List what pharmacists ask the doctor, who waits longest first", r.owed),
		get("/fills/{id}", "fill.read", "Read a fill", r.read),
		get("/fills/{id}/sheet", "fill.sheet", "Read the prescription and today's safety findings", r.sheet),
		post("/fills/{id}/review", "fill.review", "Take a fill in hand", r.review),
		post("/fills/{id}/accept", "fill.accept", "Accept a fill", r.accept),
		post("/fills/{id}/refuse", "fill.refuse", "Refuse a fill with a coded reason", r.refuse),
		post("/fills/{id}/questions", "fill.ask", "Ask the doctor", r.ask),
		post("/fills/{id}/questions/{question}/answer", "fill.answer", "Answer the pharmacist", r.answer),
		post("/fills/{id}/substitute", "fill.substitute", "Propose another product to the patient", r.substitute),
		post("/fills/{id}/give-less", "fill.lessen", "Give less than prescribed; the rest becomes a part of its own", r.giveLess),
		post("/fills/{id}/pack", "fill.pack", "Note what went into the bag", r.pack),
		get("/fills/{id}/label", "fill.label", "Read the labels to print", r.label),
		post("/fills/{id}/ready", "fill.ready", "Seal the bag", r.ready),
		get("/fills/{id}/pickup-code", "fill.pickup_code", "Show the patient the code for the counter", r.pickupCode),
		post("/fills/{id}/hand-over", "fill.hand_over", "Hand the bag over at the counter by the patient's code", r.handOver),
		post("/fills/{id}/unlock", "fill.unlock", "Open a counter that five wrong codes have locked", r.unlock),
		post("/fills/{id}/ship", "fill.ship", "Hand a parcel to a carrier", r.ship),
		post("/fills/{id}/parcel-delivered", "fill.parcel_delivered", "Pass on the carrier's word that it was delivered", r.parcelDelivered),
		post("/fills/{id}/returned", "fill.return", "Take a bag back that came back", r.returned),
		post("/fills/{id}/dispose", "fill.dispose", "Record what became of a returned bag", r.dispose),
	}
}

type fillRoutes struct{ pharmacies *pharmacy.Service }

type workIn struct {
	ByID
	PageIn
	State pharmacy.State `query:"state" enum:"offered,reviewing,preparing,ready" doc:"Without it: all four, up to limit each."`
}

func (r fillRoutes) work(ctx context.Context, a access.Actor, in *workIn) (*Reply[ListOf[WorkView]], error) {
	page, err := r.pharmacies.WorkList(ctx, a, id.Pharmacy(in.ID), in.State, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, workView), nil
}

func (r fillRoutes) coming(ctx context.Context, a access.Actor, in *pharmacyPageIn) (*Reply[ListOf[ComingView]], error) {
	page, err := r.pharmacies.Coming(ctx, a, id.Pharmacy(in.ID), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, comingView), nil
}

func (r fillRoutes) past(ctx context.Context, a access.Actor, in *pharmacyPageIn) (*Reply[ListOf[WorkView]], error) {
	page, err := r.pharmacies.Past(ctx, a, id.Pharmacy(in.ID), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, workView), nil
}

func (r fillRoutes) ofOrder(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[FillView]], error) {
	fills, err := r.pharmacies.FillsOf(ctx, a, id.Order(in.ID))
	if err != nil {
		return nil, err
	}
	return listed(fills, "", func(f *pharmacy.Fill) FillView { return fillView(a, f) }), nil
}

func (r fillRoutes) owed(ctx context.Context, a access.Actor, _ *struct{}) (*Reply[ListOf[FillView]], error) {
	fills, err := r.pharmacies.Owed(ctx, a)
	if err != nil {
		return nil, err
	}
	return listed(fills, "", func(f *pharmacy.Fill) FillView { return fillView(a, f) }), nil
}

func filled(a access.Actor) func(*pharmacy.Fill, error) (*Reply[FillView], error) {
	return func(f *pharmacy.Fill, err error) (*Reply[FillView], error) {
		if err != nil {
			return nil, err
		}
		return reply(f.Version, fillView(a, f)), nil
	}
}

func sheeted(a access.Actor) func(*pharmacy.Sheet, error) (*Reply[FillSheetView], error) {
	return func(s *pharmacy.Sheet, err error) (*Reply[FillSheetView], error) {
		if err != nil {
			return nil, err
		}
		return reply(s.Fill.Version, fillSheetView(a, s)), nil
	}
}

func (r fillRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Fill(ctx, a, id.Fill(in.ID)))
}

func (r fillRoutes) sheet(ctx context.Context, a access.Actor, in *ByID) (*Reply[FillSheetView], error) {
	return sheeted(a)(r.pharmacies.Sheet(ctx, a, id.Fill(in.ID)))
}

func (r fillRoutes) review(ctx context.Context, a access.Actor, in *ByID) (*Reply[FillSheetView], error) {
	return sheeted(a)(r.pharmacies.Review(ctx, a, id.Fill(in.ID)))
}

type acceptFillIn struct {
	ByID
	Body struct {
		Reasons map[string]phi.Text `json:"reasons,omitempty" doc:"For each warning that is new since signing, by finding id: why the medicine may be given all the same."`
	}
}

func (r fillRoutes) accept(ctx context.Context, a access.Actor, in *acceptFillIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Accept(ctx, a, id.Fill(in.ID), pharmacy.Acceptance{Reasons: in.Body.Reasons}))
}

type refuseFillIn struct {
	ByID
	Body struct {
		Reason string   `json:"reason" enum:"out_of_stock,safety,unclear,doctor_withdrew,no_substitute,identity,damaged,overload,closing,technical,other"`
		Note   phi.Text `json:"note,omitempty" maxLength:"500"`
	}
}

func (r fillRoutes) refuse(ctx context.Context, a access.Actor, in *refuseFillIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Refuse(ctx, a, id.Fill(in.ID), in.Body.Reason, in.Body.Note))
}

type askDoctorIn struct {
	ByID
	Body struct {
		Text phi.Text `json:"text" minLength:"1" maxLength:"2000"`
	}
}

func (r fillRoutes) ask(ctx context.Context, a access.Actor, in *askDoctorIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.AskDoctor(ctx, a, id.Fill(in.ID), in.Body.Text))
}

type answerFillIn struct {
	ByID
	Question string `path:"question" maxLength:"96"`
	Body     struct {
		Decision string   `json:"decision" enum:"confirmed,withdrawn,advised" doc:"Give it as written; do not give it; do as the text says."`
		Text     phi.Text `json:"text,omitempty" maxLength:"2000"`
	}
}

func (r fillRoutes) answer(ctx context.Context, a access.Actor, in *answerFillIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Answer(ctx, a, id.Fill(in.ID), in.Question, in.Body.Decision, in.Body.Text))
}

type substituteIn struct {
	ByID
	Body struct {
		Line    int    `json:"line" minimum:"0"`
		Product string `json:"product" minLength:"1" maxLength:"120"`
	}
}

func (r fillRoutes) substitute(ctx context.Context, a access.Actor, in *substituteIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.ProposeSubstitute(ctx, a, id.Fill(in.ID), in.Body.Line, in.Body.Product))
}

// LessIn says how much of a line is given.
type LessIn struct {
	Line     int `json:"line" minimum:"0"`
	Quantity int `json:"quantity" minimum:"0" doc:"In whole packs; 0: none of it."`
}

type giveLessIn struct {
	ByID
	Body struct {
		Why   string   `json:"why" enum:"out_of_stock,damaged,short_dated,patient_wish,other"`
		Lines []LessIn `json:"lines" minItems:"1" maxItems:"20" nullable:"false"`
	}
}

func (r fillRoutes) giveLess(ctx context.Context, a access.Actor, in *giveLessIn) (*Reply[FillView], error) {
	less := make([]pharmacy.Less, 0, len(in.Body.Lines))
	for _, l := range in.Body.Lines {
		less = append(less, pharmacy.Less(l))
	}
	return filled(a)(r.pharmacies.GiveLess(ctx, a, id.Fill(in.ID), in.Body.Why, less))
}

// PackedIn is what was scanned for a line.
type PackedIn struct {
	Line    int    `json:"line" minimum:"0"`
	Product string `json:"product" minLength:"1" maxLength:"120"`
	Batch   string `json:"batch" minLength:"1" maxLength:"40"`
	Expiry  string `json:"expiry" format:"date" doc:"As it stands on the pack: the last good day."`
	Units   int    `json:"units" minimum:"1" maximum:"100000"`
}

type packIn struct {
	ByID
	Body struct {
		Packed []PackedIn `json:"packed" minItems:"1" maxItems:"100" nullable:"false"`
	}
}

func (r fillRoutes) pack(ctx context.Context, a access.Actor, in *packIn) (*Reply[FillView], error) {
	packed := make([]pharmacy.Packed, 0, len(in.Body.Packed))
	for _, p := range in.Body.Packed {
		packed = append(packed, pharmacy.Packed{Line: p.Line, Product: p.Product, Batch: p.Batch, Expiry: p.Expiry, Units: p.Units})
	}
	return filled(a)(r.pharmacies.Pack(ctx, a, id.Fill(in.ID), packed))
}

func (r fillRoutes) label(ctx context.Context, a access.Actor, in *ByID) (*Reply[LabelView], error) {
	l, err := r.pharmacies.Label(ctx, a, id.Fill(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, labelView(l)), nil
}

type sealIn struct {
	ByID
	Body struct {
		Seal     string `json:"seal" minLength:"1" maxLength:"24" doc:"Number on the seal: capital letters, digits and dashes."`
		Labelled bool   `json:"labelled" doc:"Each pack carries its label."`
	}
}

func (r fillRoutes) ready(ctx context.Context, a access.Actor, in *sealIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Ready(ctx, a, id.Fill(in.ID), pharmacy.Sealing{Seal: in.Body.Seal, Labelled: in.Body.Labelled}))
}

// PickupCodeView is the code that the patient reads out at the counter.
type PickupCodeView struct {
	Code string `json:"code"`
}

func (r fillRoutes) pickupCode(ctx context.Context, a access.Actor, in *ByID) (*Reply[PickupCodeView], error) {
	code, err := r.pharmacies.PickupCode(ctx, a, id.Fill(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, PickupCodeView{code}), nil
}

type counterIn struct {
	ByID
	Body struct {
		Code string `json:"code" pattern:"^[0-9]{6}$" doc:"Six digits from the patient's screen."`
	}
}

func (r fillRoutes) handOver(ctx context.Context, a access.Actor, in *counterIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.HandOverAtCounter(ctx, a, id.Fill(in.ID), in.Body.Code))
}

func (r fillRoutes) unlock(ctx context.Context, a access.Actor, in *ByID) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.UnlockCounter(ctx, a, id.Fill(in.ID)))
}

type shipIn struct {
	ByID
	Body struct {
		Carrier  string   `json:"carrier" minLength:"1" maxLength:"60"`
		Tracking phi.Text `json:"tracking" minLength:"4" maxLength:"40"`
	}
}

func (r fillRoutes) ship(ctx context.Context, a access.Actor, in *shipIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Ship(ctx, a, id.Fill(in.ID), in.Body.Carrier, in.Body.Tracking))
}

func (r fillRoutes) parcelDelivered(ctx context.Context, a access.Actor, in *ByID) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.ParcelDelivered(ctx, a, id.Fill(in.ID)))
}

type dispositionIn struct {
	ByID
	Body struct {
		Disposition string `json:"disposition" enum:"restock,destroy"`
	}
}

func (r fillRoutes) returned(ctx context.Context, a access.Actor, in *ByID) (*Reply[FillView], error) {
	if err := r.pharmacies.Returned(ctx, a, id.Fill(in.ID), ""); err != nil {
		return nil, err
	}
	return r.read(ctx, a, in)
}

func (r fillRoutes) dispose(ctx context.Context, a access.Actor, in *dispositionIn) (*Reply[FillView], error) {
	return filled(a)(r.pharmacies.Dispose(ctx, a, id.Fill(in.ID), in.Body.Disposition))
}
