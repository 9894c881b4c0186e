package sim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// chain is what the walk has made so far.
type chain struct {
	intakeID, visit, rx, part, orderID, fill, job string
	quote                                         JSON
}

const batch = "W-2026-1"

func (w *Walk) stock(ctx context.Context) (string, error) {
	w.product = "paracetamol/tablet/500mg"
	expiry := w.begun.AddDate(1, 0, 0).UTC().Format(time.DateOnly)
	_, err := w.pharmacist.Post(ctx, "/pharmacies/"+w.pharmacy+"/stock", JSON{
		"product": w.product, "pack_units": 20, "price": money("1250"),
		"batch": JSON{"batch": batch, "expiry": expiry, "units": 2000},
	})
	return w.product, err
}

func (w *Walk) intake(ctx context.Context) (string, error) {
	a, err := w.caregiver.Post(ctx, "/intakes", JSON{"patient": w.patientID, "specialty": w.specialty, "language": "en"})
	if err != nil {
		return "", err
	}
	w.intakeID = a.Text("id")
	path := "/intakes/" + w.intakeID
	options, err := w.caregiver.Get(ctx, "/intake-options")
	if err != nil {
		return "", err
	}
	consent := options.Text("consent")
	a, err = w.caregiver.Edit(ctx, http.MethodPatch, path, a.ETag, JSON{
		"where": w.point(.005, .005), "call_back": "+441234567", "consent": consent,
		"complaint": "fever", "words": "Fever since last night", "vitals": []JSON{{"kind": "temperature", "value": "38.4", "unit": "Cel"}},
		"health": JSON{"none": []string{"allergy", "medicine", "condition"}, "weight_kg": "62"},
	})
	if err != nil {
		return "", err
	}
	answers := JSON{}
	questions, _ := a.At("questions").([]any)
	for _, q := range questions {
		if id, ok := q.(JSON)["id"].(string); ok {
			answers[id] = "no"
		}
	}
	if len(answers) > 0 {
		if a, err = w.caregiver.Edit(ctx, http.MethodPatch, path, a.ETag, JSON{"answers": answers}); err != nil {
			return "", err
		}
	}
	a, err = w.caregiver.Post(ctx, path+"/submit", nil)
	return a.Text("state"), err
}

func (w *Walk) goOnDuty(ctx context.Context) (string, error) {
	_, err := w.doctor.Post(ctx, "/duty/on", nil)
	return "on", err
}

func (w *Walk) goOnShift(ctx context.Context) (string, error) {
	a, err := w.courier.Post(ctx, "/shift/start", JSON{"vehicle": "scooter", "point": w.point(.001, .001)})
	return a.Text("state"), err
}

func (w *Walk) requestVisit(ctx context.Context) (string, error) {
	offer, err := w.caregiver.Post(ctx, "/visits/offer", JSON{"intake": w.intakeID})
	if err != nil {
		return "", err
	}
	a, err := w.caregiver.Post(ctx, "/visits", JSON{"intake": w.intakeID, "agreed": offer.At("terms.fee"), "method": "card_ok"})
	if err != nil {
		return "", err
	}
	w.visit = a.Text("id")
	a, err = w.until(ctx, 10*time.Second, func() (Answer, error) { return w.caregiver.Get(ctx, "/visits/"+w.visit) },
		func(a Answer) bool { return a.Text("fee_state") == "held" })
	return a.Text("state"), err
}

func (w *Walk) admit(ctx context.Context) (string, error) {
	if _, err := w.patient.Post(ctx, "/visits/"+w.visit+"/here", nil); err != nil {
		return "", err
	}
	a, err := w.doctor.Post(ctx, "/visits/"+w.visit+"/admit", nil)
	return a.Text("state"), err
}

func (w *Walk) join(ctx context.Context) (string, error) {
	for _, who := range []*Client{w.doctor, w.patient, w.caregiver} {
		a, err := who.Post(ctx, "/visits/"+w.visit+"/ticket", nil)
		if err != nil {
			return "", err
		}
		if a.Text("token") == "" && a.Text("ticket") == "" {
			return "", errors.New("no ticket was answered")
		}
	}
	return "open", nil
}

func (w *Walk) note(ctx context.Context) (string, error) {
	etag := "*"
	if a, err := w.doctor.Get(ctx, "/visits/"+w.visit+"/note"); err == nil && a.ETag != "" {
		etag = a.ETag
	}
	_, err := w.doctor.Edit(ctx, http.MethodPatch, "/visits/"+w.visit+"/note", etag, JSON{
		"subjective": "Fever since last night.", "plan": "Paracetamol, fluids.",
		"summary": "You have a fever. Drink, rest, and take the tablets as written.", "diagnoses": []JSON{{"code": "R50.9"}},
	})
	return "saved", err
}

