package httpapi_test

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/audit"
	"housecall/internal/billing"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
	"housecall/internal/support"
	"housecall/policies"
)

// house is the money, the audit and the cases behind the API, with an order that was paid.
type house struct {
	server *httpapi.Server
	bills  *billing.Service
	clock  *clock.Fake
}

// town answers what the capabilities ask of others, and is a bank that says yes.
type town struct{}

func (town) Authorise(context.Context, billing.Hold) error              { return nil }
func (town) Capture(context.Context, string, money.Amount) error        { return nil }
func (town) Void(context.Context, string) error                         { return nil }
func (town) Refund(context.Context, string, string, money.Amount) error { return nil }
func (town) Patient(context.Context, id.Patient) (phi.Text, error)      { return "Chen Guifen", nil }
func (town) Diagnosis(context.Context, string) (phi.Text, error)        { return "J06.9", nil }
func (town) NameOf(context.Context, id.Account) (phi.Text, error)       { return "Dr. Wen", nil }
func (town) Payee(_ context.Context, payee string) (billing.Party, error) {
	return billing.Party{Name: phi.Text(payee), Licence: "L-1"}, nil
}

func (town) Payer(context.Context, id.Account) (phi.Text, error) { return "Ann Chen", nil }
func (town) Issuer(_ context.Context, payee, _ string) (billing.Issuer, error) {
	return billing.Issuer{ID: cmp.Or(payee, "house"), Name: "Bridge Pharmacy"}, nil
}

func (town) TipFor(context.Context, id.Order) (billing.TipTarget, error) {
	return billing.TipTarget{Patient: "pat_ann", Courier: "acc_cy", Currency: "CNY"}, nil
}

func (town) Facts(_ context.Context, subject string) (access.Facts, error) {
	if subject != "ord_1" {
		return access.Facts{}, docstore.NotFound()
	}
	return access.Facts{Patient: "pat_ann", Courier: "acc_cy", Pharmacy: "phm_1"}, nil
}

