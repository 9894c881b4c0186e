package prescribing

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/paper"
)

// ChallengeState is where a signing challenge stands.
type ChallengeState string

// ChallengeEvent is what happens to a signing challenge.
type ChallengeEvent string

// A challenge is open until the doctor confirms it. Confirmed is the moment of signing, one write for
// all its sheets; done when every sheet carries its signature.
const (
	ChallengeOpen      ChallengeState = "open"
	ChallengeConfirmed ChallengeState = "confirmed"
	ChallengeDone      ChallengeState = "done"
	ChallengeVoid      ChallengeState = "void" // a sheet was edited before it was confirmed

	confirm ChallengeEvent = "confirm"
	finish  ChallengeEvent = "finish"
	void    ChallengeEvent = "void"
)

var challengeMoves = lifecycle.Table[ChallengeState, ChallengeEvent]{
	ChallengeOpen:      {confirm: ChallengeConfirmed, void: ChallengeVoid},
	ChallengeConfirmed: {finish: ChallengeDone},
	ChallengeDone:      {},
	ChallengeVoid:      {},
}

// ChallengeMoves is the life of a signing challenge, for drawings.
func ChallengeMoves() lifecycle.Table[ChallengeState, ChallengeEvent] { return challengeMoves }

// Challenge is what a doctor is asked to sign: the hash of each sheet as it was on screen. It is
// good once, for ten minutes, for the one who began it.
type Challenge struct {
	ID            id.Challenge `json:"id"`
	docstore.Meta `json:"meta"`
	State         ChallengeState                                   `json:"state"`
	History       []lifecycle.Step[ChallengeState, ChallengeEvent] `json:"history"`
	Doctor        id.Account                                       `json:"doctor"`
	Visit         id.Visit                                         `json:"visit"`
	Sheets        []Sheet                                          `json:"sheets"`
	Until         time.Time                                        `json:"until"`
	Shown         *Shown                                           `json:"shown,omitempty"` // where a passkey confirmed it
}

// DocID implements docstore.Document.
func (c *Challenge) DocID() string { return string(c.ID) }

// Sheet is one prescription of a challenge.
type Sheet struct {
	Prescription id.Prescription   `json:"prescription"`
	Hash         string            `json:"hash"`
	Sections     map[string]string `json:"sections"` // hashes of its sections, to say what changed
	Signature    *Signature        `json:"signature,omitempty"`
}

// Purpose is what the second factor is asked for: this challenge and nothing else.
func (c *Challenge) Purpose() string { return "sign:" + string(c.ID) }

// challengeWhys says why a challenge moves.
var challengeWhys = lifecycle.MustExplain(lifecycle.Whys[ChallengeEvent]{
	confirm: "second_factor_shown",
	finish:  "every_sheet_signed",
	void:    "sheet_edited",
}, challengeMoves)

func (c *Challenge) apply(now time.Time, a access.Actor, e ChallengeEvent) error {
	to, err := challengeMoves.Next(c.State, e)
	if err != nil {
		return err
	}
	c.History = append(c.History, lifecycle.Step[ChallengeState, ChallengeEvent]{Event: e, From: c.State, To: to, By: string(a.Account), At: now, Why: challengeWhys.Of(e, "", a.Cause)})
	c.State = to
	return nil
}

const (
	challengeLife = 10 * time.Minute
	stalledAfter  = 30 * time.Second
	maxSheets     = 10
)

