package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// ward is a town where nobody acts by themselves, for people who talk to each other.
type ward struct {
	demo *sim.Demo
	free []pair
}

// pair is a patient and the doctor who sees them; each sees and is seen once in a run.
type pair struct{ patient, doctor string }

var (
	openWard sync.Once
	talking  ward
)

// quiet starts the ward, or skips the story where no browser was asked for.
func quiet(t *testing.T) *ward {
	t.Helper()
	chromium(t)
	openWard.Do(func() {
		ctx := context.Background() // lives for all stories of the run
		demo, err := sim.StartDemo(ctx, sim.DemoOptions{Listen: "localhost:0", Quiet: true})
		if err != nil {
			t.Fatal(err)
		}
		ending = append(ending, func() { _ = demo.Stop(ctx) })
		talking = ward{demo, []pair{
			{"demo@lampford.example", "vale@lampford.example"},
			{"ada@lampford.example", "sparrow@lampford.example"},
			{"tom@lampford.example", "chen@lampford.example"},
			{"hugo@lampford.example", "calder@lampford.example"},
			{"lin@lampford.example", "hollander@lampford.example"},
		}}
	})
	if talking.demo == nil {
		t.Fatal("the ward did not open")
	}
	return &talking
}

// visit is one in progress: whom it is between, and their sessions.
type visit struct {
	ward            *ward
	id              string
	patient, doctor *sim.Client
}

// admitted is a visit whose doctor has just called the patient in.
func (w *ward) admitted(t *testing.T) visit {
	t.Helper()
	if len(w.free) == 0 {
		t.Fatal("everybody in the ward has been seen")
	}
	p := w.free[0]
	w.free = w.free[1:]
	return admitted(t, w, p)
}

func admitted(t *testing.T, w *ward, p pair) visit {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	patient, err := w.demo.SignIn(ctx, p.patient)
	must("the patient signs in", err)
	me, err := patient.Get(ctx, "/me")
	must("the patient looks who they are", err)
	id, err := sim.AskForVisit(ctx, patient, sim.Ailment{Complaint: "sore_throat", Patient: me.Text("patient"), WeightKg: "70"})
	must("the patient asks for a visit", err)
	_, err = sim.Until(ctx, within, func() (sim.Answer, error) { return patient.Get(ctx, "/visits/"+id) }, func(a sim.Answer) bool { return a.Text("fee_state") == "held" })
	must("the fee is held", err)
	_, err = patient.Post(ctx, "/visits/"+id+"/here", nil)
	must("the patient is there", err)
	doctor, err := w.demo.SignIn(ctx, p.doctor)
	must("the doctor signs in", err)
	_, err = doctor.Post(ctx, "/duty/on", nil)
	must("the doctor goes on duty", err)
	_, err = doctor.Post(ctx, "/visits/"+id+"/admit", nil)
	must("the doctor admits", err)
	return visit{w, id, patient, doctor}
}

// hue is the colour of what a camera of the tests shows, behind a white bar that moves.
type hue struct {
	name string
	yuv  [3]byte
}

var (
	red  = hue{"red", [3]byte{81, 90, 240}}
	blue = hue{"blue", [3]byte{41, 240, 110}}
	lime = hue{"lime", [3]byte{145, 54, 34}}
)

// film writes a second of pictures as a camera gives them.
func film(t *testing.T, h hue) string {
	t.Helper()
	const width, height, frames, bar = 640, 480, 30, 40
	var out bytes.Buffer
	fmt.Fprintf(&out, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n", width, height)
	for n := range frames {
		out.WriteString("FRAME\n")
		row := bytes.Repeat([]byte{h.yuv[0]}, width)
		for x := range bar {
			row[(n*width/frames+x)%width] = 235
		}
		for range height {
			out.Write(row)
		}
		for plane := 1; plane <= 2; plane++ {
			row := bytes.Repeat([]byte{h.yuv[plane]}, width/2)
			for x := range bar / 2 {
				row[(n*width/frames/2+x)%(width/2)] = 128
			}
			for range height / 2 {
				out.Write(row)
			}
		}
	}
	file := filepath.Join(t.TempDir(), h.name+".y4m")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// camera starts a Chromium whose camera shows this colour; its tabs are of this one browser.
func camera(t *testing.T, h hue, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	return launched(t, append([]chromedp.ExecAllocatorOption{chromedp.Flag("use-file-for-fake-video-capture", film(t, h))}, more...)...)
}

func launched(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	alloc, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(flags(t), more...)...)
	t.Cleanup(stop)
	chrome, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	if err := chromedp.Do(chrome); err != nil {
		t.Fatal(err)
	}
	return chrome
}

// sits opens a page for somebody who is signed in already.
func sits(chrome context.Context, t *testing.T, as *sim.Client, who string) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, ctx: ctx, url: as.Base, who: who, width: 1280}
	b.do(chromedp.EmulateViewport(1280, 900))
	if as.Token != "" {
		b.cookie(as.Token)
	}
	t.Cleanup(func() {
		if t.Failed() {
			b.save("failed-" + who)
			var text string
			b.eval(`document.body.innerText`, &text)
			t.Logf("%s sees:\n%s", who, text)
		}
	})
	return b
}

