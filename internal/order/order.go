package order

import (
	"strconv"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/internal/promise"
)

// Fulfilment is how the medicine gets to the patient.
type Fulfilment string

// The ways of fulfilment.
const (
	Courier Fulfilment = "courier"
	Pickup  Fulfilment = "pickup"
	Parcel  Fulfilment = "parcel"
)

// Order is a patient's order.
type Order struct {
	ID            id.Order `json:"id"`
	docstore.Meta `json:"meta"`

	State   State                          `json:"state"`
	History []lifecycle.Step[State, Event] `json:"history"`

	Patient      id.Patient      `json:"patient"`
	PlacedBy     id.Account      `json:"placed_by"`
	Prescription id.Prescription `json:"prescription"`
	Part         id.Part         `json:"part"`
	Fulfilment   Fulfilment      `json:"fulfilment"`
	Address      Address         `json:"address"` // empty for a pick-up
	Zone         id.Zone         `json:"zone,omitempty"`
	Slot         *Slot           `json:"slot,omitempty"` // nil: as soon as it can be

	Pharmacy id.Pharmacy   `json:"pharmacy"` // of the present attempt
	Attempt  int           `json:"attempt"`  // of the fill and of the job, from 1
	Tried    []id.Pharmacy `json:"tried,omitempty"`
	Quote    Quote         `json:"quote"` // of the present pharmacy

	Held          bool         `json:"held"` // prescription claimed, stock reserved: can be paid
	Coupon        string       `json:"coupon,omitempty"`
	Discount      money.Amount `json:"discount"`
	Authorised    money.Amount `json:"authorised"` // what the patient agreed to pay at most
	Method        string       `json:"method,omitempty"`
	Payment       id.Payment   `json:"payment,omitempty"`
	Payments      int          `json:"payments"` // tries so far
	PaymentFailed string       `json:"payment_failed,omitempty"`
	Paying        bool         `json:"paying,omitempty"` // authorisation under way

	Promise  Promise   `json:"promise"`
	Question *Question `json:"question,omitempty"`
	// BroughtBack: a bag of this order came back once. It was paid for then.
	BroughtBack bool `json:"brought_back,omitempty"`
	// LeftSlot is the slot that it was to be brought in before another was chosen: its place is given back.
	LeftSlot *Slot `json:"left_slot,omitempty"`
	// Moving is the slot that it is being moved to, while it is not sure that it has a place there.
	Moving *Moving `json:"moving,omitempty"`
	// NotMoved is when the slot begins that it could not be moved to last.
	NotMoved time.Time `json:"not_moved,omitzero"`
	// Choices counts the times that another slot was chosen, so that each has a number of its own.
	Choices int     `json:"choices,omitempty"`
	Rating  *Rating `json:"rating,omitempty"`
}

// Slot is when a courier comes by appointment.
type Slot struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Begins time.Time `json:"begins"` // when the pharmacy is shown the order
	Leaves time.Time `json:"leaves"` // before that no courier needs to leave the counter
	// TimeZone is that of the door, for the message that it is near. Slots of before had none: UTC is said.
	TimeZone string `json:"time_zone,omitempty"`
	// Choice is which choice of a slot this was, 0 the first. A place is one choice's, so that what is given back for
	// one that is over is never the place of another, be it in the same slot.
	Choice int `json:"choice,omitempty"`
}

// Moving is the slot that somebody wants an order to be moved to.
type Moving struct {
	Slot
	By id.Account `json:"by"`
}

// Address is where the medicine goes and who takes it there.
type Address struct {
	Text     phi.Text  `json:"text,omitempty"`
	Entrance phi.Text  `json:"entrance,omitempty"`
	Floor    phi.Text  `json:"floor,omitempty"`
	Door     phi.Text  `json:"door,omitempty"`
	Receiver phi.Text  `json:"receiver,omitempty"`
	Note     phi.Text  `json:"note,omitempty"`
	Point    geo.Point `json:"point"`
}

