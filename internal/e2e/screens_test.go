package e2e_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// Widths at which nothing may be wider than the screen: the narrowest that WCAG asks for, and the narrowest phone sold.
var narrow = []int64{320, 360}

func TestEveryScreenOfThePatientFitsAPhoneAndADesk(t *testing.T) {
	g := pictures(t)
	b := phoneOf(t, "the patient")
	b.signIn(g.patient.address)
	b.sees("home")

	b.looksRight(g, "patient")
}

func TestEveryScreenOfTheStaffFitsAPhoneAndADesk(t *testing.T) {
	g := pictures(t)
	for _, s := range []struct{ who, address string }{
		{"doctor", g.doctor},
		{"pharmacist", market},
		{"courier", g.courier},
		{"operator", sim.DemoOperator},
		{"support", "support@lampford.example"},
		{"auditor", "auditor@lampford.example"},
	} {
		t.Run(s.who, func(t *testing.T) {
			b := phoneOf(t, "the "+s.who)
			b.signInStaff(s.address)

			b.looksRight(g, s.who)
		})
	}
}

func TestEveryScreenForAnybodyFitsAPhoneAndADesk(t *testing.T) {
	phoneOf(t, "anybody").looksRight(pictures(t), "anybody")
}

// looksRight opens each screen of these people, asks that nothing is wider than a phone, asks the rules of accessibility,
// that nothing is left in English where Chinese is read, and keeps pictures of both sizes.
func (b *browser) looksRight(g *gallery, who string) {
	b.t.Helper()
	for _, s := range everyScreen[who] {
		b.t.Run(s.name, func(t *testing.T) {
			b.as(t).lookedAt(s, g, who)
		})
	}
}

// as is the same browser in a part of the story.
func (b *browser) as(t *testing.T) *browser {
	t.Helper()
	same := *b
	same.t = t
	return &same
}

func (b *browser) lookedAt(s screen, g *gallery, who string) {
	b.t.Helper()
	name := "all-" + who + "-" + s.name
	b.visit(s.at(g))
	b.settle()
	b.until("a headline at "+s.route, `document.querySelector('h1') !== null`)
	b.fits(name)
	b.shot(name)
	b.wide(name)
	b.speaksChinese(name)
	if who == "patient" || who == "anybody" {
		b.forOldEyes(name)
	}
}

// forOldEyes asks the same of large type: one column, nothing wider than the phone.
func (b *browser) forOldEyes(name string) {
	b.t.Helper()
	b.prefers("size", "large")
	b.settle()
	b.fits(name + "-elder")
	b.shot(name + "-elder")
	b.prefers("size", "normal")
}

// wide keeps a picture of the same screen on a desk.
func (b *browser) wide(name string) {
	b.t.Helper()
	width := b.width
	b.do(chromedp.EmulateViewport(1440, 900))
	b.width = 1440
	b.settle()
	b.save(name)
	b.width = width
	b.do(chromedp.EmulateViewport(width, 844))
}

// tooWide lists what reaches over the right edge of the screen and can't be scrolled in a box of its own.
const tooWide = `(() => {
	const edge = document.documentElement.clientWidth + 1, out = [];
	if (document.documentElement.scrollWidth > edge) out.push('the page: ' + document.documentElement.scrollWidth);
	for (const e of document.querySelectorAll('body *')) {
		const r = e.getBoundingClientRect();
		if (r.width === 0 || r.height === 0 || (r.right <= edge && r.left >= -1)) continue;
		if (e.closest('.scroll-x, .mapbox, .sr, .skip, svg, canvas, [aria-hidden="true"]')) continue;
		if ([...e.querySelectorAll('*')].some((c) => c.getBoundingClientRect().right > edge)) continue;
		out.push(e.tagName.toLowerCase() + (e.className ? '.' + e.className : '') + ' "' + e.textContent.slice(0, 30) + '" ' + Math.round(r.left) + '-' + Math.round(r.right));
	}
	return out.slice(0, 4);
})()`

// fits asks that nothing scrolls sideways.
func (b *browser) fits(name string) {
	b.t.Helper()
	for _, width := range narrow {
		b.do(chromedp.EmulateViewport(width, 700))
		b.settle()
		var wide []string
		b.eval(tooWide, &wide)
		if len(wide) > 0 {
			b.t.Errorf("%s at %d px is wider than the screen: %s", name, width, strings.Join(wide, "; "))
			b.savedAs(fmt.Sprintf("wide-%s", name), width)
		}
	}
	b.do(chromedp.EmulateViewport(b.width, 844))
}

func (b *browser) savedAs(name string, width int64) {
	was := b.width
	b.width = width
	b.save(name)
	b.width = was
}

var chinese = regexp.MustCompile(`\p{Han}`)

// speaksChinese asks that a screen is in Chinese where Chinese is read.
func (b *browser) speaksChinese(name string) {
	b.t.Helper()
	b.prefers("language", "zh")
	b.until(name+" in Chinese", `document.documentElement.lang.startsWith('zh')`)
	b.settle()
	var english []string
	b.eval(leftInEnglish, &english)
	english = slices.DeleteFunc(english, func(s string) bool { return typedByPeople.MatchString(s) })
	if len(english) > 0 {
		b.t.Errorf("%s still says in English: %s", name, strings.Join(english, " | "))
	}
	if !chinese.MatchString(b.pageText()) {
		b.t.Errorf("%s says nothing in Chinese", name)
	}
	b.save(name + "-zh")
	b.prefers("language", "en")
	b.until(name+" in English again", `document.documentElement.lang === 'en'`)
}

// typedByPeople is what somebody in these stories wrote, and names of places: nobody translates that.
var typedByPeople = regexp.MustCompile(strings.Join([]string{
	"It hurts to swallow", "You have a sore throat", "Rest and drink", "Sore throat.", "It (is|came) late", "Five, yes", "a story", "Lamp Street", "Market Place", "AppleWebKit", "example.org",
}, "|"))

// leftInEnglish are the words that are shown and have no Chinese in them though they are words: not names, codes or
// amounts, which stay as they are, nor what says that it is in English.
const leftInEnglish = `(() => {
	const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const e = n.parentElement, text = n.data.trim();
		if (!e || e.getClientRects().length === 0 || e.closest('[lang="en"], script, style, textarea, select, .sr, .mapbox')) continue;
		if (/[a-z]{2,}[ ,]+[a-z]{2,}/.test(text) && !/\p{Script=Han}/u.test(text)) out.push(text.slice(0, 60));
	}
	return [...new Set(out)].slice(0, 8);
})()`
