package e2e_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// world is one Chromium and two towns for all stories of a run: a lively one, where doctors, pharmacies and couriers
// act by themselves after a while, and a still one, where nobody does anything but who is in the story.
type world struct {
	demo   *sim.Demo
	still  *sim.Demo
	chrome context.Context // the browser's own life
}

var (
	begin   sync.Once
	running world
	ending  []func()
)

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(ending) - 1; i >= 0; i-- {
		ending[i]()
	}
	os.Exit(code)
}

const (
	// within is how long a person waits for what should come: long, for a machine that is busy with other things.
	within = time.Minute
	// live is how long somebody's step may take to the other's screen. It is meant to be a second; this is less than the
	// 15 seconds after which the quickest screen looks by itself, so what comes within it was told, not found.
	live = 10 * time.Second
)

// town starts the demo and the browser, or skips the story where no browser was asked for.
func town(t *testing.T) world {
	t.Helper()
	chromium(t)
	begin.Do(func() { running = started(t) })
	if running.demo == nil {
		t.Fatal("the demo or the browser did not start")
	}
	return running
}

// chromium is the browser of this machine; where none was asked for the story is skipped.
func chromium(t *testing.T) string {
	t.Helper()
	if os.Getenv("HOUSECALL_TEST_BROWSER") == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("the browser stories were skipped: run scripts/e2e, which brings Chromium")
		}
		t.Skip("set HOUSECALL_TEST_BROWSER, or run scripts/e2e")
	}
	for _, name := range []string{os.Getenv("HOUSECALL_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); name != "" && err == nil {
			return found
		}
	}
	t.Fatal("no Chromium here: apt-get install chromium, or set HOUSECALL_TEST_CHROMIUM")
	return ""
}

// flags start it with a camera and a microphone of its own, and nobody asked whether they may be used.
func flags(t *testing.T) []chromedp.ExecAllocatorOption {
	t.Helper()
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en"),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
	)
}

// faults is a log of what goes wrong inside the service, among what the stories print.
func faults() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

func started(t *testing.T) world {
	t.Helper()
	with := flags(t)
	ctx := context.Background() // lives for all stories of the run
	towns := [2]*sim.Demo{}
	for i := range towns {
		demo, err := sim.StartDemo(ctx, sim.DemoOptions{Listen: "localhost:0", Quiet: i == 1, Log: faults()})
		if err != nil {
			t.Fatal(err)
		}
		ending = append(ending, func() { _ = demo.Stop(ctx) })
		towns[i] = demo
	}
	alloc, stop := chromedp.NewExecAllocator(ctx, with...)
	ending = append(ending, stop)
	chrome, end := chromedp.NewContext(alloc)
	ending = append(ending, end)
	if err := chromedp.Do(chrome); err != nil {
		t.Fatal(err)
	}
	return world{towns[0], towns[1], chrome}
}

// browser is what one person has before them.
type browser struct {
	t        *testing.T
	ctx      context.Context // the tab's own life
	town     *sim.Demo
	url      string
	who      string
	width    int64
	language string // as it was before all were asked
}

// open opens a phone for somebody in the lively town: their own cookies, their own storage.
func open(t *testing.T, who string) *browser {
	t.Helper()
	return openWide(t, town(t).demo, who, 390, 844)
}

// desk opens a desk's screen for somebody in the lively town.
func desk(t *testing.T, who string) *browser {
	t.Helper()
	return openWide(t, town(t).demo, who, 1440, 900)
}

// phoneOf opens a phone for somebody in the still town.
func phoneOf(t *testing.T, who string) *browser {
	t.Helper()
	return openWide(t, town(t).still, who, 390, 844)
}

// deskOf opens a desk's screen for somebody in the still town.
func deskOf(t *testing.T, who string) *browser {
	t.Helper()
	return openWide(t, town(t).still, who, 1440, 900)
}

func openWide(t *testing.T, d *sim.Demo, who string, width, height int64) *browser {
	t.Helper()
	w := town(t)
	ctx, cancel := chromedp.NewContext(w.chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context that it was opened with
		t.Fatal(err)
	}
	b := &browser{t: t, ctx: ctx, town: d, url: d.URL, who: who, width: width}
	b.do(chromedp.EmulateViewport(width, height))
	t.Cleanup(func() {
		if t.Failed() {
			b.save("failed")
			var text, at string
			b.eval(`document.body.innerText`, &text)
			b.eval(`location.pathname`, &at)
			t.Logf("%s sees at %s:\n%s", who, at, text)
		}
	})
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, within)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", b.who, err)
	}
}

