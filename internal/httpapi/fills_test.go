package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/estimate"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
	"housecall/policies"
)

// counter is a pharmacy service behind HTTP, with what it asks of others answered by hand.
type counter struct {
	t        *testing.T
	service  *pharmacy.Service
	server   *httpapi.Server
	pharmacy string
	keys     int
	clock    clock.Clock
}

var productRules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

func newCounter(t *testing.T) *counter {
	t.Helper()
	store, err := sqlite.Open(t.Context(), scratch.Folder(t)+"/x.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	kept := &witness{Store: store}
	rules, err := productRules()
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewFake(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC))
	guard := access.NewGuard(rules, noGrants{}, noGrants{})
	service, err := pharmacy.New(t.Context(), pharmacy.Deps{
		Store: kept, Clock: clk, Guard: guard, Vetting: street{}, Scripts: street{},
		Formulary: street{}, Zones: street{}, Estimates: street{}, Secret: []byte(strings.Repeat("s", 32)),
	})
	if err != nil {
		t.Fatal(err)
	}
	people := tokens{
		"ann":  {Account: "acc_ann", Role: access.Patient, Patient: "pat_ann"},
		"bob":  {Account: "acc_bob", Role: access.Patient, Patient: "pat_bob"},
		"oper": {Account: "acc_oper", Role: access.Operator},
	}
	c := &counter{t: t, service: service, clock: clk}
	c.server = watched(t, httpapi.New(httpapi.Deps{
		Auth: people, Guard: guard, Clock: clk, Log: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), Timeout: 5 * time.Second, Ready: func(context.Context) map[string]string { return nil },
	},
		httpapi.Pharmacies(service, clk), httpapi.Stock(service), httpapi.Quotes(service), httpapi.Fills(service),
		httpapi.Carriers(service, []byte(carrierSecret), clk)), kept)
	made := c.ask("oper", "POST", "/pharmacies", `{"name":"Oak","address":"1 Street","phone":"+1","at":{"lat":31.2,"lon":121.4},"zone":"zone_a",
		"time_zone":"Asia/Shanghai","currency":"CNY","fulfilments":["courier","pickup","parcel"],"hours":[{"day":1,"from":"00:00","until":"24:00"}]}`, 201)
	c.pharmacy = made["id"].(string)
	people["pia"] = access.Actor{Account: "acc_pia", Role: access.Pharmacist, Pharmacy: id.Pharmacy(c.pharmacy)}
	people["eve"] = access.Actor{Account: "acc_eve", Role: access.Pharmacist, Pharmacy: "phm_elm"}
	return c
}

// send asks as the person who holds the token; headers are "Name: value".
func (c *counter) send(token, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, httpapi.Base+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	c.keys++
	r.Header.Set("Idempotency-Key", fmt.Sprint("key-", c.keys))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := answered(c.t, c.server, r)
	return w
}

