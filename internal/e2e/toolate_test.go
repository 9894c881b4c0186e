package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"housecall/internal/sim"
)

func TestOrderThatComesLateIsSaidToBeLateTheFeeGoesBackAndTheOperatorSeesWhereItStands(t *testing.T) {
	d, _ := ownTown(t, sim.DemoOptions{Speed: 40}) // an hour is a minute and a half
	x := taleIn(t, d, "Tardy Tansy").isSeen()
	p := openWide(t, d, "the patient", 390, 844)
	p.signIn(x.address)
	p.sees("home")
	o := openWide(t, d, "the operator", 1440, 900)
	o.signInStaff(sim.DemoOperator)
	o.sees("city")
	x.orders(market, marketPlace).isReviewed().isAccepted().isPacked("LATE-1") // and no courier is on shift
	p.visit("/order/" + x.order)
	p.state(within, "order", "state", "ready")
	p.until("nothing said of being late", `!`+test("late"))
	for _, b := range []*browser{p, o} {
		b.marks()
	}

	x.until(x.patient, "/orders/"+x.order, func(a sim.Answer) bool { return a.Text("promise.broken_in") != "" })

	broken := time.Now()
	p.told(broken, "that it is late", shown("late"))
	p.until("that the fee went back", shown("fee-back"))
	if said := p.text("late"); !strings.Contains(said, "sorry") || !strings.Contains(said, "¥8.00") {
		t.Errorf("the patient reads %q, want an apology and the fee", said)
	}
	p.shot("order-late")
	p.visit("/")
	p.state(within, "home", "row", "late")
	p.shot("home-late")
	paid := x.must(x.patient.Get(t.Context(), "/orders/"+x.order+"/payments"))
	if held, due := paid.At("items.0.lines.0.amount.minor"), paid.At("items.0.due.minor"); held != due {
		t.Errorf("of a medicine for %v and a fee %v will be taken, want the medicine alone", held, due)
	}

	name := "HC-" + strings.ToUpper(x.order[len(x.order)-4:])
	row := fmt.Sprintf(`[...document.querySelectorAll('[data-test="job-late"]')].find((e) => e.innerText.includes(%q))`, name)
	o.told(broken, "it among the late ones", row+` !== undefined`)
	o.until("at which stage", row+`.innerText.includes('Waits for a courier')`)
	o.until("its story", `(`+row+`?.click(), `+shown("one-job")+`)`)
	o.seesText("The delivery fee goes back by itself.")
	o.shot("operator-late")
}
