package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

var axeSource = sync.OnceValues(func() ([]byte, error) { return os.ReadFile("../web/node_modules/axe-core/axe.min.js") })

// axe asks the rules of WCAG 2.2 AA about what is on the screen; with HOUSECALL_TEST_ALL in both languages,
// both looks and both sizes. Without the app's npm folder, which scripts/e2e fills, it asks nothing.
func (b *browser) axe(name string) {
	b.t.Helper()
	source, err := axeSource()
	if err != nil {
		if os.Getenv("CI") == "true" {
			b.t.Fatalf("axe-core is missing: npm ci in internal/web (%v)", err)
		}
		return
	}
	b.settle()
	b.eval(`typeof axe === 'undefined' && (0, eval)(`+quoted(string(source))+`), true`, nil)
	b.rules(name, "as it is")
	if os.Getenv("HOUSECALL_TEST_ALL") == "" {
		return
	}
	b.eval(`document.documentElement.lang.slice(0, 2)`, &b.language)
	width := b.width
	for _, language := range []string{"en", "zh"} {
		b.prefers("language", language)
		b.until("the page in "+language, fmt.Sprintf(`document.documentElement.lang.startsWith(%q)`, language))
		for _, look := range []string{"light", "dark"} {
			b.prefers("look", look)
			for _, size := range []int64{360, 1440} {
				b.do(chromedp.EmulateViewport(size, 844))
				b.settle()
				b.rules(name, fmt.Sprintf("%s, %s, %d px", language, look, size))
				b.width = size
				b.save(name + "-" + language + "-" + look)
			}
		}
	}
	b.width = width
	b.do(chromedp.EmulateViewport(width, 844))
	b.prefers("look", "auto")
	b.prefers("language", b.language)
}

// prefers is a choice made in another tab of the same browser: it holds in this one too, without a reload.
func (b *browser) prefers(what, choice string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`localStorage.setItem('hc.%s', %q), window.dispatchEvent(new StorageEvent('storage', {key: 'hc.%s', newValue: %q})), true`, what, choice, what, choice), nil)
}

func quoted(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// rules fails the story with each thing that a rule finds, and where.
func (b *browser) rules(name, how string) {
	b.t.Helper()
	b.eval(`window.__axe = undefined, axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})
		.then((r) => window.__axe = r.violations.map((v) => v.id + ': ' + v.help + ' at ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.failureSummary ?? '').split('\n').slice(1, 2)).join(' | ')), (e) => window.__axe = [String(e)]), true`, nil)
	b.until("the rules of accessibility", `window.__axe !== undefined`)
	var found []string
	b.eval(`window.__axe`, &found)
	if len(found) > 0 {
		b.t.Errorf("%s (%s): %s", name, how, strings.Join(found, "\n"))
	}
}
