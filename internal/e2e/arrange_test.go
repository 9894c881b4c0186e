package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"housecall/internal/sim"
)

// Who does what in the still town. Each story has people of its own, so that none disturbs another's screen.
const (
	marketPlace = "Market Place Pharmacy"
	market      = "pharmacist1@lampford.example" // works there
)

// The market place of Lampford, and a door on a street of it.
var (
	counterAt = sim.JSON{"lat": 54.6009, "lon": 2.1}
	doorAt    = sim.JSON{"lat": 54.60449, "lon": 2.1062}
)

// tale is what has happened so far to one patient, made over the public API before or beside what is clicked.
type tale struct {
	t                                         *testing.T
	in                                        *sim.Demo // the still town, or one of the story's own
	patient                                   *sim.Client
	name, address, person                     string
	doctor, pharmacist, courier               *sim.Client
	seenBy                                    string // the doctor's address
	intake, visit, rx, part, order, fill, job string
	pharmacy                                  string
}

// taleOf begins with a patient nobody has seen yet.
func taleOf(t *testing.T, name string) *tale {
	t.Helper()
	return taleIn(t, town(t).still, name)
}

// taleIn is the same in another town.
func taleIn(t *testing.T, d *sim.Demo, name string) *tale {
	t.Helper()
	x := &tale{t: t, in: d, name: name}
	x.patient, x.address = newcomerIn(t, d, name, "1955-03-08", "female")
	x.person = x.must(x.patient.Get(t.Context(), "/me")).Text("patient")
	t.Cleanup(x.ends)
	return x
}

// ends leaves nothing behind that another story's doctor, pharmacist or courier would meet.
func (x *tale) ends() {
	ctx := context.WithoutCancel(x.t.Context())
	for _, what := range []string{"/visits/" + x.visit, "/orders/" + x.order} {
		_, _ = x.patient.Post(ctx, what+"/cancel", sim.JSON{"reason": "changed_mind"}) // refused where it is over
	}
}

func (x *tale) must(a sim.Answer, err error) sim.Answer {
	x.t.Helper()
	if err != nil {
		x.t.Fatalf("%s: %v", x.name, err)
	}
	return a
}

func (x *tale) post(who *sim.Client, path string, body any) sim.Answer {
	x.t.Helper()
	return x.must(who.Post(x.t.Context(), path, body))
}

// until waits until what is read is as wished.
func (x *tale) until(who *sim.Client, path string, wished func(sim.Answer) bool) sim.Answer {
	x.t.Helper()
	return x.must(sim.Until(x.t.Context(), within, func() (sim.Answer, error) { return who.Get(x.t.Context(), path) }, wished))
}

func is(state string) func(sim.Answer) bool {
	return func(a sim.Answer) bool { return a.Text("state") == state }
}

// staff is somebody who works in the town of the tale.
func (x *tale) staff(address string) *sim.Client {
	x.t.Helper()
	return staffIn(x.t, x.in, address)
}

// onDuty is a doctor of the still town who is there.
func onDuty(t *testing.T, address string) *sim.Client {
	t.Helper()
	return goesOnDuty(t, staff(t, address))
}

func goesOnDuty(t *testing.T, d *sim.Client) *sim.Client {
	t.Helper()
	if _, err := d.Post(t.Context(), "/duty/on", nil); err != nil && sim.StatusOf(err) != http.StatusConflict {
		t.Fatal(err)
	}
	return d
}

// tells fills the intake in and hands it in.
func (x *tale) tells(health sim.JSON) *tale {
	x.t.Helper()
	ctx := x.t.Context()
	if x.intake == "" {
		x.begins()
	}
	path := "/intakes/" + x.intake
	consent := x.must(x.patient.Get(ctx, "/intake-options")).Text("consent")
	about := sim.JSON{"weight_kg": "58", "pregnancy": "no"}
	for k, v := range health {
		about[k] = v
	}
	if about["none"] == nil {
		about["none"] = []string{"allergy", "medicine", "condition"}
	}
	a := x.must(x.patient.Get(ctx, path))
	a = x.must(x.patient.Edit(ctx, http.MethodPatch, path, a.ETag, sim.JSON{
		"where": doorAt, "call_back": "+442079460000", "consent": consent, "complaint": "sore_throat", "words": "It hurts to swallow.",
		"vitals": []sim.JSON{{"kind": "temperature", "value": "38.1", "unit": "Cel"}}, "health": about,
	}))
	answers := sim.JSON{}
	questions, _ := a.At("questions").([]any)
	for n := range questions {
		answers[a.Text(fmt.Sprintf("questions.%d.id", n))] = "no"
	}
	x.must(x.patient.Edit(ctx, http.MethodPatch, path, a.ETag, sim.JSON{"answers": answers}))
	x.post(x.patient, path+"/submit", nil)
	return x
}

