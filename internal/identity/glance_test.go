package identity_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
)

func TestLiveFeedLeftOpenDoesNotKeepACounterFromLocking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Pharmacist, "counter@example.org")
	opened, _ := w.signInStaff("counter@example.org")

	for range 4 {
		w.clock.Advance(time.Minute)
		if err := w.StillOpen(t.Context(), opened.Token); err != nil {
			t.Fatalf("within the time: %v", err)
		}
	}
	w.clock.Advance(2 * time.Minute)

	wantKind(t, w.StillOpen(t.Context(), opened.Token), fault.Unauthenticated, "sign-in")
	if !w.actor(opened.Token).Locked {
		t.Error("the counter is not locked")
	}
	wantKind(t, w.StillOpen(t.Context(), opened.Token), fault.Unauthenticated, "sign-in")
}

func TestRevokedSessionIsNotOpenAnyMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, opened := w.patient("ann@example.org")
	if err := w.StillOpen(t.Context(), opened.Token); err != nil {
		t.Fatal(err)
	}

	if err := w.SignOut(t.Context(), ann); err != nil {
		t.Fatal(err)
	}

	wantKind(t, w.StillOpen(t.Context(), opened.Token), fault.Unauthenticated, "sign-in")
	wantKind(t, w.StillOpen(t.Context(), "no such token"), fault.Unauthenticated, "sign-in")
}
