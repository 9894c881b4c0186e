package httpapi_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"housecall/internal/httpapi"
)

// file asks for a table and answers its lines, the names of the columns first.
func (h *house) file(t *testing.T, who, path string) [][]string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, httpapi.Base+path, nil)
	r.Header.Set("Authorization", "Bearer "+who)
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Fatalf("%s %s = %d %v: %s", who, path, w.Code, w.Header(), w.Body)
	}
	lines, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestLedgerIsExportedAsATableThatSumsToZero(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	until := h.clock.Now().Add(1e9).Format("2006-01-02T15:04:05Z")

	lines := h.file(t, "olo", "/exports/ledger?until="+until)

	var sum int64
	for _, l := range lines[1:] {
		n, err := strconv.ParseInt(l[5], 10, 64)
		if err != nil {
			t.Errorf("%q is no number", l[5])
		}
		sum += n
	}
	if len(lines) < 3 || sum != 0 {
		t.Errorf("%d lines sum to %d, want zero", len(lines), sum)
	}
}

func TestAuditorTakesWhatASearchFindsAndTheSearchIsInTheAudit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.want(t, 200, "ann", "GET", "/patients/pat_ann/payments", "")
	until := h.clock.Now().Add(1e9).Format("2006-01-02T15:04:05Z")

	lines := h.file(t, "aud", "/exports/audit?patient=pat_ann&until="+until)
	again := h.file(t, "aud", "/exports/audit?until="+until)

	if last := lines[len(lines)-1]; last[2] != "payment.read" || last[3] != "acc_ann" || last[7] != "pat_ann" {
		t.Errorf("lines = %v, want what ann looked at", lines)
	}
	searched := false
	for _, l := range again[1:] {
		searched = searched || l[2] == "audit.searched"
	}
	if !searched {
		t.Error("the search stands nowhere in the audit")
	}
}

func TestExportsAreRefusedToOthersAndForAPeriodThatEndsBeforeItBegins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)

	h.want(t, 403, "ann", "GET", "/exports/ledger", "")
	h.want(t, 403, "olo", "GET", "/exports/audit", "")
	h.want(t, 403, "aud", "GET", "/exports/orders", "")
	h.want(t, 403, "sue", "GET", "/stages", "")
	h.want(t, 422, "olo", "GET", "/exports/ledger?from=2026-11-22T12:00:00Z&until=2026-11-21T12:00:00Z", "")
}
