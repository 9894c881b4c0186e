package e2e_test

import (
	"strings"
	"testing"
	"time"
)

// cast are the four who stand before a screen at the same time; the patient, or who acts for them.
type cast struct {
	patient, doctor, pharmacist, courier *browser
	whose                                string // name of who is treated
	rider                                string // address of the courier
}

func TestMedicineGoesFromSignUpToTheDoorWithFourPeopleAtTheirScreens(t *testing.T) {
	c := castOf(t, "the patient", "Wang Xiulan", "courier1@lampford.example")
	c.comesToWork()
	signUp(c.patient, c.whose)

	c.isSeen()
	c.orders()
	c.isPacked()
	c.isBrought()
}

func castOf(t *testing.T, who, whose, rider string) cast {
	t.Helper()
	return cast{phoneOf(t, who), deskOf(t, "the doctor"), deskOf(t, "the pharmacist"), phoneOf(t, "the courier"), whose, rider}
}

// comesToWork: the doctor goes on duty, the pharmacist opens the work list, the courier stands at the market place.
func (c cast) comesToWork() {
	c.doctor.signInStaff("vale@lampford.example")
	c.doctor.comesOnDuty()
	c.pharmacist.signInStaff(market)
	c.pharmacist.marks()
	c.courier.signInStaff(c.rider)
	c.courier.stands(counterAt)
	c.courier.shot("courier-off")
	c.courier.press("start-shift")
	c.courier.sees("end-shift")
	c.courier.t.Cleanup(func() { goesHome(c.courier.t, c.rider) })
	c.courier.shot("courier-waiting")
	c.courier.marks()
}

// comesOnDuty goes on duty where the doctor is not.
func (b *browser) comesOnDuty() {
	b.t.Helper()
	b.until("the day", shown("on-duty")+" || "+shown("off-duty"))
	var off bool
	b.eval(shown("on-duty"), &off)
	if off {
		b.press("on-duty")
		b.sees("off-duty")
	}
}

// isSeen goes from home to a signed prescription.
func (c cast) isSeen() {
	p, d := c.patient, c.doctor
	p.press("main-action")
	answers(p, "review", nothing)
	p.press("hand-in")
	p.press("queue")
	p.sees("waiting")
	p.press("ready")
	p.marks()
	d.marks()
	d.until("somebody who waits", can("admit-next"))
	d.shot("doctor-today")

	d.stroke("n")
	admitted := time.Now()
	p.told(admitted, "that the doctor is ready", shown("join"))
	d.sees("side-prescribe")
	p.press("join")
	p.state(within, "call", "phase", "here")
	d.state(within, "call", "phase", "here")
	d.until("the patient in the room", test("call")+`?.dataset.seats === '1'`)

	d.types("note-subjective", "Sore throat since last night.")
	d.types("summary", "You have a sore throat. Rest, drink, and take the capsules as written.")
	d.keysOutside("p")
	d.prescribes("amox 500", "1 tid 5d pc")
	d.shot("doctor-prescribe")
	d.signs("vale@lampford.example")
	p.until("nothing before the visit is over", `location.pathname.endsWith('/call')`)
	d.press("complete")
	p.told(time.Now(), "the summary", isState("visit", "completed"))
}

// keysOutside presses a key that means something only outside of a field.
func (b *browser) keysOutside(key string) {
	b.t.Helper()
	b.eval(`document.activeElement?.blur(), true`, nil)
	b.stroke(key)
}

// prescribes finds a medicine and doses it, by keyboard alone.
func (b *browser) prescribes(search, dosage string) {
	b.t.Helper()
	b.focused("find-medicine")
	b.keys(search)
	b.until("what was searched", `document.querySelectorAll('[data-test^="hit-"]').length > 0`)
	b.keys(enter)
	b.focused("dosage")
	b.keys(dosage)
	b.until("the sentence", test("sentence")+`?.innerText.length > 10`)
	b.keys(enter)
	b.sees("item-0")
}