// BeginSigning makes the single-use challenge for drafts of one visit. Each is judged again first,
// with what the patient takes and what else this visit prescribes; a hard stop, a warning without a
// reason or an unvetted doctor is refused here already.
func (s *Service) BeginSigning(ctx context.Context, a access.Actor, rxs ...id.Prescription) (*Challenge, error) {
	if len(rxs) == 0 || len(rxs) > maxSheets {
		return nil, fault.InvalidField("/prescriptions", fmt.Sprintf("Name 1 to %d prescriptions of one visit.", maxSheets))
	}
	c := &Challenge{ID: id.New[id.Challenge](), State: ChallengeOpen, Doctor: a.Account, Until: s.clock.Now().Add(challengeLife)}
	if a.Request.Key != "" {
		c.ID = id.Of[id.Challenge](a.Request)
		if stored, err := s.challenges.Get(ctx, string(c.ID)); err == nil && stored.Doctor == a.Account && stored.Made == a.Request {
			return stored, nil
		}
	}
	seen := map[id.Prescription]bool{}
	for _, one := range rxs {
		if seen[one] {
			return nil, fault.InvalidField("/prescriptions", "Name each prescription once.")
		}
		seen[one] = true
		rx, err := s.refreshed(ctx, a, one)
		if err != nil {
			return nil, err
		}
		if c.Visit != "" && c.Visit != rx.Visit {
			return nil, fault.InvalidField("/prescriptions", "These are not all of one visit.")
		}
		hash, err := rx.hash()
		if err != nil {
			return nil, err
		}
		sections, err := rx.sections()
		if err != nil {
			return nil, err
		}
		c.Visit, c.Sheets = rx.Visit, append(c.Sheets, Sheet{Prescription: rx.ID, Hash: hash, Sections: sections})
	}
	return c, s.challenges.Insert(ctx, a.Request, c)
}

// Sign confirms a challenge with a fresh second factor and signs all its sheets, or none: an open
// visit, a vetted doctor, content that is still what was on screen and findings that are still the
// same with today's facts are asked first, the code last, so that a refusal does not burn it.
// Announces rx.signed for each.
func (s *Service) Sign(ctx context.Context, a access.Actor, challenge id.Challenge, code string) ([]*Prescription, error) {
	return s.sign(ctx, a, challenge, func(c *Challenge) (*Shown, error) { return nil, s.factor.Confirm(ctx, a, c.Purpose(), code) })
}

// own is a challenge for the doctor who began it, and for nobody else.
func (s *Service) own(ctx context.Context, a access.Actor, challenge id.Challenge) (*Challenge, error) {
	c, err := s.challenges.Get(ctx, string(challenge))
	if err != nil {
		return nil, err
	}
	if c.Doctor != a.Account {
		_ = s.guard.Check(ctx, a, SignAction, access.Facts{Record: string(c.ID), Doctor: c.Doctor}) // for the audit
		return nil, docstore.NotFound()
	}
	return c, nil
}

func (s *Service) sign(ctx context.Context, a access.Actor, challenge id.Challenge, confirmed func(*Challenge) (*Shown, error)) ([]*Prescription, error) {
	c, err := s.own(ctx, a, challenge)
	if err != nil {
		return nil, err
	}
	if c.State != ChallengeOpen {
		return s.signedAlready(ctx, a, c)
	}
	if !s.clock.Now().Before(c.Until) {
		return nil, runOut()
	}
	sheets, err := s.ready(ctx, a, c)
	if err != nil {
		return nil, err
	}
	if err := s.inOrder(ctx, c, sheets); err != nil {
		return nil, err
	}
	if c.Shown, err = confirmed(c); err != nil {
		return nil, err
	}
	if err := s.hold(ctx, c); err != nil {
		return nil, err
	}
	if err := s.commit(ctx, a, c, sheets); err != nil {
		return nil, err
	}
	if err := s.finishSigning(ctx, a, c.ID); err != nil {
		return nil, err
	}
	return s.sheets(ctx, c)
}

func runOut() error {
	return fault.New(fault.Conflict, "This signing has run out. Look at the prescription and begin again.").Coded("challenge-expired")
}

func used() error {
	return fault.New(fault.Conflict, "This challenge has been used. A signature needs a new one.").Coded("challenge-used")
}

// signedAlready answers a challenge that is used: to the request that used it, as it stands.
func (s *Service) signedAlready(ctx context.Context, a access.Actor, c *Challenge) ([]*Prescription, error) {
	if a.Request.Key == "" || !c.doneBy(a.Request) {
		return nil, used()
	}
	if err := s.finishSigning(ctx, a, c.ID); err != nil {
		return nil, err
	}
	return s.sheets(ctx, c)
}

