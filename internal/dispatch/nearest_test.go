package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func courier(n int, lat float64) dispatch.Courier {
	return dispatch.Courier{
		ID: id.Account(fmt.Sprintf("acc_%d", n)), At: geo.Point{Lat: lat, Lon: 10},
		SeenAt: noon, Vehicle: dispatch.Scooter, IdleSince: noon,
	}
}

func job(n int) dispatch.Job {
	return dispatch.Job{
		ID: id.Job(fmt.Sprintf("job_%d", n)), Pharmacy: geo.Point{Lat: 50, Lon: 10},
		Door: geo.Point{Lat: 50.01, Lon: 10}, ReadyAt: noon.Add(10 * time.Minute), Deadline: noon.Add(30 * time.Minute),
	}
}

func TestNearestFreeCourierIsOfferedTheJobInWords(t *testing.T) {
	t.Parallel()
	busy := courier(3, 50.0001)
	busy.Phase = dispatch.Riding
	state := dispatch.State{Jobs: []dispatch.Job{job(1)}, Couriers: []dispatch.Courier{courier(1, 50.02), courier(2, 50.001), busy}}

	got := dispatch.NearestFree(state, noon)

	if len(got.Offers) != 1 || got.Offers[0].Courier != "acc_2" {
		t.Fatalf("offers = %+v, want one to acc_2", got.Offers)
	}
	if !strings.Contains(got.Offers[0].Why, "nearest free courier") {
		t.Errorf("why = %q, want words", got.Offers[0].Why)
	}
}

func TestTheTightestDeadlineIsServedFirst(t *testing.T) {
	t.Parallel()
	late := job(1)
	late.Deadline = noon.Add(50 * time.Minute)

	got := dispatch.NearestFree(dispatch.State{Jobs: []dispatch.Job{late, job(2)}, Couriers: []dispatch.Courier{courier(1, 50)}}, noon)

	if len(got.Offers) != 1 || got.Offers[0].Ask[0] != "job_2" {
		t.Errorf("offers = %+v, want job_2 alone", got.Offers)
	}
	if want := []dispatch.Hold{{Job: "job_1", Why: "no courier is free"}}; !cmp.Equal(got.Nothing, want) {
		t.Errorf("nothing = %+v, want %+v", got.Nothing, want)
	}
}

func TestWhoIsPassedOver(t *testing.T) {
	t.Parallel()
	shunning := job(1)
	shunning.Shuns = []id.Account{"acc_1"}
	cold := job(1)
	cold.ColdChain = true
	drone := courier(1, 50)
	drone.Vehicle = dispatch.Drone
	silent := courier(1, 50)
	silent.SeenAt = noon.Add(-2 * time.Minute)
	gone := courier(1, 50)
	gone.SeenAt = noon.Add(-time.Hour)
	tests := []struct {
		name string
		job  dispatch.Job
		near dispatch.Courier
	}{
		{"who has just declined this job", shunning, courier(1, 50)},
		{"a drone for a cooled bag", cold, drone},
		{"who has been silent for a minute, while another has not", job(1), silent},
		{"who has not been seen for an hour", job(1), gone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got := dispatch.NearestFree(dispatch.State{Jobs: []dispatch.Job{tt.job}, Couriers: []dispatch.Courier{tt.near, courier(2, 50.03)}}, noon)

			if len(got.Offers) != 1 || got.Offers[0].Courier != "acc_2" {
				t.Errorf("offers = %+v, want one to acc_2", got.Offers)
			}
		})
	}
}

func TestNearestFreeHoldsInEveryCity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := anyState(t)
		before := fmt.Sprintf("%+v", state)

		got := dispatch.NearestFree(state, noon)

		if again := dispatch.NearestFree(state, noon); !cmp.Equal(got, again) {
			t.Fatalf("two plans of one state differ: %s", cmp.Diff(got, again))
		}
		if fmt.Sprintf("%+v", state) != before {
			t.Fatal("the plan changed its argument")
		}
		shuffled := state
		shuffled.Jobs = append([]dispatch.Job{}, state.Jobs...)
		shuffled.Couriers = append([]dispatch.Courier{}, state.Couriers...)
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		r.Shuffle(len(shuffled.Jobs), func(i, j int) { shuffled.Jobs[i], shuffled.Jobs[j] = shuffled.Jobs[j], shuffled.Jobs[i] })
		r.Shuffle(len(shuffled.Couriers), func(i, j int) {
			shuffled.Couriers[i], shuffled.Couriers[j] = shuffled.Couriers[j], shuffled.Couriers[i]
		})
		if again := dispatch.NearestFree(shuffled, noon); !cmp.Equal(got, again) {
			t.Fatalf("the order of the input matters: %s", cmp.Diff(got, again))
		}
		checkExclusive(t, state, got)
	})
}

func checkExclusive(t *rapid.T, state dispatch.State, got dispatch.Decision) {
	jobs, couriers := map[id.Job]int{}, map[id.Account]int{}
	for _, o := range got.Offers {
		jobs[o.Ask[0]]++
		couriers[o.Courier]++
		if o.Why == "" {
			t.Fatalf("%s goes to %s without a word", o.Ask[0], o.Courier)
		}
	}
	for _, h := range got.Nothing {
		jobs[h.Job]++
		if h.Why == "" {
			t.Fatalf("%s is held without a word", h.Job)
		}
	}
	if len(jobs) != len(state.Jobs) {
		t.Fatalf("%d jobs decided of %d", len(jobs), len(state.Jobs))
	}
	for j, n := range jobs {
		if n != 1 {
			t.Fatalf("job %s decided %d times", j, n)
		}
	}
	for _, c := range state.Couriers {
		if n := couriers[c.ID]; n > 1 || n == 1 && c.Phase != dispatch.Free {
			t.Fatalf("courier %s (%q) offered %d jobs", c.ID, c.Phase, n)
		}
	}
}

func anyState(t *rapid.T) dispatch.State {
	point := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{Lat: rapid.Float64Range(50, 50.06).Draw(t, "lat"), Lon: rapid.Float64Range(10, 10.06).Draw(t, "lon")}
	})
	var s dispatch.State
	for n := range rapid.IntRange(0, 12).Draw(t, "jobs") {
		j := job(n)
		j.Pharmacy, j.Door = point.Draw(t, "pharmacy"), point.Draw(t, "door")
		j.Deadline = noon.Add(time.Duration(rapid.IntRange(-5, 40).Draw(t, "deadline")) * time.Minute)
		j.ColdChain = rapid.Bool().Draw(t, "cold")
		s.Jobs = append(s.Jobs, j)
	}
	for n := range rapid.IntRange(0, 12).Draw(t, "couriers") {
		c := courier(n, 50)
		c.At, c.Phase = point.Draw(t, "at"), rapid.SampledFrom([]dispatch.Phase{dispatch.Free, dispatch.Bound, dispatch.Riding}).Draw(t, "phase")
		c.Vehicle = rapid.SampledFrom(dispatch.Vehicles).Draw(t, "vehicle")
		c.SeenAt = noon.Add(-time.Duration(rapid.IntRange(0, 1200).Draw(t, "silent")) * time.Second)
		s.Couriers = append(s.Couriers, c)
	}
	return s
}