// Line is one medicine of the order: Quantity units (tablets, mL, ...) of a product of the formulary.
type Line struct {
	Product  string       `json:"product"`
	Quantity int          `json:"quantity"`
	Price    money.Amount `json:"price"` // of the whole line
}

// Quote is what a pharmacy asks and how soon it can be.
type Quote struct {
	Pharmacy    id.Pharmacy   `json:"pharmacy"`
	PharmacyAt  geo.Point     `json:"pharmacy_at"`
	Lines       []Line        `json:"lines"`
	Medicine    money.Amount  `json:"medicine"`
	DeliveryFee money.Amount  `json:"delivery_fee"`
	CourierPay  money.Amount  `json:"courier_pay"`
	Promised    time.Duration `json:"promised"` // 0: nothing is promised, Late is the honest time
	Median      time.Duration `json:"median"`
	Late        time.Duration `json:"late"` // 90 of 100 orders are sooner
	ColdChain   bool          `json:"cold_chain,omitempty"`
	// Budgets are what each stage may take: the zone's, and the way to this door.
	Budgets promise.Budgets `json:"budgets,omitzero"`
}

// Total is what the patient pays with this quote, before any discount.
func (q Quote) Total() money.Amount { return q.Medicine.Plus(q.DeliveryFee) }

// Rating is what the patient said afterwards.
type Rating struct {
	Stars int       `json:"stars"` // 1 to 5
	Words phi.Text  `json:"words,omitempty"`
	At    time.Time `json:"at"`
}

// DocID implements docstore.Document.
func (o *Order) DocID() string { return string(o.ID) }

// Total is what the patient pays.
func (o *Order) Total() money.Amount { return o.Quote.Total().Minus(o.Discount) }

// Fill is the id of the pharmacy's work of the present attempt.
func (o *Order) Fill() id.Fill { return id.FillOf(o.ID, o.Attempt) }

// Job is the id of the courier's job of the present attempt.
func (o *Order) Job() id.Job { return id.JobOf(o.ID, o.Attempt) }

// SecondBag tells whether the bag of an attempt replaces one that came back, and is the house's to pay.
func (o *Order) SecondBag(attempt int) bool {
	n := 1
	for _, step := range o.History {
		switch step.Event {
		case reattempt:
			return attempt > n
		case reroute:
			n++
		case pay, expire, move, review, accept, pack, collect, deliver, bringBack, cancel:
		}
	}
	return false
}

func (o *Order) facts() map[string]string {
	return map[string]string{
		"order": string(o.ID), "patient": string(o.Patient), "part": string(o.Part), "prescription": string(o.Prescription),
		"pharmacy": string(o.Pharmacy), "attempt": strconv.Itoa(o.Attempt), "fulfilment": string(o.Fulfilment), "payment": string(o.Payment),
		"zone": string(o.Zone),
	}
}

var spec = docstore.Spec[Order]{
	Name: "orders",
	Indexes: map[string]func(*Order) (docstore.Key, bool){
		"patient": func(o *Order) (docstore.Key, bool) {
			return docstore.Key{Equal: docstore.Eq(o.Patient), Order: docstore.ByTime(o.CreatedAt)}, true
		},
		"state": func(o *Order) (docstore.Key, bool) {
			return docstore.Key{Equal: docstore.Eq(o.State), Order: docstore.ByTime(o.CreatedAt)}, true
		},
		// Open orders by the moment they are in danger.
		"risk": func(o *Order) (docstore.Key, bool) {
			at, runs := o.riskAt()
			return docstore.Key{Equal: "open", Order: docstore.ByTime(at)}, runs
		},
		// Open orders by the moment they are due: who is late, and who will be.
		"due": func(o *Order) (docstore.Key, bool) {
			return docstore.Key{Equal: "open", Order: docstore.ByTime(o.Promise.Due)}, !o.Promise.Due.IsZero() && o.Promise.Stopped.IsZero()
		},
	},
}
