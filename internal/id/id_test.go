package id_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"housecall/internal/id"
)

func TestIDsMadeLaterSortLater(t *testing.T) {
	t.Parallel()
	var made []id.Order
	for range 1000 {
		made = append(made, id.New[id.Order]())
	}

	if !slices.IsSorted(made) || len(slices.Compact(made)) != 1000 {
		t.Error("ids are not in order, or not unique")
	}
	if !strings.HasPrefix(string(made[0]), "ord_") {
		t.Errorf("id = %s, want ord_ before it", made[0])
	}
}

func TestDerivedIDIsTheSameEverywhereAndTellsNothing(t *testing.T) {
	t.Parallel()
	first, again := id.Derive[id.Account]("mail", "ann@example.org"), id.Derive[id.Account]("mail", "ann@example.org")
	joined := id.Derive[id.Account]("mailann", "@example.org")

	if first != again {
		t.Errorf("derived %s, then %s", first, again)
	}
	if first == joined {
		t.Error("the parts run into each other")
	}
	if strings.Contains(string(first), "ann") || !strings.HasPrefix(string(first), "acc_") {
		t.Errorf("derived %s", first)
	}
}

func TestIDFromOutsideIsParsed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		good       bool
	}{
		{"a new id", string(id.New[id.Order]()), true},
		{"a derived id", string(id.Derive[id.Order]("x")), true},
		{"another thing's id", string(id.New[id.Job]()), false},
		{"no id at all", "", false},
		{"a bare prefix", "ord_", false},
		{"capitals", "ord_ABC", false},
		{"a path", "ord_../../etc", false},
		{"a blank", "ord_1 2", false},
		{"something endless", "ord_" + strings.Repeat("a", 200), false},
	}
	for _, tt := range tests {
		got, err := id.Parse[id.Order](tt.text)
		if (err == nil) != tt.good || tt.good && string(got) != tt.text || !tt.good && got != "" {
			t.Errorf("%s: parsed %q, %v; want good %v", tt.name, got, err, tt.good)
		}
	}
}

func TestEffectsAreNamedAfterTheirCause(t *testing.T) {
	t.Parallel()
	order := id.Order("ord_1")

	if got := id.FillOf(order, 2); got != "fill_ord_1_2" {
		t.Errorf("fill = %s", got)
	}
	if got := id.JobOf(order, 1); got != "job_ord_1_1" {
		t.Errorf("job = %s", got)
	}
	if got := id.PartOf("rx_1", 3); got != "part_rx_1_3" {
		t.Errorf("part = %s", got)
	}
	if _, err := id.Parse[id.Fill](string(id.FillOf(id.New[id.Order](), 2))); err != nil {
		t.Errorf("parse a fill: %v", err)
	}
}

func TestRequestsDifferByWhoAskedWhatAndHow(t *testing.T) {
	t.Parallel()
	base := id.RequestOf([]byte("body"), "ann", "POST /orders", "key")

	if got := id.RequestOf([]byte("body"), "ann", "POST /orders", "key"); got != base {
		t.Errorf("the same request = %v, want %v", got, base)
	}
	if got := id.RequestOf([]byte("other"), "ann", "POST /orders", "key"); got.Key != base.Key || got.Body == base.Body {
		t.Errorf("another body = %v beside %v", got, base)
	}
	if got := id.RequestOf([]byte("body"), "bob", "POST /orders", "key"); got.Key == base.Key {
		t.Error("two people share a key")
	}
	if id.CausedBy("evt_1", "claim") == id.CausedBy("evt_1", "reserve") {
		t.Error("two acts of one event are one request")
	}
}

func TestWhatIsMadeWithATimedKeySortsByItsTime(t *testing.T) {
	t.Parallel()
	var made []id.Order
	for range 100 {
		key := uuid.Must(uuid.NewV7()).String()
		made = append(made, id.Of[id.Order](id.RequestOf(nil, "ann", "POST /orders", key)))
	}
	const at = len("ord_") + 12

	if !slices.IsSortedFunc(made, func(a, b id.Order) int { return strings.Compare(string(a[:at]), string(b[:at])) }) {
		t.Error("ids do not begin with the time of their key")
	}
	if slices.Sort(made); len(slices.Compact(made)) != 100 {
		t.Error("two keys made one id")
	}
	if _, err := id.Parse[id.Order](string(made[0])); err != nil || len(made[0]) != len(id.New[id.Order]()) {
		t.Errorf("made %s: %v", made[0], err)
	}
}

func TestRequestMakesTheSameIDAgainAndAnotherOfEachOtherThing(t *testing.T) {
	t.Parallel()
	timed, plain := uuid.Must(uuid.NewV7()).String(), "a key of my own"
	for _, key := range []string{timed, strings.ReplaceAll(timed, "-", ""), plain, uuid.NewString(), strings.Repeat("z", 36)} {
		r := id.RequestOf([]byte("body"), "ann", "POST /orders", key)

		first, again := id.Of[id.Order](r), id.Of[id.Order](id.RequestOf([]byte("other"), "ann", "POST /orders", key))
		others := []id.Order{
			id.Of[id.Order](id.RequestOf(nil, "bob", "POST /orders", key)), id.Of[id.Order](id.RequestOf(nil, "ann", "POST /tips", key)),
			id.Of[id.Order](r, "first"), id.Of[id.Order](r, "second"),
		}

		if first != again {
			t.Errorf("%q made %s, then %s", key, first, again)
		}
		if all := append(others, first); len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
			t.Errorf("%q: different requests made one id: %v", key, all)
		}
	}
	for _, key := range []string{plain, uuid.NewString(), strings.Repeat("z", 36)} {
		if r := id.RequestOf(nil, "ann", key); id.Of[id.Order](r) != id.Derive[id.Order](r.Key) {
			t.Errorf("%q bears no time, and its id does not stay what it was", key)
		}
	}
}
