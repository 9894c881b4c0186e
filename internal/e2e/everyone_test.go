package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"housecall/internal/sim"
)

func TestPatientWhoReloadsInEveryStateIsWhereTheyWere(t *testing.T) {
	x := taleOf(t, "Bess Otter")
	b := phoneOf(t, "the patient")
	b.signIn(x.address)
	b.state(within, "home", "row", "nothing")
	b.marks()
	for _, s := range []struct {
		row string
		act func()
	}{
		{"intake", func() { x.begins() }},
		{"waiting", func() { x.tells(nil).waits() }},
		{"call_open", func() { x.isAdmitted(someDoctor()) }},
		{"nothing", func() { x.post(x.doctor, "/visits/"+x.visit+"/hand-over", sim.JSON{}); x.ends() }},
		{"signed", func() { x.intake = ""; x.isSeen() }},
		{"unpaid", func() { x.reserves(market, marketPlace) }},
		{"reviewing", func() { x.pays() }},
		{"preparing", func() { x.onShift("courier8@lampford.example").isReviewed().isAccepted() }},
		{"collected", func() { x.isPacked("RELOAD-1").isRidden().isCollected() }},
		{"at_door", func() { x.rides("at-door") }},
		{"delivered", func() { x.isDelivered() }},
	} {
		s.act()
		if s.row != "intake" { // a draft of one's own on another device is nobody's news
			b.told(time.Now(), s.row, test("home")+fmt.Sprintf(`?.dataset.row === %q`, s.row))
		}
		b.reload()
		b.until("home after a reload, "+s.row, `window.__same === undefined && `+test("home")+fmt.Sprintf(`?.dataset.row === %q`, s.row))
		b.shot("home-" + s.row)
		b.marks()
	}
}

func TestStrangerWithTheAddressSeesNothing(t *testing.T) {
	x := taleOf(t, "Secret Sorrel").isSeen().orders(market, marketPlace)
	_, address := newcomer(t, "Nosy Parker", "1970-01-01", "other")
	for _, who := range []string{"somebody signed in", "nobody"} {
		t.Run(who, func(t *testing.T) {
			b := phoneOf(t, who)
			if who == "somebody signed in" {
				b.signIn(address)
				b.sees("home")
			}
			for _, path := range []string{
				"/order/" + x.order, "/order/" + x.order + "/answer", "/visit/" + x.visit, "/visit/" + x.visit + "/call", "/visit/" + x.visit + "/wait",
				"/rx/" + x.rx, "/rx/" + x.rx + "/order", "/intake/" + x.intake, "/for/" + x.person, "/record/" + x.person, "/record/" + x.person + "/access",
			} {
				opened := time.Now()
				b.visit(path)
				b.settle()
				t.Logf("%s after %d ms", path, time.Since(opened).Milliseconds())
				b.until("an answer at "+path, `document.querySelector('h1') !== null`)
				text := strings.ToLower(b.pageText())
				for _, secret := range []string{"sorrel", "amoxicillin", "lamp street", "throat", "pin"} {
					if strings.Contains(text, secret) {
						t.Errorf("%s reads %q at %s:\n%s", who, secret, path, text)
					}
				}
			}
		})
	}
}

func TestSessionThatEndsWhileTypingKeepsWhatWasTyped(t *testing.T) {
	x := taleOf(t, "Wilma Reed").begins()
	b := phoneOf(t, "the patient")
	b.signIn(x.address)
	b.sees("home")
	b.visit("/intake/" + x.intake + "/where")
	answers(b, "story", nothing)
	x.revokes(b)

	b.types("words", "Typed after the session had ended.")

	b.sees("sign-in-again")
	b.shot("sign-in-again")
	b.until("what was typed behind it", test("words")+`?.value === 'Typed after the session had ended.'`)
	b.types("address", x.address)
	b.press("continue")
	b.sees("code")
	b.types("code", b.code(x.address))
	b.press("continue")
	b.until("the sheet to go", `!`+test("sign-in-again"))
	b.serverHas("what was typed", "/intakes/"+x.intake, `a.words === 'Typed after the session had ended.'`)
}

// revokes ends the session of a browser, from another device.
func (x *tale) revokes(b *browser) {
	x.t.Helper()
	list := x.must(x.patient.Get(x.t.Context(), "/sessions"))
	for n := range listOf(list, "items") {
		if at := fmt.Sprintf("items.%d.", n); list.At(at+"present") != true {
			if _, err := x.patient.Edit(x.t.Context(), "DELETE", "/sessions/"+list.Text(at+"id"), "*", nil); err != nil {
				x.t.Fatal(err)
			}
		}
	}
	b.t.Helper()
}

