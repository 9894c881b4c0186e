package apptest

import (
	"housecall/internal/access"
	"housecall/internal/billing"
	"housecall/internal/delivery"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
)

// At is the counter that an order is with now.
func (w *Town) At(o id.Order) Counter {
	w.t.Helper()
	ph := w.OrderNow(o).Pharmacy
	for _, c := range []Counter{w.Corner, w.Mill, w.Harbour} {
		if c.ID == ph {
			return c
		}
	}
	w.t.Fatalf("no counter %s", ph)
	return Counter{}
}

// Reviews has the pharmacist begin.
func (w *Town) Reviews(o id.Order) {
	w.t.Helper()
	_, err := w.Pharmacy.Review(w.t.Context(), w.As(w.At(o).Pharmacist), w.OrderNow(o).Fill())
	w.Must(err)
	w.Settle()
}

// Accepts has the pharmacist say yes.
func (w *Town) Accepts(o id.Order) {
	w.t.Helper()
	_, err := w.Pharmacy.Accept(w.t.Context(), w.As(w.At(o).Pharmacist), w.OrderNow(o).Fill(), pharmacy.Acceptance{})
	w.Must(err)
	w.Settle()
}

// RefusesTo has the pharmacist say no.
func (w *Town) RefusesTo(o id.Order, reason string) {
	w.t.Helper()
	_, err := w.Pharmacy.Refuse(w.t.Context(), w.As(w.At(o).Pharmacist), w.OrderNow(o).Fill(), reason, "")
	w.Must(err)
	w.Settle()
}

// Packs has the pharmacist pack, label and seal.
func (w *Town) Packs(o id.Order) {
	w.t.Helper()
	ctx, who, fill := w.t.Context(), w.At(o).Pharmacist, w.OrderNow(o).Fill()
	f := w.FillNow(o, w.OrderNow(o).Attempt)
	var packed []pharmacy.Packed
	for i, l := range f.Lines {
		packed = append(packed, pharmacy.Packed{Line: i, Product: l.Product, Batch: batch, Expiry: "2027-03-31", Units: l.Units})
	}
	_, err := w.Pharmacy.Pack(ctx, w.As(who), fill, packed)
	w.Must(err)
	_, err = w.Pharmacy.Ready(ctx, w.As(who), fill, pharmacy.Sealing{Seal: "SEAL-1", Labelled: true})
	w.Must(err)
	w.Settle()
}

// Brings brings an order to a state before it leaves the pharmacy.
func (w *Town) Brings(o id.Order, to order.State) {
	w.t.Helper()
	for _, step := range []struct {
		reaches order.State
		do      func(id.Order)
	}{{order.Reviewing, w.Reviews}, {order.Preparing, w.Accepts}, {order.Ready, w.Packs}} {
		if w.OrderNow(o).State == to {
			return
		}
		step.do(o)
		w.In(o, step.reaches)
	}
}

// Offered waits for the job of an order to be offered, and answers the courier.
func (w *Town) Offered(o id.Order) access.Actor {
	w.t.Helper()
	n := w.OrderNow(o).Attempt
	w.Until("the job is offered", func() bool { return w.JobNow(o, n).State == delivery.Offered })
	who := w.JobNow(o, n).Courier
	for _, c := range w.Couriers {
		if c.Account == who {
			return c
		}
	}
	w.t.Fatalf("no courier %s", who)
	return access.Actor{}
}

// Step is the courier's next step.
func (w *Town) Step(o id.Order) (id.Job, delivery.Step) {
	j := w.JobNow(o, w.OrderNow(o).Attempt)
	return j.ID, delivery.Step{Sequence: j.Sequence, DoneAt: w.Clock.Now()}
}

// Rides has a courier accept the offer and ride to the counter.
func (w *Town) Rides(o id.Order) access.Actor {
	w.t.Helper()
	ctx, c := w.t.Context(), w.Offered(o)
	job, st := w.Step(o)
	_, err := w.Delivery.Accept(ctx, w.As(c), job, st)
	w.Must(err)
	_, st = w.Step(o)
	_, err = w.Delivery.Arrive(ctx, w.As(c), job, st)
	w.Must(err)
	w.Settle()
	return c
}

