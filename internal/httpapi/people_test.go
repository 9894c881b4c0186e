package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/prometheus/client_golang/prometheus"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/onboarding"
	"housecall/policies"
)

// clinic is the API of accounts, circle and vetting, on a real store and the real policy.
type clinic struct {
	t      *testing.T
	server *httpapi.Server
	clock  *clock.Fake
	mu     sync.Mutex // guards sent
	sent   []identity.Message
	keys   int
}

func (c *clinic) Send(_ context.Context, m identity.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, m)
	return nil
}

func (*clinic) Seen(context.Context, access.Actor, access.Action, access.Facts) error { return nil }
func (*clinic) Denied(context.Context, access.Actor, access.Action, access.Facts)     {}

const adminToken = "the admin token of this test"

func newClinic(t *testing.T) *clinic {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "people.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	kept := &witness{Store: store}
	rules, err := access.NewRules(policies.Model, policies.Rules)
	if err != nil {
		t.Fatal(err)
	}
	c := &clinic{t: t, clock: clock.NewFake(time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC))}
	circle, err := identity.NewCircle(t.Context(), kept, c.clock)
	if err != nil {
		t.Fatal(err)
	}
	guard := access.NewGuard(rules, circle, c)
	token := sha256.Sum256([]byte(adminToken))
	people, err := identity.New(t.Context(), identity.Deps{
		Store: kept, Clock: c.clock, Guard: guard, Circle: circle, Sender: c, Broadcast: identity.Alone{},
		Key: []byte(strings.Repeat("k", 32)), Cost: identity.LightCost(), Limits: identity.UsualLimits(), AdminToken: token[:], Website: "https://clinic.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	vetting, err := onboarding.New(t.Context(), onboarding.Deps{Store: kept, Clock: c.clock, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	c.server = watched(t, httpapi.New(httpapi.Deps{
		Auth: people, Guard: guard, Clock: c.clock, Log: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), Timeout: 10 * time.Second, Ready: func(context.Context) map[string]string { return nil },
	},
		httpapi.SignIn(people, "https://clinic.example"), httpapi.Sessions(people), httpapi.Passkeys(people, "https://clinic.example"), httpapi.Accounts(people), httpapi.Persons(people),
		httpapi.Grants(people, c.clock), httpapi.Enrolment(people, c.clock), httpapi.Applications(vetting)), kept)
	return c
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	fields map[string]any
}

func (a answer) text(name string) string {
	var at any = a.fields
	for _, part := range strings.Split(name, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[part]
	}
	s, _ := at.(string)
	return s
}

// ask sends a request with a new key; headers are pairs.
func (c *clinic) ask(token, method, path string, body any, headers ...string) answer {
	c.t.Helper()
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, httpapi.Base+path, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	c.keys++
	r.Header.Set("Idempotency-Key", fmt.Sprint("key ", c.keys))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := answered(c.t, c.server, r)
	a := answer{w, map[string]any{}}
	_ = json.Unmarshal(w.Body.Bytes(), &a.fields)
	return a
}

