package identity_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/identity"
)

func TestASuspendedAccountIsNotEnteredByPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	d, _ := w.passkey(june)
	if _, err := w.SuspendAccount(t.Context(), operator(), june.Account, "asked-for"); err != nil {
		t.Fatal(err)
	}

	_, err := d.signIn()

	wantKind(t, err, fault.Denied, "account-suspended")
}

func TestARecoveryMakesThePasskeysFromBeforeWorthless(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.staff(access.Doctor, "doc@example.org")
	_, doctor := w.signInStaff("doc@example.org")
	d, _ := w.passkey(doctor)

	opened := w.recovered(account.ID)
	_, old := d.signIn()

	wantKind(t, old, fault.Unauthenticated, "passkey-failed")
	back := w.actor(opened.Token)
	if all, err := w.Passkeys(t.Context(), back); err != nil || len(all) != 0 {
		t.Errorf("passkeys = %v, %v, want none", all, err)
	}
	fresh, _ := w.passkey(back)
	if _, err := fresh.signIn(); err != nil {
		t.Errorf("a passkey added after the recovery: %v", err)
	}
}

// recovered takes an account of staff through the way back for a lost second factor.
func (w *world) recovered(acc id.Account) *identity.Opened {
	w.t.Helper()
	recovery, err := w.AskRecovery(w.t.Context(), operator(), acc, identity.Lost{Reason: "lost-phone"})
	if err != nil {
		w.t.Fatal(err)
	}
	second := access.Actor{Account: "acc_second", Role: access.Operator, Session: "ses_second"}
	_, token, err := w.ApproveRecovery(w.t.Context(), second, recovery.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	taken, err := w.Accept(w.t.Context(), access.Actor{Role: access.Nobody}, identity.Acceptance{Token: token, Password: "another long password"})
	if err != nil {
		w.t.Fatal(err)
	}
	opened, err := w.ConfirmAccepted(w.t.Context(), access.Actor{Role: access.Nobody}, token, w.totp(taken.Secret, 0), identity.Origin{})
	if err != nil {
		w.t.Fatal(err)
	}
	return opened
}

func TestOldQuestionsToPasskeysAreClearedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.question()
	if w.there("ceremonies") != 1 {
		t.Fatal("no question is kept")
	}

	w.clock.Advance(11 * time.Minute)
	gone, err := w.Clear(t.Context(), 24*time.Hour, 24*time.Hour)

	if err != nil || gone != 1 || w.there("ceremonies") != 0 {
		t.Errorf("cleared %d, %v; %d are left", gone, err, w.there("ceremonies"))
	}
}

func TestTheLibrarysWordsAboutAnAnswerReachNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	d, _ := w.passkey(june)
	d.place.Origin = "https://a-telling-name.test"

	_, err := d.signIn()

	var f *fault.Error
	if !asFault(err, &f) {
		t.Fatal(err)
	}
	if strings.Contains(f.Message, "a-telling-name") || strings.Contains(err.Error(), "a-telling-name") {
		t.Errorf("the fault quotes the answer: %v", err)
	}
}

func TestWrongPasskeysAreCountedByWhereTheyComeFromAndGoodOnesAreNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	d, _ := w.passkey(june)
	from := identity.Origin{Remote: "192.0.2.1"}
	most := identity.UsualLimits().TriesPerRemote
	for range most + 5 { // a whole clinic comes in
		if _, err := w.SignInByPasskey(t.Context(), d.shown(w.question()), from); err != nil {
			t.Fatal(err)
		}
	}

	for range most {
		_, err := w.SignInByPasskey(t.Context(), w.device().shown(w.question()), from)
		wantKind(t, err, fault.Unauthenticated, "passkey-failed")
	}
	_, full := w.SignInByPasskey(t.Context(), d.shown(w.question()), from)
	_, elsewhere := w.SignInByPasskey(t.Context(), d.shown(w.question()), identity.Origin{Remote: "192.0.2.2"})
	for range most {
		if _, err := w.BeginPasskeySignIn(t.Context(), "192.0.2.3"); err != nil {
			t.Fatal(err)
		}
	}
	_, asked := w.BeginPasskeySignIn(t.Context(), "192.0.2.3")

	wantKind(t, full, fault.Limited, "too-many-tries")
	wantKind(t, asked, fault.Limited, "too-many-tries")
	if elsewhere != nil {
		t.Errorf("from elsewhere: %v", elsewhere)
	}
}

func TestThereAreNoPasskeysAtAnAddressThatBrowsersHaveNoneFor(t *testing.T) {
	t.Parallel()
	for website, has := range map[string]bool{
		"https://clinic.example": true, "http://localhost:8080": true, "https://clinic.example:8443": true,
		"http://clinic.example": false, "https://192.0.2.1": false, "http://127.0.0.1:8080": false, "https://[2001:db8::1]": false, "": false,
	} {
		w := newWorld(t)
		s, err := identity.New(t.Context(), identity.Deps{
			Store: w.store, Clock: w.clock, Guard: w.guard, Circle: w.circle, Sender: w.post, Broadcast: w.words,
			Key: []byte("a secret key of this test alone!"), Cost: identity.LightCost(), Limits: identity.UsualLimits(), Website: website,
		})
		if err != nil {
			t.Fatalf("%q: %v", website, err)
		}

		_, err = s.BeginPasskeySignIn(t.Context(), "")

		if has && err != nil {
			t.Errorf("%q: %v", website, err)
		}
		if !has {
			wantKind(t, err, fault.Conflict, "passkeys-off")
		}
	}
}
