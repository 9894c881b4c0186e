package prescribing_test

import (
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore/mongo"
	"housecall/internal/id"
)

func TestWhatAPatientHadIsWhatIsHeldForThemAndWhatWasHandedOverOfLate(t *testing.T) {
	t.Parallel()
	story := func(t *testing.T, w *world) {
		t.Helper()
		rx := w.signed(sheet(amoxicillin()))
		part := rx.Parts[0]
		units := func(since time.Time, but id.Part) int {
			t.Helper()
			lines, err := w.Had(t.Context(), rx.Patient, since, but)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, l := range lines {
				n += l.Quantity
			}
			return n
		}
		all := part.Lines[0].Quantity
		monthAgo := func() time.Time { return w.clock.Now().AddDate(0, 0, -30) }

		signed := units(monthAgo(), "")
		ok(t, w.Claim(t.Context(), asJourney(), part.ID, "ord_1"))
		held := units(monthAgo(), "")
		itself := units(monthAgo(), part.ID)
		ok(t, w.Unclaim(t.Context(), asJourney(), part.ID, "ord_1", "changed_mind"))
		letGo := units(monthAgo(), "")
		ok(t, w.Claim(t.Context(), asJourney(), part.ID, "ord_2"))
		ok(t, w.Dispensed(t.Context(), asJourney(), part.ID, "ord_2"))
		w.clock.Advance(29 * 24 * time.Hour)
		late := units(monthAgo(), "")
		w.clock.Advance(2 * 24 * time.Hour)
		old := units(monthAgo(), "")

		got := []int{signed, held, itself, letGo, late, old}
		for i, want := range []int{0, all, 0, 0, all, 0} {
			if got[i] != want {
				t.Errorf("signed, held, itself, let go, 29 days on, 31 days on = %v, want %d at place %d", got, want, i)
			}
		}
	}
	t.Run("on SQLite", func(t *testing.T) {
		t.Parallel()
		story(t, newWorld(t))
	})
	t.Run("on MongoDB", func(t *testing.T) {
		t.Parallel()
		store, err := mongo.Open(t.Context(), engine.Mongod(t).Database("had"))
		ok(t, err)
		t.Cleanup(func() { _ = store.Close() })
		story(t, newWorldOn(t, store))
	})
}