func (c *clinic) must(status int, a answer) answer {
	c.t.Helper()
	if a.Code != status {
		c.t.Fatalf("status = %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

type form = map[string]any

func (c *clinic) code(address string) string {
	c.t.Helper()
	c.must(204, c.ask("", "POST", "/sign-in/code", form{"address": address}))
	return c.sent[len(c.sent)-1].Data["code"].Reveal()
}

// patient signs somebody up.
func (c *clinic) patient(address string) (token, patient string) {
	c.t.Helper()
	a := c.must(200, c.ask("", "POST", "/sign-in", form{
		"address": address, "code": c.code(address), "device": "phone",
		"profile": form{"name": "June Marked", "birth_date": "1950-07-31", "sex": "female"},
	}))
	return a.text("token"), a.text("account.patient")
}

// staff has the admin enrol somebody, who accepts.
func (c *clinic) staff(role, address string, more form) (token, account, secret string) {
	c.t.Helper()
	body := form{"role": role, "address": address, "name": "Sam Marked"}
	for k, v := range more {
		body[k] = v
	}
	invite := c.must(201, c.ask(adminToken, "POST", "/invites", body))
	accepted := c.must(200, c.ask("", "POST", "/enrolment/accept", form{"token": invite.text("token"), "password": "correct horse battery"}))
	secret = accepted.text("secret")
	signed := c.must(200, c.ask("", "POST", "/enrolment/confirm", form{"token": invite.text("token"), "code": c.totp(secret, 0)}))
	return signed.text("token"), signed.text("account.id"), secret
}

func (c *clinic) totp(secret string, ahead int) string {
	c.t.Helper()
	code, err := totp.GenerateCode(secret, c.clock.Now().Add(time.Duration(ahead)*30*time.Second))
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

func TestPatientSignsUpReadsAndEditsThemselvesOverHTTP(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	token, patient := c.patient("june@example.org")

	me := c.must(200, c.ask(token, "GET", "/me", nil))
	c.must(428, c.ask(token, "PUT", "/me", form{"name": "June", "language": "zh", "type_size": "large"}))
	edited := c.must(200, c.ask(token, "PUT", "/me", form{"name": "June", "language": "zh", "type_size": "large"}, "If-Match", me.Header().Get("ETag")))
	c.must(412, c.ask(token, "PUT", "/me", form{"name": "June", "language": "zh", "type_size": "large"}, "If-Match", me.Header().Get("ETag")))
	person := c.must(200, c.ask(token, "GET", "/patients/"+patient, nil))
	c.must(200, c.ask(token, "PUT", "/patients/"+patient, form{"name": "June", "birth_date": "1951-07-31", "sex": "female"}, "If-Match", person.Header().Get("ETag")))

	if edited.text("type_size") != "large" || person.text("birth_date") != "1950-07-31" {
		t.Errorf("account = %s, person = %s", edited.Body, person.Body)
	}
}

func TestBrowserKeepsItsSessionWhereScriptsCanNotReachIt(t *testing.T) {
	t.Parallel()
	c := newClinic(t)

	a := c.must(200, c.ask("", "POST", "/sign-in", form{
		"address": "june@example.org", "code": c.code("june@example.org"), "keep": "cookie",
		"profile": form{"name": "June", "birth_date": "1950-07-31", "sex": "female"},
	}))
	cookie := a.Header().Get("Set-Cookie")
	me := c.ask("", "GET", "/me", nil, "Cookie", strings.Split(cookie, ";")[0])
	out := c.ask("", "DELETE", "/session", nil, "Cookie", strings.Split(cookie, ";")[0], "Sec-Fetch-Site", "same-origin")
	gone := c.ask("", "GET", "/me", nil, "Cookie", strings.Split(cookie, ";")[0])

	for _, word := range []string{"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} {
		if !strings.Contains(cookie, word) {
			t.Errorf("cookie lacks %s", word)
		}
	}
	if a.text("token") != "" || me.Code != 200 || out.Code != 204 || !strings.Contains(out.Header().Get("Set-Cookie"), "Max-Age=0") || gone.Code != 401 {
		t.Errorf("me %d, out %d, afterwards %d, want 200, 204 with the cookie taken back, 401", me.Code, out.Code, gone.Code)
	}
}

func TestSignInRefusalsTellNothingAboutAccounts(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.patient("june@example.org")
	c.clock.Advance(time.Hour)

	known := c.ask("", "POST", "/sign-in/staff", form{"address": "june@example.org", "password": "wrong password", "code": "000000"})
	unknown := c.ask("", "POST", "/sign-in/staff", form{"address": "nobody@example.org", "password": "wrong password", "code": "000000"})
	for _, a := range []answer{known, unknown} {
		a.fields["reference"] = ""
	}

	if known.Code != 401 || unknown.Code != 401 || fmt.Sprint(known.fields) != fmt.Sprint(unknown.fields) {
		t.Errorf("a known address reads %v, an unknown one %v", known.fields, unknown.fields)
	}
	c.must(422, c.ask("", "POST", "/sign-in", form{"address": "no address", "code": "123456"}))
	c.must(422, c.ask("", "POST", "/sign-in", form{"address": "june@example.org", "code": "1"}))
	c.must(422, c.ask("", "POST", "/sign-in/code", form{"address": "june@example.org", "purpose": "everything"}))
}

func TestNewcomerIsToldWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	code := c.code("new@example.org")

	a := c.must(422, c.ask("", "POST", "/sign-in", form{"address": "new@example.org", "code": code}))

	if a.text("type") != "/problems/sign-up-needed" {
		t.Errorf("type = %s, want sign-up-needed", a.text("type"))
	}
}

func TestDevicesAreListedAndSignedOut(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	token, _ := c.patient("june@example.org")
	stranger, _ := c.patient("mallory@example.org")
	list := c.must(200, c.ask(token, "GET", "/sessions", nil))
	session := list.fields["items"].([]any)[0].(map[string]any)["id"].(string)

	c.must(404, c.ask(stranger, "DELETE", "/sessions/"+session, nil))
	c.must(204, c.ask(token, "DELETE", "/sessions/"+session, nil))
	c.must(401, c.ask(token, "GET", "/sessions", nil))
	c.must(200, c.ask(stranger, "GET", "/sessions", nil))
	c.must(204, c.ask(stranger, "DELETE", "/sessions", nil))
	c.must(401, c.ask(stranger, "GET", "/sessions", nil))
}

func TestLockedCounterAnswersNothingUntilUnlocked(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	token, _, secret := c.staff("pharmacist", "counter@example.org", form{"pharmacy": "phm_1"})

	c.clock.Advance(5 * time.Minute)
	locked := c.must(401, c.ask(token, "GET", "/me", nil))
	c.must(422, c.ask(token, "POST", "/session/unlock", form{"code": "000000"}))
	c.must(204, c.ask(token, "POST", "/session/unlock", form{"code": c.totp(secret, 0)}))
	c.must(200, c.ask(token, "GET", "/me", nil))
	c.must(204, c.ask(token, "POST", "/session/lock", nil))
	c.must(401, c.ask(token, "GET", "/me", nil))

	if locked.text("type") != "/problems/locked" {
		t.Errorf("type = %s, want locked", locked.text("type"))
	}
}

func TestAdminEnrolsAndVetsADoctorOverHTTP(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	doctor, account, _ := c.staff("doctor", "doc@example.org", nil)
	applied := c.must(201, c.ask(doctor, "POST", "/applications", form{
		"kind": "doctor", "licence": "LIC-1", "specialties": []string{"general-practice"},
		"languages": []string{"en"}, "jurisdictions": []string{"house"},
	}))
	path := "/applications/" + applied.text("id")

	c.must(409, c.ask(doctor, "POST", path+"/submit", nil))
	for _, kind := range []string{"licence", "identity"} {
		c.must(200, c.ask(adminToken, "POST", path+"/papers", form{"kind": kind, "valid_until": "2027-11-22T00:00:00Z"}))
	}
	c.must(200, c.ask(doctor, "POST", path+"/submit", nil))
	c.must(403, c.ask(doctor, "POST", path+"/approve", nil))
	c.must(409, c.ask(adminToken, "POST", path+"/approve", nil))
	c.must(200, c.ask(adminToken, "POST", path+"/review", nil))
	approved := c.must(200, c.ask(adminToken, "POST", path+"/approve", nil))
	c.must(422, c.ask(adminToken, "POST", path+"/suspend", form{"reason": "He was rude to me."}))
	c.must(200, c.ask(adminToken, "POST", path+"/suspend", form{"reason": "complaint"}))
	c.must(200, c.ask(adminToken, "POST", path+"/reinstate", nil))
	mine := c.must(200, c.ask(doctor, "GET", "/applications/mine", nil))

	if approved.text("state") != "approved" || approved.text("subject") != account || len(mine.fields["items"].([]any)) != 1 {
		t.Errorf("application = %s", approved.Body)
	}
	other, _, _ := c.staff("courier", "courier@example.org", nil)
	c.must(404, c.ask(other, "GET", path, nil))
	c.must(200, c.ask(adminToken, "GET", "/applications?state=approved", nil))
}

func TestEnrolmentLinkWorksOnceOverHTTP(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	body := form{"role": "doctor", "address": "doc@example.org", "name": "Sam"}
	invite := c.must(201, c.ask(adminToken, "POST", "/invites", body, "Idempotency-Key", "once"))
	again := c.must(201, c.ask(adminToken, "POST", "/invites", body, "Idempotency-Key", "once"))
	accept := form{"token": invite.text("token"), "password": "correct horse battery"}

	first := c.must(200, c.ask("", "POST", "/enrolment/accept", accept, "Idempotency-Key", "mine"))
	replay := c.must(200, c.ask("", "POST", "/enrolment/accept", accept, "Idempotency-Key", "mine"))
	c.must(404, c.ask("", "POST", "/enrolment/accept", accept))
	c.must(404, c.ask("", "POST", "/enrolment/accept", form{"token": "hc_nothing", "password": "correct horse battery"}))
	c.must(400, c.ask("", "POST", "/enrolment/accept", accept, "Idempotency-Key", ""))

	if again.text("token") != invite.text("token") || replay.text("secret") != first.text("secret") {
		t.Error("the same request was answered with something else")
	}
	if !strings.HasSuffix(invite.text("link"), "#"+invite.text("token")) {
		t.Error("the link does not end with its token")
	}
}

func TestPatientEnrolledAtTheDeskIsSignedInByTheLink(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	invite := c.must(201, c.ask(adminToken, "POST", "/invites", form{"role": "patient", "address": "+4917012345678", "name": "June", "birth_date": "1950-07-31", "sex": "female"}))

	a := c.must(200, c.ask("", "POST", "/enrolment/accept", form{"token": invite.text("token")}))

	c.must(200, c.ask(a.text("session.token"), "GET", "/patients/"+a.text("session.account.patient"), nil))
	c.must(409, c.ask(adminToken, "POST", "/invites", form{"role": "doctor", "address": "+4917012345678", "name": "June"}))
}

func TestCareCircleOverHTTP(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	mother, record := c.patient("mother@example.org")
	daughter, _ := c.patient("daughter@example.org")
	stranger, _ := c.patient("mallory@example.org")
	given := c.must(201, c.ask(mother, "POST", "/patients/"+record+"/grants", form{"address": "daughter@example.org", "label": "my daughter", "scopes": []string{"see", "book"}}))
	grant := "/grants/" + given.text("id")

	c.must(404, c.ask(daughter, "GET", "/patients/"+record, nil))
	c.must(404, c.ask(stranger, "POST", grant+"/accept", nil))
	circle := c.must(200, c.ask(daughter, "GET", "/grants", nil))
	c.must(200, c.ask(daughter, "POST", grant+"/accept", nil))
	c.must(409, c.ask(daughter, "POST", grant+"/accept", nil))
	c.must(200, c.ask(daughter, "GET", "/patients/"+record, nil))
	c.must(404, c.ask(daughter, "GET", "/patients/"+record+"/grants", nil))
	c.must(404, c.ask(daughter, "POST", "/patients/"+record+"/grants", form{"address": "friend@example.org", "scopes": []string{"see"}}))
	c.must(422, c.ask(mother, "POST", "/patients/"+record+"/grants", form{"address": "friend@example.org", "scopes": []string{"everything"}}))
	c.must(200, c.ask(mother, "GET", "/patients/"+record+"/grants", nil))
	c.must(200, c.ask(mother, "POST", grant+"/revoke", nil))
	c.must(404, c.ask(daughter, "GET", "/patients/"+record, nil))

	if strings.Contains(circle.Body.String(), "my daughter") {
		t.Error("the caregiver reads what the patient calls them")
	}
	child := c.must(201, c.ask(mother, "POST", "/patients", form{"name": "Kid", "birth_date": "2022-01-02", "sex": "male"}))
	c.must(200, c.ask(mother, "GET", "/patients/"+child.text("id"), nil))
	c.must(404, c.ask(daughter, "GET", "/patients/"+child.text("id"), nil))
	c.must(200, c.ask(mother, "GET", "/patients", nil))
}

func TestLostSecondFactorIsRestoredOverHTTP(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	doctor, account, _ := c.staff("doctor", "doc@example.org", nil)
	second, _, _ := c.staff("operator", "op@example.org", nil)

	recovery := c.must(200, c.ask(adminToken, "POST", "/accounts/"+account+"/recovery", form{"reason": "lost-phone"}))
	path := "/recoveries/" + recovery.text("id")
	c.must(409, c.ask(adminToken, "POST", path+"/approve", nil))
	c.must(403, c.ask(doctor, "POST", path+"/approve", nil))
	approved := c.must(200, c.ask(second, "POST", path+"/approve", nil))
	c.must(401, c.ask(doctor, "GET", "/me", nil))
	accepted := c.must(200, c.ask("", "POST", "/enrolment/accept", form{"token": approved.text("token"), "password": "a new long password"}))
	signed := c.must(200, c.ask("", "POST", "/enrolment/confirm", form{"token": approved.text("token"), "code": c.totp(accepted.text("secret"), 0)}))

	if signed.text("account.id") != account {
		t.Errorf("account = %s, want the same as before", signed.text("account.id"))
	}
	c.must(200, c.ask(second, "GET", "/recoveries?state=completed", nil))
}

func TestSuspendedAccountIsOutAtOnceOverHTTP(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	doctor, account, secret := c.staff("doctor", "doc@example.org", nil)
	c.must(200, c.ask(doctor, "GET", "/me", nil))

	c.must(403, c.ask(doctor, "POST", "/accounts/"+account+"/suspend", form{"reason": "bored"}))
	c.must(200, c.ask(adminToken, "POST", "/accounts/"+account+"/suspend", form{"reason": "licence-withdrawn"}))
	c.must(401, c.ask(doctor, "GET", "/me", nil))
	c.must(403, c.ask("", "POST", "/sign-in/staff", form{"address": "doc@example.org", "password": "correct horse battery", "code": c.totp(secret, 1)}))
	c.must(409, c.ask(adminToken, "POST", "/accounts/"+account+"/suspend", form{"reason": "twice"}))
	c.must(200, c.ask(adminToken, "POST", "/accounts/"+account+"/reinstate", nil))
	list := c.must(200, c.ask(adminToken, "GET", "/accounts?role=doctor&limit=1", nil))
	c.must(200, c.ask(adminToken, "GET", "/me", nil))

	if !strings.Contains(list.Body.String(), account) {
		t.Errorf("accounts = %s, want the doctor among them", list.Body)
	}
	c.must(404, c.ask(adminToken, "POST", "/accounts/"+string(id.New[id.Account]())+"/suspend", form{"reason": "unknown"}))
}

var _ http.Handler = (*httpapi.Server)(nil)
