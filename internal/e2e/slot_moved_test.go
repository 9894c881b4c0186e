package e2e_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"housecall/internal/sim"
)

// comesAt pays for an order that a courier brings in the slot that begins then.
func (x *tale) comesAt(from time.Time) *tale {
	x.t.Helper()
	x.pharmacy = pharmacyNamed(x, marketPlace)
	x.order = x.post(x.patient, "/orders", sim.JSON{
		"part": x.part, "pharmacy": x.pharmacy, "fulfilment": "courier", "slot": iso(from),
		"address": sim.JSON{"text": "5 Lamp Street", "floor": "2", "receiver": x.name, "point": doorAt},
	}).Text("id")
	x.until(x.patient, "/orders/"+x.order, func(a sim.Answer) bool { return a.At("held") == true })
	x.post(x.patient, "/orders/"+x.order+"/pay", sim.JSON{"method": "card_ok"})
	a := x.until(x.patient, "/orders/"+x.order, is("placed"))
	x.fill, x.job = a.Text("fill"), a.Text("job")
	return x
}

// hours is how the screens write a slot of two hours, on the browser's clock.
func (z *place) hours(from time.Time) string {
	return fmt.Sprintf("%s to %s", from.UTC().Format("15:04"), from.UTC().Add(2*time.Hour).Format("15:04"))
}

// shows waits until something of the screen says a text.
func shows(name, text string) string {
	return fmt.Sprintf(`%s?.innerText.includes(%q)`, test(name), text)
}

func TestATimeIsMovedWhileThePharmacyHasNotBegunAndTheCounterKnowsBeforehand(t *testing.T) {
	z := atNoon(t)
	day := time.Now().In(z.where).AddDate(0, 0, 1)
	at := func(hour int) time.Time { return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, z.where) }
	morning, noon, evening := at(8), at(11), at(14)
	z.changes(sim.JSON{"slots_only": true, "windows": []sim.JSON{z.window(morning, 3), z.window(noon, 1), z.window(evening, 3)}})
	f := deskOf(t, "the pharmacist")
	f.signInStaff(market)
	f.visit("/p")
	f.marks()
	x := taleOf(t, "Moira Lark").lives().isSeen()
	x.comesAt(morning)
	f.told(time.Now(), "what comes tomorrow", shows("coming-later", z.hours(morning)))
	f.shot("pharmacy-coming")

	p := phoneOf(t, x.name)
	p.signIn(x.address)
	p.visit("/order/" + x.order)
	p.until("the time that was agreed", shows("slot-told", z.hours(morning)))
	p.marks()
	p.press("move-slot")
	p.sees("move-" + iso(noon))
	p.shot("order-move")
	y := taleOf(t, "Quick Quill").isSeen()
	y.comesAt(noon) // and it is full
	p.press("move-" + iso(noon))
	p.press("move-sure")
	p.sees("trouble")
	p.until("that the time is not to be had any more", test("move-"+iso(noon))+` === null`)
	p.shot("order-move-gone")
	p.press("move-" + iso(evening))
	p.press("move-sure")

	p.told(time.Now(), "its new time", shows("slot-told", z.hours(evening)))
	p.seesText("Moved to another time")
	p.shot("order-moved")
	f.told(time.Now(), "the new time", shows("coming-later", z.hours(evening)))
	f.until("the old one gone", `!`+shows("coming-later", z.hours(morning)))
	f.shot("pharmacy-coming-moved")
}

func TestTheCourierReadsTheTimeAndABagThatCameBackIsBroughtAtAnother(t *testing.T) {
	z := atNoon(t)
	const review, pack, ride = 3, 3, 5
	x := taleOf(t, "Patience Lark").lives().isSeen()
	x.pharmacist = staff(t, market)
	f := deskOf(t, "the pharmacist")
	f.signInStaff(market)
	soon := time.Now().Add((review + pack + ride + 1) * time.Minute).Truncate(time.Minute).Add(time.Minute)
	day := time.Now().In(z.where).AddDate(0, 0, 1)
	tomorrow := time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, z.where)
	z.changes(sim.JSON{"slots_only": true, "review_minutes": review, "pack_minutes": pack, "ride_minutes": ride, "windows": []sim.JSON{z.window(soon, 5), z.window(tomorrow, 2)}})
	x.comesAt(soon)
	x.must(sim.Until(t.Context(), 4*time.Minute, func() (sim.Answer, error) { return x.pharmacist.Get(t.Context(), "/fills/"+x.fill) }, is("offered")))
	x.isReviewed().isAccepted()
	_, late := x.patient.Post(t.Context(), "/orders/"+x.order+"/reschedule", sim.JSON{"slot": iso(tomorrow)})
	if sim.StatusOf(late) != http.StatusConflict {
		t.Errorf("moved though the pharmacy has begun: %v", late)
	}
	p := phoneOf(t, x.name)
	p.signIn(x.address)
	p.visit("/order/" + x.order)
	p.sees("slot-told")
	p.until("no other time to choose", test("move-slot")+` === null`)

	r := x.carriesInItsTime("courier15@lampford.example", z.hours(soon))
	x.comesBackBy(r, f)

	p.sees("again")
	p.press("again")
	p.sees("again-when")
	p.shot("order-again-when")
	p.press("again-slot-" + iso(tomorrow))
	p.press("again-sure")
	p.until("the time of the next bag", shows("slot-told", z.hours(tomorrow)))
	p.shot("order-again-slot")
	a := x.until(x.patient, "/orders/"+x.order, is("placed"))
	if a.At("slot.waits") != true || a.At("attempt") != 2.0 {
		t.Errorf("slot %v, attempt %v; want the second to wait for tomorrow", a.At("slot"), a.At("attempt"))
	}
	f.visit("/p")
	f.until("what comes tomorrow", shows("coming-later", z.hours(tomorrow)))
}

// carriesInItsTime has a courier take the bag, and read on each screen when the door expects it.
func (x *tale) carriesInItsTime(courier, hours string) *browser {
	x.t.Helper()
	x.courier = staff(x.t, courier)
	x.t.Cleanup(func() { goesHome(x.t, courier) })
	r := phoneOf(x.t, "the courier")
	r.signInStaff(courier)
	r.stands(counterAt)
	r.press("start-shift")
	r.sees("accept-offer")
	r.until("when the door expects them", shows("offer-when", "Expected today, "+hours))
	r.shot("courier-slot-offer")
	r.press("accept-offer")
	r.until("that they are not to come before", shows("ride-slot", "not before"))
	r.press("step-arrive")
	r.sees("code")
	x.isPacked("SLOT-1").isCollected()
	r.sees("step-at-door")
	r.until("the time at the door's end of the way", shows("ride-slot", hours))
	r.shot("courier-slot-door")
	return r
}

// comesBackBy has the courier find nobody, and the counter take the bag back.
func (x *tale) comesBackBy(r, counter *browser) {
	x.t.Helper()
	r.stands(doorAt)
	r.press("step-at-door")
	r.sees("pin")
	r.press("problem")
	r.press("fail-nobody_home")
	r.press("fail-sure")
	r.sees("step-turn-back")
	r.press("step-turn-back")
	code := r.text("code")
	counter.visit("/p/order/" + x.fill)
	counter.types("code", code)
	counter.press("take-back")
}