// begins opens an intake.
func (x *tale) begins() *tale {
	x.t.Helper()
	x.intake = x.post(x.patient, "/intakes", sim.JSON{"patient": x.person, "specialty": "general", "language": "en"}).Text("id")
	return x
}

// waits queues for a doctor, and is there.
func (x *tale) waits() *tale {
	x.t.Helper()
	offer := x.post(x.patient, "/visits/offer", sim.JSON{"intake": x.intake})
	x.visit = x.post(x.patient, "/visits", sim.JSON{"intake": x.intake, "agreed": offer.At("terms.fee"), "method": "card_ok"}).Text("id")
	x.until(x.patient, "/visits/"+x.visit, func(a sim.Answer) bool { return a.Text("fee_state") == "held" })
	x.post(x.patient, "/visits/"+x.visit+"/here", nil)
	return x
}

// isAdmitted has a doctor call them in.
func (x *tale) isAdmitted(doctor string) *tale {
	x.t.Helper()
	x.doctor = goesOnDuty(x.t, x.staff(doctor))
	x.post(x.doctor, "/visits/"+x.visit+"/admit", nil)
	return x
}

// whoSees are doctors who act by the API alone: each signs with a code, and a code is good once.
var whoSees = struct {
	sync.Mutex
	next int
	all  []string
}{all: []string{"sparrow@lampford.example", "calder@lampford.example", "hollander@lampford.example", "reyes@lampford.example"}}

func someDoctor() string {
	whoSees.Lock()
	defer whoSees.Unlock()
	whoSees.next++
	return whoSees.all[whoSees.next%len(whoSees.all)]
}

// isSeen is from the intake to a signed prescription of amoxicillin, and the end of the visit.
func (x *tale) isSeen() *tale {
	x.t.Helper()
	return x.isGiven("amoxicillin/capsule/500mg", 3)
}

// filled keeps deliveries to the market place apart.
var filled sync.Mutex

// isStocked has the market place receive what one story takes from the shelf: there are more stories than packs.
func (x *tale) isStocked(product string) {
	x.t.Helper()
	filled.Lock()
	defer filled.Unlock()
	at := staffIn(x.t, x.in, market)
	house := "/pharmacies/" + x.must(at.Get(x.t.Context(), "/me")).Text("pharmacy") + "/stock"
	stock := x.must(at.Get(x.t.Context(), house+"?limit=200"))
	for {
		for n := range listOf(stock, "items") {
			if on := fmt.Sprintf("items.%d.", n); stock.Text(on+"product") == product && stock.Text(on+"batches.0.batch") != "" {
				x.post(at, house, sim.JSON{
					"product": product, "pack_units": stock.At(on + "pack_units"), "price": stock.At(on + "price"),
					"batch": sim.JSON{"batch": stock.Text(on + "batches.0.batch"), "expiry": stock.Text(on + "batches.0.expiry"), "units": 60},
				})
				return
			}
		}
		if stock.Text("next") == "" {
			return // it is not to be had there: that may be the story
		}
		stock = x.must(at.Get(x.t.Context(), house+"?limit=200&cursor="+stock.Text("next")))
	}
}

