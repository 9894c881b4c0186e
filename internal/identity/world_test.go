package identity_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"housecall/internal/access"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
	"housecall/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	password = phi.Text("correct horse battery")
	secret   = phi.Text("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	admin    = "a token that only the test knows"
)

// rules are the real policy; asking Casbin for every answer takes a while, so it is done once.
var rules = sync.OnceValues(func() (*access.Rules, error) { return access.NewRules(policies.Model, policies.Rules) })

// world is an identity service with everything around it.
type world struct {
	*identity.Service
	t      *testing.T
	store  docstore.Store
	clock  *clock.Fake
	guard  *access.Guard
	circle *identity.Circle
	post   *post
	trail  *trail
	words  *broadcast
	close  func()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(scratch.Folder(t), "identity.db"))
	if err != nil {
		t.Fatal(err)
	}
	return worldOn(t, store)
}

func worldOn(t *testing.T, store docstore.Store) *world {
	t.Helper()
	closing := sync.OnceFunc(func() { _ = store.Close() })
	t.Cleanup(closing)
	w := &world{t: t, store: store, clock: clock.NewFake(time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)), post: &post{}, trail: &trail{}, words: &broadcast{}, close: closing}
	w.Service, w.circle = w.node()
	return w
}

// node opens one more service on the same store, as another machine would.
func (w *world) node() (*identity.Service, *identity.Circle) {
	w.t.Helper()
	rules, err := rules()
	if err != nil {
		w.t.Fatal(err)
	}
	circle, err := identity.NewCircle(w.t.Context(), w.store, w.clock)
	if err != nil {
		w.t.Fatal(err)
	}
	w.guard = access.NewGuard(rules, circle, w.trail)
	token := sha256.Sum256([]byte(admin))
	s, err := identity.New(w.t.Context(), identity.Deps{
		Store: w.store, Clock: w.clock, Guard: w.guard, Circle: circle, Sender: w.post,
		Broadcast: w.words, Key: []byte("a secret key of this test alone!"), Cost: identity.LightCost(), Limits: identity.UsualLimits(),
		AdminToken: token[:], Website: "https://clinic.example",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s, circle
}

// post keeps what was sent, as the outbox page of the demo does.
type post struct {
	mu   sync.Mutex // guards sent
	sent []identity.Message
}

func (p *post) Send(_ context.Context, m identity.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	return nil
}

func (p *post) last(t *testing.T) identity.Message {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return p.sent[len(p.sent)-1]
}

func (p *post) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

type trail struct {
	mu     sync.Mutex // guards seen, denied
	seen   []string
	denied []string
}

func (r *trail) Seen(_ context.Context, a access.Actor, action access.Action, f access.Facts) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, string(a.Account)+" "+string(action)+" "+f.Record)
	return nil
}

func (r *trail) Denied(_ context.Context, a access.Actor, action access.Action, f access.Facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied = append(r.denied, string(a.Account)+" "+string(action)+" "+f.Record)
}

type broadcast struct {
	mu    sync.Mutex // guards words
	words []string
}

func (b *broadcast) Tell(_ context.Context, word string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.words = append(b.words, word)
	return nil
}

var june = identity.Profile{Name: "June Marked", BirthDate: "1950-07-31", Sex: "female", Language: "en"}

// patient signs somebody up and answers who they act as.
func (w *world) patient(address phi.Text) (access.Actor, *identity.Opened) {
	w.t.Helper()
	code := w.codeFor(address)
	profile := june
	opened, err := w.SignIn(w.t.Context(), identity.SignIn{Address: address, Code: code, Profile: &profile, Origin: identity.Origin{Device: "phone"}})
	if err != nil {
		w.t.Fatalf("sign up: %v", err)
	}
	return w.actor(opened.Token), opened
}

func (w *world) codeFor(address phi.Text) phi.Text {
	w.t.Helper()
	if err := w.RequestCode(w.t.Context(), identity.Ask{Address: address, Language: "en"}); err != nil {
		w.t.Fatalf("request code: %v", err)
	}
	return w.post.last(w.t).Data["code"]
}