func (town) Gather(context.Context, access.Actor, string) ([]support.Item, error) {
	return []support.Item{{Record: "fill_ord_1_1", Code: "ready"}}, nil
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	kept := &witness{Store: store}
	h := &house{clock: clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	log := slog.New(slog.DiscardHandler)
	trail, err := audit.NewTrail(t.Context(), audit.Deps{Store: store, Clock: h.clock, Log: log, Key: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Stop(context.Background()) })
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	guard := access.NewGuard(rules, noGrants{}, trail)
	h.bills, err = billing.New(t.Context(), billing.Deps{Store: kept, Clock: h.clock, Guard: guard, Gateway: town{}, Parties: town{}, Issuers: town{}, Tips: town{}})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := support.New(t.Context(), support.Deps{
		Store: kept, Clock: h.clock, Guard: guard, Subjects: town{},
		Evidence: map[string]support.Evidence{"packing": town{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	log2 := audit.New(audit.ReadDeps{Trail: trail, Guard: guard, Names: town{}})
	var routes []httpapi.Route
	for _, r := range [][]httpapi.Route{
		httpapi.Payments(h.bills), httpapi.Receipts(h.bills), httpapi.Invoices(h.bills), httpapi.Coupons(h.bills), httpapi.Payouts(h.bills),
		httpapi.Ledger(h.bills), httpapi.Audit(log2), httpapi.AccessLog(log2), httpapi.Cases(cases),
		httpapi.Exports(nil, h.bills, log2, h.clock),
	} {
		routes = append(routes, r...)
	}
	h.server = watched(t, httpapi.New(httpapi.Deps{
		Auth: people(), Guard: guard, Clock: h.clock, Log: log, Metrics: prometheus.NewRegistry(),
		Timeout: 10 * time.Second, Ready: func(context.Context) map[string]string { return nil },
	}, routes), kept)
	h.pay(t)
	return h
}

func people() tokens {
	return tokens{
		"ann": {Account: "acc_ann", Role: access.Patient, Patient: "pat_ann", Session: "ses_ann"},
		"eve": {Account: "acc_eve", Role: access.Patient, Patient: "pat_eve", Session: "ses_eve"},
		"cy":  {Account: "acc_cy", Role: access.Courier, Session: "ses_cy"},
		"sue": {Account: "acc_sue", Role: access.Support, Session: "ses_sue"},
		"olo": {Account: "acc_olo", Role: access.Operator, Session: "ses_olo"},
		"aud": {Account: "acc_aud", Role: access.Auditor, Session: "ses_aud"},
	}
}

func (h *house) pay(t *testing.T) {
	t.Helper()
	c := billing.Charge{
		Payment: billing.PaymentOf("ord_1", 1), Subject: "ord_1", Patient: "pat_ann", Payer: "acc_ann", Method: "card_ok",
		Lines: []billing.Line{{Kind: billing.Medicine, Amount: money.Of(8000, "CNY"), Payee: "phm_1"}},
	}
	if err := h.bills.Authorise(t.Context(), access.Part("journey", id.CausedBy("1", "a")), c); err != nil {
		t.Fatal(err)
	}
	if err := h.bills.Capture(t.Context(), access.Part("journey", id.CausedBy("2", "c")), "ord_1"); err != nil {
		t.Fatal(err)
	}
}

// ask makes one request and answers the status and the body.
func (h *house) ask(t *testing.T, who, method, path, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, httpapi.Base+path, strings.NewReader(body))
	set(r, "Authorization", who, "Bearer "+who)
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", who+path+body)
	}
	set(r, "Content-Type", body, "application/json")
	w := answered(t, h.server, r)
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s %s answers %s", method, path, w.Body)
	}
	return w.Code, out
}

func (h *house) want(t *testing.T, status int, who, method, path, body string) map[string]any {
	t.Helper()
	got, out := h.ask(t, who, method, path, body)
	if got != status {
		t.Fatalf("%s: %s %s = %d, want %d: %v", who, method, path, got, status, out)
	}
	return out
}

func TestPatientReadsPaymentReceiptAndWhoLookedOverTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pay := string(billing.PaymentOf("ord_1", 1))

	payment := h.want(t, 200, "ann", "GET", "/payments/"+pay, "")
	receipt := h.want(t, 200, "ann", "GET", "/payments/"+pay+"/receipt?diagnosis=true", "")
	looks := h.want(t, 200, "ann", "GET", "/patients/pat_ann/access", "")

	if payment["state"] != "captured" || receipt["number"] != "2026-house-000001" || receipt["diagnosis"] != "J06.9" {
		t.Errorf("payment %v, receipt %v", payment, receipt)
	}
	if items, ok := looks["items"].([]any); !ok || len(items) != 3 {
		t.Errorf("looks = %v, want her three reads", looks)
	}
	h.want(t, 200, "ann", "GET", "/orders/ord_1/payments", "")
	h.want(t, 200, "ann", "GET", "/patients/pat_ann/payments", "")
	h.want(t, 200, "ann", "GET", "/patients/pat_ann/receipts", "")
}

func TestACaseGoesFromOpenToClosedOverTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)

	opened := h.want(t, 201, "ann", "POST", "/cases", `{"subject":"ord_1","category":"damaged","text":"The bottle is broken."}`)
	path := "/cases/" + opened["id"].(string)
	h.want(t, 200, "sue", "POST", path+"/assign", `{"to":"acc_sue"}`)
	h.want(t, 200, "sue", "POST", path+"/answer", `{"text":"A photo, please."}`)
	h.want(t, 200, "ann", "POST", path+"/messages", `{"text":"Here."}`)
	evidence := h.want(t, 200, "sue", "GET", path+"/evidence", "")
	h.want(t, 200, "sue", "POST", path+"/refund", `{"kinds":["medicine"],"reason":"damaged"}`)
	h.want(t, 409, "sue", "POST", path+"/resolve", `{"reason":"refunded","text":"Done."}`)
	seen := h.want(t, 200, "ann", "GET", path, "")

	if seen["state"] != "waiting_for_support" || len(seen["actions"].([]any)) != 1 || len(evidence["items"].([]any)) != 1 {
		t.Errorf("case %v, evidence %v", seen, evidence)
	}
	for _, list := range []struct{ who, path string }{{"ann", "/me/cases"}, {"ann", "/patients/pat_ann/cases"}, {"sue", "/cases?subject=ord_1"}} {
		if got := h.want(t, 200, list.who, "GET", list.path, ""); len(got["items"].([]any)) != 1 {
			t.Errorf("%s lists %v", list.path, got)
		}
	}
}