// isGiven is the same with another medicine: one capsule, so many times a day, for five days.
func (x *tale) isGiven(product string, times int) *tale {
	x.t.Helper()
	x.isStocked(product)
	if x.intake == "" {
		x.tells(nil)
	}
	doctor := someDoctor()
	x.doctor, x.seenBy = goesOnDuty(x.t, x.staff(doctor)), doctor
	x.waits().isAdmitted(doctor)
	x.post(x.patient, "/visits/"+x.visit+"/ticket", nil) // takes a seat in the call
	x.must(x.doctor.Edit(x.t.Context(), http.MethodPatch, "/visits/"+x.visit+"/note", "*", sim.JSON{
		"subjective": "Sore throat.", "plan": "Rest and drink.", "summary": "You have a sore throat. Rest, drink, take the medicine as written.",
		"diagnoses": []sim.JSON{{"code": "J02.9"}},
	}))
	script := sim.JSON{"items": []sim.JSON{{"product": product, "steps": []sim.JSON{{
		"dose": sim.JSON{"value": "1", "unit": "capsule"}, "timing": sim.JSON{"frequency": times, "period": 1, "period_unit": "d", "duration": 5, "duration_unit": "d"},
	}}}}}
	seen := x.post(x.doctor, "/visits/"+x.visit+"/prescriptions/preview", script)
	reasons := []sim.JSON{}
	for n := range listOf(seen, "findings") {
		if at := fmt.Sprintf("findings.%d.", n); seen.Text(at+"severity") == "warning" {
			reasons = append(reasons, sim.JSON{"finding": seen.Text(at + "id"), "words": "Asked about in the call."})
		}
	}
	script["reasons"] = reasons
	x.rx = x.post(x.doctor, "/visits/"+x.visit+"/prescriptions", script).Text("id")
	page := x.post(x.doctor, "/signings", sim.JSON{"prescriptions": []string{x.rx}})
	code := authenticatorOf(x.t, x.in, doctor).code(x.t)
	x.part = x.post(x.doctor, "/signings/"+page.Text("id")+"/confirm", sim.JSON{"code": code}).Text("items.0.parts.0.id")
	x.post(x.doctor, "/visits/"+x.visit+"/complete", nil)
	return x
}

func listOf(a sim.Answer, path string) []any {
	list, _ := a.At(path).([]any)
	return list
}

// orders orders at a pharmacy and pays.
func (x *tale) orders(pharmacist, pharmacy string) *tale {
	x.t.Helper()
	return x.reserves(pharmacist, pharmacy).pays()
}

// pays pays what was reserved.
func (x *tale) pays() *tale {
	x.t.Helper()
	x.post(x.patient, "/orders/"+x.order+"/pay", sim.JSON{"method": "card_ok"})
	a := x.until(x.patient, "/orders/"+x.order, is("placed"))
	x.fill, x.job = a.Text("fill"), a.Text("job")
	x.until(x.pharmacist, "/fills/"+x.fill, is("offered"))
	return x
}

// reserves chooses a pharmacy; nothing is paid yet.
func (x *tale) reserves(pharmacist, pharmacy string) *tale {
	x.t.Helper()
	x.pharmacist = x.staff(pharmacist)
	x.pharmacy = x.must(x.pharmacist.Get(x.t.Context(), "/me")).Text("pharmacy")
	if x.pharmacy == "" {
		x.pharmacy = pharmacyNamed(x, pharmacy)
	}
	x.order = x.post(x.patient, "/orders", sim.JSON{
		"part": x.part, "pharmacy": x.pharmacy, "fulfilment": "courier",
		"address": sim.JSON{"text": "5 Lamp Street", "floor": "2", "receiver": x.name, "point": doorAt},
	}).Text("id")
	x.until(x.patient, "/orders/"+x.order, func(a sim.Answer) bool { return a.At("held") == true })
	return x
}

func pharmacyNamed(x *tale, name string) string {
	x.t.Helper()
	list := x.must(x.patient.Get(x.t.Context(), "/pharmacies?limit=50"))
	for n := range 20 {
		if at := fmt.Sprintf("items.%d.", n); list.Text(at+"name") == name {
			return list.Text(at + "id")
		}
	}
	x.t.Fatalf("no pharmacy is called %s", name)
	return ""
}

func (x *tale) isReviewed() *tale {
	x.t.Helper()
	x.post(x.pharmacist, "/fills/"+x.fill+"/review", nil)
	return x
}

// isAccepted says yes, with a reason for each new warning.
func (x *tale) isAccepted() *tale {
	x.t.Helper()
	sheet := x.must(x.pharmacist.Get(x.t.Context(), "/fills/"+x.fill+"/sheet"))
	reasons := sim.JSON{}
	findings, _ := sheet.At("findings").([]any)
	for n := range findings {
		at := fmt.Sprintf("findings.%d.", n)
		if sheet.Text(at+"severity") == "warning" && sheet.At(at+"known") != true {
			reasons[sheet.Text(at+"id")] = "The patient was told what to look out for."
		}
	}
	x.post(x.pharmacist, "/fills/"+x.fill+"/accept", sim.JSON{"reasons": reasons})
	return x
}

