package sim

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pquerna/otp/totp"

	"housecall/internal/clock"
)

const (
	// demoDevice is what the sessions of the demo call themselves, so that people know them from their own.
	demoDevice = "housecall demo"
	// grace is how long somebody has to do a thing themselves, of the service's clock.
	grace = 20 * time.Second
	// present is how long after its last use a session counts as somebody sitting there.
	present = 15 * time.Minute
)

// actor is one person of the town with a session of their own.
type actor struct {
	*town
	*Client
	who   *Person
	auth  *authenticator
	nudge chan struct{} // something happened that may concern them

	alone   bool      // nobody else is signed in as them
	back    bool      // somebody was, and has left: look at everything anew
	checked time.Time // when that was last asked, by the machine's clock
}

func (t *town) actorOf(p *Person) *actor {
	return &actor{town: t, Client: &Client{Base: t.base, HTTP: t.http}, who: p, auth: &authenticator{secret: p.Secret, wall: t.wall}, nudge: make(chan struct{}, 1)}
}

// live takes turns until ctx ends: turn looks at the world once, does what there is to do, and says
// how long to wait, by the service's clock.
func (a *actor) live(ctx context.Context, turn func(context.Context) (time.Duration, error)) {
	for ctx.Err() == nil {
		pause := 10 * time.Second
		free, err := a.free(ctx)
		if err == nil && free {
			pause, err = turn(ctx)
		}
		if err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "turn failed", "role", string(a.who.Role), "account", string(a.who.account), "error", err)
		}
		a.rest(ctx, pause)
	}
}

// rest waits, or until nudged. However fast the clock runs, the machine gets some rest.
func (a *actor) rest(ctx context.Context, pause time.Duration) {
	waiting, enough := context.WithCancel(ctx)
	defer enough()
	due := clock.At(waiting, a.wall, a.wall.Now().Add(max(pause/time.Duration(a.speed), restAtLeast)))
	select {
	case <-ctx.Done():
	case <-due:
	case <-a.nudge:
	}
}

const restAtLeast = 250 * time.Millisecond

// free signs in when needed, and tells whether nobody else is signed in as this person.
func (a *actor) free(ctx context.Context) (bool, error) {
	now := a.wall.Now()
	if a.Token != "" && now.Sub(a.checked) < 5*time.Second {
		return a.alone, nil
	}
	if a.Token == "" {
		if err := signInStaff(ctx, a.Client, a.who.Address, a.who.Password, a.auth); err != nil {
			return false, err
		}
	}
	list, err := a.Get(ctx, "/sessions")
	if StatusOf(err) == http.StatusUnauthorized || StatusOf(err) == http.StatusForbidden {
		a.Token = "" // over, or locked: a new one next time
	}
	if err != nil {
		return false, err
	}
	was := a.alone || a.checked.IsZero()
	a.alone, a.checked = true, now
	for _, s := range items(list) {
		seen, _ := time.Parse(time.RFC3339, text(s, "seen_at"))
		if text(s, "device") != demoDevice && text(s, "state") == "active" && now.Sub(seen) < present {
			a.alone = false
		}
	}
	a.back = a.back || a.alone && !was
	a.know(a.who, a.alone, a.Token)
	return a.alone, nil
}

// waited tells whether something that began at a moment has had its time.
func (t *town) waited(since string, atLeast time.Duration) bool {
	begun, err := time.Parse(time.RFC3339, since)
	return err == nil && t.clock.Now().Sub(begun) >= atLeast
}

// refused is nil for what the service did not want done: somebody else was faster, or the time is over.
func (a *actor) refused(what string, err error) error {
	if StatusOf(err) == http.StatusConflict || StatusOf(err) == http.StatusNotFound {
		a.log.Debug("step refused", "step", what, "role", string(a.who.Role), "status", StatusOf(err))
		return nil
	}
	return err
}

// authenticator shows the codes of one person's second factor. Each half minute's code is good once.
type authenticator struct {
	secret string
	wall   clock.Clock // of the world, never a scaled one
	last   int64       // the newest half minute whose code was given out
}

const halfMinute = 30

// code gives the oldest code that is still good, so that the one on a person's phone stays theirs.
// It waits when all of them are used up.
func (o *authenticator) code(ctx context.Context) (string, error) {
	step := max(o.wall.Now().Unix()/halfMinute-1, o.last+1)
	goodFrom := time.Unix((step-1)*halfMinute, 0)
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-clock.At(ctx, o.wall, goodFrom):
	}
	o.last = step
	return totp.GenerateCode(o.secret, time.Unix(step*halfMinute, 0))
}

// signInStaff opens a session. A code that somebody else used first is followed by the next.
func signInStaff(ctx context.Context, c *Client, address, password string, o *authenticator) error {
	var failed error
	for range 3 {
		code, err := o.code(ctx)
		if err != nil {
			return err
		}
		c.Token = ""
		opened, err := c.Post(ctx, "/sign-in/staff", JSON{"address": address, "password": password, "code": code, "device": demoDevice})
		if err == nil {
			c.Token = opened.Text("token")
			return nil
		}
		failed = errors.Join(failed, err)
		if s := StatusOf(err); s != http.StatusUnauthorized && s != http.StatusForbidden && s != http.StatusUnprocessableEntity {
			break
		}
	}
	return failed
}

// items lists the items of a page.
func items(a Answer) []JSON {
	list, _ := a.At("items").([]any)
	out := make([]JSON, 0, len(list))
	for _, one := range list {
		if j, ok := one.(JSON); ok {
			out = append(out, j)
		}
	}
	return out
}

// text is a text of an item by its path; absent reads "".
func text(j JSON, path string) string { return Answer{Body: j}.Text(path) }

// number is a number of an item by its path; absent reads 0.
func number(j JSON, path string) int {
	n, _ := Answer{Body: j}.At(path).(float64)
	return int(n)
}
