package identity_test

import (
	"testing"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// add has somebody add an address to their account.
func (w *world) addressCode(a access.Actor, address phi.Text) phi.Text {
	w.t.Helper()
	if err := w.RequestAddress(w.t.Context(), a, address, ""); err != nil {
		w.t.Fatal(err)
	}
	return w.post.last(w.t).Data["code"]
}

func TestSecondAddressSignsInToTheSameAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")

	if _, err := w.AddAddress(t.Context(), june, "+4917012345678", w.addressCode(june, "+4917012345678")); err != nil {
		t.Fatal(err)
	}
	opened, err := w.SignIn(t.Context(), identity.SignIn{Address: "+4917012345678", Code: w.codeFor("+4917012345678")})

	if err != nil || opened.Account.ID != june.Account {
		t.Errorf("sign in: %v, want the same account", err)
	}
}

func TestAddressIsAddedOnlyWithTheCodeSentToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	mallory, _ := w.patient("mallory@example.org")
	code := w.addressCode(june, "+4917012345678")

	_, other := w.AddAddress(t.Context(), june, "+4917099999999", code)
	_, stranger := w.AddAddress(t.Context(), mallory, "+4917012345678", code)
	_, guess := w.AddAddress(t.Context(), june, "+4917012345678", wrong(code))

	wantKind(t, other, fault.Invalid, "code-dead")
	wantKind(t, stranger, fault.Invalid, "code-dead")
	wantKind(t, guess, fault.Invalid, "code-wrong")
}

func TestAddressOfAnotherAccountIsNotTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	w.patient("shared@example.org")

	_, err := w.AddAddress(t.Context(), june, "shared@example.org", w.addressCode(june, "shared@example.org"))

	wantKind(t, err, fault.Conflict, "address-taken")
}

func TestAddressTakenAwaySignsInNoMoreAndMayBecomeSomebodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	account, err := w.AddAddress(t.Context(), june, "+4917012345678", w.addressCode(june, "+4917012345678"))
	if err != nil {
		t.Fatal(err)
	}

	if _, err := w.RemoveAddress(t.Context(), june, account.Logins[0].ID); err != nil {
		t.Fatal(err)
	}
	_, last := w.RemoveAddress(t.Context(), june, account.Logins[1].ID)
	_, unknown := w.RemoveAddress(t.Context(), june, "lgn_unknown")
	other, _ := w.patient("june@example.org")

	wantKind(t, last, fault.Conflict, "only-address")
	wantKind(t, unknown, fault.NotFound, "")
	if other.Account == june.Account {
		t.Error("the address still opens the account that gave it up")
	}
}
