package identity_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"housecall/internal/access"
	"housecall/internal/apptest/engine"
	"housecall/internal/docstore/mongo"
	"housecall/internal/fault"
	"housecall/internal/identity"
)

// device is a phone that makes passkeys and signs with them.
type device struct {
	w      *world
	place  virtualwebauthn.RelyingParty
	holder virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
}

func (w *world) device() *device {
	return &device{
		w: w, place: virtualwebauthn.RelyingParty{ID: "clinic.example", Name: "housecall", Origin: "https://clinic.example"},
		holder: virtualwebauthn.NewAuthenticator(), key: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
}

// made is the device's answer to the offer to make a passkey.
func (d *device) made(offer json.RawMessage) []byte {
	d.w.t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(string(offer))
	if err != nil {
		d.w.t.Fatal(err)
	}
	d.holder.Options.UserHandle = []byte(options.UserID)
	return []byte(virtualwebauthn.CreateAttestationResponse(d.place, d.holder, d.key, *options))
}

// shown is the device's answer to the question who is there.
func (d *device) shown(question json.RawMessage) []byte {
	d.w.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(string(question))
	if err != nil {
		d.w.t.Fatal(err)
	}
	return []byte(virtualwebauthn.CreateAssertionResponse(d.place, d.holder, d.key, *options))
}

func (w *world) offer(a access.Actor) json.RawMessage {
	w.t.Helper()
	offer, err := w.BeginPasskey(w.t.Context(), a)
	if err != nil {
		w.t.Fatalf("begin a passkey: %v", err)
	}
	return offer
}

func (w *world) question() json.RawMessage {
	w.t.Helper()
	q, err := w.BeginPasskeySignIn(w.t.Context(), "")
	if err != nil {
		w.t.Fatalf("begin to sign in: %v", err)
	}
	return q
}

// passkey gives somebody a passkey on a new device.
func (w *world) passkey(a access.Actor) (*device, *identity.Passkey) {
	w.t.Helper()
	d := w.device()
	p, err := w.AddPasskey(w.t.Context(), a, "My phone", d.made(w.offer(a)))
	if err != nil {
		w.t.Fatalf("add a passkey: %v", err)
	}
	return d, p
}

func (d *device) signIn() (*identity.Opened, error) {
	d.w.t.Helper()
	return d.w.SignInByPasskey(d.w.t.Context(), d.shown(d.w.question()), identity.Origin{Device: "phone"})
}

func TestPatientAddsAPasskeyAndSignsInByItAlone(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		addsAndSignsIn(t, newWorld(t))
	})
	t.Run("MongoDB", func(t *testing.T) {
		t.Parallel()
		store, err := mongo.Open(t.Context(), engine.Mongod(t).Database("passkeys"))
		if err != nil {
			t.Fatal(err)
		}
		addsAndSignsIn(t, worldOn(t, store))
	})
}

func addsAndSignsIn(t *testing.T, w *world) {
	t.Helper()
	june, opened := w.patient("june@example.org")

	d, passkey := w.passkey(june)
	again, err := d.signIn()
	if err != nil {
		t.Fatal(err)
	}
	if again.Account.ID != opened.Account.ID || again.Session.ID == opened.Session.ID {
		t.Errorf("signed in to %s in %s, want a new session of %s", again.Account.ID, again.Session.ID, opened.Account.ID)
	}
	if a := w.actor(again.Token); a.Patient != june.Patient || a.SecondFactor.IsZero() {
		t.Errorf("who came in by a passkey is %+v, want June with the second factor shown", a)
	}
	all, err := w.Passkeys(t.Context(), june)
	if err != nil || len(all) != 1 || all[0].ID != passkey.ID || all[0].Name != "My phone" || all[0].Used.IsZero() {
		t.Errorf("passkeys = %+v, %v; want the one, used", all, err)
	}
	w.noMarksInEvents("June", "june@example.org", "My phone")
}

func TestAPasskeyStandsForPasswordAndSecondFactorOfStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.staff(access.Doctor, "doc@example.org")
	_, doctor := w.signInStaff("doc@example.org")
	d, _ := w.passkey(doctor)

	opened, err := d.signIn()

	if err != nil || opened.Account.ID != account.ID || !opened.Session.SecondFactor.Equal(w.clock.Now()) {
		t.Fatalf("the doctor's passkey: %+v, %v", opened, err)
	}
	if got := w.actor(opened.Token); got.Role != access.Doctor {
		t.Errorf("role = %s", got.Role)
	}
}

func TestAskingForAPasskeyTellsNothingOfAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	before := w.question()
	w.passkey(june)
	after := w.question()

	for _, q := range []json.RawMessage{before, after} {
		var told map[string]any
		if err := json.Unmarshal(q, &told); err != nil {
			t.Fatal(err)
		}
		if told["allowCredentials"] != nil || told["userVerification"] != "required" || told["rpId"] != "clinic.example" {
			t.Errorf("the question is %s; want no list of keys, verification required, our name", q)
		}
	}
	stranger, err := w.device().signIn()
	if stranger != nil {
		t.Error("a key that nobody has added signed in")
	}
	wantKind(t, err, fault.Unauthenticated, "passkey-failed")
}