func (c *Challenge) doneBy(r id.Request) bool {
	for _, d := range c.Done {
		if d == r {
			return true
		}
	}
	return false
}

// ready judges every sheet with today's facts and holds it against what was on screen.
func (s *Service) ready(ctx context.Context, a access.Actor, c *Challenge) ([]*Prescription, error) {
	var out []*Prescription
	for _, sheet := range c.Sheets {
		rx, err := s.prescriptions.Get(ctx, string(sheet.Prescription))
		if err != nil {
			return nil, err
		}
		if err := rx.editable(); err != nil {
			return nil, err
		}
		if err := rx.changedSince(sheet); err != nil {
			return nil, err
		}
		if err := s.unchanged(ctx, rx); err != nil {
			return nil, err
		}
		if err := s.signable(ctx, a, rx); err != nil {
			return nil, err
		}
		out = append(out, rx)
	}
	return out, nil
}

// inOrder refuses to sign while the clock stands before something that has already happened: a date
// that was set back would be signed with the rest.
func (s *Service) inOrder(ctx context.Context, c *Challenge, sheets []*Prescription) error {
	_, since, err := s.signer.Key(ctx, c.Doctor) // makes the first one
	if err != nil {
		return err
	}
	now := s.clock.Now()
	back := now.Before(c.CreatedAt) || now.Before(since)
	for _, rx := range sheets {
		back = back || now.Before(rx.CreatedAt) || now.Before(rx.Basis.At)
	}
	if back {
		return fault.New(fault.Conflict, "The clock of the service stands before the time at which this was written. Nothing was signed. Tell the operator.").Coded("clock-back")
	}
	return nil
}

