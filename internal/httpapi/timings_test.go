package httpapi_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/httpapi"
)

func TestStrangersWhoMakeUpMethodsAndPathsFillNoMemory(t *testing.T) {
	t.Parallel()
	counted := prometheus.NewRegistry()
	s := httpapi.New(httpapi.Deps{
		Auth: tokens{}, Guard: &access.Guard{}, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler), Metrics: counted,
		Limits: httpapi.Limits{}, Timeout: time.Second,
	})
	for i := range 200 {
		for _, path := range []string{fmt.Sprintf("/somewhere/%d", i), "/livez", "/openapi.json"} {
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), fmt.Sprintf("BREW%d", i), path, nil))
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		}
	}

	families, err := counted.Gather()
	must(t, err)
	series := 0
	for _, f := range families {
		series += len(f.GetMetric())
	}
	if series == 0 || series > 10 {
		t.Errorf("%d series, want one for each path that there is and two for all others", series)
	}
}
