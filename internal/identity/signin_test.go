package identity_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

func asFault(err error, f **fault.Error) bool { return errors.As(err, f) }

func TestPatientSignsUpWithACodeAndComesBackWithAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	first, opened := w.patient(" June@Example.org ")
	w.clock.Advance(time.Hour)
	again, err := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.ORG", Code: w.codeFor("june@example.org")})
	if err != nil {
		t.Fatal(err)
	}

	if again.Account.ID != opened.Account.ID || first.Patient == "" {
		t.Errorf("account = %s with person %q, want the same account %s", again.Account.ID, first.Patient, opened.Account.ID)
	}
	person, err := w.Person(t.Context(), first, first.Patient)
	if err != nil || person.Name != june.Name || person.AgeAt(w.clock.Now()) != 76 {
		t.Errorf("person = %+v, %v, want who signed up, aged 76", person, err)
	}
}

func TestNewcomerKeepsTheCodeWhileTellingWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.codeFor("+49 170 1234567")

	_, err := w.SignIn(t.Context(), identity.SignIn{Address: "+491701234567", Code: code})
	wantKind(t, err, fault.Invalid, "sign-up-needed")
	profile := june
	opened, err := w.SignIn(t.Context(), identity.SignIn{Address: "0049 170 1234567", Code: code, Profile: &profile})

	if err != nil || opened.Account.Role != access.Patient {
		t.Errorf("sign up with the same code: %v", err)
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patient("june@example.org")
	code := w.codeFor("june@example.org")

	_, first := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code})
	_, second := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code})

	if first != nil {
		t.Errorf("first use: %v", first)
	}
	wantKind(t, second, fault.Invalid, "code-dead")
}

func TestCodeIsGoodOnceHoweverManyTryItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patient("june@example.org")
	code := w.codeFor("june@example.org")

	var all sync.WaitGroup
	passed := make(chan string, 16)
	for range 16 {
		all.Go(func() {
			if o, err := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code}); err == nil {
				passed <- o.Token
			}
		})
	}
	all.Wait()

	if len(passed) != 1 {
		t.Errorf("%d sign-ins passed with one code, want 1", len(passed))
	}
}

func TestCodeDiesAfterFiveWrongTriesAndSaysHowManyAreLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	right := w.codeFor("june@example.org")
	profile := june
	try := func(code phi.Text) error {
		_, err := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code, Profile: &profile})
		return err
	}

	err := try(wrong(right))
	wantKind(t, err, fault.Invalid, "code-wrong")
	if !strings.Contains(err.Error(), "4 tries left") {
		t.Errorf("err = %v, want it to say that 4 tries are left", err)
	}
	for range 3 {
		wantKind(t, try(wrong(right)), fault.Invalid, "code-wrong")
	}
	wantKind(t, try(wrong(right)), fault.Invalid, "code-dead")
	wantKind(t, try(right), fault.Invalid, "code-dead")
}

func wrong(right phi.Text) phi.Text {
	if right == "000000" {
		return "111111"
	}
	return "000000"
}

func TestCodeRunsOutAfterTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patient("june@example.org")
	code := w.codeFor("june@example.org")

	w.clock.Advance(10 * time.Minute)
	_, err := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code})

	wantKind(t, err, fault.Invalid, "code-dead")
}

func TestCodeForAnotherPurposeDoesNotSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	if err := w.RequestConfirmation(t.Context(), june, "export"); err != nil {
		t.Fatal(err)
	}
	code := w.post.last(t).Data["code"]

	_, asSignIn := w.SignIn(t.Context(), identity.SignIn{Address: "june@example.org", Code: code})
	asOther := w.Confirm(t.Context(), june, "erase", code.Reveal())
	asMeant := w.Confirm(t.Context(), june, "export", code.Reveal())
	again := w.Confirm(t.Context(), june, "export", code.Reveal())

	wantKind(t, asSignIn, fault.Invalid, "code-dead")
	wantKind(t, asOther, fault.Invalid, "code-dead")
	if asMeant != nil {
		t.Errorf("confirm = %v", asMeant)
	}
	wantKind(t, again, fault.Invalid, "code-dead")
}

func TestUnknownAddressReadsTheSameAsAKnownOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patient("june@example.org")
	w.staff(access.Doctor, "doc@example.org")
	w.clock.Advance(time.Hour)

	for _, address := range []phi.Text{"june@example.org", "doc@example.org", "nobody@example.org"} {
		before := w.post.count()
		if err := w.RequestCode(t.Context(), identity.Ask{Address: address}); err != nil || w.post.count() != before+1 {
			t.Errorf("request code: %v, %d sent, want one and no word", err, w.post.count()-before)
		}
		_, err := w.SignIn(t.Context(), identity.SignIn{Address: address, Code: "12345"})
		wantKind(t, err, fault.Invalid, "code-wrong")
	}
	_, known := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: "wrong password", Code: "000000"})
	_, unknown := w.SignInStaff(t.Context(), identity.Credentials{Address: "nobody@example.org", Password: "wrong password", Code: "000000"})
	if known.Error() != unknown.Error() {
		t.Errorf("a known login reads %q, an unknown one %q", known, unknown)
	}
}

func TestOneAddressGetsFiveCodesInAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		w.codeFor("june@example.org")
	}

	err := w.RequestCode(t.Context(), identity.Ask{Address: "june@example.org"})
	wantKind(t, err, fault.Limited, "too-many-codes")
	other := w.RequestCode(t.Context(), identity.Ask{Address: "other@example.org"})
	w.clock.Advance(15 * time.Minute)
	later := w.RequestCode(t.Context(), identity.Ask{Address: "june@example.org"})

	if other != nil || later != nil {
		t.Errorf("another address: %v; a quarter of an hour later: %v; want both sent", other, later)
	}
}

func TestStaffSignInNeedsPasswordAndAnUnusedCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Doctor, "doc@example.org")
	try := func(p, code phi.Text) error {
		_, err := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: p, Code: code})
		return err
	}

	wantKind(t, try("wrong password", w.totp(secret, 0)), fault.Unauthenticated, "sign-in-failed")
	wantKind(t, try(password, wrong(w.totp(secret, 0))), fault.Unauthenticated, "sign-in-failed")
	if err := try(password, w.totp(secret, 0)); err != nil {
		t.Errorf("password and code: %v", err)
	}
	wantKind(t, try(password, w.totp(secret, 0)), fault.Unauthenticated, "sign-in-failed")
	w.clock.Advance(30 * time.Second)
	wantKind(t, try(password, w.totp(secret, -1)), fault.Unauthenticated, "sign-in-failed")
	if err := try(password, w.totp(secret, 0)); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestWhoGuessesPasswordsWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Doctor, "doc@example.org")
	for _, address := range []phi.Text{"doc@example.org", "nobody@example.org"} {
		try := func() error {
			_, err := w.SignInStaff(t.Context(), identity.Credentials{Address: address, Password: "wrong password", Code: "000000"})
			return err
		}
		for range 5 {
			wantKind(t, try(), fault.Unauthenticated, "sign-in-failed")
		}
		wantKind(t, try(), fault.Limited, "too-many-tries")
		w.clock.Advance(30 * time.Second)
		wantKind(t, try(), fault.Unauthenticated, "sign-in-failed")
		w.clock.Advance(30 * time.Second)
		wantKind(t, try(), fault.Limited, "too-many-tries")
	}

	w.clock.Advance(15 * time.Minute)
	if _, err := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: password, Code: w.totp(secret, 0)}); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestUsedCodeOfAnAuthenticatorStaysUsedForEveryPurpose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Doctor, "doc@example.org")
	_, doctor := w.signInStaff("doc@example.org")

	wantKind(t, w.Confirm(t.Context(), doctor, "sign rx_1", w.totp(secret, 0).Reveal()), fault.Invalid, "code-wrong")
	if err := w.Confirm(t.Context(), doctor, "sign rx_1", w.totp(secret, 1).Reveal()); err != nil {
		t.Errorf("the next code: %v", err)
	}
	wantKind(t, w.Confirm(t.Context(), doctor, "sign rx_1", w.totp(secret, 1).Reveal()), fault.Invalid, "code-wrong")
	wantKind(t, w.Confirm(t.Context(), doctor, "sign rx_2", w.totp(secret, 1).Reveal()), fault.Invalid, "code-wrong")
	wantKind(t, w.Confirm(t.Context(), doctor, "sign rx_2", w.totp(secret, -1).Reveal()), fault.Invalid, "code-wrong")
}

func TestGuessedAuthenticatorIsLockedAndItsOwnerTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.staff(access.Doctor, "doc@example.org")
	doctor := access.Actor{Account: account.ID, Role: access.Doctor, Session: "ses_1"}
	for range 5 {
		wantKind(t, w.Confirm(t.Context(), doctor, "x", wrong(w.totp(secret, 0)).Reveal()), fault.Invalid, "code-wrong")
	}

	wantKind(t, w.Confirm(t.Context(), doctor, "x", w.totp(secret, 0).Reveal()), fault.Limited, "too-many-tries")

	if !w.announced(identity.CodesGuessed) {
		t.Error("nothing was announced to the owner")
	}
}

func (w *world) announced(kind event.Kind) bool {
	w.t.Helper()
	waiting, err := w.store.Waiting(w.t.Context(), 500)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, out := range waiting {
		if out.Event.Kind == kind {
			return true
		}
	}
	return false
}

func TestPasswordMustBeLongAndNotTheAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, bad := range map[string]phi.Text{
		"short": "hunter2", "the address": "doc.house@example.org", "the name with a number": "doc.house.123",
		"one letter": "aaaaaaaaaaaaaaa",
	} {
		_, _, err := w.Seed(t.Context(), identity.SeedAccount{Password: bad, Enrolment: identity.Enrolment{
			Role:    access.Doctor,
			Address: "doc.house@example.org", Profile: identity.Profile{Name: "Sam"},
		}})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, bad := range []phi.Text{"", "june", "june@", "June <june@example.org>", "0170 1234567", "+49 170 abc", "+123", "a@b@c"} {
		if _, err := identity.ParseAddress(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want Invalid", bad.Reveal(), err)
		}
	}
}
