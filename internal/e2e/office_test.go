package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// operator signs in the one operator of the town, once for all of these stories.
func operator(t *testing.T) *browser {
	t.Helper()
	b := deskOf(t, "the operator")
	b.signInStaff(sim.DemoOperator)
	return b
}

func TestOperatorSeesAnOpenJobAndSendsAnotherCourier(t *testing.T) {
	b := operator(t)
	b.sees("map")
	b.marks()

	x := taleOf(t, "Early Elder").isSeen().orders(market, marketPlace)
	name := "HC-" + strings.ToUpper(x.order[len(x.order)-4:])
	row := fmt.Sprintf(`[...document.querySelectorAll('[data-test^="job-"]')].find((e) => e.innerText.includes(%q))`, name)

	b.until("the open job", `(document.querySelector('[data-test="more-fine"][aria-expanded="false"]')?.click(), `+row+` !== undefined)`)
	b.until("its story", `(`+row+`?.click(), `+shown("one-job")+`)`)
	b.shot("operator-city")
	x.pharmacist = staff(t, market)
	x.onShift("courier12@lampford.example").isReviewed().isAccepted()
	x.until(x.courier, "/ride", func(a sim.Answer) bool { return a.Text("todo") == "answer_offer" })
	x.rides("accept")
	b.told(time.Now(), "that a courier took it", shown("rematch"))
	b.press("rematch")
	x.until(x.courier, "/ride", func(a sim.Answer) bool { return a.Text("todo") != "ride_to_counter" })
}

func TestOperatorVetsACourierWhoAppliedAndDrawsAZoneAndMakesACoupon(t *testing.T) {
	b := operator(t)
	applies(t, "Rowan Applicant")
	b.visit("/o/vetting")
	b.press("application")
	b.sees("one-application")
	b.shot("operator-vetting")
	b.press("review")
	b.press("apps-reviewing")
	b.press("application")
	b.press("approve")
	b.press("apps-approved")
	b.sees("application")

	b.visit("/o/zones")
	b.shot("operator-zones")
	b.press("new-zone")
	b.types("zone-name", "Outer field 外田") // a name is nobody's to translate: it has both
	b.types("points", "56.10, 4.10\n56.10, 4.20\n56.16, 4.20")
	b.shot("operator-zone-typed")
	b.press("save-zone")
	b.until("the zone in the list", `[...document.querySelectorAll('[data-test="zone"]')].some((e) => e.innerText.includes('Outer field'))`)

	b.press("new-zone")
	b.types("zone-name", "Drawn field")
	b.state(within, "map", "state", "there")
	b.draws(`document.querySelector('[data-test="map"] canvas')`, [][2]float64{{.3, .3}, {.7, .3}, {.5, .7}})
	b.until("three points", test("points")+`.value.trim().split('\n').length === 3`)
	b.shot("operator-zone-drawn")

	b.visit("/o/coupons")
	b.press("new-coupon")
	code := fmt.Sprintf("STORY%d", time.Now().Unix()%100000)
	b.types("coupon-code", code)
	b.shot("operator-coupon")
	b.press("make-coupon")
	b.seesText(code)
	b.shot("operator-coupons")
	b.visit("/o/stuck")
	b.sees("title")
	b.shot("operator-stuck")
}

// applies hands in a courier's application with its papers, as a desk does.
func applies(t *testing.T, name string) {
	t.Helper()
	o := staff(t, sim.DemoOperator)
	must := func(a sim.Answer, err error) sim.Answer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	ctx := t.Context()
	who := must(o.Post(ctx, "/invites", sim.JSON{"role": "courier", "address": newAddress(), "name": name})).Text("account")
	app := must(o.Post(ctx, "/applications", sim.JSON{"kind": "courier", "subject": who, "licence": "C-77", "specialties": []string{}, "languages": []string{"en"}, "jurisdictions": []string{"house"}}))
	path := "/applications/" + app.Text("id")
	for _, paper := range []string{"licence", "identity", "background_check", "insurance"} {
		must(o.Post(ctx, path+"/papers", sim.JSON{"kind": paper, "valid_until": time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)}))
	}
	must(o.Post(ctx, path+"/submit", nil))
}

// draws clicks at shares of an element's width and height.
func (b *browser) draws(of string, at [][2]float64) {
	b.t.Helper()
	b.eval(of+`.scrollIntoView({block: 'center'}), true`, nil)
	for _, p := range at {
		var place [2]float64
		b.eval(fmt.Sprintf(`(() => { const r = %s.getBoundingClientRect(); return [r.left + r.width * %g, r.top + r.height * %g]; })()`, of, p[0], p[1]), &place)
		b.do(chromedp.MouseClickXY(place[0], place[1]))
	}
}

func TestSupportHasTheEvidenceAnswersAndGivesTheFeeBack(t *testing.T) {
	x := taleOf(t, "Peggy Lowe").isSeen().orders(market, marketPlace)
	x.pharmacist = staff(t, market)
	x.onShift("courier7@lampford.example").isReviewed().isAccepted().isPacked("CASE-1").isRidden().isCollected().rides("at-door").isDelivered()
	s := deskOf(t, "support")
	s.signInStaff("support@lampford.example")
	s.sees("case-state")
	s.marks()
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.visit("/case/new?about=" + x.order)
	p.press("category-late")
	p.types("case-text", "It came, but the bag was wet.")
	p.press("send-case")
	p.sees("case")
	sent := time.Now()
	p.marks()

	s.press("case-state-open")
	s.told(sent, "the new case", shown("case"))
	s.press("case")
	s.sees("evidence")
	s.seesText("the bag was wet")
	s.shot("support-case")
	s.press("take")
	s.types("case-answer", "We are sorry. The delivery fee goes back.")
	s.press("answer")
	p.told(time.Now(), "the answer", `document.body.innerText.includes('The delivery fee goes back.')`)
	s.press("refund")
	s.shot("support-refund")
	s.press("refund-sure")
	s.sees("action-done")
	p.shot("case")
	paid := x.must(x.patient.Get(t.Context(), "/orders/"+x.order+"/payments"))
	if got := paid.At("items.0.refunded.minor"); got != 800.0 {
		t.Errorf("%v were given back, want 800", got)
	}
}

func TestAuditorFindsWhoLookedAndThatNothingWasAltered(t *testing.T) {
	x := taleOf(t, "Watched Willow").isSeen()
	b := deskOf(t, "the auditor")
	b.signInStaff("auditor@lampford.example")
	b.sees("prove")

	b.press("prove")
	b.until("the proof", test("proof")+`?.classList.contains('ok')`)
	b.types("audit-patient", x.person)
	b.press("audit-find")
	b.sees("audit-lines")
	b.shot("auditor")

	lines := 0
	b.eval(test("audit-lines")+`.querySelectorAll('tr').length`, &lines)
	if lines == 0 {
		t.Error("nobody is said to have looked")
	}
	if text := b.text("audit-lines"); len(text) == 0 {
		t.Error("the lines say nothing")
	}
}
