package e2e_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// screen is one of the app's and where it stands.
type screen struct{ name, path string }

// Widths at which nothing may be wider than the screen: the narrowest that WCAG asks for, and the narrowest phone sold.
var narrow = []int64{320, 360}

func TestEveryScreenOfThePatientFitsAPhoneAndADesk(t *testing.T) {
	x := taleOf(t, "Iris Wide").isSeen().orders(market, marketPlace)
	x.pharmacist = staff(t, market)
	x.onShift("courier9@lampford.example").isReviewed().isAccepted().isPacked("WIDE-1").isRidden().isCollected().rides("at-door").isDelivered()
	seen, order := x.visit, x.order
	receipt := x.must(x.patient.Get(t.Context(), "/visits/"+seen+"/payments")).Text("items.0.id")
	problem := x.post(x.patient, "/cases", sim.JSON{"category": "late", "text": "It came late.", "subject": order}).Text("id")
	x.intake = ""
	handedIn := x.tells(nil).intake
	waiting := x.waits().visit
	draft := x.begins().intake
	b := phoneOf(t, "the patient")
	b.signIn(x.address)
	b.sees("home")

	b.looksRight([]screen{
		{"home", "/for/" + x.person},
		{"visits", "/for/" + x.person + "/visits"},
		{"medicine", "/for/" + x.person + "/medicine"},
		{"addresses", "/for/" + x.person + "/addresses"},
		{"receipts", "/for/" + x.person + "/receipts"},
		{"receipt", "/receipt/" + receipt},
		{"intake-where", "/intake/" + draft + "/where"},
		{"intake-contact", "/intake/" + draft + "/contact"},
		{"intake-complaint", "/intake/" + draft + "/complaint"},
		{"intake-times", "/intake/" + handedIn + "/times"},
		{"visit", "/visit/" + seen},
		{"waiting-room", "/visit/" + waiting + "/wait"},
		{"rx", "/rx/" + x.rx},
		{"choose", "/rx/" + x.rx + "/order"},
		{"order", "/order/" + order},
		{"thanks", "/order/" + order + "/thanks"},
		{"order-chat", "/order/" + order + "/call"},
		{"record", "/record/" + x.person},
		{"who-looked", "/record/" + x.person + "/access"},
		{"circle", "/circle"},
		{"me", "/me"},
		{"problem", "/case/new"},
		{"case", "/case/" + problem},
		{"nowhere", "/no/such/page"},
	})
}

func TestEveryScreenOfTheStaffFitsAPhoneAndADesk(t *testing.T) {
	x := taleOf(t, "Vera Wide").isSeen().orders(market, marketPlace)
	problem := x.post(x.patient, "/cases", sim.JSON{"category": "late", "text": "It is late.", "subject": x.order}).Text("id")
	for _, s := range []struct {
		who, address string
		pages        []screen
	}{
		{"the doctor", "reyes@lampford.example", []screen{{"today", "/d"}, {"queue", "/d/queue"}, {"hours", "/d/hours"}, {"me", "/me"}}},
		{"the pharmacist", "pharmacist1@lampford.example", []screen{
			{"work", "/p"}, {"order", "/p/order/" + x.fill}, {"chat", "/p/talk/" + x.order}, {"stock", "/p/stock"}, {"hours", "/p/hours"}, {"records", "/p/records"}, {"me", "/me"},
		}},
		{"the courier", "courier10@lampford.example", []screen{{"now", "/c"}, {"earnings", "/c/earnings"}, {"papers", "/c/papers"}, {"me", "/me"}}},
		{"the operator", sim.DemoOperator, []screen{
			{"city", "/o"}, {"vetting", "/o/vetting"}, {"zones", "/o/zones"}, {"coupons", "/o/coupons"}, {"stuck", "/o/stuck"}, {"audit", "/o/audit"}, {"cases", "/o/cases"}, {"case", "/o/case/" + problem}, {"me", "/me"},
		}},
		{"support", "support@lampford.example", []screen{{"cases", "/o/cases"}, {"case", "/o/case/" + problem}}},
		{"the auditor", "auditor@lampford.example", []screen{{"audit", "/o/audit"}}},
	} {
		t.Run(s.who, func(t *testing.T) {
			b := phoneOf(t, s.who)
			b.signInStaff(s.address)
			for i := range s.pages {
				s.pages[i].name = strings.TrimPrefix(s.who, "the ") + "-" + s.pages[i].name
			}

			b.looksRight(s.pages)
		})
	}
}

