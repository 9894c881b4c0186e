package e2e_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The town acts by itself after 20 seconds: doctors, pharmacies, couriers.
const townActs = 90 * time.Second

// says answers one question of an intake.
func says(b *browser, step string) {
	b.t.Helper()
	switch step {
	case "where":
		b.press("on-map")
		b.sees("placed")
	case "contact":
		b.types("call-back", "+44 20 7946 0000")
		b.press("consent")
	case "complaint":
		b.press("complaint-sore_throat")
	case "story":
		b.types("words", "It hurts to swallow since last night.")
	case "temperature":
		b.types("temperature", "38.1")
	case "allergies":
		b.press("allergy-none-none")
	case "medicines":
		b.press("medicine-none-none")
	case "conditions":
		b.press("condition-none-none")
	case "pregnancy":
		b.press("pregnancy-no")
	case "body":
		b.types("weight", "58")
	}
}

// answers goes through the questions of an intake up to one of them; no to every red flag on the way.
func answers(b *browser, upTo string, each func(step string)) {
	b.t.Helper()
	for range 40 {
		b.sees("step")
		var step string
		b.eval(test("step")+".dataset.step", &step)
		each(step)
		if strings.HasPrefix(step, upTo) {
			return
		}
		if strings.HasPrefix(step, "q-") {
			b.press("answer-no") // no goes on by itself
		} else {
			says(b, step)
			b.press("next")
		}
		b.until("the next question", fmt.Sprintf(`%s?.dataset.step !== %q`, test("step"), step))
	}
	b.t.Fatal("the intake has no end")
}

func nothing(string) {}

// signUp makes an account of somebody nobody knows yet, and answers their address when home is there.
func signUp(b *browser, name string) string {
	b.t.Helper()
	address := newAddress()
	b.visit("/")
	b.shot("sign-in")
	b.types("address", address)
	b.press("continue")
	b.sees("code")
	b.shot("sign-in-code")
	b.types("code", b.code(address))
	b.press("continue")
	b.sees("sign-in-profile")
	b.shot("sign-up")
	b.types("name", name)
	b.types("birth", "1955-03-08")
	b.press("sex-female")
	b.press("continue")
	b.state(within, "home", "row", "nothing")
	return address
}

func TestSomebodyNewSignsUpIsSeenAndPaysAndFollowsTheMedicine(t *testing.T) {
	t.Parallel()
	b := open(t, "somebody new")
	signUp(b, "Wang Xiulan")
	b.shot("home-nothing")
	b.press("main-action")
	answers(b, "review", func(step string) {
		if !strings.HasPrefix(step, "q-") || step == "q-R001" {
			b.shot("intake-" + step)
		}
	})
	b.press("hand-in")
	b.sees("queue")
	b.shot("now-or-later")
	b.press("queue")
	b.sees("waiting")
	b.press("ready")
	b.sees("is-here")
	b.shot("waiting-room")
	b.seesIn(townActs, "join")
	b.press("join")
	b.sees("call")
	b.shot("call")
	b.state(townActs, "visit", "state", "completed")
	b.shot("visit-summary")
	b.press("to-rx")
	b.sees("rx")
	b.shot("prescription")
	b.press("get-medicine")
	buys(b)
}

// buys goes from the choice of a pharmacy to the map; the first card is refused.
func buys(b *browser) {
	b.t.Helper()
	b.sees("choose")
	b.press("address")
	b.types("street", "5 Lamp Street")
	b.press("on-map")
	b.press("save-address")
	b.sees("quote")
	b.shot("pharmacies")
	b.press("choose-pharmacy")
	b.sees("pay")
	b.shot("pay")
	if total := b.text("total"); !regexp.MustCompile(`^¥\d+\.\d\d$`).MatchString(total) {
		b.t.Errorf("the total reads %q, want ¥ with two decimals", total)
	}
	b.press("card-card_refused")
	b.press("pay")
	b.seesText("You were not charged")
	b.press("card-card_ok")
	b.press("pay")

	b.until("the order to be on its way", `['placed', 'reviewing', 'preparing', 'ready', 'collected'].includes(`+test("order")+`?.dataset.state)`)
	b.shot("order-placed")
	b.seesIn(townActs, "map")
	b.shot("order-followed")
	b.press("share-link")
	link := b.text("track-link")

	receiver := open(b.t, "who receives")
	receiver.visit(link[strings.Index(link, "/t#"):])
	receiver.sees("track")
	receiver.shot("receiver")
	if text := receiver.text("track"); strings.Contains(text, "Wang") || strings.Contains(text, "PIN:") {
		b.t.Errorf("who receives learns more than where the bag is: %s", text)
	}
}

