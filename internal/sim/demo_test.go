package sim_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/sim"
)

func startDemo(t *testing.T, o sim.DemoOptions) *sim.Demo {
	t.Helper()
	o.Listen = "localhost:0"
	if o.Data == "" {
		o.Data = scratch.Folder(t)
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	d, err := sim.StartDemo(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func stopDemo(t *testing.T, d *sim.Demo) {
	t.Helper()
	if err := d.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestMedicineReachesEachDoorThoughNobodyButThePatientIsThere(t *testing.T) {
	t.Parallel()
	d := startDemo(t, sim.DemoOptions{Speed: 60, OpenAllNight: true})
	defer stopDemo(t, d)
	ill := map[string]sim.Ailment{
		"demo@lampford.example": {Complaint: "fever", WeightKg: "62"},
		"hugo@lampford.example": {Complaint: "skin", WeightKg: "80"}, // who is allergic to penicillin
		"lin@lampford.example":  {Complaint: "abdominal_pain", WeightKg: "55"},
		"tom@lampford.example":  {Complaint: "fever", WeightKg: "16.5"}, // for his child
	}

	var seen sync.WaitGroup
	for address, what := range ill {
		seen.Go(func() {
			p, err := d.SignIn(t.Context(), address)
			if err == nil && what.WeightKg == "16.5" {
				var children sim.Answer
				children, err = p.Get(t.Context(), "/patients")
				what.Patient = children.Text("items.0.id")
			}
			state := ""
			if err == nil {
				state, err = sim.SeePatient(t.Context(), p, what, 100*time.Second)
			}

			if err != nil || state != "delivered" {
				t.Errorf("with %s: the order is %q, want delivered (%v)", what.Complaint, state, err)
			}
		})
	}
	seen.Wait()
}

func TestTableListsEverybodyAndSecondStartFindsTheSamePeople(t *testing.T) {
	t.Parallel()
	dir := scratch.Folder(t)
	d := startDemo(t, sim.DemoOptions{Data: dir, Quiet: true})
	t.Logf("the first start took %s", d.Took)
	var table strings.Builder
	if err := d.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	first := accountsOf(t, d)
	stopDemo(t, d)

	d = startDemo(t, sim.DemoOptions{Data: dir, Quiet: true})
	defer stopDemo(t, d)

	t.Logf("the second start took %s", d.Took)
	if second := accountsOf(t, d); len(first) == 0 || len(first) != len(d.People) || strings.Join(first, " ") != strings.Join(second, " ") {
		t.Errorf("accounts after the second start = %d, want the same %d", len(second), len(first))
	}
	for _, person := range d.People {
		if !strings.Contains(table.String(), person.Address) || !strings.Contains(table.String(), person.Name) {
			t.Errorf("the table lacks a %s", person.Role)
		}
	}
	if !strings.Contains(table.String(), sim.DemoPassword) || !strings.Contains(table.String(), "http://localhost:") {
		t.Error("the table does not say how to come in")
	}
}

// accountsOf lists every account as the operator sees it, oldest first.
func accountsOf(t *testing.T, d *sim.Demo) []string {
	t.Helper()
	operator, err := sim.SignInDemoOperator(t.Context(), d.URL, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for path := "/accounts?limit=50"; path != ""; {
		a, err := operator.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := a.At("items").([]any)
		for _, one := range list {
			out = append(out, one.(sim.JSON)["id"].(string))
		}
		path = ""
		if next := a.Text("next"); next != "" {
			path = "/accounts?limit=50&cursor=" + next
		}
	}
	return out
}

func TestPortThatIsTakenIsSaidPlainly(t *testing.T) {
	t.Parallel()
	d := startDemo(t, sim.DemoOptions{Quiet: true})
	defer stopDemo(t, d)

	_, err := sim.StartDemo(t.Context(), sim.DemoOptions{Listen: strings.TrimPrefix(d.URL, "http://"), Quiet: true})

	if err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("error = %v, want it to say what to do", err)
	}
}

func TestStoreThatOutlivesTheFolderOfItsKeysIsRefused(t *testing.T) {
	t.Parallel()

	_, err := sim.StartDemo(t.Context(), sim.DemoOptions{Listen: "localhost:0", Store: "mongodb://localhost/housecall", Quiet: true})

	if err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("error = %v, want it to say what to do", err)
	}
}

func TestTownHasEverybodyThatAStoryNeeds(t *testing.T) {
	t.Parallel()
	d := startDemo(t, sim.DemoOptions{Quiet: true})
	defer stopDemo(t, d)

	found := map[access.Role]int{}
	for _, person := range d.People {
		found[person.Role]++
	}

	for role, want := range map[access.Role]int{
		access.Doctor: 6, access.Pharmacist: 8, access.PharmacyStaff: 8, access.Courier: 25, access.Operator: 1,
		access.Support: 1, access.Auditor: 1, access.Patient: 5,
	} {
		if found[role] != want {
			t.Errorf("%d of the role %s, want %d", found[role], role, want)
		}
	}
}