// ask wants the status and answers the body.
func (c *counter) ask(token, method, path, body string, status int, headers ...string) map[string]any {
	c.t.Helper()
	w := c.send(token, method, path, body, headers...)
	if w.Code != status {
		c.t.Fatalf("%s %s = %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	out := map[string]any{}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return out
}

const stockFile = "product,pack_units,price,currency,batch,expiry,units\namoxicillin/capsule/500mg,10,12.50,CNY,A1,2027-03-31,100\n"

// offered has a fill offered to the pharmacy, as journeys do.
func (c *counter) offered(fulfilment string) string {
	c.t.Helper()
	c.ask("pia", "POST", "/pharmacies/"+c.pharmacy+"/stock/import", stockFile, 200, "Content-Type: text/csv")
	journey := access.Part("journey", id.CausedBy("evt", "1"))
	err := c.service.Reserve(c.t.Context(), journey, pharmacy.Reservation{
		Fill: "fill_ord_1_1", Order: "ord_1", Attempt: 1, Pharmacy: id.Pharmacy(c.pharmacy),
		Prescription: "rx_1", Part: "part_rx_1_1", Patient: "pat_ann", Fulfilment: fulfilment,
		Lines: []pharmacy.Line{{Product: "amoxicillin/capsule/500mg", Quantity: 15}},
	})
	if err == nil {
		err = c.service.Offer(c.t.Context(), access.Part("journey", id.CausedBy("evt", "2")), "fill_ord_1_1")
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return "/fills/fill_ord_1_1"
}

func TestPickUpOrderGoesThroughThePharmacyOverHTTP(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	fill := c.offered("pickup")

	work := c.ask("pia", "GET", "/pharmacies/"+c.pharmacy+"/fills", "", 200)
	sheet := c.ask("pia", "POST", fill+"/review", "", 200)
	c.ask("pia", "POST", fill+"/accept", `{}`, 200)
	c.ask("pia", "POST", fill+"/pack", `{"packed":[{"line":0,"product":"amoxicillin/capsule/500mg","batch":"A1","expiry":"2027-03-31","units":20}]}`, 200)
	label := c.ask("pia", "GET", fill+"/label", "", 200)
	ready := c.ask("pia", "POST", fill+"/ready", `{"seal":"S-1001","labelled":true}`, 200)
	code := c.ask("ann", "GET", fill+"/pickup-code", "", 200)["code"].(string)
	seen := c.ask("ann", "GET", fill, "", 200)
	done := c.ask("pia", "POST", fill+"/hand-over", `{"code":"`+code+`"}`, 200)

	if len(work["items"].([]any)) != 1 || sheet["patient_name"] != "Ann Example" || label["patient_name"] != "Ann Example" {
		t.Errorf("work %v, sheet %v", work, sheet)
	}
	if ready["seal"] != "S-1001" || seen["seal"] != nil || done["state"] != "collected" {
		t.Errorf("pharmacy reads seal %v, patient %v; state %v", ready["seal"], seen["seal"], done["state"])
	}
}

func TestWhatAPharmacyAsksAndImportsOverHTTP(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	fill := c.offered("courier")
	c.ask("pia", "POST", fill+"/review", "", 200)

	asked := c.ask("pia", "POST", fill+"/questions", `{"text":"Is the dose right?"}`, 200)
	quotes := c.ask("ann", "POST", "/quotes", `{"part":"part_rx_1_1","door":{"lat":31.21,"lon":121.41}}`, 200)
	file := c.send("pia", "GET", "/pharmacies/"+c.pharmacy+"/stock/export", "")
	stock := c.ask("pia", "GET", "/pharmacies/"+c.pharmacy+"/stock", "", 200)["items"].([]any)[0].(map[string]any)
	public := c.ask("", "GET", "/pharmacies", "", 200)

	if asked["paused"].(map[string]any)["owes"] != "doctor" {
		t.Errorf("asked = %v", asked)
	}
	if q := quotes["items"].([]any)[0].(map[string]any); q["medicine"].(map[string]any)["minor"] != 2500.0 || q["in_stock"] != true {
		t.Errorf("quotes = %v", quotes)
	}
	if file.Body.String() != stockFile || !strings.HasPrefix(file.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("export = %s %q", file.Header().Get("Content-Type"), file.Body)
	}
	if stock["held"] != 20.0 {
		t.Errorf("stock = %v", stock)
	}
	if text := fmt.Sprint(public); strings.Contains(text, "staff") || !strings.Contains(text, "Oak") {
		t.Errorf("public list = %v", public)
	}
}

func TestPharmacyRoutesRefuse(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	fill := c.offered("pickup")
	stock := "/stock/" + string(pharmacy.StockOf(id.Pharmacy(c.pharmacy), "amoxicillin/capsule/500mg"))
	count := `{"pack_units":10,"price":{"minor":1,"currency":"CNY"},"batches":[]}`
	for _, r := range []struct {
		name, token, method, path, body string
		headers                         []string
		status                          int
		has                             string
	}{
		{"nobody reads a fill", "", "GET", fill, "", nil, 401, ""},
		{"a stranger's fill is not found", "bob", "GET", fill, "", nil, 404, ""},
		{"another pharmacy's fill is not found", "eve", "GET", fill, "", nil, 404, ""},
		{"another pharmacy's work list is not found", "eve", "GET", "/pharmacies/" + c.pharmacy + "/fills", "", nil, 404, ""},
		{"a patient never accepts", "ann", "POST", fill + "/accept", `{}`, nil, 403, ""},
		{"an illegal transition", "pia", "POST", fill + "/accept", `{}`, nil, 409, "illegal-transition"},
		{"a refusal without a code", "pia", "POST", fill + "/refuse", `{"reason":"because"}`, nil, 422, "/reason"},
		{"an unknown field", "pia", "POST", fill + "/refuse", `{"reason":"other","mood":"bad"}`, nil, 422, "/mood"},
		{"a code that is not six digits", "pia", "POST", fill + "/hand-over", `{"code":"12"}`, nil, 422, "/code"},
		{"a step without a key", "pia", "POST", fill + "/review", "", []string{"Idempotency-Key: "}, 400, "Idempotency-Key"},
		{"an edit without a version", "pia", "PUT", stock, count, nil, 428, "If-Match"},
		{"an edit of a stale version", "pia", "PUT", stock, count, []string{`If-Match: "1"`}, 412, ""},
		{"a count below what is promised", "pia", "PUT", stock, count, []string{"If-Match: *"}, 409, "held"},
		{"a file with a bad line", "pia", "POST", "/pharmacies/" + c.pharmacy + "/stock/import", stockFile + "x\n", []string{"Content-Type: text/csv"}, 422, "/lines/3"},
		{"a file of another kind", "pia", "POST", "/pharmacies/" + c.pharmacy + "/stock/import", stockFile, []string{"Content-Type: text/plain"}, 415, ""},
		{"a pharmacist who opens a pharmacy", "pia", "POST", "/pharmacies", `{}`, nil, 403, ""},
		{"a pharmacy without anything", "oper", "POST", "/pharmacies", `{}`, nil, 422, "name"},
		{"a recall without a batch", "oper", "GET", "/recalls?product=x", "", nil, 422, ""},
	} {
		w := c.send(r.token, r.method, r.path, r.body, r.headers...)
		if w.Code != r.status || !strings.Contains(w.Body.String(), r.has) {
			t.Errorf("%s: %d %s, want %d with %q", r.name, w.Code, w.Body, r.status, r.has)
		}
		if kind := w.Header().Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: answered as %s", r.name, kind)
		}
	}
	if got := c.ask("pia", "GET", fill, "", http.StatusOK)["state"]; got != "offered" {
		t.Errorf("refused requests moved the fill to %v", got)
	}
}

// street answers what other capabilities would.
type street struct{}

func (street) Standing(context.Context, string) (bool, error) { return true, nil }

func (street) Script(context.Context, access.Actor, id.Part) (pharmacy.Script, error) {
	return pharmacy.Script{
		Prescription: "rx_1", Patient: "pat_ann", PatientName: "Ann Example", Doctor: "acc_doc",
		Lines: []pharmacy.ScriptLine{{Product: "amoxicillin/capsule/500mg", Quantity: 15, Dosage: "Three times a day."}},
	}, nil
}

func (street) Dispensable(context.Context, access.Actor, id.Part, id.Order) error { return nil }

func (street) Barred(context.Context, access.Actor, id.Part, geo.Point) (map[string]string, error) {
	return nil, nil
}

func (street) Recheck(context.Context, access.Actor, id.Part) ([]pharmacy.Finding, error) {
	return nil, nil
}

func (street) Label(_ context.Context, product string) (string, error) {
	if !strings.HasPrefix(product, "amoxicillin/") {
		return "", fault.New(fault.NotFound, "No such product.")
	}
	return "Amoxicillin", nil
}

func (street) Alike(context.Context, string, string) (bool, error) { return true, nil }

func (street) Terms(context.Context, id.Zone) (pharmacy.Terms, error) {
	return pharmacy.Terms{Review: 4 * time.Minute, Pack: 6 * time.Minute, Promise: 30 * time.Minute, DeliveryFee: money.Of(800, "CNY"), Couriers: true}, nil
}

func (street) ZoneOf(context.Context, geo.Point) (id.Zone, error) { return "zone_a", nil }

func (street) Estimate(context.Context, id.Pharmacy, id.Zone, estimate.Question) (estimate.Span, error) {
	return estimate.Span{Median: 12 * time.Minute, P90: 18 * time.Minute}, nil
}
