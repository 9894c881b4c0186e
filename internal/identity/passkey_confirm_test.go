package identity_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/identity"
)

var covered = []byte("the digest of what is on screen.")

// asks has the device of a doctor asked to confirm something.
func (w *world) asks(a access.Actor, purpose string, covered []byte) json.RawMessage {
	w.t.Helper()
	q, err := w.BeginPasskeyConfirmation(w.t.Context(), a, purpose, covered)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

func (w *world) doctorWithPasskey() (access.Actor, *device) {
	w.t.Helper()
	w.staff(access.Doctor, "doc@example.org")
	_, doctor := w.signInStaff("doc@example.org")
	d, _ := w.passkey(doctor)
	return doctor, d
}

func TestAPasskeyConfirmsOneThingOnceAndAnybodyCanCheckTheProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, d := w.doctorWithPasskey()
	answer := d.shown(w.asks(doctor, "sign:chl_1", covered))

	proof, err := w.ConfirmByPasskey(t.Context(), doctor, "sign:chl_1", covered, answer)
	_, again := w.ConfirmByPasskey(t.Context(), doctor, "sign:chl_1", covered, answer)

	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, again, fault.Invalid, "ceremony-over")
	var said struct{ Type, Challenge, Origin string }
	if err := json.Unmarshal(proof.ClientData, &said); err != nil {
		t.Fatal(err)
	}
	want := base64.RawURLEncoding.EncodeToString(identity.ConfirmedBy("sign:chl_1", proof.Nonce, covered))
	if said.Challenge != want || said.Type != "webauthn.get" || said.Origin != "https://clinic.example" {
		t.Errorf("the device has signed %+v, want %s", said, want)
	}
	if !signedBy(t, proof) {
		t.Error("the signature does not fit the key")
	}
	if other := identity.ConfirmedBy("sign:chl_1", proof.Nonce, []byte("something else")); bytes.Equal(other, identity.ConfirmedBy("sign:chl_1", proof.Nonce, covered)) {
		t.Error("the challenge does not depend on what is covered")
	}
}

// signedBy checks a proof with nothing but what stands in it, as somebody else would.
func signedBy(t *testing.T, p *identity.Proof) bool {
	t.Helper()
	key, err := webauthncose.ParsePublicKey(p.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	client := sha256.Sum256(p.ClientData)
	fits, err := webauthncose.VerifySignature(key, append(bytes.Clone(p.AuthData), client[:]...), p.Signature)
	return err == nil && fits
}

func TestAPasskeyConfirmsNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, d := w.doctorWithPasskey()
	june, _ := w.patient("june@example.org")
	hers, _ := w.passkey(june)
	ask := func() json.RawMessage { return w.asks(doctor, "sign:chl_1", covered) }

	for name, try := range map[string]func() ([]byte, string, []byte, string){
		"what is on screen has changed": func() ([]byte, string, []byte, string) {
			return d.shown(ask()), "sign:chl_1", []byte("another digest"), "passkey-failed"
		},
		"another purpose": func() ([]byte, string, []byte, string) {
			return d.shown(ask()), "sign:chl_2", covered, "ceremony-over"
		},
		"an answer to a sign-in": func() ([]byte, string, []byte, string) {
			return d.shown(w.question()), "sign:chl_1", covered, "ceremony-over"
		},
		"somebody else's passkey": func() ([]byte, string, []byte, string) {
			return hers.shown(ask()), "sign:chl_1", covered, "passkey-failed"
		},
		"an answer after five minutes": func() ([]byte, string, []byte, string) {
			answer := d.shown(ask())
			w.clock.Advance(5 * time.Minute)
			return answer, "sign:chl_1", covered, "ceremony-over"
		},
		"no verification of the owner": func() ([]byte, string, []byte, string) {
			d.holder.Options.UserNotVerified = true
			defer func() { d.holder.Options.UserNotVerified = false }()
			return d.shown(ask()), "sign:chl_1", covered, "passkey-failed"
		},
		"another origin": func() ([]byte, string, []byte, string) {
			d.place.Origin = "https://evil.test"
			defer func() { d.place.Origin = "https://clinic.example" }()
			return d.shown(ask()), "sign:chl_1", covered, "passkey-failed"
		},
	} {
		answer, purpose, what, code := try()

		proof, err := w.ConfirmByPasskey(t.Context(), doctor, purpose, what, answer)

		var f *fault.Error
		if proof != nil || !asFault(err, &f) || f.Code != code {
			t.Errorf("%s: %v, %v; want it refused as %s", name, proof, err, code)
		}
	}
}

func TestAConfirmationSentAgainByTheSameRequestIsNoCopyOfTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, d := w.doctorWithPasskey()
	d.key.Counter = 5
	answer := d.shown(w.asks(doctor, "sign:chl_1", covered))
	doctor.Request = requestOf("sign")

	_, once := w.ConfirmByPasskey(t.Context(), doctor, "sign:chl_1", covered, answer)
	_, twice := w.ConfirmByPasskey(t.Context(), doctor, "sign:chl_1", covered, answer)

	if once != nil || twice != nil {
		t.Errorf("once %v, twice %v", once, twice)
	}
	if all, err := w.Passkeys(t.Context(), doctor); err != nil || all[0].State != identity.PasskeyActive {
		t.Errorf("the passkey is %v, %v", all[0].State, err)
	}
}

func TestWhoHasNoPasskeyIsToldToUseACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.staff(access.Doctor, "doc@example.org")
	_, doctor := w.signInStaff("doc@example.org")

	_, err := w.BeginPasskeyConfirmation(t.Context(), doctor, "sign:chl_1", covered)

	wantKind(t, err, fault.Conflict, "no-passkey")
}
