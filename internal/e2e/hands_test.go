package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	permission "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// What hands and legs do beside pressing: keys, and being somewhere.

const enter = "\r"

// keys types on the keyboard, wherever the focus is.
func (b *browser) keys(text string) { b.t.Helper(); b.do(chromedp.KeyEvent(text)) }

// stroke presses a letter that is a shortcut. The browser makes no character of it: by the protocol that would be an
// event of its own, which could come after the caret has moved into a field.
func (b *browser) stroke(letter string) {
	b.t.Helper()
	code := int64(strings.ToUpper(letter)[0])
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			if _, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: letter, Code: "Key" + strings.ToUpper(letter), WindowsVirtualKeyCode: code}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// chord presses Ctrl with a key.
func (b *browser) chord(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// focused waits until the caret is in a field.
func (b *browser) focused(name string) {
	b.t.Helper()
	b.until("the caret in "+name, test(name)+` && document.activeElement === `+test(name))
}

// tabTo goes by Tab alone until something has the focus, as who uses no mouse does.
func (b *browser) tabTo(what, script string) {
	b.t.Helper()
	for range 80 {
		var there bool
		b.eval(`(() => { const e = document.activeElement; return !!e && (`+script+`)(e); })()`, &there)
		if there {
			return
		}
		b.keys("\t")
	}
	b.t.Fatalf("%s: Tab never comes to %s", b.who, what)
}

func hasTest(name string) string { return fmt.Sprintf(`(e) => e.dataset.test === %q`, name) }

// stands is where the device says that it is.
func (b *browser) stands(at sim.JSON) {
	b.t.Helper()
	lat, lon, accuracy := at["lat"].(float64), at["lon"].(float64), 8.0
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, permission.SetPermission, permission.SetPermissionParams{
			Permission: &permission.PermissionDescriptor{Name: "geolocation"}, Setting: permission.PermissionSettingGranted,
			BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &lat, Longitude: &lon, Accuracy: &accuracy})
		return err
	}))
}

// told waits for what somebody else did, and says how long it took to come. Nothing is loaded anew for it: the mark
// that marks leaves in the page must still be there.
func (b *browser) told(since time.Time, what, script string) {
	b.t.Helper()
	b.untilIn(live, what, script)
	b.t.Logf("%s sees %s after %d ms", b.who, what, time.Since(since).Milliseconds())
	b.until("the page not to be loaded anew", `window.__same === true`)
}

// marks remembers the page as it was loaded.
func (b *browser) marks() { b.t.Helper(); b.eval(`window.__same = true`, nil) }

// shown is a script that tells whether something with this data-test can be seen.
func shown(name string) string {
	return test(name) + " && " + test(name) + ".getClientRects().length > 0"
}

// can is a script that tells whether a button is there to be pressed; cannot, that it is there and does nothing.
func can(name string) string {
	return fmt.Sprintf(`((e) => e !== null && e.getAttribute('aria-disabled') !== 'true')(%s)`, test(name))
}

func cannot(name string) string { return test(name) + `?.getAttribute('aria-disabled') === 'true'` }

// isState is a script that tells what state something says it is in.
func isState(name, state string) string {
	return fmt.Sprintf(`%s?.dataset.state === %q`, test(name), state)
}

// pressLabel presses the button of this name.
func (b *browser) pressLabel(label string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q to press", label), fmt.Sprintf(`(() => { const e = [...document.querySelectorAll('button, a')].find((x) => (x.getAttribute('aria-label') ?? x.innerText).trim() === %q);
		if (!e || e.getClientRects().length === 0 || e.getAttribute('aria-disabled') === 'true') return false; e.click(); return true; })()`, label))
}
