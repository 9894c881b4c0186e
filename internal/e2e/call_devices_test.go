package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// selects chooses what is named so in a list.
func (b *browser) selects(name, label string) {
	b.t.Helper()
	b.until(label+" to choose", fmt.Sprintf(`(() => { const e = %s, o = e && [...e.options].find((o) => o.text.includes(%q)); if (!o) return false;
		e.value = o.value; e.dispatchEvent(new Event('change', { bubbles: true })); return true; })()`, test(name), label))
}

// microphone is the name of what somebody's sound comes from.
const microphone = `window.__all?.at(-1)?.getSenders().find((s) => s.track?.kind === 'audio')?.track.label`

// speaksThrough waits until somebody's sound comes from this microphone.
func (b *browser) speaksThrough(label string) {
	b.t.Helper()
	b.until("to speak through "+label, fmt.Sprintf(`%s === %q`, microphone, label))
}

// hearsOn waits until more sound has come than had when it was asked.
func (b *browser) hearsOn() {
	b.t.Helper()
	energy := func() (e float64) {
		b.eval(`(async () => { const s = [...(await window.__all.at(-1).getStats()).values()].filter((x) => x.type === 'inbound-rtp' && x.kind === 'audio');
			window.__energy = s.reduce((sum, x) => sum + (x.totalAudioEnergy ?? 0), 0); })()`, nil)
		b.eval(`window.__energy ?? 0`, &e)
		return e
	}
	from := energy()
	for end := time.Now().Add(within); ; time.Sleep(200 * time.Millisecond) {
		if energy() > from+0.001 {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s hears nothing any more", b.who)
		}
	}
}

// again reloads a call and waits until it goes on.
func (b *browser) again() {
	b.t.Helper()
	b.eval(`window.__old = true`, nil)
	b.reload()
	b.until("the page anew", `document.readyState === 'complete' && !window.__old`)
	b.state(within, "call", "phase", "here")
}

// soundsFrom is the speaker of the other's sound: "" is the device's own.
const soundsFrom = `document.querySelector('[data-test="other-picture"] video').sinkId`

// twoSpeakers gives the device speakers where the machine that the story runs on has none.
const twoSpeakers = `(() => {
	const devices = navigator.mediaDevices, list = devices.enumerateDevices.bind(devices), sinks = new WeakMap();
	const ours = ['default', 'desk'].map((id, n) => ({ kind: 'audiooutput', deviceId: id, label: ['Default speaker', 'Desk speaker'][n], groupId: id, toJSON() { return this; } }));
	devices.enumerateDevices = async () => [...(await list()).filter((d) => d.kind !== 'audiooutput'), ...ours];
	HTMLMediaElement.prototype.setSinkId = async function (id) {
		if (id !== '' && !ours.some((d) => d.deviceId === id)) throw new DOMException('not there', 'NotFoundError');
		sinks.set(this, id);
	};
	Object.defineProperty(HTMLMediaElement.prototype, 'sinkId', { configurable: true, get() { return sinks.get(this) ?? ''; } });
})()`

func TestWhoChangesMicrophoneAndSpeakerIsHeardOnAndFindsThemAgainAfterAReload(t *testing.T) {
	v, doctor := alone(t)
	doctor.before(fmt.Sprintf(remembersConnections, ""))
	doctor.again()
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.before(fmt.Sprintf(remembersConnections, ""))
	patient.before(twoSpeakers)
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	doctor.hearsOn()
	var first string
	patient.eval(microphone, &first)
	patient.eval(`window.__agreed = window.__all[0].localDescription.sdp`, nil)

	patient.press("call-more")
	patient.press("devices")
	patient.selects("pick-microphone", "Fake Audio Input 2")
	patient.selects("pick-speaker", "Desk speaker")

	patient.speaksThrough("Fake Audio Input 2")
	if strings.Contains(first, "Input 2") {
		t.Errorf("the patient spoke through %q from the beginning", first)
	}
	patient.until("the other's sound from the other speaker", soundsFrom+` === 'desk'`)
	patient.shot("call-devices")
	doctor.hearsOn()
	patient.until("the one connection that was agreed on first", `window.__all.length === 1 && window.__all[0].localDescription.sdp === window.__agreed`)

	patient.again()
	patient.speaksThrough("Fake Audio Input 2")
	patient.until("the chosen speaker after a reload", soundsFrom+` === 'desk'`)
	doctor.hearsOn()
	patient.watches(blue)
}

func TestWhereNoSpeakerCanBeChosenOrTheChosenOneIsGoneThatIsSaidAndSoundIsHeard(t *testing.T) {
	v, _ := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.before(fmt.Sprintf(remembersConnections, ""))
	patient.before(`delete HTMLMediaElement.prototype.setSinkId`)
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")

	patient.press("call-more")
	patient.press("devices")
	patient.sees("own-speaker")
	patient.seesText("This browser can’t choose a speaker.")
	patient.until("no list of speakers", `!`+test("pick-speaker"))
	patient.hearsOn()

	patient.before(twoSpeakers)
	patient.eval(`localStorage.setItem('call devices', JSON.stringify({ speaker: 'left at home' }))`, nil)
	patient.again()
	patient.seesText("The speaker you chose is not there.")
	patient.until("sound from the device's own", soundsFrom+` === ''`)
	patient.hearsOn()
}

// triesDevices looks at oneself before a call, and chooses a microphone there: each device says that it works.
func (b *browser) triesDevices(label string) {
	b.t.Helper()
	b.until("the device check", fmt.Sprintf(`(() => { if (%s) return true; %s?.click(); return false; })()`, test("devices"), test("try-devices")))
	b.state(within, "devices", "picture", "true")
	b.selects("pick-microphone", label)
	b.until("the chosen microphone in the check", fmt.Sprintf(`%s?.selectedOptions[0]?.text === %q`, test("pick-microphone"), label))
	b.until("picture and sound to work", `[...document.querySelectorAll('[data-test="devices"] .checks li')].slice(0, 2).every((li) => li.querySelector('.st:not(.no)'))`)
}
