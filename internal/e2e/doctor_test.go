package e2e_test

import (
	"fmt"
	"testing"

	"housecall/internal/sim"
)

const chen = "chen@lampford.example"

// calls opens the queue and calls in the one of this name.
func (b *browser) calls(name string) {
	b.t.Helper()
	b.visit("/d/queue")
	b.until(name+" in the queue", fmt.Sprintf(`[...document.querySelectorAll('[data-test="waiting"]')].some((e) => e.innerText.includes(%q) && (e.querySelector('[data-test="admit"]').click(), true))`, name))
	b.sees("side-notes")
}

// serverHas waits until what the page's session reads at a route of the API is as wished.
func (b *browser) serverHas(what, path, check string) {
	b.t.Helper()
	b.until(what, fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open('GET', '/api/v1' + %q, false); r.send(); const a = JSON.parse(r.responseText); return %s; })()`, path, check))
}

func TestDoctorCallsSomebodyInReadsTheChartAndTheNotesSaveThemselves(t *testing.T) {
	b := deskOf(t, "Dr Chen")
	b.signInStaff(chen)
	if off := b.pageText(); len(off) == 0 {
		t.Fatal("the doctor's day is empty")
	}
	b.press("on-duty")
	b.sees("off-duty")
	x := taleOf(t, "Mabel Thorne").tells(sim.JSON{"egfr": "38"}).waits()
	b.visit("/d/queue")
	b.until("who waits", `document.querySelector('[data-test="waiting"]')?.innerText.includes('Mabel Thorne')`)
	b.shot("doctor-queue")
	b.calls("Mabel Thorne")

	for _, fact := range []string{"Mabel Thorne", "eGFR 38", "58 kg", "38.1", "It hurts to swallow"} {
		b.seesText(fact)
	}
	b.types("note-subjective", "Swallowing hurts.")
	b.serverHas("the note to be saved", "/visits/"+x.visit+"/note", `a.subjective === 'Swallowing hurts.'`)
	b.offline(true)
	b.types("note-plan", "Written in a tunnel.")
	b.sees("offline")
	b.reloadOnline()
	b.until("what was typed", test("note-plan")+`?.value === 'Written in a tunnel.'`)
	b.serverHas("it on the server", "/visits/"+x.visit+"/note", `a.plan === 'Written in a tunnel.' && a.subjective === 'Swallowing hurts.'`)
	b.shot("doctor-visit")

	x.post(x.patient, "/visits/"+x.visit+"/ticket", nil) // takes a seat in the call
	b.press("complete")
	b.until("the visit to be over", `!`+test("complete"))
	b.seesText("Written in a tunnel.")
	b.shot("doctor-visit-over")
}

// reloadOnline is the network coming back and the page loaded anew.
func (b *browser) reloadOnline() {
	b.t.Helper()
	b.offline(false)
	b.reload()
}

func TestHardStopCanNotBeSignedAndAWarningNeedsAReason(t *testing.T) {
	taleOf(t, "Hilda Marsh").tells(sim.JSON{
		"allergies": []sim.JSON{{"words": "penicillin"}}, "medicines": []sim.JSON{{"words": "lisinopril"}}, "none": []string{"condition"},
	}).waits()
	b := deskOf(t, "Dr Chen")
	b.signInStaff(chen)
	if onDuty(t, someDoctor()) == nil {
		t.Fatal("nobody is on duty")
	}
	b.comesOnDuty()
	b.calls("Hilda Marsh")
	b.seesText("penicillin")
	b.keysOutside("p")

	b.prescribes("amox 500", "1 tid 5d pc")
	b.sees("finding-hard_stop")
	b.shot("doctor-stop")
	b.until("a sign that can't be pressed", cannot("review-sign"))
	b.chord(enter)
	var open bool
	b.eval(`!!`+test("signing"), &open)
	if open {
		t.Error("with a hard stop the page to sign opens")
	}
	b.press("remove-0")
	b.until("the stop to be gone", `!`+test("finding-hard_stop"))

	b.prescribes("ibuprofen 400", "1 tid 3d pc")
	b.sees("finding-warning")
	b.until("a sign that waits for the reason", cannot("review-sign"))
	b.shot("doctor-warning")
	b.reasons()
	b.signs(chen)
	if text := b.pageText(); text == "" {
		t.Error("nothing is shown after signing")
	}
	b.sees("rx-signed")
}

// reasons picks the first reason for each warning.
func (b *browser) reasons() {
	b.t.Helper()
	b.until("a reason for each", `(() => {
		const open = [...document.querySelectorAll('[data-test="finding-warning"]')].filter((f) => !f.querySelector('button[aria-pressed="true"]'));
		open[0]?.querySelector('button[data-test^="reason-"]')?.click();
		return open.length === 0;
	})()`)
}

func TestDoctorSetsTheHoursInWhichVisitsMayBeBooked(t *testing.T) {
	b := deskOf(t, "Dr Hollander")
	b.signInStaff("hollander@lampford.example")
	b.visit("/d/hours")
	b.sees("save-hours")
	b.eval(`document.querySelector('fieldset button.btn').click(), true`, nil)
	var after int
	b.eval(`document.querySelectorAll('fieldset .span').length`, &after)
	b.shot("doctor-hours")

	b.press("save-hours")

	b.sees("saved")
	b.reload()
	b.until("the hours as saved", `document.querySelectorAll('fieldset .span').length === `+fmt.Sprint(after))
}
