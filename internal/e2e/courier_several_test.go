package e2e_test

import (
	"testing"

	"housecall/internal/sim"
)

func TestCourierWithABagOnBoardIsAskedForOneMoreAndToldToCollectBeforeTheDoors(t *testing.T) {
	x, r := onTheRoad(t, "Ada Quill", "courier13@lampford.example")
	r.press("accept-offer")
	r.press("step-arrive")
	r.sees("code")
	x.isPacked("SEVERAL-1").isCollected()
	r.sees("step-at-door")
	y := taleOf(t, "Bram Quill").isSeen().orders(market, marketPlace)
	y.pharmacist, y.courier = x.pharmacist, x.courier
	y.isReviewed().isAccepted().isPacked("SEVERAL-2")

	r.sees("offer-on-the-way")
	r.seesText("On the way: you have 1 bag on board")
	r.sees("also-aboard") // and until when that one was promised
	r.shot("courier-on-the-way")
	r.press("accept-offer")

	r.sees("counter-first")
	r.seesText("1 bag on board. First this counter, then the doors.")
	r.sees("also-aboard")
	r.shot("courier-counter-first")
	r.press("step-arrive")
	r.sees("code")
	y.isCollected()

	r.stands(doorAt)
	r.bringsBoth(x, y)
}

// The other counter lies so that to collect there before the doors saves more than half the way back.
const (
	greenCross     = "Green Cross Pharmacy"
	greenCrossDesk = "pharmacist6@lampford.example"
)

func TestCourierRidesOverTheCountersOfTwoPharmaciesAndBringsBothBags(t *testing.T) {
	x, r := onTheRoad(t, "Cora Vane", "courier14@lampford.example")
	r.sees("accept-offer")
	r.press("accept-offer")
	r.sees("step-arrive")
	r.seesText("Ride to " + marketPlace)
	y := taleOf(t, "Dorn Vane").isSeen().orders(greenCrossDesk, greenCross)
	y.courier = x.courier
	y.isReviewed().isAccepted()

	r.sees("accept-offer")
	r.seesText("From " + greenCross)
	r.sees("also-counter")
	r.seesText("Already yours: " + marketPlace)
	r.shot("courier-two-counters-offer")
	r.press("accept-offer")

	first, second := x, y
	if next := x.until(x.courier, "/ride", func(a sim.Answer) bool { return a.Text("todo") == "ride_to_counter" }); next.Text("job") == y.job {
		first, second = y, x
	}
	r.sees("also-counter")
	r.seesText("Then " + second.counter())
	r.shot("courier-two-counters-first")
	r.press("step-arrive")
	r.sees("code")
	first.isPacked("TWO-1").isCollected()

	r.sees("counter-first")
	r.seesText("Ride to " + second.counter())
	r.seesText("1 bag on board. First this counter, then the doors.")
	r.sees("also-aboard")
	r.shot("courier-two-counters-second")
	at, _ := x.must(x.patient.Get(t.Context(), "/pharmacies/"+second.pharmacy)).At("at").(map[string]any)
	r.stands(at)
	r.press("step-arrive")
	r.sees("code")
	r.shot("courier-two-counters-code")
	second.isPacked("TWO-2").isCollected()

	r.sees("step-at-door")
	r.sees("also-aboard")
	r.shot("courier-two-counters-door")
	r.stands(doorAt)
	r.bringsBoth(x, y)
}

// counter is the name of the pharmacy of a tale.
func (x *tale) counter() string {
	x.t.Helper()
	return x.must(x.patient.Get(x.t.Context(), "/pharmacies/"+x.pharmacy)).Text("name")
}

// bringsBoth hands both bags over at their doors, by the PIN of each, and nothing is left to do.
func (b *browser) bringsBoth(x, y *tale) {
	b.t.Helper()
	for range 2 {
		b.sees("step-at-door")
		next := x.must(x.courier.Get(b.t.Context(), "/ride")).Text("job")
		b.press("step-at-door")
		x.until(x.courier, "/ride", func(a sim.Answer) bool { return a.Text("todo") == "ask_pin" })
		b.sees("pin")
		for _, z := range []*tale{x, y} {
			if z.job != next {
				continue
			}
			b.types("pin", x.must(z.patient.Get(b.t.Context(), "/jobs/"+z.job+"/pin")).Text("code"))
			b.press("hand-over")
			x.until(z.patient, "/orders/"+z.order, is("delivered"))
		}
	}
	b.sees("end-shift")
}