func (b *browser) cookie(token string) {
	b.t.Helper()
	at, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{
			Name: "hc_session", Value: token, Domain: at.Hostname(), Path: "/", HTTPOnly: new(true), Secure: new(at.Scheme == "https"), SameSite: network.CookieSameSiteStrict,
		})
		return err
	}))
}

// look is what a person sees in a picture at one moment.
type look struct {
	Width   int     `json:"w"`
	R, G, B float64 // of the lower edge
	Bar     int     // where the white bar stands, of 32
	Frames  int
}

func (l look) hue() string {
	switch {
	case l.Width == 0:
		return "nothing"
	case l.R > 150 && l.G < 110 && l.B < 110:
		return red.name
	case l.B > 150 && l.R < 110 && l.G < 110:
		return blue.name
	case l.G > 150 && l.R < 110 && l.B < 110:
		return lime.name
	case l.R < 30 && l.G < 30 && l.B < 30:
		return "black"
	}
	return fmt.Sprintf("rgb(%.0f %.0f %.0f)", l.R, l.G, l.B)
}

// looks reads the pixels of the pictures that a selector finds, through a canvas.
func (b *browser) looks(selector string) []look {
	b.t.Helper()
	var seen []look
	b.eval(fmt.Sprintf(`[...document.querySelectorAll(%q)].map((v) => {
		if (!v.videoWidth) return { w: 0 };
		const c = Object.assign(document.createElement('canvas'), { width: 32, height: 24 });
		const g = c.getContext('2d', { willReadFrequently: true });
		g.drawImage(v, 0, 0, 32, 24);
		const d = g.getImageData(0, 0, 32, 24).data;
		let bar = 0, most = -1;
		const all = [];
		for (let x = 0; x < 32; x++) {
			const i = (22 * 32 + x) * 4, light = Math.min(d[i], d[i + 1], d[i + 2]);
			all.push([d[i], d[i + 1], d[i + 2]]);
			if (light > most) { most = light; bar = x; }
		}
		const mid = (k) => all.map((p) => p[k]).sort((a, b) => a - b)[16];
		return { w: v.videoWidth, R: mid(0), G: mid(1), B: mid(2), Bar: bar, Frames: v.getVideoPlaybackQuality().totalVideoFrames };
	})`, selector), &seen)
	return seen
}

const (
	othersPicture = `[data-test="other-picture"] video`
	ownPicture    = `[data-test="own-picture"] video`
)

// watches waits until somebody's picture is there in this colour, and moves.
func (b *browser) watches(h hue) { b.t.Helper(); b.watchesIn(within, h) }

func (b *browser) watchesIn(long time.Duration, h hue) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, long)
	defer stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	bars := map[string][]int{}
	for {
		seen := b.looks(othersPicture)
		for i, l := range seen {
			key := fmt.Sprint(i)
			if l.hue() == h.name && !slices.Contains(bars[key], l.Bar) {
				bars[key] = append(bars[key], l.Bar)
			}
			if len(bars[key]) >= 4 { // the bar was seen at four places: this is no still
				return
			}
		}
		select {
		case <-ctx.Done():
			raw, _ := json.Marshal(seen)
			b.t.Fatalf("%s waited %v for a moving %s picture; now: %s", b.who, long, h.name, raw)
		case <-tick.C:
		}
	}
}

// consulting is a visit with both in the call: the patient's camera is red, the doctor's blue.
func consulting(t *testing.T) (v visit, patient, doctor *browser) {
	t.Helper()
	v = quiet(t).admitted(t)
	doctor = sits(camera(t, blue), t, v.doctor, "the doctor")
	doctor.visit("/d/visit/" + v.id)
	doctor.state(within, "call", "phase", "here")
	patient = sits(camera(t, red), t, v.patient, "the patient")
	patient.visit("/visit/" + v.id + "/wait")
	patient.press("join")
	patient.state(within, "call", "phase", "here")
	return v, patient, doctor
}

// middle is the median.
func middle(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2].Round(time.Millisecond)
}