// signs signs what was prescribed, by keyboard, with the code of the authenticator.
func (b *browser) signs(address string) {
	b.t.Helper()
	b.until("nothing that keeps it from being signed", can("review-sign"))
	b.chord(enter)
	b.sees("signing")
	b.until("the page to sign", test("signing")+`.querySelector('li') !== null`)
	b.shot("doctor-sign")
	b.types("sign-code", authenticatorOf(b.t, b.town, address).code(b.t))
	b.press("sign")
	b.sees("rx-signed")
}

// orders: the patient chooses a pharmacy and pays; the pharmacist sees it come.
func (c cast) orders() {
	p, f := c.patient, c.pharmacist
	p.press("get-medicine")
	choosesMarket(p)
	p.sees("pay")
	p.until("everything on the shelf", can("pay"))
	p.press("pay")
	p.until("the order to be placed", isState("order", "placed"))
	p.marks()
	f.told(time.Now(), "the new order", shown("work-offered"))
	f.shot("pharmacy-work")

	f.press("work-open")
	f.marks()
	f.press("review")
	p.told(time.Now(), "that a pharmacist is checking", isState("order", "reviewing"))
	f.sees("accept")
	f.shot("pharmacy-review")
	f.until("a yes that may be said", can("accept"))
	f.keysOutside("a")
	f.sees("fill-preparing")
	p.told(time.Now(), "that it is being packed", isState("order", "preparing"))
}

// choosesMarket says where to, and takes the market place's pharmacy.
func choosesMarket(p *browser) {
	p.t.Helper()
	p.sees("choose")
	p.press("address")
	p.types("street", "5 Lamp Street")
	p.press("on-map")
	p.sees("pinned")
	p.press("save-address")
	p.sees("quote")
	p.pressLabel("Choose: " + marketPlace)
}

// isPacked: the courier says yes and comes, the pharmacist packs and seals, and the counter hands over by the code.
func (c cast) isPacked() {
	p, f, r := c.patient, c.pharmacist, c.courier
	r.sees("accept-offer")
	r.shot("courier-offer")
	r.press("accept-offer")
	r.sees("step-arrive")
	r.shot("courier-to-counter")
	r.marks()
	p.told(time.Now(), "the courier on the map", shown("map"))
	r.press("step-arrive")
	r.sees("code")
	r.shot("courier-code")

	x := &tale{t: f.t, in: f.town, pharmacist: staff(f.t, "staff1@lampford.example"), patient: staff(f.t, "staff1@lampford.example")}
	x.pharmacy = pharmacyNamed(x, marketPlace)
	batch, expiry := x.shelf("amoxicillin/capsule/500mg")
	f.types("batch-0", batch)
	f.types("expiry-0", expiry)
	f.shot("pharmacy-pack")
	f.press("pack")
	f.press("labelled")
	f.types("seal", "chain-"+c.rider[:8])
	f.press("ready")
	f.sees("fill-ready")
	p.told(time.Now(), "that the bag is ready", isState("order", "ready"))
	f.shot("pharmacy-handover")
	code := r.text("code")
	f.types("code", code)
	f.press("hand-over")
	collected := time.Now()
	r.told(collected, "the way to the door", shown("step-at-door"))
	p.told(collected, "that the courier has it", isState("order", "collected"))
	f.sees("fill-collected")
}

// isBrought: to the door, and the PIN.
func (c cast) isBrought() {
	p, r := c.patient, c.courier
	r.stands(doorAt)
	r.shot("courier-to-door")
	r.press("step-at-door")
	r.sees("pin")
	r.shot("courier-pin")
	p.told(time.Now(), "the courier at the door", `document.querySelector('[data-test="title"]')?.innerText.includes('at the door')`)
	p.press("show-pin")
	p.shot("order-pin")
	pin := p.text("pin")
	for _, figure := range pin {
		r.press("key-" + string(figure))
	}
	r.press("hand-over")
	p.told(time.Now(), "that it is delivered", isState("order", "delivered"))
	r.told(time.Now(), "that there is nothing to do", shown("end-shift"))
	p.shot("order-delivered")
	if text := r.pageText(); strings.Contains(text, strings.Fields(c.whose)[0]) {
		r.t.Errorf("after the job the courier still sees whose it was: %s", text)
	}
}

// pageText is all that can be read.
func (b *browser) pageText() string {
	b.t.Helper()
	out := ""
	b.eval(`document.body.innerText`, &out)
	return out
}
