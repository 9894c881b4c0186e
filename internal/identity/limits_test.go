package identity_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// A network address with many people behind it, and one of somebody who means ill.
const (
	school  = "192.0.2.1"
	mallory = "198.51.100.7"
)

func numbered(i int) phi.Text { return phi.Text(fmt.Sprintf("p%d@example.org", i)) }

// ask asks for a code from a network address, and answers it.
func (w *world) ask(address phi.Text, remote string) (phi.Text, error) {
	w.t.Helper()
	if err := w.RequestCode(w.t.Context(), identity.Ask{Address: address, Remote: remote}); err != nil {
		return "", err
	}
	return w.post.last(w.t).Data["code"], nil
}

// enter signs a patient in, or up, from a network address.
func (w *world) enter(address, code phi.Text, remote string) error {
	profile := june
	_, err := w.SignIn(w.t.Context(), identity.SignIn{Address: address, Code: code, Profile: &profile, Origin: identity.Origin{Remote: remote}})
	return err
}

// guessPassword tries one for a member of staff who may not even exist.
func (w *world) guessPassword(i int, remote string) error {
	_, err := w.SignInStaff(w.t.Context(), identity.Credentials{
		Address: numbered(i), Password: "winter 2026 winter", Code: "000000", Origin: identity.Origin{Remote: remote},
	})
	return err
}

func TestHundredsBehindOneNetworkAddressComeInOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	usual := identity.UsualLimits()

	for i := range usual.TriesPerRemote + usual.CodesPerRemote {
		code, err := w.ask(numbered(i), school)
		if err == nil {
			err = w.enter(numbered(i), code, school)
		}
		if err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
	}
}

func TestStaffOfAWholeHospitalSignInFromOneNetworkAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Doctor, "doc@example.org")

	for i := range identity.UsualLimits().TriesPerRemote + 10 { // the same doctor, whose authenticator shows a code each half minute
		_, err := w.SignInStaff(t.Context(), identity.Credentials{
			Address: "doc@example.org", Password: password, Code: w.totp(secret, 0), Origin: identity.Origin{Remote: school},
		})
		if err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
		w.clock.Advance(30 * time.Second)
	}
}

func TestOnePasswordTriedOnAllStaffIsRefusedAndOtherPlacesAreNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := identity.UsualLimits().TriesPerRemote
	for i := range most {
		wantKind(t, w.guessPassword(i, mallory), fault.Unauthenticated, "sign-in-failed")
	}

	refused := w.guessPassword(most, mallory)
	elsewhere := w.guessPassword(most, school)
	w.clock.Advance(15 * time.Minute / time.Duration(most))
	later, again := w.guessPassword(most+1, mallory), w.guessPassword(most+2, mallory)

	wantKind(t, refused, fault.Limited, "too-many-tries")
	wantKind(t, elsewhere, fault.Unauthenticated, "sign-in-failed")
	wantKind(t, later, fault.Unauthenticated, "sign-in-failed")
	wantKind(t, again, fault.Limited, "too-many-tries")
}

func TestCodesOfManyPeopleAreNotGuessedFromOneNetworkAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := identity.UsualLimits().TriesPerRemote
	var code phi.Text
	for i := range most + 1 {
		var err error
		if code, err = w.ask(numbered(i), fmt.Sprint("203.0.113.", i)); err != nil {
			t.Fatal(err)
		}
		if i < most {
			wantKind(t, w.enter(numbered(i), wrong(code), mallory), fault.Invalid, "code-wrong")
		}
	}

	there := w.enter(numbered(most), code, mallory)
	here := w.enter(numbered(most), code, school)

	wantKind(t, there, fault.Limited, "too-many-tries")
	if here != nil {
		t.Errorf("who is not there, and has the code: %v", here)
	}
}

