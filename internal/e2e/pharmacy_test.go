package e2e_test

import (
	"testing"
	"time"

	"housecall/internal/sim"
)

// atCounter is an order that a patient has just paid, and the pharmacist of the market place before it.
func atCounter(t *testing.T, name string) (*tale, *browser) {
	t.Helper()
	x := taleOf(t, name).isSeen().orders(market, marketPlace)
	f := deskOf(t, "the pharmacist")
	f.signInStaff(market)
	f.marks()
	f.visit("/p/order/" + x.fill)
	f.marks()
	return x, f
}

func TestPharmacistAsksTheDoctorAndRefusesAndThePatientSeesBoth(t *testing.T) {
	x, f := atCounter(t, "Agnes Pell")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.visit("/order/" + x.order)
	p.sees("order")
	p.marks()
	f.press("review")
	f.press("ask")
	f.types("ask-text", "Is five days meant?")
	f.shot("pharmacy-ask")
	f.press("ask-send")
	f.sees("paused")

	fill := x.must(x.pharmacist.Get(t.Context(), "/fills/"+x.fill))
	x.post(x.doctor, "/fills/"+x.fill+"/questions/"+fill.Text("questions.0.id")+"/answer", sim.JSON{"decision": "confirmed", "text": "Five, yes."})
	f.told(time.Now(), "the doctor's answer", `!`+test("paused")+` && document.body.innerText.includes('Five, yes.')`)

	f.keysOutside("x")
	f.press("refuse-out_of_stock")
	f.shot("pharmacy-refuse")
	f.press("refuse-sure")
	f.until("the order gone from this counter", `document.querySelector('[data-test="fill-refused"], [data-test="fill-released"]') !== null`)
	p.told(time.Now(), "that another pharmacy has it", `document.body.innerText.includes('Pharmacy 2')`)
	p.shot("order-again")
}

func TestPatientAnswersTheSubstituteThatThePharmacistProposes(t *testing.T) {
	for _, c := range []struct {
		name, press, product string
	}{
		{"yes", "accept", "doxycycline/tablet/100mg"},
		{"no", "decline", "doxycycline/capsule/100mg"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := taleOf(t, "Rose Tully").isGiven("doxycycline/capsule/100mg", 2).orders(market, marketPlace).isReviewed()
			f := deskOf(t, "the pharmacist")
			f.signInStaff(market)
			f.visit("/p/order/" + x.fill)
			p := phoneOf(t, "the patient")
			p.signIn(x.address)
			p.sees("home")
			p.marks()
			f.press("substitute")
			f.types("substitute-product", "doxycycline/tablet/100mg")
			f.shot("pharmacy-substitute")
			f.press("substitute-send")
			f.sees("paused")
			f.marks()

			p.told(time.Now(), "that the pharmacy asks", test("home")+`?.dataset.row === 'asked'`)
			p.shot("home-asked")
			p.press("main-action")
			p.sees("question")
			p.shot("substitute")
			p.press(c.press)

			f.told(time.Now(), "the patient's answer", `!`+test("paused"))
			fill := x.until(x.pharmacist, "/fills/"+x.fill, func(a sim.Answer) bool { return a.Text("questions.0.answer") != "" })
			if got := fill.Text("lines.0.product"); got != c.product {
				t.Errorf("the line is %s, want %s", got, c.product)
			}
			p.state(within, "order", "state", "reviewing")
		})
	}
}

func TestPharmacistGivesLessThanWasPrescribed(t *testing.T) {
	x, f := atCounter(t, "Enid Carr")
	f.press("review")
	f.until("a yes that may be said", can("accept"))
	f.press("accept")
	f.sees("fill-preparing")

	f.press("give-less")
	f.types("less-0", "10")
	f.shot("pharmacy-less")
	f.press("less-sure")

	f.until("the sheet to close", `!document.querySelector('dialog[open]')`)
	fill := x.must(x.pharmacist.Get(t.Context(), "/fills/"+x.fill))
	if fill.At("lines.0.quantity") != 10.0 || fill.Text("partly") != "out_of_stock" {
		t.Errorf("the line has %v (%s), want 10, out of stock", fill.At("lines.0.quantity"), fill.Text("partly"))
	}
}

func TestPharmacyTakesStockInAndPausesAndGoesOn(t *testing.T) {
	f := deskOf(t, "the pharmacist of Larkhill")
	f.signInStaff("pharmacist5@lampford.example")
	f.visit("/p/stock")
	f.sees("stock-line")
	f.shot("pharmacy-stock")
	f.press("receive")
	f.types("stock-product", "paracetamol/tablet/500mg")
	f.types("stock-batch", "STORY-1")
	f.types("stock-expiry", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
	f.types("stock-units", "200")
	f.types("stock-pack", "20")
	f.types("stock-price", "12.50")
	f.shot("pharmacy-receive")
	f.press("stock-take")
	f.until("the sheet to close", `!document.querySelector('dialog[open]')`)
	f.types("find", "paracetamol")
	f.seesText("STORY-1")

	f.visit("/p/hours")
	f.shot("pharmacy-hours")
	f.press("pause")
	f.sees("resume")
	f.shot("pharmacy-paused")
	f.visit("/p")
	f.seesText("Paused")
	f.visit("/p/hours")
	f.press("resume")
	f.sees("pause")
}