// hold marks every sheet as being signed, so that an edit can't slip between the look at it and the
// one write that signs them all. A mark of a challenge that was never confirmed binds nobody.
func (s *Service) hold(ctx context.Context, c *Challenge) error {
	for _, sheet := range c.Sheets {
		_, err := s.prescriptions.Update(ctx, string(sheet.Prescription), docstore.On{}, func(rx *Prescription) error {
			if err := rx.editable(); err != nil {
				return err
			}
			if err := rx.changedSince(sheet); err != nil {
				return err
			}
			rx.Signing = c.ID
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// commit is the moment of signing: one write that holds every signature of the challenge.
func (s *Service) commit(ctx context.Context, a access.Actor, c *Challenge, sheets []*Prescription) error {
	kid, _, err := s.signer.Key(ctx, a.Account)
	if err != nil {
		return err
	}
	now := s.clock.Now() // after the key, which must not be younger than what it signs
	signatures := make([]*Signature, len(sheets))
	for i, rx := range sheets {
		if signatures[i], err = s.signature(ctx, rx, c.Sheets[i], Signature{Challenge: c.ID, Key: kid, At: now}); err != nil {
			return fmt.Errorf("sign %s: %w", rx.ID, err)
		}
	}
	shown := c.Shown
	_, err = s.challenges.Update(ctx, string(c.ID), docstore.On{Request: a.Request}, func(c *Challenge) error {
		if c.State != ChallengeOpen || !now.Before(c.Until) {
			return used()
		}
		for i := range c.Sheets {
			c.Sheets[i].Signature = signatures[i]
		}
		c.Shown = shown
		c.SetTimer(KindSigningStalled, now.Add(stalledAfter))
		return c.apply(now, a, confirm)
	})
	return err
}

// signature signs one sheet: its whole content, and the card that is printed in each language.
func (s *Service) signature(ctx context.Context, rx *Prescription, sheet Sheet, by Signature) (*Signature, error) {
	by.Hash, by.Zone, by.Papers = sheet.Hash, s.zoneOf(ctx, rx.Visit, by.At), map[string]string{}
	form, err := rx.signedForm(by.At, by.Challenge)
	if err != nil {
		return nil, err
	}
	value, err := s.signer.Sign(ctx, rx.Doctor, by.Key, form)
	if err != nil {
		return nil, err
	}
	by.Value = base64.RawURLEncoding.EncodeToString(value)
	for _, language := range languages {
		message, err := paper.Message(by.Key, s.card(rx, &by, language))
		if err != nil {
			return nil, err
		}
		value, err := s.signer.Sign(ctx, rx.Doctor, by.Key, []byte(message))
		if err != nil {
			return nil, err
		}
		by.Papers[language] = paper.Assemble(message, value)
	}
	return &by, nil
}

// finishSigning carries the signatures of a confirmed challenge into its sheets. It may run again
// after a crash: the timer calls it until every sheet has its own.
func (s *Service) finishSigning(ctx context.Context, a access.Actor, challenge id.Challenge) error {
	c, err := s.challenges.Get(ctx, string(challenge))
	if err != nil || c.State != ChallengeConfirmed {
		return err
	}
	doctor := access.Actor{Account: c.Doctor, Role: access.Doctor}
	for _, sheet := range c.Sheets {
		_, err := s.prescriptions.Update(ctx, string(sheet.Prescription), docstore.On{}, func(rx *Prescription) error {
			if rx.State != Draft {
				return nil
			}
			return rx.seal(doctor, sheet.Signature)
		})
		if err != nil {
			return fmt.Errorf("finish signing %s: %w", sheet.Prescription, err)
		}
	}
	_, err = s.challenges.Update(ctx, string(c.ID), docstore.On{}, func(c *Challenge) error {
		if c.State != ChallengeConfirmed {
			return nil
		}
		c.ClearTimer(KindSigningStalled)
		return c.apply(s.clock.Now(), a, finish)
	})
	return err
}

// seal turns the draft into a signed prescription with its parts.
func (rx *Prescription) seal(doctor access.Actor, signature *Signature) error {
	if err := rx.apply(signature.At, doctor, sign, ""); err != nil {
		return err
	}
	rx.Signature, rx.Signing = signature, ""
	rx.Parts = rx.parts(signature.At)
	rx.ValidUntil = rx.Parts[len(rx.Parts)-1].Until
	rx.watchExpiry()
	more := map[string]string{"hash": signature.Hash, "key": signature.Key} // the audit chains them
	if rx.Replaces != "" {
		more["replaces"] = string(rx.Replaces)
	}
	rx.announce(doctor, KindSigned, nil, more)
	return nil
}

func (s *Service) sheets(ctx context.Context, c *Challenge) ([]*Prescription, error) {
	out := make([]*Prescription, len(c.Sheets))
	for i, sheet := range c.Sheets {
		rx, err := s.prescriptions.Get(ctx, string(sheet.Prescription))
		if err != nil {
			return nil, err
		}
		out[i] = rx
		if err := s.endReplaced(ctx, rx); err != nil && !fault.Is(err, fault.Conflict) {
			return nil, err // a Conflict is the claim's to tell: what it replaces is with a pharmacy
		}
	}
	return out, nil
}

// release lets go of a draft that a challenge holds, by making the challenge worthless: one write that
// races with the signature, and one of the two wins.
func (s *Service) release(ctx context.Context, a access.Actor, challenge id.Challenge) error {
	_, err := s.challenges.Update(ctx, string(challenge), docstore.On{}, func(c *Challenge) error {
		if c.State == ChallengeVoid {
			return nil
		}
		if c.State == ChallengeOpen {
			return c.apply(s.clock.Now(), a, void)
		}
		return fault.New(fault.Conflict, "This prescription is signed. It can't be edited; cancel or replace it.").Coded("rx-signed")
	})
	return err
}

// TimerKinds lists this package's timers, for who delivers them.
func TimerKinds() []event.Kind { return []event.Kind{KindValidityEnded, KindSigningStalled} }
