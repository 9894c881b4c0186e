package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"housecall/internal/billing"
	"housecall/internal/httpapi"
)

func TestPatientReadsAndDownloadsTheInvoiceAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pay := string(billing.PaymentOf("ord_1", 1))

	list := h.want(t, 200, "ann", "GET", "/payments/"+pay+"/invoices", "")
	first := list["items"].([]any)[0].(map[string]any)
	paper := "/invoices/" + first["id"].(string) + "/paper"

	if first["number"] != "2026-000001" || first["issuer"] != "Bridge Pharmacy" || first["to"] != "Ann Chen" || len(first["taxes"].([]any)) != 0 {
		t.Errorf("invoice = %v", first)
	}
	for _, language := range []string{"en", "zh"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, httpapi.Base+paper+"?language="+language, nil)
		r.Header.Set("Authorization", "Bearer ann")
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/pdf" || !strings.HasPrefix(w.Body.String(), "%PDF") || !strings.Contains(w.Header().Get("Content-Disposition"), "invoice-2026-000001.pdf") {
			t.Errorf("%s: %d %v", language, w.Code, w.Header())
		}
	}
	h.want(t, 404, "eve", "GET", "/payments/"+pay+"/invoices", "")
	h.want(t, 404, "eve", "GET", paper, "")
	h.want(t, 404, "ann", "GET", "/invoices/ivc_00000000000000000000000000000000/paper", "")
	h.want(t, 403, "cy", "GET", paper, "")
	h.want(t, 403, "aud", "GET", paper, "")
}

func TestInvoicesAreExportedAsATableWithoutNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.want(t, 200, "ann", "GET", "/payments/"+string(billing.PaymentOf("ord_1", 1))+"/invoices", "")
	until := h.clock.Now().Add(1e9).Format("2006-01-02T15:04:05Z")

	lines := h.file(t, "olo", "/exports/invoices?until="+until)

	if len(lines) != 2 || lines[1][1] != "phm_1" || lines[1][2] != "2026-000001" || lines[1][8] != "8000" {
		t.Fatalf("lines = %v", lines)
	}
	if all := strings.Join(lines[1], " "); strings.Contains(all, "Chen") {
		t.Errorf("the table tells names: %s", all)
	}
	h.want(t, 403, "sue", "GET", "/exports/invoices", "")
}
