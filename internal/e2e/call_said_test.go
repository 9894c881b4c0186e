package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"

	"github.com/chromedp/chromedp"
)

// photo is a picture file of this name.
func photo(t *testing.T, name string) string {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
		t.Fatal(err)
	}
	return written(t, name, picture.String())
}

func TestWhatWasWrittenAndSentInACallIsReadAfterwardsByThoseOfTheVisitAlone(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	patient.press("chat")
	for n, file := range []string{written(t, "Blood-test-of-the-ninth-of-November-at-the-clinic-by-the-harbour.pdf", aPaper), photo(t, "Throat.png")} {
		patient.hands("call-file", file)
		patient.until("the file in the chat", fmt.Sprintf(`document.querySelectorAll('[data-test="open-file"]').length === %d`, n+1))
	}
	patient.types("chat-text", "It hurts to swallow on the left.")
	patient.press("chat-send")
	doctor.seesText("It hurts to swallow on the left.")
	patient.seesText("Read by Doctor")
	patient.until("how good the network is", `Number(`+test("quality")+`?.dataset.quality) >= 1`)
	doctor.types("chat-text-beside", "Rest and drink water.")
	doctor.press("chat-send-beside")
	patient.seesText("Rest and drink water.")
	if _, err := v.doctor.Post(t.Context(), "/visits/"+v.id+"/complete", nil); err != nil {
		t.Fatal(err)
	}

	patient.width = 390
	patient.do(chromedp.EmulateViewport(390, 844))
	patient.visit("/visit/" + v.id)
	patient.seesText("2 messages, 2 files")
	patient.shot("visit-said")
	patient.press("said")
	patient.state(within, "said", "files", "2")
	patient.state(within, "said", "lines", "4")
	patient.seesText("It hurts to swallow on the left.")
	patient.seesText("Rest and drink water.")
	patient.opens("said-file", "Blood-test", aPaper)
	patient.shot("said")
	patient.fits("said")
	patient.speaksChinese("said")

	doctor.visit("/d/visit/" + v.id)
	doctor.press("said")
	doctor.state(within, "said", "files", "2")
	doctor.seesText("It hurts to swallow on the left.")
	doctor.opens("said-file", "Blood-test", aPaper)
	doctor.shot("said-doctor")

	stranger, err := v.ward.demo.SignIn(t.Context(), "ada@lampford.example")
	if err != nil {
		t.Fatal(err)
	}
	other := sits(camera(t, lime), t, stranger, "a stranger")
	other.visit("/visit/" + v.id + "/said")
	other.seesText("not yours to see")
	other.until("nothing of what was written", `!document.body.innerText.includes('It hurts to swallow') && !`+test("said"))
}

// opens presses a file of this name and asks that its content is what opens.
func (b *browser) opens(name, label, content string) {
	b.t.Helper()
	b.eval(`window.__opened = []; window.open = (url) => { window.__opened.push(url); return null; }`, nil)
	b.until(label+" to open", fmt.Sprintf(`(() => { const e = [...document.querySelectorAll('[data-test=%q]')].find((x) => x.innerText.includes(%q)); if (e) e.click(); return !!e; })()`, name, label))
	b.until("the address of the file", `window.__opened.length === 1`)
	b.until("what was sent, in it", fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open('GET', window.__opened[0], false); r.send(); return r.status === 200 && r.responseText === %q; })()`, content))
}
