package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/fault"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/internal/paper"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
	"housecall/policies"
)

// ward is what prescribing asks of others, answered by hand: one visit, one doctor, one patient.
type ward struct{}

func (ward) Visit(_ context.Context, v id.Visit) (prescribing.VisitFacts, error) {
	if v != "vis_1" {
		return prescribing.VisitFacts{}, fault.New(fault.NotFound, "No such visit.")
	}
	return prescribing.VisitFacts{Doctor: "acc_dan", Patient: "pat_ann", State: "in_progress", Open: true}, nil
}

func (ward) Facts(context.Context, id.Patient) (prescribing.Facts, error) {
	return prescribing.Facts{Subject: prescribing.Subject{Name: "Ann"}, Patient: safety.Patient{
		Born:           safety.MustDate("1980-01-02"),
		AllergiesAsked: true, Allergies: []safety.Allergy{{Allergen: "penicillin", Reaction: "rash"}},
	}}, nil
}

func (ward) AskPasskey(_ context.Context, _ access.Actor, purpose string, covered []byte) (json.RawMessage, error) {
	return json.Marshal(map[string]any{"purpose": purpose, "challenge": covered})
}

func (w ward) ConfirmByPasskey(ctx context.Context, a access.Actor, purpose string, covered, answer []byte) (*prescribing.Shown, error) {
	if wanted, err := w.AskPasskey(ctx, a, purpose, covered); err != nil || !bytes.Equal(wanted, answer) {
		return nil, fault.New(fault.Invalid, "This passkey does not confirm it.").Coded("passkey-failed")
	}
	return &prescribing.Shown{Passkey: "psk_1"}, nil
}

func (ward) Confirm(_ context.Context, _ access.Actor, _, code string) error {
	if code != "123456" {
		return fault.New(fault.Invalid, "This code is wrong.").Coded("code-wrong")
	}
	return nil
}

func (ward) MayPrescribe(context.Context, id.Account, string) error { return nil }

func (ward) Filling(context.Context, id.Order) (id.Pharmacy, error) { return "phm_oak", nil }

func (ward) Prescriber(context.Context, id.Account) (prescribing.Prescriber, error) {
	return prescribing.Prescriber{Name: "Dr Dan", Licence: "D 1"}, nil
}

// newWard is prescribing behind HTTP.
func newWard(t *testing.T) (*counter, *prescribing.Service) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), scratch.Folder(t)+"/x.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	kept := &witness{Store: store}
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewFake(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC))
	guard := access.NewGuard(rules, noGrants{}, noGrants{})
	formulary, err := prescribing.House()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := prescribing.NewKeyBook(t.Context(), kept, clk, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	service, err := prescribing.New(t.Context(), prescribing.Deps{
		Store: kept, Clock: clk, Guard: guard, Formulary: formulary, Visits: ward{},
		Health: ward{}, Factor: ward{}, Vetting: ward{}, Fillers: ward{}, Signer: keys, Public: keys, Keeper: keys, Names: ward{},
	})
	if err != nil {
		t.Fatal(err)
	}
	people := tokens{
		"dan": {Account: "acc_dan", Role: access.Doctor},
		"eve": {Account: "acc_eve", Role: access.Doctor},
		"ann": {Account: "acc_ann", Role: access.Patient, Patient: "pat_ann"},
		"bob": {Account: "acc_bob", Role: access.Patient, Patient: "pat_bob"},
		"pia": {Account: "acc_pia", Role: access.Pharmacist, Pharmacy: "phm_oak"},
		"elm": {Account: "acc_elm", Role: access.Pharmacist, Pharmacy: "phm_elm"},
	}
	return &counter{t: t, server: watched(t, httpapi.New(httpapi.Deps{
		Auth: people, Guard: guard, Clock: clk, Log: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), Timeout: 5 * time.Second, Ready: func(context.Context) map[string]string { return nil },
		Mounts: httpapi.PaperMounts(service),
	},
		httpapi.Formulary(service), httpapi.Prescriptions(service), httpapi.Papers(service)), kept)}, service
}

