package identity

import (
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/lifecycle"
	"housecall/internal/phi"
)

// RecoveryState is a stage in getting a lost second factor back.
type RecoveryState string

// The states of a recovery.
const (
	RecoveryIsAsked     RecoveryState = "asked"
	RecoveryIsApproved  RecoveryState = "approved" // a link is on its way; all sessions are over
	RecoveryIsCompleted RecoveryState = "completed"
	RecoveryIsWithdrawn RecoveryState = "withdrawn"
)

// RecoveryEvent is what can happen to a recovery.
type RecoveryEvent string

// The events of a recovery.
const (
	AskRecovery      RecoveryEvent = "ask"
	ApproveRecovery  RecoveryEvent = "approve"
	CompleteRecovery RecoveryEvent = "complete"
	WithdrawRecovery RecoveryEvent = "withdraw"
)

// An account has one recovery; asked for again, it begins again. A link that ran out is replaced by
// approving again.
var recoveryMoves = lifecycle.Table[RecoveryState, RecoveryEvent]{
	"":                  {AskRecovery: RecoveryIsAsked},
	RecoveryIsAsked:     {ApproveRecovery: RecoveryIsApproved, WithdrawRecovery: RecoveryIsWithdrawn},
	RecoveryIsApproved:  {ApproveRecovery: RecoveryIsApproved, CompleteRecovery: RecoveryIsCompleted, WithdrawRecovery: RecoveryIsWithdrawn},
	RecoveryIsCompleted: {AskRecovery: RecoveryIsAsked},
	RecoveryIsWithdrawn: {AskRecovery: RecoveryIsAsked},
}

// Recovery is the way back for who has lost their second factor.
type Recovery struct {
	ID            id.Recovery `json:"id"`
	docstore.Meta `json:"meta"`
	State         RecoveryState                                  `json:"state"`
	History       []lifecycle.Step[RecoveryState, RecoveryEvent] `json:"history"`
	Account       id.Account                                     `json:"account"`
	AskedBy       id.Account                                     `json:"asked_by"`
	AskedAt       time.Time                                      `json:"asked_at"`
	Links         int                                            `json:"links"` // how many were made
	Invite        id.Invite                                      `json:"invite,omitempty"`
	Login         LoginOf                                        `json:"login"` // the address that the link goes to
}

// DocID implements docstore.Document.
func (r *Recovery) DocID() string { return string(r.ID) }

// recoveryWhys says why a recovery moves when nobody says otherwise.
var recoveryWhys = lifecycle.MustExplain(lifecycle.Whys[RecoveryEvent]{
	AskRecovery: "second_factor_lost", ApproveRecovery: "vetted", CompleteRecovery: "code_shown", WithdrawRecovery: "operator",
}, recoveryMoves)

// apply is the only place that sets the state.
func (r *Recovery) apply(now time.Time, by id.Account, e RecoveryEvent, why string) error {
	to, err := recoveryMoves.Next(r.State, e)
	if err != nil {
		return err
	}
	r.History = append(r.History, lifecycle.Step[RecoveryState, RecoveryEvent]{Event: e, From: r.State, To: to, By: string(by), At: now, Why: recoveryWhys.Of(e, why, "")})
	r.State = to
	return nil
}

func (r *Recovery) announce(kind event.Kind, by id.Account, reason string) {
	data := map[string]string{"account": string(r.Account)}
	if reason != "" {
		data["reason"] = reason
	}
	r.Emit(event.Event{Kind: kind, By: string(by), Data: data, To: []string{string(r.Account), event.ToOperators}})
}

var recoverySpec = docstore.Spec[Recovery]{Name: "recoveries", Indexes: map[string]func(*Recovery) (docstore.Key, bool){
	"state": func(r *Recovery) (docstore.Key, bool) {
		return docstore.Key{Equal: string(r.State), Order: docstore.ByTime(r.AskedAt)}, true
	},
}}

// recoveryWait is how long one operator alone must wait, so that the owner, who is told at once, can object.
const recoveryWait = day

// Lost is what an operator says of a lost second factor.
type Lost struct {
	Reason  string   // coded
	Address phi.Text // of a patient: where codes go from now on, in place of the addresses that are lost
}

