// Package lifecycle holds state machines as data: a capability lists its moves once, its service
// asks the table, and a drawing of it is generated. A move that is not in the table is refused.
package lifecycle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"housecall/internal/fault"
)

// Table lists, for each state, which event leads where. A state with no row, or an empty one, is an end.
type Table[S, E ~string] map[S]map[E]S

// Next is the state after the event. A move not in the table is a fault.Conflict that names both,
// coded "illegal-transition".
func (t Table[S, E]) Next(from S, event E) (S, error) {
	to, ok := t[from][event]
	if !ok {
		return from, fault.New(fault.Conflict, fmt.Sprintf("This can't be done now: %q does not go with %q. Look at its present state.",
			words(string(event)), words(string(from)))).Coded("illegal-transition")
	}
	return to, nil
}

// Allows tells whether the event is legal in the state.
func (t Table[S, E]) Allows(from S, event E) bool { _, ok := t[from][event]; return ok }

// Ended tells whether nothing leads out of the state.
func (t Table[S, E]) Ended(s S) bool { return len(t[s]) == 0 }

// States lists every state that the table names, sorted.
func (t Table[S, E]) States() []S {
	seen := map[S]bool{}
	for from, moves := range t {
		seen[from] = true
		for _, to := range moves {
			seen[to] = true
		}
	}
	return sorted(seen)
}

// Events lists every event that the table names, sorted.
func (t Table[S, E]) Events() []E {
	seen := map[E]bool{}
	for _, moves := range t {
		for e := range moves {
			seen[e] = true
		}
	}
	return sorted(seen)
}

// Mermaid draws the table as a Mermaid state diagram, the same text each time. The state "" of what
// is not written yet is drawn as the beginning.
func (t Table[S, E]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, from := range t.States() {
		moves := map[E]bool{}
		for e := range t[from] {
			moves[e] = true
		}
		for _, e := range sorted(moves) {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", cmp.Or(string(from), "[*]"), t[from][e], e)
		}
		if t.Ended(from) {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	return b.String()
}

// Step is one move in a document's history: who did what, when and why.
type Step[S, E ~string] struct {
	Event E         `json:"event"`
	From  S         `json:"from"`
	To    S         `json:"to"`
	By    string    `json:"by" doc:"Account id of who did it, or the name of the part of the service that did."`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty" doc:"Coded reason, or the event that it was done on; never free text about a person."`
}

// Whys says, for each event of a table, what it means that it was made: the why of a step for which
// nobody gave a reason and that followed from no other event.
type Whys[E ~string] map[E]string

// Of is the why of a step: the reason that was given, else the event that a part of the service acted
// on, else what the event always means.
func (w Whys[E]) Of(event E, given, cause string) string { return cmp.Or(given, cause, w[event]) }

// MustExplain is whys, with a word for every event of the tables; one without is a mistake of the
// programmer and panics when the service starts.
func MustExplain[S, E ~string](whys Whys[E], tables ...Table[S, E]) Whys[E] {
	for _, t := range tables {
		for _, e := range t.Events() {
			if whys[e] == "" {
				panic(fmt.Sprintf("lifecycle: nobody says why %q is made", e))
			}
		}
	}
	return whys
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

func sorted[T ~string](set map[T]bool) []T {
	out := make([]T, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
