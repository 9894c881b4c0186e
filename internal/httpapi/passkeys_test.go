package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
)

// phone is a device that makes one passkey and shows it.
type phone struct {
	t      *testing.T
	place  virtualwebauthn.RelyingParty
	holder virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	return &phone{
		t,
		virtualwebauthn.RelyingParty{ID: "clinic.example", Name: "housecall", Origin: "https://clinic.example"},
		virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
}

func (p *phone) options(a answer) string {
	p.t.Helper()
	raw, err := json.Marshal(a.fields["public_key"])
	if err != nil {
		p.t.Fatal(err)
	}
	return string(raw)
}

func (p *phone) makes(offer answer) json.RawMessage {
	p.t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(p.options(offer))
	if err != nil {
		p.t.Fatal(err)
	}
	p.holder.Options.UserHandle = []byte(options.UserID)
	return json.RawMessage(virtualwebauthn.CreateAttestationResponse(p.place, p.holder, p.key, *options))
}

func (p *phone) shows(question answer) json.RawMessage {
	p.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(p.options(question))
	if err != nil {
		p.t.Fatal(err)
	}
	return json.RawMessage(virtualwebauthn.CreateAssertionResponse(p.place, p.holder, p.key, *options))
}

func TestPasskeyIsAddedNamedUsedAndRemovedOverHTTP(t *testing.T) {
	t.Parallel()
	c, p := newClinic(t), newPhone(t)
	token, _ := c.patient("june@example.org")

	made := p.makes(c.must(200, c.ask(token, "POST", "/passkeys/options", nil)))
	added := c.must(201, c.ask(token, "POST", "/passkeys", form{"name": "My phone", "credential": made}))
	item := "/passkeys/" + added.text("id")
	c.must(428, c.ask(token, "PUT", item, form{"name": "Old phone"}))
	named := c.must(200, c.ask(token, "PUT", item, form{"name": "Old phone"}, "If-Match", added.Header().Get("ETag")))
	shown := p.shows(c.must(200, c.ask("", "POST", "/sign-in/passkey/options", nil)))
	in := c.must(200, c.ask("", "POST", "/sign-in/passkey", form{"credential": shown, "keep": "cookie"}))
	c.must(422, c.ask("", "POST", "/sign-in/passkey", form{"credential": shown}))
	cookie := strings.Split(in.Header().Get("Set-Cookie"), ";")[0]
	c.must(200, c.ask("", "GET", "/me", nil, "Cookie", cookie))
	list := c.must(200, c.ask(token, "GET", "/passkeys", nil))
	c.must(204, c.ask(token, "DELETE", item, nil))
	c.must(401, c.ask("", "GET", "/me", nil, "Cookie", cookie))
	question := c.must(200, c.ask("", "POST", "/sign-in/passkey/options", nil))
	refused := c.must(401, c.ask("", "POST", "/sign-in/passkey", form{"credential": p.shows(question)}))

	if named.text("name") != "Old phone" || !strings.Contains(list.Body.String(), "Old phone") || !strings.Contains(refused.text("type"), "passkey-failed") {
		t.Errorf("named %s, listed %s, refused %s", named.Body, list.Body, refused.Body)
	}
	for _, secret := range []string{"public_key", "credential", "counter"} {
		if strings.Contains(list.Body.String(), secret) {
			t.Errorf("the list tells %s: %s", secret, list.Body)
		}
	}
}

func TestWhoSignedInLongAgoIsAskedForACodeBeforeAPasskeyIsAdded(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	token, _ := c.patient("june@example.org")
	c.clock.Advance(time.Hour)
	c.must(200, c.ask(token, "GET", "/me", nil)) // notes that the session is in use

	late := c.must(409, c.ask(token, "POST", "/passkeys/options", nil))
	c.must(204, c.ask(token, "POST", "/session/code", form{"purpose": "second-factor"}))
	c.must(204, c.ask(token, "POST", "/session/second-factor", form{"code": c.sent[len(c.sent)-1].Data["code"].Reveal()}))
	c.must(200, c.ask(token, "POST", "/passkeys/options", nil))

	if !strings.Contains(late.text("type"), "step-up-needed") {
		t.Errorf("refused with %s", late.Body)
	}
}

func TestPasskeysOfOthersAreNotFoundOverHTTP(t *testing.T) {
	t.Parallel()
	c, p := newClinic(t), newPhone(t)
	june, _ := c.patient("june@example.org")
	other, _ := c.patient("other@example.org")
	made := p.makes(c.must(200, c.ask(june, "POST", "/passkeys/options", nil)))
	added := c.must(201, c.ask(june, "POST", "/passkeys", form{"name": "My phone", "credential": made}))

	theirs := c.ask(other, "DELETE", "/passkeys/"+added.text("id"), nil)
	nobodys := c.ask(other, "DELETE", "/passkeys/psk_00000000000000000000000000000000", nil)
	list := c.must(200, c.ask(other, "GET", "/passkeys", nil))

	if theirs.Code != 404 || nobodys.Code != 404 || theirs.text("detail") != nobodys.text("detail") {
		t.Errorf("theirs %d, nobody's %d; want 404 and one sentence", theirs.Code, nobodys.Code)
	}
	if strings.Contains(list.Body.String(), "psk_") {
		t.Errorf("others' passkeys are listed: %s", list.Body)
	}
}

func TestWhatIsNoPasskeyIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for _, body := range []any{form{}, form{"credential": nil}, form{"credential": 7}, form{"credential": []int{1}}, form{"credential": form{"id": "!!"}}, form{"credential": "text"}} {
		if a := c.ask("", "POST", "/sign-in/passkey", body); a.Code != 422 {
			t.Errorf("%v: %d %s, want 422", body, a.Code, a.Body)
		}
	}
}
