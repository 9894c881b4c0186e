package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"housecall/internal/sim"
)

// screen is one of the app's: the address that routes.ts names it by, and where it stands in the town of the pictures.
type screen struct {
	name, route string
	at          func(g *gallery) string
}

// here is a screen whose address says nothing of anybody.
func here(name, route string) screen {
	return screen{name, route, func(*gallery) string { return route }}
}

// of is a screen of what is told in the gallery: what stands behind each colon.
func of(name, route string, parts ...func(g *gallery) string) screen {
	return screen{name, route, func(g *gallery) string {
		path, n := route, 0
		return variable.ReplaceAllStringFunc(path, func(string) string { n++; return parts[n-1](g) })
	}}
}

// also is another state of the same screen, at a path of its own.
func also(name, route, path string) screen {
	return screen{name, route, func(*gallery) string { return path }}
}

var variable = regexp.MustCompile(`:\w+`)

// What the gallery's addresses are made of.
func person(g *gallery) string    { return g.patient.person }
func seen(g *gallery) string      { return g.seen }
func order(g *gallery) string     { return g.order }
func rx(g *gallery) string        { return g.patient.rx }
func draft(g *gallery) string     { return g.draft }
func handedIn(g *gallery) string  { return g.handedIn }
func waiting(g *gallery) string   { return g.waiting }
func receipt(g *gallery) string   { return g.receipt }
func problem(g *gallery) string   { return g.problem }
func openOrder(g *gallery) string { return g.asking.order }
func fill(g *gallery) string      { return g.asking.fill }
func job(g *gallery) string       { return g.job }
func word(s string) func(*gallery) string {
	return func(*gallery) string { return s }
}

// everyScreen lists every screen of the app, by who sees it. The stories ask all of them whether they fit, can be used
// by everybody, and speak both languages; TestEveryRouteOfTheAppIsLookedAt holds the list against the app.
var everyScreen = map[string][]screen{
	"anybody": {
		also("sign-in", "/", "/"), here("verify", "/verify"), also("track-nothing", "/t", "/t#nothing"), also("guest-nothing", "/g", "/g#nothing"),
		here("devices", "/call"), here("lab", "/call-lab"),
	},
	"patient": {
		of("home", "/for/:person", person), of("visits", "/for/:person/visits", person), of("medicine", "/for/:person/medicine", person),
		of("addresses", "/for/:person/addresses", person), of("receipts", "/for/:person/receipts", person), of("receipt", "/receipt/:id", receipt),
		of("intake", "/intake/:id", draft), of("intake-when", "/intake/:id/when", handedIn), of("intake-times", "/intake/:id/times", handedIn),
		of("intake-where", "/intake/:id/:step", draft, word("where")), of("intake-contact", "/intake/:id/:step", draft, word("contact")),
		of("intake-complaint", "/intake/:id/:step", draft, word("complaint")), of("intake-story", "/intake/:id/:step", draft, word("story")),
		of("intake-photos", "/intake/:id/:step", draft, word("photos")), of("intake-temperature", "/intake/:id/:step", draft, word("temperature")),
		of("intake-allergies", "/intake/:id/:step", draft, word("allergies")), of("intake-medicines", "/intake/:id/:step", draft, word("medicines")),
		of("intake-conditions", "/intake/:id/:step", draft, word("conditions")), of("intake-body", "/intake/:id/:step", draft, word("body")),
		of("intake-review", "/intake/:id/:step", draft, word("review")),
		of("visit", "/visit/:id", seen), of("waiting-room", "/visit/:id/wait", waiting), of("call", "/visit/:id/call", waiting),
		of("recordings", "/visit/:id/recordings", seen), of("said", "/visit/:id/said", seen), of("visit-times", "/visit/:visit/times", waiting),
		of("rx", "/rx/:id", rx), of("choose-over", "/rx/:id/order", rx), of("order", "/order/:id", order), of("answer", "/order/:id/answer", order),
		of("thanks", "/order/:id/thanks", order), of("order-chat", "/order/:id/call", order),
		of("record", "/record/:person", person), of("who-looked", "/record/:person/access", person), here("circle", "/circle"), here("me", "/me"), here("passkeys", "/passkeys"),
		of("problem", "/case/:id", word("new")), of("case", "/case/:id", problem), also("nowhere", "/for/:person", "/no/such/page"),
	},
	"doctor": {
		here("today", "/d"), here("queue", "/d/queue"), of("visit", "/d/visit/:id", seen), of("recordings", "/d/visit/:id/recordings", seen),
		of("said", "/d/visit/:id/said", seen),
		here("hours", "/d/hours"), here("me", "/me"), here("passkeys", "/passkeys"),
	},
	"pharmacist": {
		here("work", "/p"), of("order", "/p/order/:id", fill), of("chat", "/p/talk/:order", openOrder), here("stock", "/p/stock"), here("hours", "/p/hours"),
		here("records", "/p/records"), here("me", "/me"), here("passkeys", "/passkeys"),
	},
	"courier": {
		here("now", "/c"), of("job", "/c/job/:id", job), of("chat", "/c/talk/:order", order), here("earnings", "/c/earnings"), here("papers", "/c/papers"), here("me", "/me"), here("passkeys", "/passkeys"),
	},
	"operator": {
		here("city", "/o"), here("stages", "/o/stages"), here("forecast", "/o/forecast"), here("exports", "/o/exports"), here("vetting", "/o/vetting"),
		here("zones", "/o/zones"), here("coupons", "/o/coupons"), here("stuck", "/o/stuck"), here("cases", "/o/cases"), of("case", "/o/case/:id", problem),
		of("chat", "/o/talk/:order", openOrder), here("me", "/me"), here("passkeys", "/passkeys"),
	},
	"support": {
		here("cases", "/o/cases"), of("case", "/o/case/:id", problem), of("chat", "/o/talk/:order", openOrder), here("me", "/me"), here("passkeys", "/passkeys"),
	},
	"auditor": {here("audit", "/o/audit"), here("me", "/me"), here("passkeys", "/passkeys")},
}