func TestOperatorMakesCouponsAndPaysOutOverTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)

	coupon := h.want(t, 201, "olo", "POST", "/coupons", `{"code":"WELCOME","percent":50,"limit":10}`)
	off := h.want(t, 200, "ann", "POST", "/coupons/check", `{"code":"welcome","lines":[{"kind":"visit_fee","amount":{"minor":5000,"currency":"CNY"}}]}`)
	h.want(t, 200, "olo", "POST", "/coupons/"+coupon["id"].(string)+"/end", "")
	h.want(t, 422, "ann", "POST", "/coupons/check", `{"code":"welcome","lines":[{"kind":"visit_fee","amount":{"minor":5000,"currency":"CNY"}}]}`)
	h.want(t, 201, "ann", "POST", "/orders/ord_1/tips", `{"amount":{"minor":500,"currency":"CNY"},"method":"card_ok"}`)
	h.clock.Advance(time.Hour)
	closed := h.want(t, 201, "olo", "POST", "/payouts", `{"until":"2026-11-22T13:00:00Z","payee":"acc_cy"}`)
	payout := closed["items"].([]any)[0].(map[string]any)
	paid := h.want(t, 200, "olo", "POST", "/payouts/"+payout["id"].(string)+"/pay", `{"reference":"BANK-1"}`)
	earned := h.want(t, 200, "cy", "GET", "/payees/acc_cy/earnings", "")
	ledger := h.want(t, 200, "aud", "GET", "/ledger", "")

	if off["off"].(map[string]any)["minor"] != float64(2500) || paid["state"] != "paid" || len(earned["items"].([]any)) != 1 || ledger["zero"] != true {
		t.Errorf("off %v, paid %v, earned %v, ledger %v", off, paid, earned, ledger)
	}
	h.want(t, 200, "cy", "GET", "/payees/acc_cy/payouts", "")
	h.want(t, 200, "olo", "GET", "/payouts?state=paid", "")
	h.want(t, 200, "olo", "GET", "/coupons", "")
}

func TestAuditorSearchesAndProvesTheAuditOverTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.want(t, 200, "ann", "GET", "/patients/pat_ann/payments", "")

	found := h.want(t, 200, "aud", "GET", "/audit?patient=pat_ann&from=2026-11-22T00:00:00Z", "")
	proof := h.want(t, 200, "aud", "POST", "/audit/verify", "")

	if len(found["items"].([]any)) == 0 || proof["whole"] != true {
		t.Errorf("found %v, proof %v", found, proof)
	}
}

func TestWhatIsNotTheirsIsRefusedOverTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pay := string(billing.PaymentOf("ord_1", 1))
	opened := h.want(t, 201, "ann", "POST", "/cases", `{"subject":"ord_1","category":"late","text":"It is late."}`)
	cs := "/cases/" + opened["id"].(string)
	tests := []struct {
		name, who, method, path, body string
		status                        int
	}{
		{"nobody reads a payment", "", "GET", "/payments/" + pay, "", 401},
		{"a stranger does not know the payment", "eve", "GET", "/payments/" + pay, "", 404},
		{"a courier may never read payments", "cy", "GET", "/payments/" + pay, "", 403},
		{"a stranger does not know the receipt", "eve", "GET", "/payments/" + pay + "/receipt", "", 404},
		{"a stranger lists nothing of hers", "eve", "GET", "/patients/pat_ann/payments", "", 404},
		{"a stranger does not see who looked", "eve", "GET", "/patients/pat_ann/access", "", 404},
		{"a stranger does not tip for her", "eve", "POST", "/orders/ord_1/tips", `{"amount":{"minor":500,"currency":"CNY"},"method":"card_ok"}`, 404},
		{"a tip of nothing", "ann", "POST", "/orders/ord_1/tips", `{"amount":{"minor":0,"currency":"CNY"},"method":"card_ok"}`, 422},
		{"a stranger does not know the case", "eve", "GET", cs, "", 404},
		{"a stranger does not write in it", "eve", "POST", cs + "/messages", `{"text":"Hello."}`, 404},
		{"a patient may never see the evidence", "ann", "GET", cs + "/evidence", "", 403},
		{"a patient may never refund", "ann", "POST", cs + "/refund", `{"reason":"late"}`, 403},
		{"a reason in words", "sue", "POST", cs + "/refund", `{"reason":"She was angry"}`, 422},
		{"an order that is not there", "ann", "POST", "/cases", `{"subject":"ord_2","category":"late","text":"It is late."}`, 404},
		{"a case without words", "ann", "POST", "/cases", `{"subject":"ord_1","category":"late","text":""}`, 422},
		{"closing what is open", "sue", "POST", cs + "/close", "", 409},
		{"a patient makes no coupon", "ann", "POST", "/coupons", `{"code":"FREE","percent":100,"limit":10}`, 403},
		{"a coupon of neither sum nor share", "olo", "POST", "/coupons", `{"code":"FREE","limit":10}`, 422},
		{"another's earnings", "cy", "GET", "/payees/acc_other/earnings", "", 404},
		{"a period that is not over", "olo", "POST", "/payouts", `{"until":"2027-01-01T00:00:00Z"}`, 422},
		{"a patient reads no ledger", "ann", "GET", "/ledger", "", 403},
		{"an operator does not search the audit", "olo", "GET", "/audit", "", 403},
		{"a page that is none", "sue", "GET", "/cases?cursor=nonsense", "", 422},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := h.ask(t, tt.who, tt.method, tt.path, tt.body); status != tt.status || strings.Contains(body["detail"].(string), "ann") {
				t.Errorf("status = %d, want %d: %v", status, tt.status, body)
			}
		})
	}
}
