package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/fault"
	"housecall/internal/httpapi"
)

// asPeople answers who bears a token, which here is a name.
type asPeople map[string]access.Actor

func (p asPeople) Authenticate(_ context.Context, token string) (access.Actor, error) {
	a, known := p[token]
	if !known {
		return a, fault.New(fault.Unauthenticated, "nobody")
	}
	return a, nil
}

// archive is FHIR over a town's own services.
type archive struct {
	*apptest.Town
	t   *testing.T
	api *httpapi.Server
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	w := apptest.Start(t)
	k := httpapi.Keepers{People: w.Identity, Intakes: w.Intake, Visits: w.Consult, Prescriptions: w.Prescribing, Clock: w.Clock}
	people := asPeople{"mother": w.Mother, "daughter": w.Daughter, "stranger": w.Stranger, "doctor": w.Doctor, "locum": w.Locum, "support": w.Support, "pharmacist": w.Corner.Pharmacist}
	return &archive{w, t, httpapi.New(httpapi.Deps{
		Auth: people, Guard: w.Guard, Clock: w.Clock, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Timeout: time.Minute,
		Ready:    func(context.Context) map[string]string { return nil },
		Fallback: http.NotFoundHandler(), Mounts: httpapi.FHIRMounts(k, "https://care.example"),
	})}
}

// found is an answer as another system reads it.
type found struct {
	Status       int `json:"-"`
	ResourceType string
	ID           string
	Type         any
	Total        int
	Entry        []struct {
		FullURL  string
		Resource struct{ ResourceType, ID string }
	}
	Issue []struct{ Code string }
	raw   string
}

func (w *archive) asks(who, path string) found {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://care.example/fhir"+path, http.NoBody)
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	a := httptest.NewRecorder()
	w.api.ServeHTTP(a, r)
	f := found{Status: a.Code, raw: a.Body.String()}
	w.Must(json.Unmarshal(a.Body.Bytes(), &f))
	if kind := a.Header().Get("Content-Type"); kind != "application/fhir+json" && a.Code < 300 {
		w.t.Errorf("%s answers %s", path, kind)
	}
	if cache := a.Header().Get("Cache-Control"); cache != "no-store" && a.Code < 300 {
		w.t.Errorf("%s may be kept: %q", path, cache)
	}
	return f
}

func TestARecordIsReadAndSearchedAsFHIRByWhoMayReadIt(t *testing.T) {
	t.Parallel()
	w := newArchive(t)
	w.Prescribed()
	mother := strings.ReplaceAll(string(w.Mother.Patient), "_", "-")

	for query, want := range map[string]int{
		"/Patient?_id=" + mother:                                                    1,
		"/AllergyIntolerance?patient=" + mother:                                     0,
		"/Observation?patient=" + mother + "&code=http://loinc.org|29463-7":         1,
		"/Encounter?patient=Patient/" + mother + "&status=finished":                 1,
		"/Condition?patient=" + mother + "&category=encounter-diagnosis&code=R50.9": 1,
		"/DocumentReference?patient=" + mother:                                      1,
		"/MedicationRequest?patient=" + mother + "&status=active":                   1,
		"/MedicationRequest?patient=" + mother + "&status=cancelled":                0,
	} {
		for _, who := range []string{"mother", "daughter", "doctor"} {
			f := w.asks(who, query)
			if who == "doctor" && strings.HasPrefix(query, "/Patient") {
				if f.Status != http.StatusNotFound {
					t.Errorf("%s, %s: %d, want what a doctor may not read elsewhere refused here", who, query, f.Status)
				}
				continue
			}
			if f.Status != http.StatusOK || f.Type != "searchset" || f.Total != want || len(f.Entry) != want {
				t.Errorf("%s, %s: %d %s, want %d", who, query, f.Status, f.raw, want)
				continue
			}
			for _, e := range f.Entry {
				one := w.asks(who, strings.TrimPrefix(e.FullURL, "https://care.example/fhir"))
				if one.Status != http.StatusOK || one.ID != e.Resource.ID || one.ResourceType != e.Resource.ResourceType {
					t.Errorf("%s reads %s: %d %s", who, e.FullURL, one.Status, one.raw)
				}
			}
		}
	}
	all := w.asks("mother", "/Patient/"+mother+"/$everything")
	if all.Status != http.StatusOK || all.Total != len(all.Entry) || all.Total < 6 {
		t.Errorf("everything: %d %s", all.Status, all.raw)
	}
}