func TestSigningInBetweenGuessesBuysNoFurtherGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := identity.UsualLimits().TriesPerRemote
	for i := range most {
		if i%30 == 0 { // an account of their own
			code, err := w.ask("mallory@example.org", mallory)
			if err == nil {
				err = w.enter("mallory@example.org", code, mallory)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		wantKind(t, w.guessPassword(i, mallory), fault.Unauthenticated, "sign-in-failed")
	}

	wantKind(t, w.guessPassword(most, mallory), fault.Limited, "too-many-tries")
}

func TestGuessesMadeAtOnceAreCountedBeforeTheyAreJudged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := identity.UsualLimits().TriesPerRemote
	var judged, refused atomic.Int64
	var all sync.WaitGroup
	for i := range most + 40 {
		all.Go(func() {
			if fault.Is(w.guessPassword(i, mallory), fault.Limited) {
				refused.Add(1)
			} else {
				judged.Add(1)
			}
		})
	}
	all.Wait()

	if judged.Load() != int64(most) || refused.Load() != 40 {
		t.Errorf("%d were judged and %d refused, want %d and 40", judged.Load(), refused.Load(), most)
	}
}

func TestLinksAreNotGuessedAndAPasswordThatIsTooShortIsNoGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := identity.UsualLimits().TriesPerRemote
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	accept := func(token string, p phi.Text, remote string) error {
		_, err := w.Accept(t.Context(), access.Actor{Role: access.Nobody}, identity.Acceptance{Token: token, Password: p, Origin: identity.Origin{Remote: remote}})
		return err
	}
	for range most + 1 {
		wantKind(t, accept(token, "short", school), fault.Invalid, "")
	}
	for range most {
		wantKind(t, accept("a token that nobody made", password, mallory), fault.NotFound, "link-dead")
	}

	wantKind(t, accept(token, password, mallory), fault.Limited, "too-many-tries")
	if err := accept(token, password, school); err != nil {
		t.Errorf("who has the link: %v", err)
	}
}

func TestNobodyFloodsOthersWithMailOrTextsFromOneNetworkAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	usual := identity.UsualLimits()
	for i := range usual.CodesPerRemote {
		if _, err := w.ask(numbered(i), mallory); err != nil {
			t.Fatal(err)
		}
	}
	for i := range usual.TextsPerRemote {
		if _, err := w.ask(phi.Text(fmt.Sprintf("+4915112345%03d", i)), mallory); err != nil {
			t.Fatal(err)
		}
	}
	sent := w.post.count()

	_, mail := w.ask("june@example.org", mallory)
	_, text := w.ask("+4917012345678", mallory)
	refused := w.post.count() - sent
	_, elsewhere := w.ask("june@example.org", school)

	wantKind(t, mail, fault.Limited, "too-many-tries")
	wantKind(t, text, fault.Limited, "too-many-tries")
	if refused != 0 || elsewhere != nil {
		t.Errorf("%d were sent though refused; from elsewhere: %v", refused, elsewhere)
	}
}

func TestAskingAgainForTheSameAddressTakesNothingFromOthersThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	usual := identity.UsualLimits()
	for i := range 3 * usual.CodesPerRemote { // a button pressed again and again
		_, err := w.ask("june@example.org", school)
		if i >= usual.CodesPerAddress {
			wantKind(t, err, fault.Limited, "too-many-codes")
		}
	}

	if _, err := w.ask("other@example.org", school); err != nil {
		t.Errorf("their neighbour: %v", err)
	}
}

func TestWhoKnowsAnAddressGetsAHundredGuessesADayFromWhereverTheyGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	judged := 0
	for quarter := range 4 * 24 {
		for i := range 10 {
			remote := fmt.Sprintf("203.0.%d.%d", quarter, i)
			code, err := w.ask("june@example.org", remote)
			if err != nil {
				wantKind(t, err, fault.Limited, "too-many-codes")
				break
			}
			for range 5 {
				if fault.Is(w.enter("june@example.org", wrong(code), remote), fault.Invalid) {
					judged++
				}
			}
		}
		w.clock.Advance(15*time.Minute - time.Second)
	}

	if judged != 100 {
		t.Errorf("%d guesses of a million were judged in a day, want 100", judged)
	}
}

func TestManyAccountsSendAStrangerNoMoreMailThanOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := identity.UsualLimits().CodesPerAddress
	var refused int
	for i := range most + 3 {
		a, _ := w.patient(numbered(i))
		if err := w.RequestAddress(t.Context(), a, "stranger@example.org", fmt.Sprint("203.0.113.", i)); err != nil {
			wantKind(t, err, fault.Limited, "too-many-codes")
			refused++
		}
	}

	if refused != 3 {
		t.Errorf("%d were refused, want 3", refused)
	}
}
