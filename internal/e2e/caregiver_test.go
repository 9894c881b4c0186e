package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// scopesOfAll are what a daughter who does everything for her mother is granted.
var scopesOfAll = []string{"see", "book", "attend", "pay", "receive"}

func TestDaughterTakesHerMotherThroughTheWholeChainAndTheMotherSeesItHappen(t *testing.T) {
	const mothers = "Zhao Guiying"
	mother := phoneOf(t, "the mother")
	signUp(mother, mothers)
	c := castOf(t, "the daughter", mothers, "courier10@lampford.example")
	c.comesToWork()
	helps := c.patient
	address := signUp(helps, "Zhao Min")

	mother.trusts(address, scopesOfAll)
	person := helps.accepts(mothers)
	mother.visit("/")
	mother.state(within, "home", "row", "nothing")
	mother.marks()
	helps.visit("/for/" + person)
	helps.state(within, "home", "row", "nothing")
	helps.until("for whom she acts", fmt.Sprintf(`document.querySelector('[data-test="for"]')?.dataset.person === %q`, person))
	helps.shot("home-of-mother")

	c.isSeen()
	mother.told(time.Now(), "that her prescription is signed", test("home")+`?.dataset.row === 'signed'`)
	c.orders()
	mother.told(time.Now(), "that her medicine is being packed", test("home")+`?.dataset.row === 'preparing'`)
	c.isPacked()
	mother.told(time.Now(), "that a courier has it", test("home")+`?.dataset.row === 'collected'`)
	mother.shot("home-of-mother-herself")
	c.isBrought()
	mother.told(time.Now(), "that it is delivered", test("home")+`?.dataset.row === 'delivered'`)

	mother.visit("/record/" + person + "/access")
	mother.seesText("Zhao Min")
	mother.shot("who-looked-daughter")
	mother.visit("/circle")
	mother.press("end-grant")
	mother.press("sure")
	mother.until("nobody who acts for her", `!`+test("grant"))
	helps.visit("/for/" + person)
	helps.until("nothing of her mother any more", `document.querySelector('h1') !== null && !document.body.innerText.includes('Delivered')`)
}

// trusts gives somebody rights over one's own matters, by clicking.
func (b *browser) trusts(address string, scopes []string) {
	b.t.Helper()
	b.visit("/circle")
	b.press("give-grant")
	b.types("helper", address)
	b.types("helper-label", "My daughter")
	for _, s := range scopes {
		box := fmt.Sprintf(`(() => { const e = %s; return e?.matches('input') ? e : e?.querySelector('input'); })()`, test("scope-"+s))
		b.until("the scope "+s, fmt.Sprintf(`(() => { const e = %s; if (!e) return false; if (!e.checked) e.click(); return e.checked; })()`, box))
	}
	b.shot("grant")
	b.press("invite-helper")
	b.state(within, "grant", "state", "invited")
}

// accepts takes up an invitation and answers whom it is for.
func (b *browser) accepts(name string) string {
	b.t.Helper()
	b.visit("/circle")
	b.press("accept-grant")
	link := fmt.Sprintf(`[...document.querySelectorAll('[data-test="circle"] a[href^="/for/"]')].find((a) => a.innerText.includes(%q))`, name)
	b.until(name+" in the circle", link+` !== undefined`)
	at := ""
	b.eval(link+`.getAttribute('href').slice('/for/'.length)`, &at)
	return at
}