func TestEveryScreenForAnybodyFitsAPhoneAndADesk(t *testing.T) {
	b := phoneOf(t, "anybody")

	b.looksRight([]screen{{"sign-in", "/"}, {"verify", "/verify"}, {"track-nothing", "/t#nothing"}, {"guest-nothing", "/g#nothing"}})
}

// looksRight opens each screen, asks that nothing is wider than a phone, asks the rules of accessibility, and keeps
// pictures of both sizes.
func (b *browser) looksRight(pages []screen) {
	b.t.Helper()
	for _, p := range pages {
		b.visit(p.path)
		b.settle()
		b.until("a headline at "+p.path, `document.querySelector('h1') !== null`)
		b.fits(p.name)
		b.shot("all-" + p.name)
		b.wide("all-" + p.name)
	}
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

func TestEveryScreenSpeaksChinese(t *testing.T) {
	x := taleOf(t, "Lan Zhiyuan").isSeen().orders(market, marketPlace)
	for _, s := range []struct {
		who, address string
		paths        []string
	}{
		{"the patient", x.address, []string{"/for/" + x.person, "/order/" + x.order, "/rx/" + x.rx, "/visit/" + x.visit, "/record/" + x.person, "/circle", "/me", "/case/new"}},
		{"the doctor", "calder@lampford.example", []string{"/d", "/d/queue", "/d/hours"}},
		{"the pharmacist", "pharmacist1@lampford.example", []string{"/p", "/p/order/" + x.fill, "/p/stock", "/p/hours"}},
		{"the courier", "courier11@lampford.example", []string{"/c", "/c/earnings", "/c/papers"}},
		{"the operator", sim.DemoOperator, []string{"/o", "/o/vetting", "/o/zones", "/o/coupons", "/o/stuck", "/o/audit", "/o/cases"}},
	} {
		t.Run(s.who, func(t *testing.T) {
			b := phoneOf(t, s.who)
			if s.who == "the patient" {
				b.signIn(s.address)
				b.sees("home")
			} else {
				b.signInStaff(s.address)
			}
			b.eval(`localStorage.setItem('hc.language', 'zh'), true`, nil)
			for _, path := range s.paths {
				b.visit(path)
				b.settle()
				b.until("a headline", `document.querySelector('h1') !== null`)
				var english []string
				b.eval(leftInEnglish, &english)
				if len(english) > 0 {
					t.Errorf("%s at %s still says in English: %s", s.who, path, strings.Join(english, " | "))
				}
				if !chinese.MatchString(b.pageText()) {
					t.Errorf("%s says nothing in Chinese", path)
				}
				b.savedAs("zh-"+strings.Trim(strings.ReplaceAll(b.here(), "/", "-"), "-")[:min(24, len(b.here())-1)], b.width)
			}
		})
	}
}

// leftInEnglish are the words of buttons, headings and labels that have no Chinese in them though they are words: not
// names, codes or amounts, which stay as they are.
const leftInEnglish = `[...document.querySelectorAll('main h1, main h2, main h3, main button, main a.btn, main label, main legend, .foot .btn, .tabs a')]
	.filter((e) => e.getClientRects().length > 0 && !e.closest('[lang="en"], [data-test="stock-line"], [data-test="zone"]')) // products and zones have names of their own
	.map((e) => e.innerText.trim().split('\n')[0])
	.filter((s) => s.split(' ').length > 1 && /^[A-Za-z][a-z]+ [a-z ,.']+$/.test(s)).slice(0, 6)`