func (w *world) actor(token string) access.Actor {
	w.t.Helper()
	a, err := w.Authenticate(w.t.Context(), token)
	if err != nil {
		w.t.Fatalf("authenticate: %v", err)
	}
	return a
}

// staff seeds somebody with a password and the authenticator of the test.
func (w *world) staff(role access.Role, address phi.Text) *identity.Account {
	w.t.Helper()
	seed := identity.SeedAccount{Password: password, TOTPSecret: secret, Enrolment: identity.Enrolment{
		Role: role, Address: address,
		Profile: identity.Profile{Name: "Sam Marked", Language: "en"},
	}}
	if role == access.Pharmacist || role == access.PharmacyStaff {
		seed.Pharmacy = "phm_1"
	}
	account, _, err := w.Seed(w.t.Context(), seed)
	if err != nil {
		w.t.Fatalf("seed %s: %v", role, err)
	}
	return account
}

// totp is the code that the authenticator shows, `ahead` half minutes from now.
func (w *world) totp(secret phi.Text, ahead int) phi.Text {
	w.t.Helper()
	code, err := totp.GenerateCode(secret.Reveal(), w.clock.Now().Add(time.Duration(ahead)*30*time.Second))
	if err != nil {
		w.t.Fatal(err)
	}
	return phi.Text(code)
}

func (w *world) signInStaff(address phi.Text) (*identity.Opened, access.Actor) {
	w.t.Helper()
	opened, err := w.SignInStaff(w.t.Context(), identity.Credentials{Address: address, Password: password, Code: w.totp(secret, 0)})
	if err != nil {
		w.t.Fatalf("sign in: %v", err)
	}
	return opened, w.actor(opened.Token)
}

func operator() access.Actor {
	return access.Actor{Account: "acc_operator", Role: access.Operator, Session: "ses_operator"}
}

func wantKind(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	if !asFault(err, &f) {
		t.Fatalf("err = %v, want a fault coded %q", err, code)
	}
	if f.Kind != kind || code != "" && f.Code != code {
		t.Errorf("err = kind %d, code %q (%v), want kind %d, code %q", f.Kind, f.Code, err, kind, code)
	}
}

func requestOf(key string) id.Request { return id.RequestOf([]byte("body"), key) }

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != strings.TrimSpace(got) {
		t.Errorf("%s is not what the table draws; look at it, then go test -update", name)
	}
}

// everything is every document that identity has written about sessions, accounts and codes.
func (w *world) everything() map[string][]string {
	w.t.Helper()
	found := map[string][]string{}
	for _, q := range []struct{ collection, index, equal string }{{"accounts", "all", "all"}, {"invites", "all", "all"}} {
		page, err := w.store.Find(w.t.Context(), q.collection, docstore.Query{Index: q.index, Equal: q.equal, Limit: 500})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range page.Records {
			found[q.collection] = append(found[q.collection], string(r.Body))
			sessions, err := w.store.Find(w.t.Context(), "sessions", docstore.Query{Index: "account", Equal: r.ID, Limit: 500})
			if err != nil {
				w.t.Fatal(err)
			}
			for _, s := range sessions.Records {
				found["sessions"] = append(found["sessions"], string(s.Body))
			}
		}
	}
	return found
}

// noMarksInEvents fails when an event that waits tells who somebody is.
func (w *world) noMarksInEvents(marks ...string) {
	w.t.Helper()
	waiting, err := w.store.Waiting(w.t.Context(), 500)
	if err != nil || len(waiting) == 0 {
		w.t.Fatalf("waiting = %d, %v", len(waiting), err)
	}
	for _, out := range waiting {
		text, _ := json.Marshal(out.Event)
		for _, mark := range marks {
			if strings.Contains(string(text), mark) {
				w.t.Errorf("event %s tells a name, an address or a code", out.Event.Kind)
			}
		}
	}
}
