package identity_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/identity"
)

func TestTokenThatNobodyGaveOutIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, opened := w.patient("june@example.org")

	for name, token := range map[string]string{"empty": "", "made up": "hc_made_up", "one letter off": opened.Token[:len(opened.Token)-1] + "!"} {
		_, err := w.Authenticate(t.Context(), token)
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v, want Unauthenticated", name, err)
		}
	}
}

func TestSessionEndsWhenUnusedAndWhenItsDayIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Operator, "op@example.org")
	unused, _ := w.signInStaff("op@example.org")
	w.clock.Advance(30 * time.Second)
	busy, _ := w.signInStaff("op@example.org")

	for range 3 {
		w.clock.Advance(20 * time.Minute)
		w.actor(busy.Token)
	}
	_, err := w.Authenticate(t.Context(), unused.Token)
	wantKind(t, err, fault.Unauthenticated, "sign-in")
	for range 32 {
		w.clock.Advance(20 * time.Minute)
		w.actor(busy.Token)
	}
	w.clock.Advance(20 * time.Minute) // twelve hours after it began
	_, err = w.Authenticate(t.Context(), busy.Token)
	wantKind(t, err, fault.Unauthenticated, "sign-in")
}

func TestRevokedSessionIsOverAtOnceHereAndOnOtherNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, _ := w.node()
	june, phone := w.patient("june@example.org")
	tablet, err := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: w.codeFor("june@example.org"), Origin: identity.Origin{Device: "tablet"}})
	if err != nil {
		t.Fatal(err)
	}
	w.actor(tablet.Token)
	if _, err := other.Authenticate(t.Context(), tablet.Token); err != nil {
		t.Fatal(err)
	}
	list, err := w.Sessions(t.Context(), june)
	if err != nil || len(list) != 2 {
		t.Fatalf("sessions = %d, %v, want both", len(list), err)
	}

	if err := w.RevokeSession(t.Context(), june, tablet.Session.ID); err != nil {
		t.Fatal(err)
	}
	for _, word := range w.words.words {
		other.Heard(word)
	}

	_, here := w.Authenticate(t.Context(), tablet.Token)
	_, there := other.Authenticate(t.Context(), tablet.Token)
	wantKind(t, here, fault.Unauthenticated, "sign-in")
	wantKind(t, there, fault.Unauthenticated, "sign-in")
	w.actor(phone.Token)
}

func TestStrangerCanNotRevokeASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, phone := w.patient("june@example.org")
	stranger, _ := w.patient("mallory@example.org")

	err := w.RevokeSession(t.Context(), stranger, phone.Session.ID)

	if !fault.Is(err, fault.NotFound) || len(w.trail.denied) != 1 {
		t.Errorf("err = %v with %d denials in the audit, want not found and one", err, len(w.trail.denied))
	}
	w.actor(phone.Token)
}

func TestAllSessionsAreRevokedInOneWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, phone := w.patient("june@example.org")

	if err := w.RevokeAllSessions(t.Context(), june); err != nil {
		t.Fatal(err)
	}

	_, err := w.Authenticate(t.Context(), phone.Token)
	wantKind(t, err, fault.Unauthenticated, "sign-in")
	if list, err := w.Sessions(t.Context(), june); err != nil || len(list) != 0 {
		t.Errorf("sessions = %d, %v, want none", len(list), err)
	}
}

func TestSignedOutIsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, phone := w.patient("june@example.org")

	if err := w.SignOut(t.Context(), june); err != nil {
		t.Fatal(err)
	}

	_, err := w.Authenticate(t.Context(), phone.Token)
	wantKind(t, err, fault.Unauthenticated, "sign-in")
}

func TestSuspendedAccountIsOutAtOnceAndStaysOutUntilReinstated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor := w.staff(access.Doctor, "doc@example.org")
	opened, _ := w.signInStaff("doc@example.org")

	if _, err := w.SuspendAccount(t.Context(), operator(), doctor.ID, "licence-withdrawn"); err != nil {
		t.Fatal(err)
	}
	_, session := w.Authenticate(t.Context(), opened.Token)
	_, again := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: password, Code: w.totp(secret, 1)})
	_, twice := w.SuspendAccount(t.Context(), operator(), doctor.ID, "licence-withdrawn")
	_, reinstated := w.ReinstateAccount(t.Context(), operator(), doctor.ID)
	_, old := w.Authenticate(t.Context(), opened.Token)

	wantKind(t, session, fault.Unauthenticated, "sign-in")
	wantKind(t, again, fault.Denied, "account-suspended")
	wantKind(t, twice, fault.Conflict, "illegal-transition")
	if reinstated != nil {
		t.Errorf("reinstate: %v", reinstated)
	}
	wantKind(t, old, fault.Unauthenticated, "sign-in")
	w.clock.Advance(time.Minute)
	w.signInStaff("doc@example.org")
}

func TestOperatorCanNotSuspendThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, err := w.SuspendAccount(t.Context(), operator(), "acc_operator", "bored")

	wantKind(t, err, fault.Conflict, "own-account")
}

func TestCounterLeftAloneLocksItselfAndUnlocksWithACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Pharmacist, "counter@example.org")
	opened, counter := w.signInStaff("counter@example.org")
	if counter.Locked || counter.Pharmacy != "phm_1" {
		t.Fatalf("actor = %+v, want an open counter of phm_1", counter)
	}

	w.clock.Advance(4 * time.Minute)
	busy := w.actor(opened.Token)
	w.clock.Advance(5 * time.Minute)
	left := w.actor(opened.Token)

	if busy.Locked || !left.Locked {
		t.Fatalf("locked after 4 minutes: %v, after 5 more: %v; want only the second", busy.Locked, left.Locked)
	}
	wantKind(t, w.guard.Route(left, "session.read"), fault.Unauthenticated, "locked")
	wantKind(t, w.UnlockSession(t.Context(), left, wrong(w.totp(secret, 0))), fault.Invalid, "code-wrong")
	if err := w.UnlockSession(t.Context(), left, w.totp(secret, 0)); err != nil {
		t.Fatal(err)
	}
	if back := w.actor(opened.Token); back.Locked || !back.SecondFactor.Equal(w.clock.Now()) {
		t.Errorf("actor = %+v, want it open, with a fresh second factor", back)
	}
}

func TestCounterLockedByHandIsLockedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.PharmacyStaff, "counter@example.org")
	opened, counter := w.signInStaff("counter@example.org")

	if err := w.LockSession(t.Context(), counter); err != nil {
		t.Fatal(err)
	}

	if !w.actor(opened.Token).Locked {
		t.Error("the counter is open")
	}
}

func TestSecondFactorShownAgainIsFresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Doctor, "doc@example.org")
	opened, doctor := w.signInStaff("doc@example.org")
	w.clock.Advance(20 * time.Minute)

	if err := w.ConfirmSecondFactor(t.Context(), doctor, w.totp(secret, 0)); err != nil {
		t.Fatal(err)
	}

	if now := w.actor(opened.Token); !now.SecondFactor.Equal(w.clock.Now()) {
		t.Errorf("second factor at %v, want now", now.SecondFactor)
	}
}

func TestGuestSeesOneVisitUntilItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token, _, err := w.OpenGuestSession(t.Context(), "vis_1", w.clock.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}

	guest := w.actor(token)
	if guest.Role != access.Guest || guest.Visit != "vis_1" || guest.Patient != "" || guest.Account == "" {
		t.Errorf("actor = %+v, want a guest of vis_1", guest)
	}
	w.clock.Advance(time.Hour)
	_, err = w.Authenticate(t.Context(), token)
	wantKind(t, err, fault.Unauthenticated, "sign-in")
}

func TestAdminTokenActsAsAnOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	a, err := w.Authenticate(t.Context(), admin)

	if err != nil || a.Role != access.Operator || a.Account != identity.AdminAccount {
		t.Errorf("actor = %+v, %v, want the admin", a, err)
	}
}

func TestAuthenticatingAgainReadsNoDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, opened := w.patient("june@example.org")
	w.actor(opened.Token)
	w.close()

	a, err := w.Authenticate(t.Context(), opened.Token)

	if err != nil || a.Account != opened.Account.ID {
		t.Errorf("with the store closed: %+v, %v, want the answer from memory", a, err)
	}
}

func TestTokensAndCodesAreNeverStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.codeFor("june@example.org")
	profile := june
	opened, err := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code, Profile: &profile})
	if err != nil {
		t.Fatal(err)
	}
	w.staff(access.Doctor, "doc@example.org")

	for collection, docs := range w.everything() {
		for _, body := range docs {
			for what, text := range map[string]string{"token": opened.Token, "secret": secret.Reveal(), "password": password.Reveal()} {
				if strings.Contains(body, text) {
					t.Errorf("a document of %s holds the %s", collection, what)
				}
			}
		}
	}
	w.noMarksInEvents("june@example.org", "June Marked", "Sam Marked", code.Reveal())
}

func TestFeedLeftOpenDoesNotKeepACounterFromLocking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Pharmacist, "counter@example.org")
	opened, _ := w.signInStaff("counter@example.org")

	var early, due error
	for range 4 {
		w.clock.Advance(time.Minute)
		early = w.StillOpen(t.Context(), opened.Token)
	}
	w.clock.Advance(time.Minute)
	due = w.StillOpen(t.Context(), opened.Token)

	if early != nil {
		t.Errorf("after four minutes: %v", early)
	}
	wantKind(t, due, fault.Unauthenticated, "sign-in")
	if !w.actor(opened.Token).Locked {
		t.Error("the counter is not locked after five minutes without use")
	}
}
