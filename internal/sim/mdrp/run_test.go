package mdrp_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/clock"
	"housecall/internal/dispatch"
	"housecall/internal/sim/mdrp"
)

var rules = mdrp.Rules{Plan: dispatch.Plan, Every: 1, Budget: 40, Seed: 1, Watch: watch}

// watch is a stop watch.
func watch() time.Duration { return time.Duration(clock.NewReal().Now().UnixNano()) }

const small, other = "testdata/0r50t100s1p100", "testdata/1r50t75s2p100"

func read(t *testing.T, dir string) *mdrp.Instance {
	t.Helper()
	in, err := mdrp.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestTheEngineBringsADayFarSoonerThanTheNearestFreeCourier(t *testing.T) {
	t.Parallel()
	days := []*mdrp.Instance{read(t, small), read(t, other)}
	plain := rules
	plain.Plan, plain.Every = dispatch.NearestFree, 5

	ours, err := mdrp.Run(days, rules, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := mdrp.Run(days, plain, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}

	if ours.Mean.Delivered != ours.Mean.Orders || ours.Mean.ClickToDoorPlus > theirs.Mean.ClickToDoorPlus-3 || ours.Mean.Cost > theirs.Mean.Cost {
		t.Errorf("ours %+v\ntheirs %+v", ours.Mean, theirs.Mean)
	}
	for _, f := range ours.Instances {
		if f.ClickToDoor < f.IdealClickToDoor {
			t.Errorf("%s: %.2f min from click to door, and %.2f is what nobody can reach", f.Instance, f.ClickToDoor, f.IdealClickToDoor)
		}
	}
	var table bytes.Buffer
	if err := ours.WriteTable(&table); err != nil || strings.Count(table.String(), "\n") != 4 {
		t.Errorf("table %q (%v), want a heading, two instances and the mean", table.String(), err)
	}
}

func TestTheSameDayIsPlayedTheSameTwice(t *testing.T) {
	t.Parallel()
	day := mdrp.Resample(read(t, small), 7)

	one, err := mdrp.Play(day, rules)
	if err != nil {
		t.Fatal(err)
	}
	two, err := mdrp.Play(mdrp.Resample(read(t, small), 7), rules)
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(one.Solution, two.Solution); diff != "" {
		t.Error(diff)
	}
}

func TestNoisyReadyTimesCostMinutesAndBreakNoRule(t *testing.T) {
	t.Parallel()
	noisy := rules
	noisy.NoisyReady = true

	got, err := mdrp.Run([]*mdrp.Instance{read(t, small)}, noisy, t.TempDir())

	if err != nil || got.Mean.ReadyToPickup < 1 {
		t.Errorf("ready to pick-up %.2f min (%v), want what not knowing costs", got.Mean.ReadyToPickup, err)
	}
}

// rewrite changes the first line that is like a pattern.
func rewrite(t *testing.T, pattern, with string) func(string) string {
	t.Helper()
	return func(text string) string {
		like := regexp.MustCompile("(?m)" + pattern)
		at := like.FindStringSubmatchIndex(text)
		if at == nil {
			t.Fatalf("nothing like %q", pattern)
		}
		return text[:at[0]] + string(like.ExpandString(nil, with, text, at)) + text[at[1]:]
	}
}

func TestTheCheckerFindsWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	in := read(t, small)
	played, err := mdrp.Play(in, rules)
	if err != nil {
		t.Fatal(err)
	}
	row := func(pattern, with string) func(string) string { return rewrite(t, pattern, with) }
	tests := []struct {
		name, file string
		tamper     func(string) string
	}{
		{"a bag collected a minute before it is ready", "orders", row(`^(o\d+) (\d+) (\d+) (\d+)`, "$1 $2 $3 1")},
		{"a bag at the door sooner than the way allows", "orders", row(`(\d+) (c\d+)$`, "1 $2")},
		{"a placement that is not the instance's", "orders", row(`^(o\d+) (\d+)`, "$1 0")},
		{"an order that does not exist", "orders", row(`^o\d+`, "o99999")},
		{"an order delivered twice", "orders", row(`^(o\d+ .*)$`, "$1\n$1")},
		{"a delivery that nobody rode", "assignments", row(`^\d+ .*\n`, "")},
		{"a delivery that is not reported", "orders", row(`^o\d+ .*\n`, "")},
		{"a delivery by another courier", "orders", row(`c\d+$`, "c1x")},
		{"a courier who leaves before the shift", "couriers", row(`^(c\d+) \d+ 0`, "$1 -5 0")},
		{"a courier who leaves for a door too early", "couriers", row(`^(c\d+) \d+ (r\d+) (o\d+)`, "$1 1 $2 $3")},
		{"a courier who was somewhere else", "couriers", row(`^(c\d+) (\d+) 0 (r\d+)`, "$1 $2 r1 $3")},
		{"a ride left out", "couriers", row(`^c\d+ \d+ o\d+ r\d+\n`, "")},
		{"a courier without a shift", "couriers", row(`\z`, "c9999 10 0 r1\n")},
		{"an order assigned before it is placed", "assignments", row(`^\d+`, "0")},
		{"another heading", "orders", row(`^order placement_time`, "order placed")},
		{"minutes that are no minutes", "assignments", row(`^\d+ \d+`, "1 soon")},
		{"an empty file", "couriers", func(string) string { return "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := played.Solution.Write(dir); err != nil {
				t.Fatal(err)
			}
			if err := mdrp.Check(in, dir); err != nil {
				t.Fatalf("untouched: %v", err)
			}
			name := filepath.Join(dir, "solution_info_"+tt.file+".txt")
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(tt.tamper(string(raw))), 0o600); err != nil {
				t.Fatal(err)
			}

			if mdrp.Check(in, dir) == nil {
				t.Error("the checker saw nothing")
			}
		})
	}
}

func TestBrokenInstancesAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, old, with string }{
		{"a missing file", "orders.txt", "", ""},
		{"a field too few", "couriers.txt", "\t", " "},
		{"an order of no restaurant", "orders.txt", "\tr", "\tx"},
		{"letters for a number", "restaurants.txt", "1", "one"},
		{"a speed of nothing", "instance_parameters.txt", "320", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(small)); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, tt.file)
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			heading, rows, _ := strings.Cut(string(raw), "\n")
			if err := os.WriteFile(name, []byte(heading+"\n"+strings.ReplaceAll(rows, tt.old, tt.with)), 0o600); err != nil {
				t.Fatal(err)
			}
			if tt.old == "" {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}

			if _, err := mdrp.Read(dir); err == nil {
				t.Error("it was read")
			}
		})
	}
}