const amlodipineSheet = `{"items":[{"product":"amlodipine/tablet/5mg","steps":[{"dose":{"value":"1","unit":"tablet"},
	"timing":{"frequency":1,"period":1,"period_unit":"d","duration":28,"duration_unit":"d"}}]}]}`

func TestDoctorPrescribesAndSignsOverHTTP(t *testing.T) {
	t.Parallel()
	c, _ := newWard(t)

	found := c.ask("dan", "GET", "/formulary?q=amlodpine", "", 200)
	rx := c.ask("dan", "POST", "/visits/vis_1/prescriptions", amlodipineSheet, 201)
	signing := c.ask("dan", "POST", "/signings", `{"prescriptions":["`+rx["id"].(string)+`"]}`, 201)
	wrong := c.ask("dan", "POST", "/signings/"+signing["id"].(string)+"/confirm", `{"code":"000000"}`, 422)
	signed := c.ask("dan", "POST", "/signings/"+signing["id"].(string)+"/confirm", `{"code":"123456"}`, 200)
	page := c.ask("ann", "GET", "/prescriptions/"+rx["id"].(string)+"/page", "", 200)

	if len(found["items"].([]any)) == 0 {
		t.Error("the search found nothing")
	}
	if wrong["type"] != "/problems/code-wrong" {
		t.Errorf("a wrong code: %v", wrong)
	}
	if state := signed["items"].([]any)[0].(map[string]any)["state"]; state != "signed" {
		t.Errorf("state = %v, want signed", state)
	}
	dosage := page["lines"].([]any)[0].(map[string]any)["dosage"].(map[string]any)["en"]
	if dosage != "Take 1 tablet (5 mg) by mouth once a day for 28 days." {
		t.Errorf("the page says %v", dosage)
	}
}

func TestOthersSeeNothingOfAPrescriptionOverHTTP(t *testing.T) {
	t.Parallel()
	c, service := newWard(t)
	rx := c.ask("dan", "POST", "/visits/vis_1/prescriptions", amlodipineSheet, 201)["id"].(string)
	signing := c.ask("dan", "POST", "/signings", `{"prescriptions":["`+rx+`"]}`, 201)["id"].(string)

	c.ask("eve", "POST", "/visits/vis_1/prescriptions", amlodipineSheet, 404)
	c.ask("eve", "GET", "/prescriptions/"+rx, "", 404)
	c.ask("ann", "GET", "/prescriptions/"+rx, "", 404) // a draft is its doctor's
	c.ask("eve", "POST", "/signings/"+signing+"/confirm", `{"code":"123456"}`, 404)
	c.ask("ann", "POST", "/signings", `{"prescriptions":["`+rx+`"]}`, 403)
	c.ask("dan", "POST", "/signings/"+signing+"/confirm", `{"code":"123456"}`, 200)
	c.ask("bob", "GET", "/prescriptions/"+rx, "", 404)
	c.ask("elm", "GET", "/parts/part_"+rx+"_1", "", 404)
	if err := service.Claim(t.Context(), access.Part("journey", id.Request{}), id.PartOf(id.Prescription(rx), 1), "ord_1"); err != nil {
		t.Fatal(err)
	}
	c.ask("elm", "GET", "/parts/part_"+rx+"_1", "", 404)
	c.ask("pia", "GET", "/parts/part_"+rx+"_1", "", 200)
	c.ask("pia", "GET", "/parts/part_"+rx+"_1/recheck", "", 200)
}

