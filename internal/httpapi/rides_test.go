package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/delivery"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/geo"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// quarter is a zone with its couriers, behind the API.
type quarter struct {
	t          *testing.T
	server     *httpapi.Server
	deliveries *delivery.Service
	clock      *clock.Fake
	n          int
}

type riders struct{ noGrants }

func (riders) Vetted(context.Context, id.Account) (bool, error)        { return true, nil }
func (riders) FirstName(context.Context, id.Account) (phi.Text, error) { return "Ann", nil }

func newQuarter(t *testing.T) *quarter {
	t.Helper()
	rules, err := productRules()
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), scratch.Folder(t)+"/housecall.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	kept := &witness{Store: store}
	q := &quarter{t: t, clock: clock.NewFake(time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC))}
	guard := access.NewGuard(rules, noGrants{}, noGrants{})
	q.deliveries, err = delivery.New(t.Context(), delivery.Deps{Store: kept, Clock: q.clock, Guard: guard, Vetting: riders{}, Names: riders{}, Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	q.server = watched(t, httpapi.New(httpapi.Deps{
		Auth: tokens{
			"mum": {Account: "acc_mum", Role: access.Patient, Patient: "pat_mum"}, "eve": {Account: "acc_eve", Role: access.Patient, Patient: "pat_eve"},
			"ann": {Account: "acc_ann", Role: access.Courier}, "bob": {Account: "acc_bob", Role: access.Courier},
			"clerk": {Account: "acc_clerk", Role: access.PharmacyStaff, Pharmacy: "phm_a"}, "op": {Account: "acc_op", Role: access.Operator},
			"sup": {Account: "acc_sup", Role: access.Support},
		},
		Guard: guard, Clock: q.clock, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Timeout: 10 * time.Second,
		Ready: func(context.Context) map[string]string { return nil },
	}, httpapi.Zones(q.deliveries), httpapi.Shifts(q.deliveries, q.clock), httpapi.Rides(q.deliveries), httpapi.Jobs(q.deliveries, q.clock),
		httpapi.Tracking(q.deliveries), httpapi.Addresses(q.deliveries)), kept)
	return q
}

// ask sends one request as somebody and wants this status; headers come in pairs.
func (q *quarter) ask(status int, token, method, path string, body any, headers ...string) map[string]any {
	q.t.Helper()
	var sent []byte
	if body != nil {
		sent, _ = json.Marshal(body)
	}
	r := httptest.NewRequestWithContext(q.t.Context(), method, httpapi.Base+path, bytes.NewReader(sent))
	q.n++
	set(r, "Authorization", token, "Bearer "+token)
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", fmt.Sprint(q.n))
	}
	set(r, "Content-Type", string(sent), "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := answered(q.t, q.server, r)
	if w.Code != status {
		q.t.Fatalf("%s %s as %q = %d, want %d: %s", method, path, token, w.Code, status, w.Body)
	}
	out := map[string]any{"etag": w.Header().Get("ETag")}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			q.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return out
}

type fields map[string]any

var (
	atCounter = fields{"lat": 1.0, "lon": 2.0}
	atHome    = fields{"lat": 1.01, "lon": 2.01}
	farAway   = fields{"lat": 5, "lon": 5}
)

func lantern() fields {
	fee := func(minor int) fields { return fields{"minor": minor, "currency": "CNY"} }
	return fields{
		"name": "Lantern Quarter", "polygon": []fields{{"lat": 0.9, "lon": 1.9}, {"lat": 0.9, "lon": 2.1}, {"lat": 1.1, "lon": 2.1}, {"lat": 1.1, "lon": 1.9}},
		"jurisdiction": "house", "country": "CN", "time_zone": "Asia/Shanghai", "emergency_number": "120", "delivery_fee": fee(800),
		"courier_pay": fee(600), "promise_minutes": 30, "review_minutes": 4, "pack_minutes": 6, "ride_minutes": 20,
	}
}

const rideJob = "job_ord_1_1"

// planned draws the zone, puts ann on shift and plans a job for mum.
func (q *quarter) planned() {
	q.t.Helper()
	q.ask(201, "op", "POST", "/zones", lantern())
	q.ask(200, "ann", "POST", "/shift/start", fields{"vehicle": "scooter", "point": atCounter})
	err := q.deliveries.Plan(q.t.Context(), access.Part("journey", id.Request{}), delivery.Request{
		Order: "ord_1", Attempt: 1, Pharmacy: "phm_a",
		PharmacyAt: geo.Point{Lat: 1, Lon: 2}, Door: geo.Point{Lat: 1.01, Lon: 2.01}, Patient: "pat_mum", Where: delivery.Where{Street: "7 Lamp Street"},
	})
	if err != nil {
		q.t.Fatal(err)
	}
}

// step makes the courier's next step by the sequence they were told.
func (q *quarter) step(name string, more fields) map[string]any {
	q.t.Helper()
	body := fields{"sequence": q.ask(200, "ann", "GET", "/ride", nil)["sequence"]}
	for k, v := range more {
		body[k] = v
	}
	return q.ask(200, "ann", "POST", "/jobs/"+rideJob+"/"+name, body)
}

func (q *quarter) collected() {
	q.t.Helper()
	q.ask(200, "op", "POST", "/jobs/"+rideJob+"/offer", fields{"courier": "acc_ann"})
	q.step("accept", nil)
	q.step("arrive", nil)
	if err := q.deliveries.Ready(q.t.Context(), access.Part("journey", id.Request{}), rideJob, "S-1", q.clock.Now()); err != nil {
		q.t.Fatal(err)
	}
	code := q.ask(200, "ann", "GET", "/jobs/"+rideJob+"/code", nil)["code"]
	q.ask(200, "clerk", "POST", "/jobs/"+rideJob+"/collect", fields{"code": code})
}

func TestCourierBringsABagOverTheAPI(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	q.planned()
	if list := q.ask(200, "clerk", "GET", "/pharmacies/phm_a/jobs", nil)["items"].([]any); len(list) != 1 || list[0].(map[string]any)["door"] != nil {
		t.Errorf("the counter sees %v; want one job without the patient's door", list)
	}

	q.collected()
	link := q.ask(200, "mum", "POST", "/orders/ord_1/delivery/link", nil)
	if next := q.step("at-door", nil); next["todo"] != "ask_pin" {
		t.Errorf("next = %v, want ask_pin", next["todo"])
	}
	seen := q.ask(200, "", "GET", "/track", nil, "Tracking-Token", link["token"].(string))
	pin := q.ask(200, "mum", "GET", "/jobs/"+rideJob+"/pin", nil)["code"]
	last := q.ask(200, "ann", "POST", "/jobs/"+rideJob+"/hand-over", fields{"code": pin})
	q.ask(204, "mum", "POST", "/orders/ord_1/delivery/thanks", nil)

	if seen["state"] != "at_door" || seen["courier"] == nil || last["todo"] != "wait" {
		t.Errorf("seen %v, then next %v; want at the door, then wait", seen["state"], last["todo"])
	}
	if link["path"] != "/t#"+link["token"].(string) {
		t.Errorf("path = %v", link["path"])
	}
	q.ask(404, "", "GET", "/track", nil, "Tracking-Token", link["token"].(string))
	earned := q.ask(200, "ann", "GET", "/couriers/acc_ann/earnings", nil)["items"].([]any)
	if len(earned) != 1 || earned[0].(map[string]any)["thanked"] != true {
		t.Errorf("earned = %v, want one ride with thanks", earned)
	}
}

func TestBagComesBackOverTheAPI(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	q.planned()
	q.collected()

	q.step("fail", fields{"reason": "nobody_home"})
	q.step("turn-back", nil)
	code := q.ask(200, "ann", "GET", "/jobs/"+rideJob+"/code", nil)
	back := q.ask(200, "clerk", "POST", "/jobs/"+rideJob+"/take-back", fields{"code": code["code"]})

	if code["side"] != "return" || back["state"] != "returned" {
		t.Errorf("side %v, state %v; want return and returned", code["side"], back["state"])
	}
}

func TestWrongStepsAreRefusedOverTheAPI(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	q.planned()
	q.collected()
	job := "/jobs/" + rideJob
	future := q.clock.Now().Add(time.Hour).Format(time.RFC3339)
	tests := []struct {
		name, token, method, path string
		body                      any
		status                    int
		has                       string
	}{
		{"a step ahead of its time", "ann", "POST", job + "/at-door", fields{"sequence": 99}, 409, "steps-missing"},
		{"an old step", "ann", "POST", job + "/at-door", fields{"sequence": 0}, 409, "step-superseded"},
		{"a step without its sequence", "ann", "POST", job + "/at-door", fields{}, 422, "sequence"},
		{"a reason of one's own", "ann", "POST", job + "/fail", fields{"sequence": 4, "reason": "tired of it"}, 422, "/reason"},
		{"a step by somebody else", "bob", "POST", job + "/at-door", fields{"sequence": 4}, 404, ""},
		{"a step by a patient", "mum", "POST", job + "/at-door", fields{"sequence": 4}, 403, ""},
		{"a hand-over before the door", "ann", "POST", job + "/hand-over", fields{"code": "123456"}, 409, "illegal-transition"},
		{"collecting twice", "clerk", "POST", job + "/collect", fields{"code": "123456"}, 409, "illegal-transition"},
		{"the PIN for a stranger", "eve", "GET", job + "/pin", nil, 404, ""},
		{"the PIN for the courier", "ann", "GET", job + "/pin", nil, 403, ""},
		{"the seal of another bag", "mum", "POST", job + "/confirm-seal", fields{"seal": "S-2"}, 422, "wrong-code"},
		{"a link that nobody made", "", "GET", "/track", nil, 404, "tracking-unknown"},
		{"a job that is not there", "op", "GET", "/jobs/job_x_1", nil, 404, ""},
		{"jobs in a state that does not exist", "op", "GET", "/jobs?state=lost", nil, 422, ""},
		{"an offer of a job in hand", "op", "POST", job + "/offer", fields{"courier": "acc_ann"}, 409, "illegal-transition"},
		{"a rematch after the counter", "op", "POST", job + "/rematch", fields{"reason": "silent"}, 409, "illegal-transition"},
		{"a position off the earth", "ann", "POST", "/shift/positions", fields{"positions": []fields{{"at": future, "accuracy_metres": 5, "point": fields{"lat": 91, "lon": 2}}}}, 422, "/positions/0/point/lat"},
		{"a position from the future", "ann", "POST", "/shift/positions", fields{"positions": []fields{{"at": future, "accuracy_metres": 5, "point": atCounter}}}, 422, "position-from-future"},
		{"a position off shift", "bob", "POST", "/shift/positions", fields{"positions": []fields{{"at": q.clock.Now().Format(time.RFC3339), "accuracy_metres": 5, "point": atCounter}}}, 409, "off-shift"},
		{"a shift on a horse", "bob", "POST", "/shift/start", fields{"vehicle": "horse", "point": atCounter}, 422, "/vehicle"},
		{"a shift outside every zone", "bob", "POST", "/shift/start", fields{"vehicle": "car", "point": farAway}, 409, "outside-zones"},
		{"another courier's earnings", "bob", "GET", "/couriers/acc_ann/earnings", nil, 404, ""},
		{"another courier's shift", "bob", "GET", "/couriers/acc_ann/shift", nil, 404, ""},
	}
	before := q.ask(200, "op", "GET", job, nil)
	for _, tt := range tests {
		got := q.ask(tt.status, tt.token, tt.method, tt.path, tt.body)
		if text := fmt.Sprint(got); !strings.Contains(text, tt.has) || strings.Contains(text, "Lamp") {
			t.Errorf("%s: %s lacks %q, or says too much", tt.name, text, tt.has)
		}
	}
	if after := q.ask(200, "op", "GET", job, nil); after["state"] != before["state"] || after["courier"] != before["courier"] {
		t.Errorf("a refused step changed the job from %v to %v", before, after)
	}
}

func TestOperatorDrawsZonesAndAnybodyAsksForCover(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	z := q.ask(201, "op", "POST", "/zones", lantern())
	zone := "/zones/" + z["id"].(string)

	in := q.ask(200, "", "POST", "/coverage", fields{"point": atHome})
	out := q.ask(200, "", "POST", "/coverage", fields{"point": farAway})
	changed := lantern()
	changed["promise_minutes"] = 45
	q.ask(428, "op", "PUT", zone, changed)
	q.ask(200, "op", "PUT", zone, changed, "If-Match", z["etag"].(string))
	q.ask(412, "op", "PUT", zone, changed, "If-Match", z["etag"].(string))
	changed["ride_minutes"] = 90
	q.ask(422, "op", "POST", "/zones", changed)
	q.ask(403, "sup", "GET", "/zones", nil)
	q.ask(200, "op", "POST", zone+"/withdraw", nil)
	gone := q.ask(200, "", "POST", "/coverage", fields{"point": atHome})

	if in["covered"] != true || in["promise_minutes"] != 30.0 || out["covered"] != false || out["otherwise"] == "" || gone["covered"] != false {
		t.Errorf("inside %v, outside %v, withdrawn %v", in, out, gone)
	}
}

func TestPatientKeepsTheBookOverTheAPI(t *testing.T) {
	t.Parallel()
	q := newQuarter(t)
	place := fields{"label": "home", "point": atHome, "street": "7 Lamp Street", "floor": "3"}

	d := q.ask(201, "mum", "POST", "/patients/pat_mum/addresses", place)
	path := "/addresses/" + d["id"].(string)
	place["floor"] = "4"
	q.ask(200, "mum", "PUT", path, place, "If-Match", d["etag"].(string))
	q.ask(412, "mum", "PUT", path, place, "If-Match", d["etag"].(string))
	q.ask(404, "eve", "GET", path, nil)
	q.ask(404, "eve", "POST", "/patients/pat_mum/addresses", place)
	list := q.ask(200, "mum", "GET", "/patients/pat_mum/addresses", nil)["items"].([]any)
	q.ask(204, "mum", "POST", path+"/remove", nil)
	q.ask(404, "mum", "GET", path, nil)

	if len(list) != 1 || list[0].(map[string]any)["floor"] != "4" {
		t.Errorf("book = %v, want one place on the fourth floor", list)
	}
}
