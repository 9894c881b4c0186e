package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// invited signs somebody up, queues them and has them called in; it answers their phone and a guest's link.
func invited(t *testing.T) (*browser, string) {
	t.Helper()
	b := open(t, "the patient who invites")
	signUp(b, "Wang Xiulan")
	b.press("main-action")
	answers(b, "review", nothing)
	b.press("hand-in")
	b.press("queue")
	b.sees("waiting")
	b.press("ready")
	b.press("invite")
	b.press("make-link")
	link := b.text("guest-link")
	return b, link[strings.Index(link, "/g#"):]
}

func TestAGuestSeesWhoseCallItIsJoinsAndComesBackInTheSameBrowserAlone(t *testing.T) {
	_, link := invited(t)
	guest := open(t, "the interpreter")
	guest.visit(link)
	guest.sees("guest")
	guest.shot("guest")

	guest.press("guest-join")
	guest.seesText("Enter your name")
	guest.types("guest-name", "Wu Jing")
	guest.press("guest-join")

	guest.until("the room, or the wait for it", test("guest-early")+" || "+test("call"))
	guest.seesIn(townActs, "call")
	guest.shot("guest-call")
	if text := guest.pageText(); strings.Contains(text, "Wang") || strings.Contains(text, "Visits") {
		t.Errorf("a guest sees more than the room: %s", text)
	}

	guest.reload()
	guest.sees("call")

	other := open(t, "somebody the link was passed on to")
	other.visit(link)
	other.sees("guest-used")
	other.shot("guest-used")
}

func TestALinkThatWasInventedSaysSoAndNothingElse(t *testing.T) {
	b := open(t, "somebody with an old link")

	b.visit("/g#vis_none.invented")

	b.sees("guest-none")
	b.shot("guest-none")
}

func TestAnybodyTriesTheirDeviceBeforeAVisit(t *testing.T) {
	b := open(t, "somebody before a visit")

	b.visit("/call")

	b.sees("call-check")
	b.state(30*time.Second, "devices", "picture", "true")
	b.press("play-tone")
	b.press("tone-no")
	b.seesText("Turn the sound up")
	b.shot("call-check")
}

func TestOperatorSeesTheCityItsStagesTheForecastAndTakesTablesAway(t *testing.T) {
	b := desk(t, "the operator")
	b.signInStaff("operator@lampford.example")
	b.sees("city")
	b.state(within, "map", "state", "there")
	b.shot("city")

	b.visit("/o/stages")
	b.until("stages, or that nothing was delivered", test("stages")+` || document.querySelector('.empty')`)
	b.shot("stages")
	b.visit("/o/forecast")
	b.until("a forecast, or that it is too early", test("forecast")+" || "+test("forecast-none"))
	b.shot("forecast")

	b.visit("/o/exports")
	b.sees("export-orders")
	b.shot("exports")
	for what, column := range map[string]string{"orders": "order,state,why", "ledger": "at,source,what,account"} {
		got := ""
		b.until("the table of "+what, fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open('GET', '/api/v1/exports/%s', false); r.send(); window.__table = r.responseText; return r.status === 200; })()`, what))
		b.eval(`window.__table.split('\n')[0]`, &got)
		if !strings.HasPrefix(got, column) {
			t.Errorf("the table of %s begins %q, want %q", what, got, column)
		}
	}
	b.press("export-orders")
	b.until("no trouble", `!`+test("trouble"))
}
