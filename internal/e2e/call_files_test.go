package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// hands gives files to a field for files, as if they had been chosen.
func (b *browser) hands(name string, files ...string) {
	b.t.Helper()
	b.until(name+" to give files to", test(name))
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		found, err := cdp.Call(ctx, tab, runtime.Evaluate, runtime.EvaluateParams{Expression: test(name)})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: found.Result.ObjectID})
		return err
	}))
}

// written is a file of this name.
func written(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const aPaper = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

func TestAFileSentInTheCallIsOpenedByTheOtherAndWhatIsNoneIsRefused(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	patient.press("chat")

	patient.hands("call-file", written(t, "run.sh", "#!/bin/sh\necho no\n"))
	patient.seesText("Send a JPEG, PNG or WebP picture, or a PDF.")
	patient.hands("call-file", written(t, "not-really.pdf", "this only says that it is a paper"))
	patient.sees("trouble")
	doctor.until("nothing of either", `!`+test("open-file"))

	patient.hands("call-file", written(t, "Blood test.pdf", aPaper))

	for _, b := range []*browser{patient, doctor} {
		b.until("the file in the chat", test("open-file")+`?.innerText.includes('Blood test.pdf')`)
	}
	patient.shot("call-file")
	doctor.eval(`window.__opened = []; window.open = (url) => { window.__opened.push(url); return null; }`, nil)
	doctor.press("open-file")
	doctor.until("the address of the file", `window.__opened.length === 1`)
	doctor.until("what was sent, in it", fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open('GET', window.__opened[0], false); r.send(); return r.status === 200 && r.responseText === %q; })()`, aPaper))

	doctor.reload()
	doctor.until("the page anew", `document.readyState === 'complete'`)
	doctor.until("the file still in the chat", test("open-file")+`?.innerText.includes('Blood test.pdf')`)
}

func TestPatientAndCourierHearAndWriteToEachOtherUntilTheOrderEnds(t *testing.T) {
	x, r := onTheRoad(t, "Rosa Lind", "courier6@lampford.example")
	r.press("accept-offer")
	r.sees("talk")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	for _, b := range []*browser{p, r} {
		b.before(fmt.Sprintf(remembersConnections, ""))
	}
	p.visit("/order/" + x.order + "/call")
	p.press("speak")
	p.state(within, "call", "phase", "here")
	r.visit("/c/talk/" + x.order)
	r.seesText("Patient would like to speak to you")
	r.press("speak")
	r.state(within, "call", "phase", "here")

	for _, b := range []*browser{p, r} {
		b.state(within, "call", "seats", "1")
		b.hears()
		b.until("no picture to be sent", `window.__all.at(-1).getSenders().every((s) => s.track?.kind !== 'video')`)
	}
	p.shot("talk-speaking")
	p.types("talk-text", "The bell is broken, please knock.")
	p.press("talk-send")
	r.seesText("please knock")
	r.types("say", "I will.")
	r.press("say-send")
	p.seesText("I will.")

	x.rides("arrive").isPacked("TALK-1").isCollected().rides("at-door").isDelivered()

	p.untilIn(2*within, "a talk that is closed", `document.body.innerText.includes('closed with the order')`)
	// Who rides no more for the order reads nothing of it any more.
	r.untilIn(2*within, "nothing of the talk any more", `document.body.innerText.includes('not yours to see') && !document.body.innerText.includes('please knock')`)
	for _, b := range []*browser{p, r} {
		b.until("nobody to speak to", `!`+test("speak")+` && !`+test("call"))
	}
}

// hears waits until sound that is more than silence has come from somebody else.
func (b *browser) hears() {
	b.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(200 * time.Millisecond) {
		b.eval(`(async () => { const pc = window.__all.at(-1); const s = [...(await pc.getStats()).values()].find((x) => x.type === 'inbound-rtp' && x.kind === 'audio' && x.totalAudioEnergy > 0.001);
			window.__energy = s?.totalAudioEnergy ?? 0; })()`, nil)
		var energy float64
		b.eval(`window.__energy`, &energy)
		if energy > 0.001 {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s hears nothing", b.who)
		}
	}
}