// eval runs a script in the page; what it answers goes into out.
func (b *browser) eval(script string, out any) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, within)
	defer stop()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage](script))
	if err != nil {
		b.t.Logf("%s: %s: %v", b.who, script, err)
		return
	}
	if out != nil {
		_ = json.Unmarshal(raw, out)
	}
}

// until waits for a script to answer true.
func (b *browser) until(what, script string) { b.t.Helper(); b.untilIn(within, what, script) }

func (b *browser) untilIn(long time.Duration, what, script string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, long)
	defer stop()
	tick := time.NewTicker(60 * time.Millisecond)
	defer tick.Stop()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+script+")"))
		if err == nil && is {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("%s waited %v for %s (%v)", b.who, long, what, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// visit opens an address as if typed.
func (b *browser) visit(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.url + path)) }

// offline takes the network away, or gives it back.
func (b *browser) offline(away bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{URLPattern: "", Offline: away, DownloadThroughput: -1, UploadThroughput: -1}},
		})
		return err
	}))
}

// reload is the browser's own button.
func (b *browser) reload() { b.t.Helper(); b.eval(`location.reload()`, nil) }

// test is what carries this data-test: the one that can be seen, where a phone and a desk have one each.
func test(name string) string {
	all := fmt.Sprintf(`document.querySelectorAll('[data-test="%s"]')`, name)
	return `([...` + all + `].find((e) => e.getClientRects().length > 0) ?? ` + all + `[0] ?? null)`
}

// sees waits until something with this data-test is there.
func (b *browser) sees(name string) {
	b.t.Helper()
	b.until(name, test(name)+" && "+test(name)+".getClientRects().length > 0")
}

// seesIn waits longer.
func (b *browser) seesIn(long time.Duration, name string) {
	b.t.Helper()
	b.untilIn(long, name, test(name)+" && "+test(name)+".getClientRects().length > 0")
}

// seesText waits until the page says something.
func (b *browser) seesText(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q", text), fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

// press presses what carries the data-test, once it is there and can be pressed.
func (b *browser) press(name string) {
	b.t.Helper()
	b.until(name+" to press", fmt.Sprintf(`(() => { const e = %s; if (!e || e.getClientRects().length === 0 || e.getAttribute('aria-disabled') === 'true') return false;
		const r = e.matches('input') ? e.closest('label') ?? e : e; r.scrollIntoView({block: 'center'}); r.click(); return true; })()`, test(name)))
}

// types writes into a field, replacing what was there.
func (b *browser) types(name, text string) {
	b.t.Helper()
	b.until(name+" to type in", fmt.Sprintf(`(() => { const e = %s; if (!e) return false; e.focus();
		const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), 'value').set; set.call(e, %q);
		e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`, test(name), text))
}

// state waits until what carries the data-test has this data attribute.
func (b *browser) state(long time.Duration, name, attribute, want string) {
	b.t.Helper()
	b.untilIn(long, fmt.Sprintf("%s to be %s", name, want), fmt.Sprintf(`%s?.dataset[%q] === %q`, test(name), attribute, want))
}

func (b *browser) text(name string) string {
	b.t.Helper()
	b.sees(name)
	out := ""
	b.eval(test(name)+".innerText", &out)
	return strings.TrimSpace(out)
}

// shot keeps a picture of the screen where a folder for them was named.
func (b *browser) shot(name string) {
	b.t.Helper()
	if os.Getenv("HOUSECALL_SHOTS") != "" {
		b.settle()
		b.save(name)
	}
	b.axe(name)
}

// settle waits until nothing moves and nothing loads; three looks in a row, since what was just drawn begins
// to move a moment later.
func (b *browser) settle() {
	b.t.Helper()
	b.until("everything to be there", `(() => { const still = document.querySelector('.ghost') === null && document.getAnimations().every((a) => a.playState !== 'running');
		window.__still = still ? (window.__still ?? 0) + 1 : 0; return window.__still >= 3 && (window.__still = 0, true); })()`)
}

func (b *browser) save(name string) {
	folder := os.Getenv("HOUSECALL_SHOTS")
	if folder == "" {
		return
	}
	ctx, stop := context.WithTimeout(b.ctx, within)
	defer stop()
	raw, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(folder, 0o755) //nolint:gosec // pictures of an invented town
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, b.width)), raw, 0o644) //nolint:gosec // as above
	}
	if err != nil {
		b.t.Logf("keep a picture of %s: %v", name, err)
	}
}