// shelf is a batch of a product that is not about to run out.
func (x *tale) shelf(product string) (batch, expiry string) {
	x.t.Helper()
	stock := x.must(x.pharmacist.Get(x.t.Context(), "/pharmacies/"+x.pharmacy+"/stock?limit=200"))
	for {
		items, _ := stock.At("items").([]any)
		for n := range items {
			if at := fmt.Sprintf("items.%d.", n); stock.Text(at+"product") == product {
				return stock.Text(at + "batches.0.batch"), stock.Text(at + "batches.0.expiry")
			}
		}
		if stock.Text("next") == "" {
			x.t.Fatalf("%s is not on the shelf", product)
		}
		stock = x.must(x.pharmacist.Get(x.t.Context(), "/pharmacies/"+x.pharmacy+"/stock?limit=200&cursor="+stock.Text("next")))
	}
}

// isPacked puts everything into a bag and seals it.
func (x *tale) isPacked(seal string) *tale {
	x.t.Helper()
	fill := x.must(x.pharmacist.Get(x.t.Context(), "/fills/"+x.fill))
	product := fill.Text("lines.0.product")
	batch, expiry := x.shelf(product)
	x.post(x.pharmacist, "/fills/"+x.fill+"/pack", sim.JSON{"packed": []sim.JSON{{"line": 0, "product": product, "batch": batch, "expiry": expiry, "units": fill.At("lines.0.units")}}})
	x.post(x.pharmacist, "/fills/"+x.fill+"/ready", sim.JSON{"seal": seal, "labelled": true})
	return x
}

// onShift has a courier stand at the counter of the market place.
func (x *tale) onShift(courier string) *tale {
	x.t.Helper()
	x.courier = x.staff(courier)
	x.t.Cleanup(func() { goesHome(x.t, courier) })
	if x.must(x.courier.Get(x.t.Context(), "/shift")).Text("state") == "off" {
		x.post(x.courier, "/shift/start", sim.JSON{"vehicle": "scooter", "point": counterAt})
	}
	return x
}

// isRidden has the courier say yes to the offer, and come to the counter.
func (x *tale) isRidden() *tale {
	x.t.Helper()
	x.until(x.courier, "/ride", func(a sim.Answer) bool { return a.Text("todo") == "answer_offer" })
	return x.rides("accept").rides("arrive")
}

// rides is the courier's next step.
func (x *tale) rides(step string) *tale {
	x.t.Helper()
	next := x.must(x.courier.Get(x.t.Context(), "/ride"))
	x.post(x.courier, "/jobs/"+x.job+"/"+step, sim.JSON{"sequence": next.At("sequence")})
	return x
}

// isCollected hands the bag over at the counter.
func (x *tale) isCollected() *tale {
	x.t.Helper()
	x.until(x.pharmacist, "/jobs/"+x.job, func(a sim.Answer) bool { return a.Text("seal") != "" })
	code := x.must(x.courier.Get(x.t.Context(), "/jobs/"+x.job+"/code")).Text("code")
	x.post(x.pharmacist, "/jobs/"+x.job+"/collect", sim.JSON{"code": code})
	x.until(x.patient, "/orders/"+x.order, is("collected"))
	return x
}

// isDelivered types the PIN at the door.
func (x *tale) isDelivered() *tale {
	x.t.Helper()
	pin := x.must(x.patient.Get(x.t.Context(), "/jobs/"+x.job+"/pin")).Text("code")
	x.post(x.courier, "/jobs/"+x.job+"/hand-over", sim.JSON{"code": pin})
	x.until(x.patient, "/orders/"+x.order, is("delivered"))
	return x
}

// goesHome ends the courier's shift, so that the next story's courier gets the next offer.
func goesHome(t *testing.T, courier string) {
	t.Helper()
	c := staff(t, courier)
	_, err := c.Post(context.WithoutCancel(t.Context()), "/shift/end", nil)
	if err != nil && sim.StatusOf(err) != http.StatusConflict {
		t.Error(err)
	}
}
