package e2e_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
	"housecall/signaling/signalingtest"
)

// alone is a visit in a ward of its own, with the doctor in the call: their camera is blue.
func alone(t *testing.T) (v visit, doctor *browser) {
	t.Helper()
	chromium(t)
	demo, err := sim.StartDemo(t.Context(), sim.DemoOptions{Listen: "localhost:0", Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Stop(context.WithoutCancel(t.Context())) })
	v = admitted(t, &ward{demo: demo}, pair{"demo@lampford.example", "vale@lampford.example"})
	doctor = sits(camera(t, blue), t, v.doctor, "the doctor")
	doctor.visit("/d/visit/" + v.id)
	doctor.state(within, "call", "phase", "here")
	return v, doctor
}

// before has a script run in every page that is opened from now on, before its own.
func (b *browser) before(script string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// rearCamera gives the device a second camera, that shows lime behind the bar: Chromium has one from a file alone.
const rearCamera = `(() => {
	const devices = navigator.mediaDevices, list = devices.enumerateDevices.bind(devices), open = devices.getUserMedia.bind(devices);
	devices.enumerateDevices = async () => {
		const all = await list(), front = all.findIndex((d) => d.kind === 'videoinput');
		all.splice(front + 1, 0, { kind: 'videoinput', deviceId: 'rear', label: 'Rear camera', groupId: 'rear', toJSON() { return this; } });
		return all;
	};
	devices.getUserMedia = async (wish) => {
		if (wish.video?.deviceId?.exact !== 'rear') return open(wish);
		const c = Object.assign(document.createElement('canvas'), { width: 640, height: 480 }), g = c.getContext('2d');
		let n = 0;
		const timer = setInterval(() => {
			if (track.readyState === 'ended') return clearInterval(timer);
			g.fillStyle = '#0f0'; g.fillRect(0, 0, 640, 480);
			g.fillStyle = '#fff'; g.fillRect((n++ * 21) % 640, 0, 40, 480);
		}, 33);
		const stream = c.captureStream(30), track = stream.getVideoTracks()[0], settings = track.getSettings.bind(track);
		track.getSettings = () => ({ ...settings(), deviceId: 'rear' });
		return stream;
	};
})()`

func TestWhoChangesTheirCameraIsSeenThroughTheOtherOneWithoutAWordOfRenegotiation(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.before(fmt.Sprintf(remembersConnections, ""))
	patient.before(rearCamera)
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	doctor.watches(red)
	patient.eval(`window.__agreed = window.__all[0].localDescription.sdp`, nil)

	patient.press("call-more")
	patient.press("flip")
	doctor.watches(lime)
	patient.press("call-more")
	patient.press("flip")
	doctor.watches(red)

	patient.until("the one connection that was agreed on first", `window.__all.length === 1 && window.__all[0].localDescription.sdp === window.__agreed`)
	patient.watches(blue)
}

// othersScreen is the screen that somebody shows, as the others see it.
const othersScreen = `[data-test="other-picture"].whole video`

func TestWhoSharesTheirScreenIsSeenBesideItAndAloneAgainWhenTheyStop(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	doctor.watches(red)

	patient.press("call-more")
	patient.press("share")

	doctor.until("a screen that moves", `(() => { const e = document.querySelector('`+othersScreen+`'); return e && e.videoWidth > 100 && e.getVideoPlaybackQuality().totalVideoFrames > 10; })()`)
	doctor.watches(red) // the face stays
	doctor.shot("call-screen")
	patient.press("call-more")
	patient.press("share")
	doctor.until("no screen any more", `!document.querySelector('`+othersScreen+`')`)
	doctor.watches(red)
	patient.watches(blue)
}

func TestAGuestJoinsByALinkIsSeenByAllAndSeesNothingButTheCall(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	link, err := v.patient.Post(t.Context(), "/visits/"+v.id+"/guests", sim.JSON{"as": "interpreter"})
	if err != nil {
		t.Fatal(err)
	}
	nobody := &sim.Client{Base: v.patient.Base}
	guest := sits(camera(t, lime), t, nobody, "the guest")
	guest.before(fmt.Sprintf(remembersConnections, ""))
	guest.visit("/g#" + link.Text("token"))
	guest.sees("guest")
	guest.triesDevices("Fake Audio Input 2")
	guest.shot("guest-devices")
	guest.types("guest-name", "Wu Jing")
	guest.press("guest-join")
	guest.state(within, "call", "phase", "here")

	guest.state(within, "call", "seats", "2")
	guest.speaksThrough("Fake Audio Input 2")
	for _, h := range []hue{blue, red} {
		guest.watches(h)
	}
	doctor.watches(lime)
	patient.watches(lime)
	guest.shot("guest-in-call")
	guest.press("call-more")
	guest.press("hand")
	doctor.seesText("Hand up: Wu Jing")
	guest.seesText("Hand up: You")
	guest.press("call-more")
	guest.press("hand")
	doctor.until("no hand up", `!document.body.innerText.includes('Hand up')`)

	for _, path := range []string{"/visits/" + v.id, "/visits/" + v.id + "/note", "/visits/" + v.id + "/recordings", "/me", "/visits/" + v.id + "/files", "/orders"} {
		var code int
		guest.eval(fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open('GET', '/api/v1%s', false);
			const kept = Object.keys(localStorage).find((k) => k.startsWith('hc.guest.'));
			r.setRequestHeader('Authorization', 'Bearer ' + JSON.parse(localStorage.getItem(kept)).session); r.send(); return r.status; })()`, path), &code)
		if code != 403 && code != 404 {
			t.Errorf("a guest reads %s: %d", path, code)
		}
	}
	guest.press("hang-up")
	guest.press("hang-up-sure")
	patient.until("two in the call again", test("call")+`?.dataset.seats === '1'`)
}

// reachedAt lets a page reach the media through another UDP port of this machine alone.
func reachedAt(to int) string {
	return fmt.Sprintf(`(() => { const Real = RTCPeerConnection; window.RTCPeerConnection = class extends Real {
		constructor(with_) { super({ ...with_, iceServers: [] }); }
		setRemoteDescription(d) {
			const sdp = d.sdp.split('\r\n').filter((l) => !l.startsWith('a=candidate') || l.split(' ')[2] === 'udp')
				.map((l) => l.startsWith('a=candidate') ? l.replace(/^(\S+ \d+ udp \d+ )\S+ \d+/, '$1127.0.0.1 %d') : l).join('\r\n');
			return super.setRemoteDescription({ type: d.type, sdp });
		} }; })()`, to)
}

// mediaPort is the UDP port of a demo's media, out of an answer that a page was given.
func mediaPort(b *browser) int {
	b.t.Helper()
	var sdp string
	b.eval(`window.__all[0].remoteDescription.sdp`, &sdp)
	found := regexp.MustCompile(`a=candidate:\S+ \d+ udp \d+ \S+ (\d+)`).FindStringSubmatch(sdp)
	if found == nil {
		b.t.Fatalf("the answer names no port: %s", sdp)
	}
	port := 0
	_, _ = fmt.Sscan(found[1], &port)
	return port
}

func TestOnANarrowNetworkThePictureGoesAndComesBackAndBothScreensSaySo(t *testing.T) {
	v, doctor := alone(t)
	probe := sits(camera(t, red), t, v.patient, "the patient, at first")
	probe.before(fmt.Sprintf(remembersConnections, ""))
	probe.visit("/visit/" + v.id + "/call")
	probe.state(within, "call", "phase", "here")
	relay, err := signalingtest.NewRelay(mediaPort(probe))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	probe.before(reachedAt(relay.Port()))
	probe.reload()
	probe.until("the page anew", `document.readyState === 'complete'`)
	patient := probe
	patient.state(within, "call", "phase", "here")
	patient.watches(blue)
	doctor.watches(red)

	relay.Rate.Store(90_000) // bit/s: not enough for a picture

	patient.state(within, "call", "level", "audio")
	patient.seesText("The network is weak: sound only.")
	doctor.state(within, "call", "sent", "audio")
	doctor.seesText("Their network is weak: they hear you")
	patient.shot("call-weak")
	doctor.shot("call-theirs-weak")
	doctor.watches(red) // what the patient sends is not in the way

	relay.Rate.Store(0)

	patient.state(2*time.Minute, "call", "level", "video")
	patient.watches(blue)
	doctor.state(within, "call", "sent", "video")
	doctor.until("nothing said of a weak network", `!document.body.innerText.includes('network is weak')`)
}

// ear is a recogniser of speech that hears what the story has it hear.
const ear = `window.SpeechRecognition = class { constructor() { window.__ear = this; } start() { window.__hears = true; } abort() { window.__hears = false; } }`

func TestWhoTurnsCaptionsOnIsReadByTheOtherAndNobodyElsesEverAre(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.before(ear)
	patient.visit("/visit/" + v.id + "/call")
	patient.state(within, "call", "phase", "here")
	patient.until("nothing that listens before it is asked to", `!window.__hears`)

	patient.press("call-more")
	patient.seesText("may send your voice to its maker")
	patient.press("captions")
	patient.until("the recogniser to listen", `window.__hears`)
	patient.eval(`window.__ear.onresult({ resultIndex: 0, results: [{ isFinal: true, 0: { transcript: 'It hurts when I swallow' } }] })`, nil)

	doctor.until("the caption", test("caption")+`?.innerText.includes('It hurts when I swallow')`)
	patient.press("mute")
	patient.until("nothing that listens to who is muted", `!window.__hears`)
}

func TestTwoPeopleTryACallInTheDemosLabAndSeeEachOther(t *testing.T) {
	v := quiet(t)
	nobody := &sim.Client{Base: v.demo.URL}
	type person struct {
		*browser
		sees hue
	}
	var both []person
	for n, h := range []hue{red, blue} {
		b := sits(camera(t, h), t, nobody, []string{"one of the lab", "the other of the lab"}[n])
		b.visit("/call-lab")
		b.types("lab-room", "story")
		if n == 1 {
			b.eval(`(() => { const e = document.querySelector('[data-test="lab"] select'); e.value = 'doctor'; e.dispatchEvent(new Event('change', { bubbles: true })); })()`, nil)
		}
		b.press("lab-join")
		b.state(within, "call", "phase", "here")
		both = append(both, person{b, []hue{blue, red}[n]})
	}

	for _, b := range both {
		b.watches(b.sees)
	}

	both[0].press("chat")
	both[0].types("chat-text", "Do you see me?")
	both[0].press("chat-send")
	both[1].press("chat")
	both[1].seesText("Do you see me?")
	both[1].eval(`document.activeElement?.blur(); document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))`, nil)
	both[1].press("hang-up")
	both[1].press("hang-up-sure")
	both[0].seesText("It is over: ended")
}