// spoilt are the ways in which an answer is not good, each with the sort of refusal.
var spoilt = map[string]func(w *world, d *device, june access.Actor) ([]byte, string){
	"a page of another origin": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.place.Origin = "https://clinic.example.evil.test"
		return d.shown(w.question()), "passkey-failed"
	},
	"the same name without TLS": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.place.Origin = "http://clinic.example"
		return d.shown(w.question()), "passkey-failed"
	},
	"a key for another place": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.place.ID = "other.example"
		return d.shown(w.question()), "passkey-failed"
	},
	"a device that did not verify its owner": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.holder.Options.UserNotVerified = true
		return d.shown(w.question()), "passkey-failed"
	},
	"a device that nobody touched": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.holder.Options.UserNotPresent = true
		return d.shown(w.question()), "passkey-failed"
	},
	"another key under the same id": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.key.Key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2).Key
		return d.shown(w.question()), "passkey-failed"
	},
	"another person's handle with this key": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		_, other := w.patient("other@example.org")
		d.holder.Options.UserHandle = []byte(other.Account.ID)
		return d.shown(w.question()), "passkey-failed"
	},
	"no handle": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		d.holder.Options.UserHandle = nil
		return d.shown(w.question()), "passkey-failed"
	},
	"an answer sent twice": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		answer := d.shown(w.question())
		if _, err := w.SignInByPasskey(w.t.Context(), answer, identity.Origin{}); err != nil {
			w.t.Fatal(err)
		}
		return answer, "ceremony-over"
	},
	"an answer after five minutes": func(w *world, d *device, _ access.Actor) ([]byte, string) {
		answer := d.shown(w.question())
		w.clock.Advance(5 * time.Minute)
		return answer, "ceremony-over"
	},
	"a challenge that we never made": func(_ *world, d *device, _ access.Actor) ([]byte, string) {
		return d.shown(json.RawMessage(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","rpId":"clinic.example"}`)), "ceremony-over"
	},
	"a challenge that was made to add a passkey": func(w *world, d *device, june access.Actor) ([]byte, string) {
		return d.shown(w.offer(june)), "ceremony-over"
	},
	"no answer at all": func(_ *world, _ *device, _ access.Actor) ([]byte, string) { return []byte(`{"id":"x"}`), "" },
}

func TestWhatIsWrongWithAPasskeyIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoilt {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			june, _ := w.patient("june@example.org")
			d, _ := w.passkey(june)
			answer, code := spoil(w, d, june)

			opened, err := w.SignInByPasskey(t.Context(), answer, identity.Origin{})

			if opened != nil {
				t.Error("it signed in")
			}
			kind := fault.Invalid
			if code == "passkey-failed" {
				kind = fault.Unauthenticated
			}
			wantKind(t, err, kind, code)
		})
	}
}

func TestOneAnswerSignsInOnceHoweverManySendItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	d, _ := w.passkey(june)
	answer := d.shown(w.question())

	var all sync.WaitGroup
	passed := make(chan string, 16)
	for range 16 {
		all.Go(func() {
			if o, err := w.SignInByPasskey(t.Context(), answer, identity.Origin{}); err == nil {
				passed <- o.Token
			}
		})
	}
	all.Wait()

	if len(passed) != 1 {
		t.Errorf("%d sign-ins passed with one answer, want 1", len(passed))
	}
}

func TestARemovedPasskeySignsNobodyInAndEndsWhatItOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, byCode := w.patient("june@example.org")
	d, passkey := w.passkey(june)
	byKey, err := d.signIn()
	if err != nil {
		t.Fatal(err)
	}
	w.actor(byKey.Token)

	if err := w.RemovePasskey(t.Context(), june, passkey.ID); err != nil {
		t.Fatal(err)
	}
	_, again := d.signIn()
	_, gone := w.Authenticate(t.Context(), byKey.Token)

	wantKind(t, again, fault.Unauthenticated, "passkey-failed")
	wantKind(t, gone, fault.Unauthenticated, "sign-in")
	w.actor(byCode.Token) // what was opened otherwise goes on
	if all, err := w.Passkeys(t.Context(), june); err != nil || len(all) != 0 {
		t.Errorf("passkeys = %v, %v, want none", all, err)
	}
	live, err := w.Sessions(t.Context(), june)
	if err != nil || len(live) != 1 {
		t.Errorf("%d sessions are listed, %v; want the one by code", len(live), err)
	}
	wantKind(t, w.RemovePasskey(t.Context(), june, passkey.ID), fault.NotFound, "")
}

func TestAnotherNodeHearsThatAPasskeyWasRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	d, passkey := w.passkey(june)
	byKey, err := d.signIn()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := w.node()
	if _, err := other.Authenticate(t.Context(), byKey.Token); err != nil {
		t.Fatal(err)
	}

	if err := w.RemovePasskey(t.Context(), june, passkey.ID); err != nil {
		t.Fatal(err)
	}
	for _, word := range w.words.words {
		other.Heard(word)
	}

	_, gone := other.Authenticate(t.Context(), byKey.Token)
	wantKind(t, gone, fault.Unauthenticated, "sign-in")
}