func TestARecordIsNotReadAsFHIRByAnybodyElse(t *testing.T) {
	t.Parallel()
	w := newArchive(t)
	w.Prescribed()
	mother := strings.ReplaceAll(string(w.Mother.Patient), "_", "-")
	everything := "/Patient/" + mother + "/$everything"
	var paths []string
	for _, e := range w.asks("mother", everything).Entry {
		paths = append(paths, strings.TrimPrefix(e.FullURL, "https://care.example/fhir"), "/"+e.Resource.ResourceType+"?patient="+mother)
	}
	for _, path := range append(paths, everything) {
		path = strings.Replace(path, "/Patient?patient=", "/Patient?_id=", 1)
		for _, who := range []string{"stranger", "locum", "support", "pharmacist"} {
			if f := w.asks(who, path); f.Status != http.StatusForbidden && f.Status != http.StatusNotFound || strings.Contains(f.raw, apptest.MotherName) {
				t.Errorf("%s, %s: %d %s", who, path, f.Status, f.raw)
			}
		}
		if f := w.asks("", path); f.Status != http.StatusUnauthorized {
			t.Errorf("nobody, %s: %d %s", path, f.Status, f.raw)
		}
	}
	if len(paths) < 12 {
		t.Errorf("only %v was tried", paths)
	}
	w.Must(w.revoke())
	if f := w.asks("daughter", everything); f.Status != http.StatusNotFound {
		t.Errorf("a daughter whose grant was taken back: %d", f.Status)
	}
}

// revoke takes back all that the daughter was granted.
func (w *archive) revoke() error {
	given, err := w.Identity.GrantsGiven(w.t.Context(), w.As(w.Mother), w.Mother.Patient)
	if err != nil {
		return err
	}
	for _, g := range given {
		if _, err := w.Identity.RevokeGrant(w.t.Context(), w.As(w.Mother), g.ID); err != nil {
			return err
		}
	}
	return nil
}

func TestAWrongQuestionInFHIRIsAnsweredWithAnOperationOutcome(t *testing.T) {
	t.Parallel()
	w := newArchive(t)
	mother := strings.ReplaceAll(string(w.Mother.Patient), "_", "-")

	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/Observation": {400, "invalid"},
		"/Observation?patient=" + mother + "&colour=red":    {400, "invalid"},
		"/Observation?patient=" + mother + "&date=today":    {400, "invalid"},
		"/Observation?patient=" + mother + "&_count=0":      {400, "invalid"},
		"/Observation?patient=%zz":                          {400, "invalid"},
		"/Observation?patient=pat-nobody":                   {404, "not-found"},
		"/Observation/" + mother + "-0123456789abcdef":      {404, "not-found"},
		"/Observation/x?version=1":                          {400, "invalid"},
		"/Appointment?patient=" + mother:                    {404, "not-found"},
		"/Appointment/x":                                    {404, "not-found"},
		"/Encounter/vis-nothing":                            {404, "not-found"},
		"/Encounter/x/$everything":                          {404, "not-found"},
		"/Patient/" + mother + "/$everything?since=forever": {400, "invalid"},
	} {
		f := w.asks("mother", path)
		if f.Status != want.status || f.ResourceType != "OperationOutcome" || len(f.Issue) != 1 || f.Issue[0].Code != want.code {
			t.Errorf("%s: %d %s, want %d %s", path, f.Status, f.raw, want.status, want.code)
		}
	}
}

func TestTheServiceSaysToAnybodyWhatItServesAsFHIRAndToNobodyARecord(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	for path, want := range map[string]int{"/metadata": http.StatusOK, "/Patient/pat-1": http.StatusUnauthorized, "/Observation?patient=pat-1": http.StatusUnauthorized} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.Addr()+"/fhir"+path, http.NoBody)
		w.Must(err)
		a, err := http.DefaultClient.Do(r)
		w.Must(err)
		raw, err := io.ReadAll(a.Body)
		w.Must(err)
		w.Must(a.Body.Close())
		if a.StatusCode != want || (want == http.StatusOK) != strings.Contains(string(raw), `"resourceType":"CapabilityStatement"`) {
			t.Errorf("%s: %d %s, want %d", path, a.StatusCode, raw, want)
		}
	}
}
