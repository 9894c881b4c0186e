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
	r.shot("courier-on-the-way")
	r.press("accept-offer")

	r.sees("counter-first")
	r.seesText("1 bag on board. First this counter, then the doors.")
	r.shot("courier-counter-first")
	r.press("step-arrive")
	r.sees("code")
	y.isCollected()

	r.stands(doorAt)
	for range 2 {
		r.sees("step-at-door")
		next := x.must(x.courier.Get(t.Context(), "/ride")).Text("job")
		r.press("step-at-door")
		x.until(x.courier, "/ride", func(a sim.Answer) bool { return a.Text("todo") == "ask_pin" })
		for _, z := range []*tale{x, y} {
			if z.job == next {
				z.isDelivered()
			}
		}
	}
	r.sees("end-shift")
}