func (w *Walk) prescribe(ctx context.Context) (string, error) {
	a, err := w.doctor.Post(ctx, "/visits/"+w.visit+"/prescriptions", JSON{"items": []JSON{{"product": w.product, "steps": []JSON{{
		"dose": JSON{"value": "1", "unit": "tablet"}, "timing": JSON{"frequency": 3, "period": 1, "period_unit": "d", "duration": 5, "duration_unit": "d"},
	}}}}})
	w.rx = a.Text("id")
	return a.Text("state"), err
}

func (w *Walk) sign(ctx context.Context) (string, error) {
	challenge, err := w.doctor.Post(ctx, "/signings", JSON{"prescriptions": []string{w.rx}})
	if err != nil {
		return "", err
	}
	code, err := w.freshCode(ctx)
	if err != nil {
		return "", err
	}
	a, err := w.doctor.Post(ctx, "/signings/"+challenge.Text("id")+"/confirm", JSON{"code": code})
	w.part = a.Text("items.0.parts.0.id")
	return a.Text("items.0.state"), err
}

func (w *Walk) complete(ctx context.Context) (string, error) {
	a, err := w.doctor.Post(ctx, "/visits/"+w.visit+"/complete", nil)
	if err != nil {
		return "", err
	}
	_, err = w.until(ctx, 10*time.Second, func() (Answer, error) { return w.caregiver.Get(ctx, "/visits/"+w.visit+"/payments") },
		func(a Answer) bool { return a.Text("items.0.state") == "captured" })
	return a.Text("state"), err
}

func (w *Walk) quotes(ctx context.Context) (string, error) {
	a, err := w.caregiver.Post(ctx, "/quotes", JSON{"part": w.part, "door": w.point(.005, .005)})
	if err != nil {
		return "", err
	}
	all, _ := a.At("items").([]any)
	for _, q := range all {
		if quote, ok := q.(JSON); ok && quote["pharmacy"] == w.pharmacy {
			w.quote = quote
			return fmt.Sprintf("%v min, at most %v", quote["median_minutes"], quote["p90_minutes"]), nil
		}
	}
	return "", fmt.Errorf("our pharmacy is not among %d offers", len(all))
}

func (w *Walk) wanted() JSON {
	return JSON{
		"part": w.part, "pharmacy": w.pharmacy, "fulfilment": "courier",
		"address": JSON{"text": "7 Lamp Street", "floor": "2", "receiver": "Mother Walk", "point": w.point(.005, .005)},
	}
}

func (w *Walk) order(ctx context.Context) (string, error) {
	a, err := w.caregiver.Post(ctx, "/orders", w.wanted())
	if err != nil {
		return "", err
	}
	w.orderID = a.Text("id")
	a, err = w.orderUntil(ctx, func(a Answer) bool { return a.At("held") == true || a.Text("state") == "cancelled" })
	if err == nil && a.Text("state") != "unpaid" {
		err = fmt.Errorf("the order is %s: %s", a.Text("state"), a.Text("reason"))
	}
	return a.Text("state"), err
}

// until waits for what follows from a step, as long as the walk's patience allows.
func (w *Walk) until(ctx context.Context, within time.Duration, ask func() (Answer, error), wished func(Answer) bool) (Answer, error) {
	return Until(ctx, within+w.Patience, ask, wished)
}

func (w *Walk) orderUntil(ctx context.Context, wished func(Answer) bool) (Answer, error) {
	return w.until(ctx, 15*time.Second, func() (Answer, error) { return w.caregiver.Get(ctx, "/orders/"+w.orderID) }, wished)
}

func (w *Walk) pay(ctx context.Context) (string, error) {
	if _, err := w.caregiver.Post(ctx, "/orders/"+w.orderID+"/pay", JSON{"method": "card_ok"}); err != nil {
		return "", err
	}
	a, err := w.orderUntil(ctx, func(a Answer) bool { return a.Text("state") == "placed" })
	w.fill, w.job = a.Text("fill"), a.Text("job")
	return a.Text("state"), err
}

func (w *Walk) review(ctx context.Context) (string, error) {
	_, err := w.until(ctx, 10*time.Second, func() (Answer, error) { return w.pharmacist.Get(ctx, "/fills/"+w.fill) },
		func(a Answer) bool { return a.Text("state") == "offered" })
	if err != nil {
		return "", err
	}
	a, err := w.pharmacist.Post(ctx, "/fills/"+w.fill+"/review", nil)
	return a.Text("fill.state"), err
}

