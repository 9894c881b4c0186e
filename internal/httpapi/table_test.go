package httpapi_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/httpapi"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

// resources are all the resources that there are, by the name of their function. Nobody serves behind
// them: they are here for their table, not to be asked.
func resources() map[string][]httpapi.Route {
	clk := clock.NewReal()
	return map[string][]httpapi.Route{
		"SignIn": httpapi.SignIn(nil, "https://housecall.example"), "Sessions": httpapi.Sessions(nil), "Accounts": httpapi.Accounts(nil),
		"Passkeys": httpapi.Passkeys(nil, "https://housecall.example"),
		"Persons":  httpapi.Persons(nil), "Grants": httpapi.Grants(nil, clk), "Enrolment": httpapi.Enrolment(nil, clk),
		"Applications": httpapi.Applications(nil), "Uploads": httpapi.Uploads(nil),
		"Intakes": httpapi.Intakes(nil), "Attachments": httpapi.Attachments(nil), "HealthRecord": httpapi.HealthRecord(nil),
		"Visits": httpapi.Visits(nil), "Queue": httpapi.Queue(nil), "Slots": httpapi.Slots(nil), "Notes": httpapi.Notes(nil),
		"Calls": httpapi.Calls(nil, nil), "Threads": httpapi.Threads(nil),
		"Formulary": httpapi.Formulary(nil), "Prescriptions": httpapi.Prescriptions(nil), "Papers": httpapi.Papers(nil),
		"Pharmacies": httpapi.Pharmacies(nil, clk), "Stock": httpapi.Stock(nil), "Quotes": httpapi.Quotes(nil), "Fills": httpapi.Fills(nil),
		"Orders": httpapi.Orders(nil, clk), "Carriers": httpapi.Carriers(nil, nil, clk),
		"Zones": httpapi.Zones(nil), "Addresses": httpapi.Addresses(nil), "Shifts": httpapi.Shifts(nil, clk), "Jobs": httpapi.Jobs(nil, clk),
		"Rides": httpapi.Rides(nil), "Tracking": httpapi.Tracking(nil),
		"Forecasts": httpapi.Forecasts(nil, nil), "Talks": httpapi.Talks(nil, nil),
		"Payments": httpapi.Payments(nil), "Receipts": httpapi.Receipts(nil), "Invoices": httpapi.Invoices(nil), "Coupons": httpapi.Coupons(nil), "Payouts": httpapi.Payouts(nil),
		"Ledger": httpapi.Ledger(nil), "Cases": httpapi.Cases(nil), "Audit": httpapi.Audit(nil), "AccessLog": httpapi.AccessLog(nil),
		"Recordings": httpapi.Recordings(nil), "CallFiles": httpapi.CallFiles(nil), "Lab": httpapi.Lab(nil, nil),
		"Exports": httpapi.Exports(nil, nil, nil, clk), "Everything": httpapi.Everything(httpapi.Keepers{}),
		"Feed": httpapi.Feed(nil, nil, nil), "Outbox": httpapi.Outbox(nil, nil), "Stuck": httpapi.Stuck(nil), "Watch": httpapi.Watch(nil, "", ""),
	}
}

// realGuard asks the rules as they are, with these grants.
func realGuard(t *testing.T, circle access.Circle) (*access.Rules, *access.Guard) {
	t.Helper()
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	return rules, access.NewGuard(rules, circle, noGrants{})
}

// wholeServer has every route, and a session for each role, whose token is the role's name.
func wholeServer(t *testing.T) *httpapi.Server {
	t.Helper()
	_, guard := realGuard(t, noGrants{})
	all, sessions := resources(), tokens{}
	for _, role := range askers {
		if role != access.Nobody {
			sessions[string(role)] = asker(role)
		}
	}
	var lists [][]httpapi.Route
	for _, name := range slices.Sorted(maps.Keys(all)) {
		lists = append(lists, all[name])
	}
	return httpapi.New(httpapi.Deps{
		Auth: sessions, Guard: guard, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Timeout: time.Second, Version: "golden", Ready: func(context.Context) map[string]string { return nil },
	}, lists...)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s is not what it was; read what changed, then run with -update:\n%s", name, diff)
	}
}

func TestTableOfRoutesChangesOnlyInReview(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, r := range wholeServer(t).Routes() {
		fmt.Fprintf(&b, "%-6s %-60s %s\n", r.Method, r.Path, r.Action)
	}
	for _, m := range slices.Concat(httpapi.FileMounts(nil), httpapi.OutboxMounts(nil), httpapi.PaperMounts(nil), httpapi.CallMounts(nil), httpapi.RecordingMounts(nil, nil), httpapi.FHIRMounts(httpapi.Keepers{}, "")) {
		fmt.Fprintf(&b, "%-6s %-60s %s\n", m.Method, "(beside the API) "+m.Path, m.Action)
	}
	golden(t, "routes.txt", b.String())
}

func TestDescriptionOfTheAPIChangesOnlyInReview(t *testing.T) {
	t.Parallel()
	golden(t, "openapi.json", string(wholeServer(t).Spec())+"\n")
}

var (
	resourceFunc = regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(.*\) \[\]Route \{`)
	served       = regexp.MustCompile(`httpapi\.([A-Z]\w*)\(`)
)

// A resource that is written and not listed here, or not served by app, is a mistake that nobody sees.
func TestEveryResourceIsServedAndInTheTable(t *testing.T) {
	t.Parallel()
	written := map[string]bool{}
	for name, found := range namesIn(t, ".", resourceFunc) {
		written[name] = found
	}
	inApp := namesIn(t, "../app", served)
	listed := resources()

	for name := range written {
		if listed[name] == nil {
			t.Errorf("resource %s is in no table: add it to resources() and to policies/decisions.csv", name)
		}
		if !inApp[name] {
			t.Errorf("resource %s is not served: internal/app does not list it", name)
		}
	}
	for name := range listed {
		if !written[name] {
			t.Errorf("resource %s is in the table and not in this package", name)
		}
	}
}

// namesIn lists what a pattern finds in the Go files of a folder, tests left out.
func namesIn(t *testing.T, dir string, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
	}
	return found
}