// folders are the folders of screens, and who is shown them.
var folders = map[string][]string{
	"public": {"anybody"}, "patient": {"patient"}, "doctor": {"doctor"}, "pharmacy": {"pharmacist"}, "courier": {"courier"}, "office": {"operator", "support", "auditor"},
	"shared": {"doctor", "pharmacist", "courier", "operator", "support", "auditor"},
}

var routeLine = regexp.MustCompile(`\[\s*"(/[^"]*)",\s*\(\) => import\(`)

// TestEveryRouteOfTheAppIsLookedAt holds the routes of the app against the list, so that no new screen is forgotten.
func TestEveryRouteOfTheAppIsLookedAt(t *testing.T) {
	t.Parallel()
	const screens = "../web/src/screens"
	found, err := filepath.Glob(screens + "/*/routes.ts")
	if err != nil || len(found) == 0 {
		t.Fatalf("no routes under %s (%v)", screens, err)
	}
	shared := routesOf(t, screens+"/shared/routes.ts")
	for _, file := range found {
		folder := filepath.Base(filepath.Dir(file))
		people := folders[folder]
		if people == nil {
			t.Errorf("%s: nobody is said to be shown its screens: write them into folders", file)
		}
		listed := map[string]bool{}
		for _, who := range people {
			for _, s := range everyScreen[who] {
				listed[s.route] = true
			}
		}
		routes := routesOf(t, file)
		for _, route := range routes {
			if !listed[route] {
				t.Errorf("the screen at %s (%s) is in no list: write it into everyScreen", route, file)
			}
		}
		for route := range listed {
			if folder != "shared" && route != "/" && !slices.Contains(routes, route) && !slices.Contains(shared, route) {
				t.Errorf("everyScreen has %s, which %s does not know", route, file)
			}
		}
	}
	for who, list := range everyScreen {
		names := map[string]bool{}
		for _, s := range list {
			if names[s.name] {
				t.Errorf("%s has two screens called %s: one picture would go over the other", who, s.name)
			}
			names[s.name] = true
		}
	}
}

func routesOf(t *testing.T, file string) []string {
	t.Helper()
	raw, err := os.ReadFile(file) //nolint:gosec // a file of the repository
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range routeLine.FindAllStringSubmatch(string(raw), -1) {
		out = append(out, m[1])
	}
	if n := strings.Count(string(raw), "() => import("); n != len(out) {
		t.Errorf("%s has %d screens, but only %d addresses can be read", file, n, len(out))
	}
	return out
}

// gallery is what is told for the pictures: a patient whose medicine came and who waits again, and another one whose
// pharmacy has a question.
type gallery struct {
	patient, asking                                              *tale
	doctor, courier                                              string
	seen, order, job, draft, handedIn, waiting, receipt, problem string
}

// pictures tells it anew for each test: what a story leaves behind is taken away after it.
func pictures(t *testing.T) *gallery {
	t.Helper()
	g := &gallery{courier: "courier9@lampford.example"}
	x := taleOf(t, "Iris Wide").isSeen()
	g.patient, g.doctor = x, x.seenBy
	x.orders(market, marketPlace).onShift(g.courier).isReviewed().isAccepted().isPacked("WIDE-1").isRidden().isCollected().rides("at-door").isDelivered()
	g.seen, g.order, g.job = x.visit, x.order, x.job
	g.receipt = x.must(x.patient.Get(t.Context(), "/visits/"+x.visit+"/payments")).Text("items.0.id")
	g.problem = x.post(x.patient, "/cases", sim.JSON{"category": "late", "text": "It came late.", "subject": x.order}).Text("id")
	x.intake = ""
	g.handedIn = x.tells(nil).intake
	g.waiting = x.waits().visit
	g.draft = x.begins().intake
	g.asking = taleOf(t, "Vera Wide").isGiven("doxycycline/capsule/100mg", 2).orders(market, marketPlace).isReviewed()
	return g
}
