package identity

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Purpose is the one thing that a code is good for.
type Purpose string

// The purposes that identity has itself; Confirm takes any other.
const (
	ForSignIn  Purpose = "sign-in"
	ForAddress Purpose = "add-address"
)

// Challenge is the one-time code that an address has for one purpose. Asking again puts a new code
// in place of the old one.
type Challenge struct {
	ID            id.Challenge `json:"id"`
	docstore.Meta `json:"meta"`
	Purpose       Purpose     `json:"purpose"`
	Hash          []byte      `json:"hash"` // HMAC of the code; nil once it is used
	Expires       time.Time   `json:"expires"`
	Tries         int         `json:"tries"` // wrong ones
	Sent          []time.Time `json:"sent"`  // in the last day
}

// DocID implements docstore.Document.
func (c *Challenge) DocID() string { return string(c.ID) }

const (
	codeLasts  = 10 * time.Minute
	codeTries  = 5
	codesDaily = 20
)

// Ask is a request for a code.
type Ask struct {
	Address  phi.Text
	Language string
	Remote   string // network address that asks, for the limit
}

// RequestCode sends a code for signing in to an address, whether or not it belongs to an account:
// who asks reads the same, after the same work.
func (s *Service) RequestCode(ctx context.Context, ask Ask) error {
	address, err := ParseAddress(ask.Address)
	if err != nil {
		return err
	}
	return s.countCode(ask.Remote, address, func() error {
		return s.sendCode(ctx, address, ForSignIn, string(s.loginID(address)), ask.Language, "sign-in-code")
	})
}

// countCode counts a code that is sent for a network address, until somebody there signs in with it: a clinic asks for
// many and uses them, who would flood others with mail does not. Texts have a count of their own, since each costs.
func (s *Service) countCode(remote string, to Address, send func() error) error {
	sort, most := s.codesTo(to)
	if err := s.remotes.take(sort, remote, most); err != nil {
		return err
	}
	err := send()
	if err != nil { // nothing was sent
		s.remotes.giveBack(sort, remote, most)
	}
	return err
}

// codeUsed takes back one that was counted.
func (s *Service) codeUsed(remote string, to Address) {
	sort, most := s.codesTo(to)
	s.remotes.giveBack(sort, remote, most)
}

func (s *Service) codesTo(to Address) (sort string, most int) {
	if to.Channel == Phone {
		return "text", s.d.Limits.TextsPerRemote
	}
	return "mail", s.d.Limits.CodesPerRemote
}

func challengeID(owner string, p Purpose) id.Challenge {
	return id.Derive[id.Challenge](owner, string(p))
}

// sendCode makes the code of an owner for a purpose and sends it.
func (s *Service) sendCode(ctx context.Context, to Address, p Purpose, owner, language, template string) error {
	code, err := newCode()
	if err != nil {
		return err
	}
	now := s.d.Clock.Now()
	cid := challengeID(owner, p)
	fresh := func() *Challenge { return &Challenge{ID: cid, Purpose: p} }
	challenge, err := change(ctx, s.codes, string(cid), fresh, func(c *Challenge) error {
		if err := c.send(now, s.d.Limits.CodesPerAddress); err != nil {
			return err
		}
		c.Hash, c.Expires, c.Tries = s.codeHash(cid, code), now.Add(codeLasts), 0
		return nil
	})
	if err != nil {
		return err
	}
	return s.d.Sender.Send(ctx, Message{
		// The moment is part of the key: versions begin anew once an old code was cleared away.
		Key: fmt.Sprintf("%s.%d.%d", cid, challenge.Version, challenge.Expires.UnixMilli()), To: to.Text, Channel: to.Channel,
		Template: template, Language: language, Data: map[string]phi.Text{
			"code": code, "minutes": phi.Text(strconv.Itoa(int(codeLasts.Minutes()))), "purpose": phi.Text(p),
		},
	})
}

// send counts one more code, or refuses it.
func (c *Challenge) send(now time.Time, most int) error {
	c.Sent = slices.DeleteFunc(c.Sent, func(t time.Time) bool { return now.Sub(t) >= day })
	recent := 0
	for _, t := range c.Sent {
		if now.Sub(t) < window {
			recent++
		}
	}
	if recent >= most || len(c.Sent) >= codesDaily {
		return fault.New(fault.Limited, "We have sent several codes to this address already. Use the newest, or wait a little.").
			Coded("too-many-codes").After(window)
	}
	c.Sent = append(c.Sent, now)
	return nil
}

func (s *Service) codeHash(cid id.Challenge, code phi.Text) []byte {
	return mac(s.keys.code, string(cid), code.Reveal())
}

func newCode() (phi.Text, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return phi.Text(fmt.Sprintf("%06d", n)), nil
}

// use says what to do with a code that is right.
type use int

const (
	spendIt use = iota // it is used up
	keepIt             // it stays good: what it was for still lacks something
)

// checkCode answers nil for the right code. A wrong one counts, and the fifth ends it. Two who try
// at once are counted one after the other, since the document decides.
func (s *Service) checkCode(ctx context.Context, owner string, p Purpose, code phi.Text, then use) error {
	cid := challengeID(owner, p)
	var refusal error
	_, err := s.codes.Update(ctx, string(cid), docstore.On{}, func(c *Challenge) error {
		refusal = c.judge(s.codeHash(cid, code), s.d.Clock.Now(), then)
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return deadCode()
	}
	if err != nil {
		return err
	}
	return refusal
}

func (c *Challenge) judge(hash []byte, now time.Time, then use) error {
	if c.Hash == nil || !now.Before(c.Expires) || c.Tries >= codeTries {
		return deadCode()
	}
	if !same(hash, c.Hash) {
		c.Tries++
		return wrongCode(codeTries - c.Tries)
	}
	if then == spendIt {
		c.Hash = nil
	}
	return nil
}

func deadCode() error {
	return fault.InvalidField("/code", "This code can't be used any more. Ask for a new one.").Coded("code-dead")
}

func wrongCode(left int) error {
	if left <= 0 {
		return deadCode()
	}
	tries := "tries"
	if left == 1 {
		tries = "try"
	}
	return fault.InvalidField("/code", fmt.Sprintf("This code is not right. You have %d %s left.", left, tries)).Coded("code-wrong")
}

// change updates a document that may not be there yet: fresh makes it.
func change[T any, P docstore.Pointer[T]](ctx context.Context, c *docstore.Collection[T, P], docID string, fresh func() *T, f func(*T) error) (*T, error) {
	for {
		doc, err := c.Update(ctx, docID, docstore.On{}, f)
		if !fault.Is(err, fault.NotFound) {
			return doc, err
		}
		doc = fresh()
		if err := f(doc); err != nil {
			return nil, err
		}
		err = c.Insert(ctx, id.Request{}, doc)
		if !fault.Is(err, fault.Conflict) {
			return doc, err
		}
	}
}
