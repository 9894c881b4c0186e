package e2e_test

import (
	"fmt"
	"math"
	"testing"
	"time"
)

func TestCallThatBothAgreeToRecordIsPlayedBackInStep(t *testing.T) {
	v, patient, doctor := consulting(t)
	patient.watches(blue)
	doctor.watches(red)

	doctor.press("call-more")
	doctor.press("record")
	patient.press("consent")
	patient.sees("recording")
	doctor.sees("recording")
	patient.shot("call-recorded")
	for _, b := range []*browser{patient, doctor} {
		b.eval(`window.__from = `+othersVideo+`.currentTime`, nil)
		b.until("six seconds to be recorded", othersVideo+`.currentTime > window.__from + 6`)
	}
	patient.press("stop-recording")
	patient.until("nobody recording", `!`+test("recording"))
	doctor.until("nobody recording", `!`+test("recording"))

	patient.visit("/visit/" + v.id + "/recordings")
	patient.state(townActs, "recording", "ready", "true")
	patient.until("both files, with their length", `[...document.querySelectorAll('[data-test="recorded"] video')].filter((e) => e.duration > 4 && isFinite(e.duration)).length === 2`)
	patient.press("play")
	patient.until("both to be played for two seconds", `[...document.querySelectorAll('[data-test="recorded"] video')].every((e) => e.currentTime > 2 && !e.paused)`)
	patient.shot("recordings")
	var at []float64
	patient.eval(`[...document.querySelectorAll('[data-test="recorded"] video')].map((e) => e.currentTime)`, &at)
	if math.Abs(at[0]-at[1]) > 1.5 { // each began when its first packet came
		t.Errorf("one stands at %.2f s, the other at %.2f s", at[0], at[1])
	}
	plays(patient, red, blue)

	patient.eval(fmt.Sprintf(`(() => { const e = %s; e.value = 4000; e.dispatchEvent(new Event('input', { bubbles: true })); })()`, test("place")), nil)
	patient.until("both at the place that was chosen", `[...document.querySelectorAll('[data-test="recorded"] video')].every((e) => e.currentTime > 3.2 && !e.seeking)`)
	plays(patient, red, blue)
}

const othersVideo = `document.querySelector('[data-test="other-picture"] video')`

// plays waits until these colours are seen at once in what was recorded.
func plays(b *browser, hues ...hue) {
	b.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		seen := map[string]bool{}
		for _, l := range b.looks(`[data-test="recorded"] video`) {
			seen[l.hue()] = true
		}
		all := true
		for _, h := range hues {
			all = all && seen[h.name]
		}
		if all {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("what was recorded shows %v, want %v", seen, hues)
		}
	}
}
