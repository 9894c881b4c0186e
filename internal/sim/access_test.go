package sim_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"

	"housecall/internal/app"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/notify"
	"housecall/internal/sim"
)

// asked are routes that read records of the walk, by the step after which they have something to answer.
var asked = map[string][]string{
	"accept":             {"GET /prescriptions/{id}", "GET /parts/{id}", "GET /fills/{id}/sheet", "GET /fills/{id}", "GET /orders/{id}", "GET /orders/{id}/fills"},
	"arrive at the door": {"GET /jobs/{id}/pin", "GET /orders/{id}/delivery", "GET /pharmacies/{id}/jobs", "GET /jobs/{id}"},
	"prove that the ledger sums to zero": {
		"GET /patients/{id}/orders", "GET /orders/{id}/payments", "GET /visits/{id}", "GET /visits/{id}/note", "GET /visits/{id}/prescriptions",
		"GET /intakes/{id}", "GET /patients/{id}", "GET /patients/{id}/health-record", "GET /patients/{id}/access",
		"GET /pharmacies/{id}/stock", "GET /pharmacies/{id}/fills", "GET /couriers/{id}/earnings", "GET /couriers/{id}/shift", "GET /doctors/{id}/hours",
	},
}

// standing is how the people of a walk stand to its records: their role and the situations they may be in.
var standing = map[string]struct {
	role       string
	situations []string
}{
	"nobody":          {"nobody", nil},
	"patient":         {"patient", []string{"own"}},
	"caregiver":       {"patient", []string{"granted:see", "granted:book", "granted:attend", "granted:pay", "granted:receive", "granted"}},
	"stranger":        {"patient", []string{"stranger"}},
	"doctor":          {"doctor", []string{"related"}},
	"pharmacist":      {"pharmacist", []string{"related"}},
	"courier":         {"courier", []string{"related", "own"}},
	"operator":        {"operator", []string{"related"}},
	"another doctor":  {"doctor", []string{"stranger"}},
	"another courier": {"courier", []string{"stranger"}},
}

// TestRunningServiceAnswersAsDecided asks for the records of a whole order while it goes, as everybody who has
// to do with it and as those who have not.
func TestRunningServiceAnswersAsDecided(t *testing.T) {
	t.Parallel()
	w, decided := served(t), decisions(t)
	var strangers map[string]*sim.Client
	reached := 0

	w.RunAsking(t, func(step string) {
		if strangers == nil && len(asked[step]) > 0 {
			strangers = map[string]*sim.Client{"another doctor": w.Enrol(t, "doctor"), "another courier": w.Enrol(t, "courier")}
		}
		people := w.People()
		maps.Copy(people, strangers)
		if len(asked[step]) > 0 {
			reached++
		}
		for _, route := range asked[step] {
			for name, c := range people {
				ask(t, c, route, w.Records(), name, promised(decided, route, name))
			}
		}
	})
	if reached != len(asked) {
		t.Errorf("asked after %d steps, want %d: a step has another name", reached, len(asked))
	}
}

// ask reads one record as one person. No promise, no such record to that person.
func ask(t *testing.T, c *sim.Client, route string, records map[string]string, name, want string) {
	t.Helper()
	path := strings.TrimPrefix(route, "GET ")
	record := records[strings.Split(path, "/")[1]]
	if want == "" {
		return
	}
	if record == "" {
		t.Fatalf("%s: the walk has made no such record", route)
	}

	_, err := c.Get(t.Context(), strings.Replace(path, "{id}", record, 1))

	if got := status(err); got != want {
		t.Errorf("%s as %s: %s, want %s (%v)", route, name, got, want, err)
	}
}

// promised is what decisions.csv says to this person; "" nothing.
func promised(decided map[string]string, route, name string) string {
	s := standing[name]
	for _, situation := range append([]string{"any"}, s.situations...) {
		if answer := decided[route+" "+s.role+" "+situation]; answer != "" {
			return answer
		}
	}
	return ""
}

func status(err error) string {
	switch code := sim.StatusOf(err); {
	case err == nil:
		return "ok"
	case code == http.StatusUnauthorized:
		return "401"
	case code == http.StatusForbidden:
		return "403"
	case code == http.StatusNotFound:
		return "404"
	default:
		return "broken"
	}
}

func decisions(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../policies/decisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if c := strings.Split(strings.TrimSpace(line), ", "); len(c) == 5 && !strings.HasPrefix(line, "#") {
			out[c[0]+" "+c[1]+" "+c[2]+" "+c[3]] = c[4]
		}
	}
	return out
}

func served(t *testing.T) *sim.Walk {
	t.Helper()
	const token = "a token of a test, long enough to be one"
	c := config.Default()
	c.Data, c.Listen = scratch.Folder(t), "localhost:0"
	c.AdminTokenFile = t.TempDir() + "/token"
	if err := os.WriteFile(c.AdminTokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.Start(t.Context(), app.Options{
		Config: c, Log: slog.New(slog.DiscardHandler), Demo: true,
		Outbox: notify.NewOutbox(clock.NewReal()), Secret: []byte("a secret of a test, of more than 32 bytes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	url := "http://" + a.Addr()
	return &sim.Walk{Base: url, Operator: &sim.Client{Base: url, Token: token}}
}