func (w *Walk) accept(ctx context.Context) (string, error) {
	a, err := w.pharmacist.Post(ctx, "/fills/"+w.fill+"/accept", JSON{})
	return a.Text("state"), err
}

func (w *Walk) acceptOffer(ctx context.Context) (string, error) {
	a, err := w.until(ctx, 20*time.Second, func() (Answer, error) { return w.courier.Get(ctx, "/ride") },
		func(a Answer) bool { return a.Text("todo") == "answer_offer" })
	if err != nil {
		return a.Text("todo"), err
	}
	return w.ride(ctx, "accept")
}

// ride makes the courier's next step.
func (w *Walk) ride(ctx context.Context, step string) (string, error) {
	next, err := w.courier.Get(ctx, "/ride")
	if err != nil {
		return "", err
	}
	a, err := w.courier.Post(ctx, "/jobs/"+w.job+"/"+step, JSON{"sequence": next.At("sequence")})
	return a.Text("state"), err
}

func (w *Walk) pack(ctx context.Context) (string, error) {
	fill, err := w.pharmacist.Get(ctx, "/fills/"+w.fill)
	if err != nil {
		return "", err
	}
	expiry := w.begun.AddDate(1, 0, 0).UTC().Format(time.DateOnly) // as when it was put there, also past midnight
	_, err = w.pharmacist.Post(ctx, "/fills/"+w.fill+"/pack", JSON{"packed": []JSON{{
		"line": 0, "product": fill.At("lines.0.product"), "batch": batch,
		"expiry": expiry, "units": fill.At("lines.0.units"),
	}}})
	if err != nil {
		return "", err
	}
	a, err := w.pharmacist.Post(ctx, "/fills/"+w.fill+"/ready", JSON{"seal": "SEAL-1", "labelled": true})
	return a.Text("state"), err
}

func (w *Walk) arrive(ctx context.Context) (string, error) { return w.ride(ctx, "arrive") }

func (w *Walk) collect(ctx context.Context) (string, error) {
	code, err := w.courier.Get(ctx, "/jobs/"+w.job+"/code")
	if err != nil {
		return "", err
	}
	wrong := "000000"
	if code.Text("code") == wrong {
		wrong = "000001"
	}
	_, err = w.pharmacist.Post(ctx, "/jobs/"+w.job+"/collect", JSON{"code": wrong})
	if err == nil {
		return "", errors.New("a wrong code opened the counter")
	}
	_, err = w.until(ctx, 10*time.Second, func() (Answer, error) { return w.pharmacist.Get(ctx, "/jobs/"+w.job) },
		func(a Answer) bool { return a.Text("seal") != "" })
	if err != nil {
		return "", err
	}
	a, err := w.pharmacist.Post(ctx, "/jobs/"+w.job+"/collect", JSON{"code": code.Text("code")})
	return a.Text("state"), err
}

func (w *Walk) atDoor(ctx context.Context) (string, error) { return w.ride(ctx, "at-door") }

func (w *Walk) handOver(ctx context.Context) (string, error) {
	pin, err := w.patient.Get(ctx, "/jobs/"+w.job+"/pin")
	if err != nil {
		return "", err
	}
	_, err = w.courier.Post(ctx, "/jobs/"+w.job+"/hand-over", JSON{"code": pin.Text("code")})
	return "delivered", err
}

func (w *Walk) delivered(ctx context.Context) (string, error) {
	a, err := w.orderUntil(ctx, func(a Answer) bool { return a.Text("state") == "delivered" })
	return a.Text("state"), err
}

func (w *Walk) dispensed(ctx context.Context) (string, error) {
	a, err := w.until(ctx, 10*time.Second, func() (Answer, error) { return w.doctor.Get(ctx, "/prescriptions/"+w.rx) },
		func(a Answer) bool { return a.Text("parts.0.state") == "dispensed" })
	return a.Text("parts.0.state"), err
}

func (w *Walk) refusedAgain(ctx context.Context) (string, error) {
	_, err := w.caregiver.Post(ctx, "/orders", w.wanted())
	return "refused", refusedWith(http.StatusConflict, "a second dispensing", err)
}

func (w *Walk) ledgerZero(ctx context.Context) (string, error) {
	a, err := w.Operator.Get(ctx, "/ledger")
	if err != nil {
		return "", err
	}
	if a.At("zero") != true {
		return "", fmt.Errorf("the ledger does not sum to zero: %v", a.Body)
	}
	return "zero", nil
}