// AskRecovery begins the way back for an account whose second factor is lost: the authenticator of
// staff, the address of a patient. Operators alone, in the audit before it is done; the owner is told.
func (s *Service) AskRecovery(ctx context.Context, a access.Actor, acc id.Account, lost Lost) (*Recovery, error) {
	reason := lost.Reason
	if err := s.d.Guard.Read(ctx, a, "recovery.ask", access.Facts{Record: string(acc)}); err != nil {
		return nil, err
	}
	if err := coded("/reason", reason); err != nil {
		return nil, err
	}
	account, err := s.accounts.Get(ctx, string(acc))
	if err != nil {
		return nil, err
	}
	login, err := s.newLogin(ctx, account, lost.Address)
	if err != nil {
		return nil, err
	}
	now := s.d.Clock.Now()
	rid := id.Derive[id.Recovery](string(acc))
	ask := func(d *Recovery) error {
		d.AskedBy, d.AskedAt, d.Invite, d.Login = a.Account, now, "", login
		d.announce(RecoveryAsked, a.Account, reason)
		return d.apply(now, a.Account, AskRecovery, reason)
	}
	recovery, err := s.recoveries.Update(ctx, string(rid), docstore.On{Request: a.Request}, ask)
	if fault.Is(err, fault.NotFound) {
		recovery = &Recovery{ID: rid, Account: acc}
		if err = ask(recovery); err == nil {
			err = s.recoveries.Insert(ctx, a.Request, recovery)
		}
	}
	if err != nil {
		return nil, err
	}
	return recovery, s.tell(ctx, account, "recovery-begun", string(rid)+"."+strconv.FormatInt(recovery.Version, 10))
}

// newLogin is where a recovery leads: to the address that staff have, to a new one of a patient.
func (s *Service) newLogin(ctx context.Context, account *Account, typed phi.Text) (LoginOf, error) {
	if account.Staff() {
		return account.Logins[0], nil
	}
	address, err := ParseAddress(typed)
	if err != nil {
		return LoginOf{}, err
	}
	login := s.loginID(address)
	owner, err := s.accountOf(ctx, login)
	if err != nil {
		return LoginOf{}, err
	}
	if owner != nil && owner.ID != account.ID {
		return LoginOf{}, accountExists()
	}
	return LoginOf{login, address}, nil
}

func (s *Service) tell(ctx context.Context, account *Account, template, key string) error {
	to, found := account.Contact()
	if !found {
		return nil
	}
	return s.d.Sender.Send(ctx, Message{Key: key, To: to.Text, Channel: to.Channel, Template: template, Language: account.Language})
}

// ApproveRecovery makes the link to a new password and a new authenticator, and ends every session of
// the account. A second operator may at once; the one who asked, a day later.
func (s *Service) ApproveRecovery(ctx context.Context, a access.Actor, rid id.Recovery) (*Recovery, string, error) {
	if err := s.d.Guard.Read(ctx, a, "recovery.approve", access.Facts{Record: string(rid)}); err != nil {
		return nil, "", err
	}
	now := s.d.Clock.Now()
	recovery, err := s.recoveries.Update(ctx, string(rid), docstore.On{Request: a.Request}, func(d *Recovery) error {
		if wait := d.AskedAt.Add(recoveryWait).Sub(now); d.AskedBy == a.Account && wait > 0 {
			return fault.New(fault.Conflict, "A second operator has to approve this, or you yourself a day after it was asked for.").
				Coded("second-operator").After(wait)
		}
		d.Links++
		d.Invite = s.recoveryInvite(d)
		d.announce(RecoveryApproved, a.Account, "")
		return d.apply(now, a.Account, ApproveRecovery, "")
	})
	if err != nil {
		return nil, "", err
	}
	account, err := s.endAll(ctx, recovery.Account, a.Account, string(rid), recovery.Links)
	if err != nil {
		return nil, "", err
	}
	token := s.recoveryToken(recovery)
	hash := sha256.Sum256([]byte(token))
	invite := &Invite{
		ID: recovery.Invite, TokenHash: hash[:], Account: account.ID, Recovery: rid, Role: account.Role, Pharmacy: account.Pharmacy,
		Login: recovery.Login, Profile: Profile{Name: account.Name, Language: account.Language, TypeSize: account.TypeSize},
	}
	return recovery, token, s.makeInvite(ctx, a, invite, token, "recovery")
}

// recoveryToken is the token of the newest link: approving again makes another.
func (s *Service) recoveryToken(r *Recovery) string {
	return s.keys.tokenFor(strconv.Itoa(r.Links), "recovery", string(r.ID))
}

