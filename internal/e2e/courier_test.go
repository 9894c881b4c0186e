package e2e_test

import (
	"testing"
	"time"

	"housecall/internal/sim"
)

// onTheRoad is a courier's phone on shift at the market place, and an order that is being packed there.
func onTheRoad(t *testing.T, name, courier string) (*tale, *browser) {
	t.Helper()
	r := phoneOf(t, "the courier")
	r.signInStaff(courier)
	r.stands(counterAt)
	r.press("start-shift")
	r.sees("end-shift")
	r.marks()
	t.Cleanup(func() { goesHome(t, courier) })
	x := taleOf(t, name).isSeen().orders(market, marketPlace)
	x.pharmacist = staff(t, market)
	x.courier = staff(t, courier)
	x.isReviewed().isAccepted()
	return x, r
}

// carries has the courier at the door's end of the way, with the bag.
func carries(t *testing.T, name, courier, seal string) (*tale, *browser) {
	t.Helper()
	x, r := onTheRoad(t, name, courier)
	r.press("accept-offer")
	r.press("step-arrive")
	r.sees("code")
	x.isPacked(seal).isCollected()
	r.sees("step-at-door")
	r.stands(doorAt)
	return x, r
}

func TestCourierDeclinesAnOfferAndGoesOffShift(t *testing.T) {
	x, r := onTheRoad(t, "Olga Finn", "courier2@lampford.example")
	r.sees("accept-offer")
	r.press("decline-offer")
	r.shot("courier-decline")
	r.press("decline-too_far")
	r.sees("end-shift")
	x.until(x.pharmacist, "/jobs/"+x.job, func(a sim.Answer) bool { return a.Text("courier") == "" })

	r.press("end-shift")

	r.sees("start-shift")
}

func TestCourierWhoFindsNobodyBringsTheBagBack(t *testing.T) {
	x, r := carries(t, "Ivy Nash", "courier3@lampford.example", "BACK-1")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.sees("home")
	p.marks()
	r.press("step-at-door")
	r.sees("pin")
	r.press("problem")
	r.press("fail-nobody_home")
	r.shot("courier-could-not")
	r.press("fail-sure")

	r.sees("step-turn-back")
	r.shot("courier-turn-back")
	p.told(time.Now(), "that it was not handed over", test("home")+`?.dataset.row === 'not_delivered'`)
	p.shot("home-not-delivered")
	r.press("step-turn-back")
	code := r.text("code")
	r.shot("courier-bring-back")

	f := deskOf(t, "the pharmacist")
	f.signInStaff(market)
	f.visit("/p/order/" + x.fill)
	f.types("code", code)
	f.shot("pharmacy-take-back")
	f.press("take-back")
	r.told(time.Now(), "that the bag is back", shown("end-shift"))
	f.sees("destroy")
	f.press("destroy")
	f.until("it to be said", `!`+test("destroy"))

	r.visit("/c/earnings")
	r.sees("earned")
	r.seesText("Brought back")
	r.shot("courier-earnings")
}

func TestWithoutNetworkTheArrivalIsSentOnceAndADeliveryIsNotTaken(t *testing.T) {
	x, r := carries(t, "Nell Ash", "courier4@lampford.example", "AWAY-1")
	pin := x.must(x.patient.Get(t.Context(), "/jobs/"+x.job+"/pin")).Text("code")
	r.offline(true)

	r.press("step-at-door")

	r.sees("saved-steps")
	r.sees("pin")
	r.types("pin", pin)
	r.until("a hand-over that can't be pressed", cannot("hand-over"))
	r.shot("courier-offline")
	r.seesText("A code counts only with a network.")
	if at := x.must(x.pharmacist.Get(t.Context(), "/jobs/"+x.job)).Text("state"); at != "collected" {
		t.Errorf("without network the job is %s, want still collected", at)
	}

	r.offline(false)
	job := x.until(x.pharmacist, "/jobs/"+x.job, is("at_door"))
	r.until("nothing saved any more", `!`+test("saved-steps"))
	arrivals := 0
	for n := range listOf(job, "history") {
		if to, _ := listOf(job, "history")[n].(sim.JSON)["to"].(string); to == "at_door" {
			arrivals++
		}
	}
	if arrivals != 1 {
		t.Errorf("%d arrivals were booked, want one", arrivals)
	}
	r.types("pin", pin)
	r.press("hand-over")
	r.sees("end-shift")
	x.until(x.patient, "/orders/"+x.order, is("delivered"))
}

func TestWithoutNetworkThePatientConfirmsTheSealInstead(t *testing.T) {
	x, r := carries(t, "Ada Quill", "courier5@lampford.example", "SEAL-77")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.visit("/order/" + x.order)
	r.offline(true)
	r.press("step-at-door")
	r.sees("saved-steps")

	p.press("seal")
	p.types("seal-number", "seal-78")
	p.press("confirm-seal")
	p.sees("trouble")
	p.shot("order-seal-wrong")
	p.types("seal-number", "seal-77")
	p.press("confirm-seal")

	p.state(within, "order", "state", "delivered")
	r.offline(false)
	r.sees("end-shift")
}

func TestWithoutNetworkSupportTypesThePinThatThePatientReadsOut(t *testing.T) {
	x, r := carries(t, "Dora Flint", "courier6@lampford.example", "CALL-1")
	pin := x.must(x.patient.Get(t.Context(), "/jobs/"+x.job+"/pin")).Text("code")
	r.press("step-at-door")
	r.sees("pin")
	r.offline(true)
	r.seesText("tell support the PIN by telephone")

	x.post(staff(t, "support@lampford.example"), "/jobs/"+x.job+"/hand-over-by-phone", sim.JSON{"code": pin})

	x.until(x.patient, "/orders/"+x.order, is("delivered"))
	r.offline(false)
	r.sees("end-shift")
}
