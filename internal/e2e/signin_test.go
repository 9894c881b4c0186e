package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"housecall/internal/sim"
)

// signIn signs in as a patient of the demo, by the code on the outbox page.
func (b *browser) signIn(address string) {
	b.t.Helper()
	b.visit("/")
	b.types("address", address)
	b.press("continue")
	b.sees("code")
	b.types("code", b.code(address))
	b.press("continue")
	b.until("to be in", `document.querySelector('[data-test^="sign-in-"]') === null`)
}

// signInStaff signs in with password and authenticator, and waits for a screen that only staff have.
func (b *browser) signInStaff(address string) {
	b.t.Helper()
	b.visit("/")
	b.press("as-staff")
	b.types("address", address)
	b.types("password", sim.DemoPassword)
	b.types("code", authenticatorOf(b.t, b.town, address).code(b.t))
	b.press("continue")
	b.sees("tab-user") // Me
}

// code reads the last code that went to an address.
func (b *browser) code(address string) string {
	b.t.Helper()
	return lastCode(b.t, b.town, address)
}

var (
	sixFigures = regexp.MustCompile(`\b\d{6}\b`)
	letters    sync.Mutex // guards read
	read       = map[string]bool{}
)

// lastCode reads the last code that went to an address, on the outbox page that every demo has. A letter is read once: a
// second sign-in waits for the second letter.
func lastCode(t *testing.T, d *sim.Demo, address string) string {
	t.Helper()
	nobody := &sim.Client{Base: d.URL}
	code := ""
	_, err := sim.Until(t.Context(), within, func() (sim.Answer, error) {
		a, err := nobody.Get(t.Context(), "/outbox?to="+address)
		for n := range 20 {
			letter := fmt.Sprintf("items.%d.", n)
			found := sixFigures.FindString(a.Text(letter + "text"))
			if found == "" {
				continue
			}
			letters.Lock()
			if !read[a.Text(letter+"id")] {
				code, read[a.Text(letter+"id")] = found, true
			}
			letters.Unlock()
			break
		}
		return a, err
	}, func(sim.Answer) bool { return code != "" })
	if err != nil {
		t.Fatalf("a code for %s: %v", address, err)
	}
	return code
}

// authenticator shows the codes of one person's second factor; each half minute's is good once, so nobody in these
// stories may use one twice.
type authenticator struct {
	secret string
	mu     sync.Mutex // guards last
	last   int64      // the newest half minute whose code was given out
}

var (
	pockets   sync.Mutex // guards inPockets
	inPockets = map[string]*authenticator{}
)

func authenticatorOf(t *testing.T, d *sim.Demo, address string) *authenticator {
	t.Helper()
	pockets.Lock()
	defer pockets.Unlock()
	key := d.URL + " " + address
	if inPockets[key] == nil {
		secret := ""
		for _, p := range d.People {
			if p.Address == address {
				secret = p.Secret
			}
		}
		if secret == "" {
			t.Fatalf("nobody of the staff has the address %s", address)
		}
		inPockets[key] = &authenticator{secret: secret}
	}
	return inPockets[key]
}

// code is this half minute's, which stays good for another, or the next one where that was used: the service takes
// both. It waits where those were used too.
func (a *authenticator) code(t *testing.T) string {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	const halfMinute = 30
	step := max(time.Now().Unix()/halfMinute, a.last+1)
	if wait := time.Until(time.Unix((step-1)*halfMinute, 0)); wait > 0 {
		ctx, stop := context.WithTimeout(t.Context(), wait) // the world's clock; nothing else to wait for
		<-ctx.Done()
		stop()
	}
	a.last = step
	code, err := totp.GenerateCode(a.secret, time.Unix(step*halfMinute, 0))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

var (
	desks  sync.Mutex // guards signed
	signed = map[string]*sim.Client{}
)

// staff is somebody of the still town with a session of their own beside the browser, to arrange a story by.
func staff(t *testing.T, address string) *sim.Client {
	t.Helper()
	return staffIn(t, town(t).still, address)
}

// staffIn is the same in another town.
func staffIn(t *testing.T, d *sim.Demo, address string) *sim.Client {
	t.Helper()
	desks.Lock()
	defer desks.Unlock()
	c := signed[d.URL+" "+address]
	if c == nil {
		c = &sim.Client{Base: d.URL}
	} else if _, err := c.Get(t.Context(), "/me"); sim.StatusOf(err) != http.StatusUnauthorized { // a counter left alone has locked itself
		return c
	}
	c.Token = ""
	a, err := c.Post(context.WithoutCancel(t.Context()), "/sign-in/staff", sim.JSON{
		"address": address, "password": sim.DemoPassword, "code": authenticatorOf(t, d, address).code(t), "device": "a story",
	})
	if err != nil {
		t.Fatalf("sign in %s: %v", address, err)
	}
	c.Token = a.Text("token")
	signed[d.URL+" "+address] = c
	return c
}

// newcomer is somebody new in the still town, and their address.
func newcomer(t *testing.T, name, born, sex string) (*sim.Client, string) {
	t.Helper()
	return newcomerIn(t, town(t).still, name, born, sex)
}

// newcomerIn is the same in another town.
func newcomerIn(t *testing.T, d *sim.Demo, name, born, sex string) (*sim.Client, string) {
	t.Helper()
	address := newAddress()
	c := &sim.Client{Base: d.URL}
	if _, err := c.Post(t.Context(), "/sign-in/code", sim.JSON{"address": address}); err != nil {
		t.Fatal(err)
	}
	a, err := c.Post(t.Context(), "/sign-in", sim.JSON{
		"address": address, "code": lastCode(t, d, address), "device": "a story",
		"profile": sim.JSON{"name": name, "birth_date": born, "sex": sex, "language": "en", "type_size": "normal"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Token = a.Text("token")
	return c, address
}

// newAddress is one that nobody has yet.
func newAddress() string { return fmt.Sprintf("new%d@example.org", time.Now().UnixNano()) }