func TestRedFlagStopsTheIntakeAndSaysWhomToCall(t *testing.T) {
	t.Parallel()
	b := open(t, "somebody in danger")
	signUp(b, "Wang Xiulan")
	b.press("main-action")
	answers(b, "q-", nothing)

	b.press("answer-yes")

	b.sees("red-flag")
	b.shot("red-flag")
	var tel string
	b.eval(test("call-emergency")+".getAttribute('href')", &tel)
	if tel != "tel:112" {
		t.Errorf("the button calls %q, want the emergency number of the place", tel)
	}
	b.until("no way on", `!`+test("next")+` && !`+test("hand-in"))
}

func TestNothingTypedIsLostByReloadOrLostNetwork(t *testing.T) {
	t.Parallel()
	b := open(t, "somebody on a train")
	signUp(b, "Wang Xiulan")
	b.press("main-action")
	answers(b, "story", nothing)
	b.offline(true)

	b.types("words", "Typed in a tunnel.")
	b.state(within, "saved", "here", "true")
	b.sees("offline")
	b.shot("intake-offline")
	b.offline(false)
	b.reload()

	b.until("what was typed", test("words")+`?.value === 'Typed in a tunnel.'`)
	b.state(within, "saved", "here", "false")
	b.until("it to be on the server", `(() => { const r = new XMLHttpRequest(); r.open('GET', '/api/v1' + location.pathname.replace('/intake/', '/intakes/').replace(/\/story$/, ''), false); r.send(); return JSON.parse(r.responseText).words === 'Typed in a tunnel.'; })()`)
}

func TestDaughterActsForHerMotherAndAlwaysSeesForWhom(t *testing.T) {
	t.Parallel()
	b := desk(t, "the daughter")
	b.signIn("demo@lampford.example")
	b.sees("home")
	b.press("switch")
	b.until("her mother", `[...document.querySelectorAll('dialog a')].some((a) => a.innerText.includes('Ada') && (a.click(), true))`)
	b.until("home of her mother", `document.querySelector('[data-test="for"]')?.innerText.includes('Ada Whitlock')`)
	b.shot("home-for-mother")

	for _, at := range []string{"/visits", "/medicine"} {
		b.eval(fmt.Sprintf(`history.pushState(null, '', location.pathname.split('/').slice(0, 3).join('/') + %q), window.dispatchEvent(new PopStateEvent('popstate')), true`, at), nil)
		b.until("whose it is", `document.querySelector('[data-test="for"]')?.innerText.includes('Ada Whitlock')`)
	}
	b.visit("/circle")
	b.sees("circle")
	b.shot("circle")
	b.visit("/me")
	b.sees("sign-out")
	b.shot("me")
	b.visit("/case/new")
	b.sees("new-case")
	b.shot("problem")
}

func TestElderModeShowsOneDecisionAndTwoTabsInChinese(t *testing.T) {
	t.Parallel()
	b := open(t, "Lin Meihua")
	b.visit("/")
	b.press("language")
	b.press("elder")
	b.signIn("lin@lampford.example")
	b.sees("home")
	b.until("the page in Chinese", `document.documentElement.lang === 'zh-CN' && document.body.innerText.includes('哪里不舒服')`)
	b.shot("home-elder-zh")

	var tabs, small int
	b.eval(`[...document.querySelectorAll('.tabs a')].filter((a) => a.getClientRects().length > 0).length`, &tabs)
	b.eval(`[...document.querySelectorAll('main .btn, .foot .btn, .tabs a')].filter((e) => e.getClientRects().length > 0 && e.getBoundingClientRect().height < 60).length`, &small)
	if tabs != 2 || small != 0 {
		t.Errorf("%d tabs and %d targets under 60 px, want 2 and none", tabs, small)
	}
	b.sees("read-aloud")
}