// HandsBag has the pharmacy give the bag to the courier, by the code on the courier's screen.
func (w *Town) HandsBag(o id.Order, c access.Actor) {
	w.t.Helper()
	job, _ := w.Step(o)
	code, err := w.Delivery.CourierCode(w.t.Context(), w.As(c), job)
	w.Must(err)
	_, err = w.Delivery.Collect(w.t.Context(), w.As(w.At(o).Pharmacist), job, code.Code)
	w.Must(err)
	w.Settle()
}

// PicksUp has the mother fetch her bag with the code on her screen.
func (w *Town) PicksUp(o id.Order) {
	w.t.Helper()
	fill := w.OrderNow(o).Fill()
	code, err := w.Pharmacy.PickupCode(w.t.Context(), w.As(w.Mother), fill)
	w.Must(err)
	_, err = w.Pharmacy.HandOverAtCounter(w.t.Context(), w.As(w.At(o).Pharmacist), fill, code)
	w.Must(err)
	w.Settle()
}

// OnItsWay is an order, a new one, that a courier has collected.
func (w *Town) OnItsWay() (id.Order, Script, access.Actor) {
	w.t.Helper()
	w.OnShift(w.Couriers[0])
	o, s := w.Placed(order.Courier)
	return o, s, w.Collects(o)
}

// Collects brings a placed order into the hands of a courier.
func (w *Town) Collects(o id.Order) access.Actor {
	w.t.Helper()
	w.Brings(o, order.Ready)
	c := w.Rides(o)
	w.HandsBag(o, c)
	w.In(o, order.Collected)
	return c
}

// Knocks has the courier reach the door.
func (w *Town) Knocks(o id.Order, c access.Actor) {
	w.t.Helper()
	job, st := w.Step(o)
	_, err := w.Delivery.AtDoor(w.t.Context(), w.As(c), job, st)
	w.Must(err)
	w.Settle()
}

// HandsOver has the courier type the PIN that the mother reads out.
func (w *Town) HandsOver(o id.Order, c access.Actor) {
	w.t.Helper()
	job, _ := w.Step(o)
	pin, err := w.Delivery.PIN(w.t.Context(), w.As(w.Mother), job)
	w.Must(err)
	_, err = w.Delivery.HandOver(w.t.Context(), w.As(c), job, pin.Code)
	w.Must(err)
	w.Settle()
}

// Fails has the courier turn back, and the pharmacy take the bag.
func (w *Town) Fails(o id.Order, c access.Actor, reason string) {
	w.t.Helper()
	job, st := w.Step(o)
	_, err := w.Delivery.Fail(w.t.Context(), w.As(c), job, st, reason, "")
	w.Must(err)
	w.TakesBack(o, c)
}

// TakesBack has the courier ride back and the pharmacy take the bag.
func (w *Town) TakesBack(o id.Order, c access.Actor) {
	w.t.Helper()
	ctx := w.t.Context()
	job, st := w.Step(o)
	_, err := w.Delivery.Returning(ctx, w.As(c), job, st)
	w.Must(err)
	code, err := w.Delivery.CourierCode(ctx, w.As(c), job)
	w.Must(err)
	_, err = w.Delivery.Returned(ctx, w.As(w.At(o).Pharmacist), job, code.Code)
	w.Must(err)
	w.Settle()
}

// Paid lists the payments of a visit or an order, the newest last.
func (w *Town) Paid(subject string) []*billing.Payment {
	w.t.Helper()
	all, err := w.Billing.OfSubject(w.t.Context(), w.House(), subject)
	w.Must(err)
	return all
}

// Earned is what a payee has coming, in minor units.
func (w *Town) Earned(payee string) int64 {
	w.t.Helper()
	total, err := w.Billing.LedgerTotal(w.t.Context(), w.As(w.Operator))
	w.Must(err)
	for _, b := range total.Balances {
		if b.Account == payee {
			return b.Amount.Minor
		}
	}
	return 0
}