func TestBadPrescriptionsAreRefusedWithAPointerOverHTTP(t *testing.T) {
	t.Parallel()
	c, _ := newWard(t)
	for name, body := range map[string]string{
		"/items/0/product":           strings.Replace(amlodipineSheet, "amlodipine/tablet/5mg", "amlodipine/tablet/5mq", 1),
		"/items/0/steps/0/dose":      strings.Replace(amlodipineSheet, `"value":"1"`, `"value":"500"`, 1),
		"/items/0/steps/0/dose/unit": strings.Replace(amlodipineSheet, `"unit":"tablet"`, `"unit":""`, 1),
	} {
		got := c.ask("dan", "POST", "/visits/vis_1/prescriptions", body, 422)
		fields, _ := got["errors"].([]any)
		if len(fields) == 0 || fields[0].(map[string]any)["pointer"] != name {
			t.Errorf("%v, want it to point at %s", got, name)
		}
	}
	c.ask("dan", "POST", "/visits/vis_1/prescriptions", strings.Replace(amlodipineSheet, `"value":"1"`, `"value":1`, 1), 422)
	rx := c.ask("dan", "POST", "/visits/vis_1/prescriptions", strings.Replace(amlodipineSheet, "amlodipine/tablet/5mg", "phenoxymethylpenicillin/tablet/250mg", 1), 201)
	unsafe := c.ask("dan", "POST", "/signings", `{"prescriptions":["`+rx["id"].(string)+`"]}`, 422)
	if unsafe["type"] != "/problems/rx-unsafe" {
		t.Errorf("penicillin in a penicillin allergy: %v, want rx-unsafe", unsafe)
	}
	c.ask("dan", "PUT", "/prescriptions/"+rx["id"].(string), amlodipineSheet, 412, `If-Match: "7"`)
	c.ask("dan", "PUT", "/prescriptions/"+rx["id"].(string), amlodipineSheet, 200, `If-Match: "1"`)
}

func TestPatientPrintsAPrescriptionAndAnybodyAsksAfterIt(t *testing.T) {
	t.Parallel()
	c, _ := newWard(t)
	rx := c.ask("dan", "POST", "/visits/vis_1/prescriptions", amlodipineSheet, 201)["id"].(string)
	c.ask("dan", "GET", "/prescriptions/"+rx+"/paper", "", 409)
	signing := c.ask("dan", "POST", "/signings", `{"prescriptions":["`+rx+`"]}`, 201)
	c.ask("dan", "POST", "/signings/"+signing["id"].(string)+"/confirm", `{"code":"123456"}`, 200)
	print := signing["sheets"].([]any)[0].(map[string]any)["fingerprint"].(string)

	get := func(method, path, body, as string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if as != "" {
			r.Header.Set("Authorization", "Bearer "+as)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		c.server.ServeHTTP(w, r)
		return w
	}
	pdf := get("GET", "/api/v1/prescriptions/"+rx+"/paper?language=zh", "", "ann")
	jwks := get("GET", "/.well-known/jwks.json", "", "")
	page := get("POST", "/verify/plain", "code="+print, "")
	wrong := get("POST", "/verify/plain", "code=hcrx:/9", "")
	empty := get("GET", "/verify/plain", "", "")

	if pdf.Code != 200 || pdf.Header().Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf.Body.String(), "%PDF-") || pdf.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the paper: %d, %v", pdf.Code, pdf.Header())
	}
	if name := pdf.Header().Get("Content-Disposition"); name != `attachment; filename="HC-RX-`+print[:9]+`-zh.pdf"` {
		t.Errorf("it is called %s", name)
	}
	keys, err := paper.ReadKeys(jwks.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := paper.CheckFile(pdf.Body.Bytes(), keys, time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)); got.Verdict != paper.Genuine {
		t.Errorf("with the published keys it is %s: %s", got.Verdict, got.Why)
	}
	if !strings.Contains(page.Body.String(), "Valid") || strings.Contains(page.Body.String(), "mlodipine") || !strings.Contains(wrong.Body.String(), "无法识别") || empty.Code != 200 {
		t.Errorf("the plain page: %s", page.Body)
	}
	if state := c.ask("", "POST", "/verify", `{"code":"`+print+`"}`, 200)["state"]; state != "valid" {
		t.Errorf("asked after, it is %v", state)
	}
	c.ask("", "POST", "/verify", `{"code":"hcrx:/9"}`, 422)
	c.ask("bob", "GET", "/prescriptions/"+rx+"/paper", "", 404)
}
