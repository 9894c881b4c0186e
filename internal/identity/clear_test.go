package identity_test

import (
	"encoding/json"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/identity"
)

// there counts the documents of a collection.
func (w *world) there(collection string) int {
	w.t.Helper()
	all, err := w.store.Scan(w.t.Context(), collection, "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}

func TestOldCodesAndSessionsAreClearedAndLiveOnesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, old := w.patient("june@example.org")
	if err := w.RequestCode(t.Context(), identity.Ask{Address: "june@example.org"}); err != nil {
		t.Fatal(err)
	}
	codes, sessions := w.there("challenges"), w.there("sessions")
	if codes == 0 || sessions == 0 {
		t.Fatalf("there are %d codes and %d sessions to begin with", codes, sessions)
	}

	early, err := w.Clear(t.Context(), time.Minute, 90*24*time.Hour)
	if err != nil || early != 0 || w.there("challenges") != codes || w.there("sessions") != sessions {
		t.Errorf("cleared %d at once, %v; codes count for a day, and the session is live", early, err)
	}

	w.clock.Advance(200 * 24 * time.Hour) // the session of a patient has ended by itself, a season ago
	_, fresh := w.patient("june@example.org")
	gone, err := w.Clear(t.Context(), 24*time.Hour, 90*24*time.Hour)

	if err != nil || gone == 0 {
		t.Errorf("cleared %d, %v", gone, err)
	}
	if _, err := w.Authenticate(t.Context(), fresh.Token); err != nil {
		t.Errorf("the live session is gone: %v", err)
	}
	if _, err := w.Authenticate(t.Context(), old.Token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old session = %v", err)
	}
	if n := w.there("sessions"); n != 1 {
		t.Errorf("%d sessions are left, want the live one", n)
	}
}

func TestACodeIsSentAgainAfterTheOldOneWasClearedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := map[string]bool{}
	for range 2 {
		if err := w.RequestCode(t.Context(), identity.Ask{Address: "june@example.org"}); err != nil {
			t.Fatal(err)
		}
		keys[w.post.last(t).Key] = true
		w.clock.Advance(3 * 24 * time.Hour)
		if _, err := w.Clear(t.Context(), 24*time.Hour, time.Hour); err != nil {
			t.Fatal(err)
		}
		if n := w.there("challenges"); n != 0 {
			t.Fatalf("%d codes are left", n)
		}
	}

	if len(keys) != 2 {
		t.Error("the second code has the key of the first: whoever sends messages once would never send it")
	}
}

func TestEveryStepOfAccountsAndSessionsSaysWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	actor, _ := w.patient("june@example.org")
	w.staff(access.Doctor, "doc@example.org")
	if err := w.SignOut(t.Context(), actor); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, collection := range []string{"accounts", "sessions", "grants", "invites", "recoveries"} {
		all, err := w.store.Scan(t.Context(), collection, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			steps += explained(t, collection, r)
		}
	}
	if steps < 3 {
		t.Errorf("only %d steps were looked at", steps)
	}
}

func explained(t *testing.T, collection string, r docstore.Record) int {
	t.Helper()
	var doc struct {
		History []struct {
			Event, By, Why string
			At             time.Time
		}
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.History {
		if s.By == "" || s.Why == "" || s.At.IsZero() {
			t.Errorf("%s %s: %s by %q at %v because of %q", collection, r.ID, s.Event, s.By, s.At, s.Why)
		}
	}
	return len(doc.History)
}
