package lifecycle_test

import (
	"slices"
	"strings"
	"testing"

	"housecall/internal/fault"
	"housecall/internal/lifecycle"
)

type (
	state string
	event string
)

var door = lifecycle.Table[state, event]{
	"shut":      {"open": "wide_open", "lock": "locked", "break": "broken"},
	"wide_open": {"close": "shut"},
	"locked":    {"unlock": "shut"},
	"broken":    {},
}

func TestMoveInTheTableIsMade(t *testing.T) {
	t.Parallel()
	got, err := door.Next("shut", "lock")

	if got != "locked" || err != nil {
		t.Errorf("next = %s, %v; want locked", got, err)
	}
}

func TestMoveThatIsNotInTheTableIsRefusedInWords(t *testing.T) {
	t.Parallel()
	for _, from := range []state{"wide_open", "broken", "unheard_of"} {
		got, err := door.Next(from, "lock")

		if got != from || !fault.Is(err, fault.Conflict) || door.Allows(from, "lock") {
			t.Errorf("lock when %s = %s, %v; want a Conflict and no move", from, got, err)
		}
	}
	_, err := door.Next("wide_open", "lock")
	if !strings.Contains(err.Error(), `"lock" does not go with "wide open"`) {
		t.Errorf("the refusal reads %q", err)
	}
}

func TestTableKnowsItsStatesEventsAndEnds(t *testing.T) {
	t.Parallel()
	if got := door.States(); !slices.Equal(got, []state{"broken", "locked", "shut", "wide_open"}) {
		t.Errorf("states = %v", got)
	}
	if got := door.Events(); !slices.Equal(got, []event{"break", "close", "lock", "open", "unlock"}) {
		t.Errorf("events = %v", got)
	}
	if !door.Ended("broken") || door.Ended("shut") {
		t.Error("ends are not told from other states")
	}
}

func TestStepSaysTheReasonThatWasGivenElseItsCauseElseWhatItAlwaysMeans(t *testing.T) {
	t.Parallel()
	whys := lifecycle.MustExplain(lifecycle.Whys[event]{"open": "somebody_came", "close": "draught", "lock": "night", "unlock": "day", "break": "force"}, door)

	for _, c := range []struct{ given, cause, want string }{
		{"parcel", "bell.rung", "parcel"}, {"", "bell.rung", "bell.rung"}, {"", "", "somebody_came"},
	} {
		if got := whys.Of("open", c.given, c.cause); got != c.want {
			t.Errorf("given %q, cause %q: why = %q, want %q", c.given, c.cause, got, c.want)
		}
	}
}

func TestAnEventThatNobodyExplainsStopsTheProgramme(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a table with an unexplained event was accepted")
		}
	}()

	lifecycle.MustExplain(lifecycle.Whys[event]{"open": "somebody_came"}, door)
}