func TestWhoPressesPayTwicePaysOnce(t *testing.T) {
	x := taleOf(t, "Hasty Hazel").isSeen().reserves(market, marketPlace)
	b := phoneOf(t, "the patient")
	b.signIn(x.address)
	b.visit("/order/" + x.order)
	b.until("a button to pay", can("pay"))

	b.eval(`(() => { const e = `+test("pay")+`; e.click(); e.click(); e.click(); return true; })()`, nil)

	b.state(within, "order", "state", "placed")
	paid := x.must(x.patient.Get(t.Context(), "/orders/"+x.order+"/payments"))
	if got := len(listOf(paid, "items")); got != 1 {
		t.Errorf("%d payments, want one", got)
	}
}

func TestPaymentPressedWithoutNetworkIsMadeOnceWhenItIsBack(t *testing.T) {
	x := taleOf(t, "Tunnel Tansy").isSeen().reserves(market, marketPlace)
	b := phoneOf(t, "the patient")
	b.signIn(x.address)
	b.visit("/order/" + x.order)
	b.until("a button to pay", can("pay"))
	b.offline(true)

	b.press("pay")
	b.sees("offline")
	b.shot("pay-offline")
	b.offline(false)
	b.until("the button again, or the order placed", isState("order", "placed")+` || (`+shown("trouble")+` && (`+test("pay")+`.click(), false))`)

	paid := x.must(x.patient.Get(t.Context(), "/orders/"+x.order+"/payments"))
	if got := len(listOf(paid, "items")); got != 1 {
		t.Errorf("%d payments, want one", got)
	}
}

func TestIntakeCanBeFilledInByKeyboardAlone(t *testing.T) {
	x := taleOf(t, "Kay Board").begins()
	b := deskOf(t, "who uses no mouse")
	b.signIn(x.address)
	b.sees("home")
	b.visit("/intake/" + x.intake + "/where")
	for range 40 {
		b.sees("step")
		var step string
		b.eval(test("step")+".dataset.step", &step)
		if step == "review" {
			b.tabTo("the hand-in", hasTest("hand-in"))
			b.keys(enter)
			b.sees("later")
			return
		}
		b.answersByKeys(step)
		b.until("the next question", fmt.Sprintf(`%s?.dataset.step !== %q`, test("step"), step))
	}
	t.Fatal("the intake has no end")
}

// answersByKeys answers one question with Tab, Space, Enter and letters.
func (b *browser) answersByKeys(step string) {
	b.t.Helper()
	chooses := func(name string) {
		b.tabTo(name, fmt.Sprintf(`(e) => e.closest('[data-test="%s"]') !== null`, name))
		b.keys(" ")
	}
	writes := func(name, text string) { b.tabTo(name, hasTest(name)); b.keys(text) }
	switch {
	case strings.HasPrefix(step, "q-"):
		b.tabTo("yes or no", `(e) => e.closest('[data-test^="answer-"]') !== null`)
		b.until("no by the arrows", `document.activeElement.closest('[data-test="answer-no"]') !== null`)
		b.keys(" ")
		return
	case step == "where":
		b.tabTo("the map", hasTest("on-map"))
		b.keys(enter)
		b.sees("placed")
	case step == "contact":
		writes("call-back", "+44 20 7946 0000")
		chooses("consent")
	case step == "complaint":
		chooses("complaint")
		b.until("something chosen", `document.querySelector('input:checked') !== null`)
	case step == "story":
		writes("words", "It hurts.")
	case step == "temperature":
		writes("temperature", "38.1")
	case step == "allergies":
		chooses("allergy-none-none")
	case step == "medicines":
		chooses("medicine-none-none")
	case step == "conditions":
		chooses("condition-none-none")
	case step == "pregnancy":
		chooses("pregnancy-no")
	case step == "body":
		writes("weight", "58")
	}
	b.tabTo("the way on", hasTest("next"))
	b.keys(enter)
}

func TestMapOfAnAddressOpensOnceTheTownIsKnown(t *testing.T) {
	x := taleOf(t, "Quick Quince").isSeen()
	b := phoneOf(t, "who presses fast")
	b.signIn(x.address)
	b.sees("home")
	b.visit("/rx/" + x.rx + "/order")
	b.sees("choose")
	b.eval(`(() => { const ask = window.fetch; window.fetch = (url, how) => String(url).includes('/pharmacies?') ? new Promise((go) => window.__arrive = go).then(() => ask(url, how)) : ask(url, how); return true; })()`, nil)
	b.press("address")
	b.types("street", "5 Lamp Street")

	b.until("a map that waits", cannot("on-map"))
	b.press("save-address")
	b.seesText("Say street and number, and where it is.")
	b.until("the town to come", `window.__arrive !== undefined && (window.__arrive(), true)`)
	b.press("on-map")
	b.sees("pinned")
	b.press("save-address")

	b.sees("quote")
}
