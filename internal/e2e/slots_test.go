package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"housecall/internal/sim"
)

// place is the zone of the still town as an operator changes it over the API.
type place struct {
	t        *testing.T
	operator *sim.Client
	path     string
	was      sim.JSON // its content, put back when the story is over
	where    *time.Location
}

// atNoon takes the town's zone, and has it be noon there: hours of a day are then the same at any hour of the test.
func atNoon(t *testing.T) *place {
	t.Helper()
	z := &place{t: t, operator: staff(t, sim.DemoOperator)}
	list, err := z.operator.Get(t.Context(), "/zones")
	if err != nil {
		t.Fatal(err)
	}
	z.path = "/zones/" + list.Text("items.0.id")
	z.was = sim.JSON{}
	all, _ := list.At("items.0").(map[string]any)
	for key, value := range all {
		if key != "id" && key != "withdrawn" && key != "rain" && key != "raining" {
			z.was[key] = value
		}
	}
	t.Cleanup(func() { z.put(context.WithoutCancel(t.Context()), z.was) })
	east := 12 - time.Now().UTC().Hour()
	z.where = time.FixedZone("there", east*3600)
	return z
}

// changes puts some of the zone's content anew; it is noon there.
func (z *place) changes(some sim.JSON) {
	z.t.Helper()
	content := sim.JSON{}
	for key, value := range z.was {
		content[key] = value
	}
	_, east := time.Now().In(z.where).Zone()
	content["time_zone"] = fmt.Sprintf("Etc/GMT%+d", -east/3600) // whose names count the other way
	for key, value := range some {
		content[key] = value
	}
	z.put(z.t.Context(), content)
}

func (z *place) put(ctx context.Context, content sim.JSON) {
	z.t.Helper()
	now, err := z.operator.Get(ctx, z.path)
	if err == nil {
		_, err = z.operator.Edit(ctx, http.MethodPut, z.path, now.ETag, content)
	}
	if err != nil {
		z.t.Error(err)
	}
}

func (z *place) minutes(name string) time.Duration {
	n, _ := z.was[name].(float64)
	return time.Duration(n) * time.Minute
}

// window is the one that a moment lies in, as an operator types it.
func (z *place) window(from time.Time, places int) sim.JSON {
	local := from.In(z.where)
	return sim.JSON{"day": int(local.Weekday()), "from": local.Format("15:04"), "until": local.Add(2 * time.Hour).Format("15:04"), "places": places}
}

func iso(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// lives has the door of Lamp Street in their address book.
func (x *tale) lives() *tale {
	x.t.Helper()
	x.post(x.patient, "/patients/"+x.person+"/addresses", sim.JSON{"label": "home", "street": "5 Lamp Street", "floor": "2", "point": doorAt})
	return x
}

// chooses opens the choice of a pharmacy on a phone.
func (x *tale) chooses() *browser {
	x.t.Helper()
	p := phoneOf(x.t, x.name)
	p.signIn(x.address)
	p.visit("/rx/" + x.rx + "/order")
	p.sees("slots")
	return p
}

func TestOperatorOffersTimesAndTheLastPlaceIsLostToAnotherButNothingElse(t *testing.T) {
	z := atNoon(t)
	z.changes(nil)
	day := time.Now().In(z.where).AddDate(0, 0, 2)
	from := time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, z.where)
	o := operator(t)
	o.visit("/o/zones")
	o.press("zone")
	o.press("add-window")
	o.types("window-day", fmt.Sprint(int(from.Weekday())))
	o.types("window-from", "10:00")
	o.types("window-until", "10:10")
	o.types("window-places", "1")
	o.press("save-zone")
	o.until("what is wrong with it", `document.querySelector('[data-test="window"] .said') !== null`)
	o.types("window-until", "12:00")
	o.shot("operator-windows")
	o.press("save-zone")
	o.until("the form closed", test("zone-form")+` === null`)
	o.press("zone")
	o.until("an empty slot", test("slot-row")+`?.innerText.includes('0 of 1')`)

	slow := taleOf(t, "Slow Sage").lives().isSeen()
	p := slow.chooses()
	p.press("slot-" + iso(from))
	p.sees("quote")
	p.types("coupon", "LAMP-NOT-YET")
	p.shot("choose-slot")
	quick := taleOf(t, "Quick Quill").isSeen()
	quick.pharmacist = staff(t, market)
	quick.order = quick.post(quick.patient, "/orders", sim.JSON{
		"part": quick.part, "pharmacy": pharmacyNamed(quick, marketPlace), "fulfilment": "courier", "slot": iso(from),
		"address": sim.JSON{"text": "5 Lamp Street", "point": doorAt},
	}).Text("id")
	quick.until(quick.patient, "/orders/"+quick.order, func(a sim.Answer) bool { return a.At("held") == true })
	o.until("that it is full", test("slot-row")+`?.innerText.includes('full')`)
	o.shot("operator-fullness")
	p.press("choose-pharmacy")

	p.sees("slot-gone")
	p.shot("choose-slot-gone")
	p.until("the coupon still there", test("coupon")+`?.value === 'LAMP-NOT-YET'`)
	p.press("slot-as-soon")
	p.sees("quote")
	p.reload()
	p.until("the coupon after a reload", test("coupon")+`?.value === 'LAMP-NOT-YET'`)
	p.types("coupon", "")
	p.press("choose-pharmacy")
	p.sees("pay")
	slow.order = p.here()[len("/order/"):]
}