func TestACopiedPasskeyIsFoundByItsCounterAndTheOwnerIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, byCode := w.patient("june@example.org")
	d, _ := w.passkey(june)
	d.key.Counter = 7
	first, err := d.signIn()
	if err != nil {
		t.Fatal(err)
	}

	d.key.Counter = 7 // the copy has made this signature, or makes it now
	_, copied := d.signIn()
	d.key.Counter = 9
	_, later := d.signIn()

	wantKind(t, copied, fault.Unauthenticated, "passkey-failed")
	wantKind(t, later, fault.Unauthenticated, "passkey-failed")
	_, gone := w.Authenticate(t.Context(), first.Token)
	wantKind(t, gone, fault.Unauthenticated, "sign-in")
	all, err := w.Passkeys(t.Context(), w.actor(byCode.Token))
	if err != nil || len(all) != 1 || all[0].State != identity.PasskeyIsSuspect {
		t.Fatalf("passkeys = %+v, %v; want it shown as suspect", all, err)
	}
	w.heard("passkey.suspected")
}

// heard fails when nothing of this kind was announced.
func (w *world) heard(kind string) {
	w.t.Helper()
	waiting, err := w.store.Waiting(w.t.Context(), 500)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, out := range waiting {
		if string(out.Event.Kind) == kind {
			return
		}
	}
	w.t.Errorf("nobody was told of %s", kind)
}

func TestWhoFindsAPhoneSignedInAddsNoPasskeyToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	w.clock.Advance(10 * time.Minute)

	_, late := w.BeginPasskey(t.Context(), june)
	if err := w.RequestConfirmation(t.Context(), june, "second-factor"); err != nil {
		t.Fatal(err)
	}
	if err := w.ConfirmSecondFactor(t.Context(), june, w.post.last(t).Data["code"]); err != nil {
		t.Fatal(err)
	}
	_, shown := w.BeginPasskey(t.Context(), june)

	wantKind(t, late, fault.Conflict, "step-up-needed")
	if shown != nil {
		t.Errorf("after the code: %v", shown)
	}
}

func TestAPasskeyBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	d, passkey := w.passkey(june)
	other, _ := w.patient("other@example.org")

	_, taken := w.AddPasskey(t.Context(), other, "Mine now", d.made(w.offer(other)))
	answer := w.device().made(w.offer(june))
	_, foreign := w.AddPasskey(t.Context(), other, "Mine now", answer)

	wantKind(t, taken, fault.Conflict, "exists")
	wantKind(t, foreign, fault.Invalid, "ceremony-over")
	wantKind(t, w.RemovePasskey(t.Context(), other, passkey.ID), fault.NotFound, "")
	_, renamed := w.RenamePasskey(t.Context(), other, passkey.ID, 0, "Mine now")
	wantKind(t, renamed, fault.NotFound, "")
}

func TestADeviceThatDidNotVerifyItsOwnerAddsNoPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	for name, spoil := range map[string]func(*device){
		"not verified":   func(d *device) { d.holder.Options.UserNotVerified = true },
		"another origin": func(d *device) { d.place.Origin = "https://evil.test" },
		"another place":  func(d *device) { d.place.ID = "evil.test" },
	} {
		d := w.device()
		offer := w.offer(june)
		spoil(d)

		_, err := w.AddPasskey(t.Context(), june, "My phone", d.made(offer))

		var f *fault.Error
		if !asFault(err, &f) || f.Code != "passkey-refused" {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	if all, err := w.Passkeys(t.Context(), june); err != nil || len(all) != 0 {
		t.Errorf("passkeys = %v, %v, want none", all, err)
	}
}

func TestAPasskeySentTwiceIsAddedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	june.Request = requestOf("add")
	made := w.device().made(w.offer(june))

	once, err1 := w.AddPasskey(t.Context(), june, "My phone", made)
	twice, err2 := w.AddPasskey(t.Context(), june, "My phone", made)
	june.Request = requestOf("another")
	_, third := w.AddPasskey(t.Context(), june, "My phone", made)

	if err1 != nil || err2 != nil || once.ID != twice.ID {
		t.Errorf("once: %v, twice: %v, %v and %v", err1, err2, once, twice)
	}
	wantKind(t, third, fault.Invalid, "ceremony-over")
}

func TestOwnerNamesAPasskeyAsTheyLike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, _ := w.patient("june@example.org")
	_, passkey := w.passkey(june)

	renamed, err := w.RenamePasskey(t.Context(), june, passkey.ID, passkey.Version, "  妈妈的手机 ")
	_, stale := w.RenamePasskey(t.Context(), june, passkey.ID, passkey.Version, "Other")
	_, empty := w.RenamePasskey(t.Context(), june, passkey.ID, 0, " ")

	if err != nil || renamed.Name != "妈妈的手机" {
		t.Errorf("renamed = %+v, %v", renamed, err)
	}
	wantKind(t, stale, fault.Stale, "stale")
	wantKind(t, empty, fault.Invalid, "")
}