func (s *Service) recoveryInvite(r *Recovery) id.Invite {
	return inviteOf(sha256.Sum256([]byte(s.recoveryToken(r))))
}

// endAll ends every session of an account, once for each time a link is made.
func (s *Service) endAll(ctx context.Context, acc, by id.Account, cause string, n int) (*Account, error) {
	once := docstore.On{Request: id.RequestOf(nil, "end sessions", cause, strconv.Itoa(n))}
	account, err := s.accounts.Update(ctx, string(acc), once, func(d *Account) error {
		d.endSessions(by)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return account, s.forget(ctx, string(acc))
}

// completeRecovery gives the account its new password and authenticator, or a patient's its new
// address, once.
func (s *Service) completeRecovery(ctx context.Context, invite *Invite) (*Account, error) {
	totp, err := s.reseal(invite, invite.Account)
	if err != nil {
		return nil, err
	}
	now := s.d.Clock.Now()
	once := docstore.On{Request: id.RequestOf(nil, "recovered", string(invite.ID))}
	_, err = s.recoveries.Update(ctx, string(invite.Recovery), once, func(d *Recovery) error {
		if d.Invite != invite.ID { // a newer link was made, or it was withdrawn and asked for again
			return deadLink()
		}
		d.announce(RecoveryCompleted, d.Account, "")
		return d.apply(now, d.Account, CompleteRecovery, "")
	})
	if err != nil {
		return nil, usedLink(err)
	}
	owner, err := s.claim(ctx, invite.Login.ID, invite.Account)
	if err != nil {
		return nil, err
	}
	if owner != invite.Account {
		return nil, accountExists()
	}
	var lost []LoginOf
	account, err := s.accounts.Update(ctx, string(invite.Account), once, func(d *Account) error {
		d.Password, d.TOTP, d.Wrong = invite.Password, totp, Wrong{}
		lost = d.settleOn(invite.Login)
		d.Passkeys++ // whoever had got in may have added one
		d.endSessions(d.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, l := range lost {
		if err := s.freeLogin(ctx, l.ID); err != nil {
			return nil, err
		}
	}
	return account, s.forget(ctx, string(account.ID))
}

// settleOn leaves a patient with the one address that is proved; staff keep theirs. It answers those given up.
func (a *Account) settleOn(l LoginOf) []LoginOf {
	if a.Staff() {
		return nil
	}
	lost := slices.DeleteFunc(slices.Clone(a.Logins), func(of LoginOf) bool { return of.ID == l.ID })
	a.Logins = []LoginOf{l}
	return lost
}

// WithdrawRecovery stops it: by an operator, or by the owner from a session that is still open.
func (s *Service) WithdrawRecovery(ctx context.Context, a access.Actor, rid id.Recovery) (*Recovery, error) {
	recovery, err := s.recoveries.Get(ctx, string(rid))
	if err != nil {
		return nil, err
	}
	if err := s.d.Guard.Check(ctx, a, "recovery.withdraw", access.Facts{Record: string(rid), Owner: recovery.Account}); err != nil {
		return nil, err
	}
	now := s.d.Clock.Now()
	return s.recoveries.Update(ctx, string(rid), docstore.On{Request: a.Request}, func(d *Recovery) error {
		d.Invite = ""
		d.announce(RecoveryWithdrawn, a.Account, "")
		return d.apply(now, a.Account, WithdrawRecovery, "")
	})
}

// Recoveries lists those in a state, newest first, for operators.
func (s *Service) Recoveries(ctx context.Context, a access.Actor, state RecoveryState, cursor string, limit int) (docstore.Page[Recovery], error) {
	if err := s.d.Guard.Check(ctx, a, "recovery.list", access.Facts{}); err != nil {
		return docstore.Page[Recovery]{}, err
	}
	return s.recoveries.Find(ctx, docstore.Query{Index: "state", Equal: string(state), Descending: true, Cursor: cursor, Limit: limit})
}

// coded refuses a reason that is not a code: free text would carry what describes a person into
// events and histories.
func coded(pointer, reason string) error {
	ok := len(reason) >= 3 && len(reason) <= 40
	for _, r := range reason {
		ok = ok && (r >= 'a' && r <= 'z' || r == '-')
	}
	if ok {
		return nil
	}
	return fault.InvalidField(pointer, "Give the reason as a code in small letters, like lost-phone.")
}