func TestPatientAndCounterReadTheTimeWhereThirtyMinutesCanNotBeKept(t *testing.T) {
	z := atNoon(t)
	x := taleOf(t, "Patience Lark").lives().isSeen()
	x.pharmacist = staff(t, market)
	f := deskOf(t, "the pharmacist")
	f.signInStaff(market)
	soon := time.Now().Add(z.minutes("review_minutes") + z.minutes("pack_minutes") + z.minutes("ride_minutes") + 2*time.Minute).Truncate(time.Minute)
	z.changes(sim.JSON{"slots_only": true, "windows": []sim.JSON{z.window(soon, 5)}})

	p := x.chooses()
	p.sees("no-thirty")
	p.until("the one time, and no other way", test("slots")+`.querySelectorAll('input').length === 1 && `+test("slots")+`.querySelector('input').checked`)
	p.shot("choose-slots-only")
	p.press("choose-pharmacy")
	p.sees("pay-slot")
	p.shot("pay-slot")
	x.order = p.here()[len("/order/"):]
	p.press("pay")
	p.sees("slot-told")
	p.until("no minutes counted", `document.querySelector('.clock') === null`)
	p.shot("order-slot")
	p.visit("/")
	p.seesText("A courier comes")

	a := x.until(x.patient, "/orders/"+x.order, is("placed"))
	x.fill, x.job = a.Text("fill"), a.Text("job")
	x.must(sim.Until(t.Context(), 3*time.Minute, func() (sim.Answer, error) { return x.pharmacist.Get(t.Context(), "/fills/"+x.fill) }, is("offered")))
	f.visit("/p")
	f.until("the time on the work list", fmt.Sprintf(`[...document.querySelectorAll('[data-test="work-offered"]')].some((e) => e.querySelector('[data-test="budget-slot"]') && e.innerText.includes(%q))`, soon.UTC().Format("15:04")))
	f.shot("pharmacy-slot")
}

func TestOperatorSaysThatItRainsAndSeesWhoSaidSoAndUntilWhen(t *testing.T) {
	o := operator(t)
	other := deskOf(t, "another operator's screen")
	other.signInStaff(sim.DemoOperator)
	for _, b := range []*browser{o, other} {
		b.visit("/o/zones")
		b.press("zone")
		b.state(within, "rain", "rain", "false")
		b.seesText("estimates become longer")
		b.marks()
	}
	t.Cleanup(func() {
		c := staff(t, sim.DemoOperator)
		ctx := context.WithoutCancel(t.Context())
		if zones, err := c.Get(ctx, "/zones"); err == nil {
			_, _ = c.Post(ctx, "/zones/"+zones.Text("items.0.id")+"/weather", sim.JSON{"rain": false})
		}
	})

	o.press("rain-180")

	o.state(within, "rain", "rain", "true")
	o.until("until when", test("raining")+`.innerText.includes('rains until')`)
	o.shot("operator-rain")
	other.told(time.Now(), "the rain", isRain("true"))
	other.press("rain-over")
	o.told(time.Now(), "that it is over", isRain("false"))
}

func isRain(is string) string { return fmt.Sprintf(`%s?.dataset.rain === %q`, test("rain"), is) }

// here is the address that is shown.
func (b *browser) here() string {
	b.t.Helper()
	at := ""
	b.eval(`location.pathname`, &at)
	return at
}
