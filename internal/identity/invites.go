package identity

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Enrolment is whom an operator brings in.
type Enrolment struct {
	Role     access.Role
	Address  phi.Text
	Pharmacy id.Pharmacy // where a pharmacist or one of the staff works
	Profile  Profile     // name and language; for a patient the rest too
}

const linkLasts = 10 * time.Minute

var enrollable = []access.Role{
	access.Patient, access.Doctor, access.Pharmacist, access.PharmacyStaff, access.Courier,
	access.Support, access.Operator, access.Auditor,
}

// Enrol makes a link for somebody new of any role: at a desk, on the telephone. Operators alone; it
// is in the audit before it is done; a Conflict for an address that has an account. The link is sent
// to the address, and answered this once.
func (s *Service) Enrol(ctx context.Context, a access.Actor, e Enrolment) (*Invite, string, error) {
	address, err := s.checkEnrolment(&e)
	if err != nil {
		return nil, "", err
	}
	login := s.loginID(address)
	token := s.keys.tokenFor(a.Request.Key, "invite", string(login))
	hash := sha256.Sum256([]byte(token))
	invite := &Invite{
		ID: inviteOf(hash), TokenHash: hash[:], Account: id.Derive[id.Account](string(hash[:])), Role: e.Role, Pharmacy: e.Pharmacy,
		Login: LoginOf{login, address}, Profile: e.Profile,
	}
	if err := s.d.Guard.Read(ctx, a, "account.enrol", access.Facts{Record: string(invite.ID)}); err != nil {
		return nil, "", err
	}
	account, err := s.accountOf(ctx, login)
	if err != nil {
		return nil, "", err
	}
	if account != nil && account.ID != invite.Account {
		return nil, "", accountExists()
	}
	return invite, token, s.makeInvite(ctx, a, invite, token, "enrolment")
}

func accountExists() error {
	return fault.New(fault.Conflict, "This address has an account. Nobody can be enrolled twice; a lost second factor has a recovery.").Coded("account-exists")
}

func (s *Service) checkEnrolment(e *Enrolment) (Address, error) {
	bad := fault.New(fault.Invalid, "Something is missing or can't be right. Look at the marked fields.")
	if !slices.Contains(enrollable, e.Role) {
		bad = bad.With("/role", "Choose a role that an account can have.")
	}
	works := e.Role == access.Pharmacist || e.Role == access.PharmacyStaff
	if works != (e.Pharmacy != "") {
		bad = bad.With("/pharmacy", "Pharmacists and pharmacy staff work at one pharmacy; nobody else does.")
	}
	if e.Role == access.Patient {
		if err := e.Profile.check(s.d.Clock.Now()); err != nil {
			return Address{}, err
		}
	} else {
		e.Profile.checkNaming(&bad)
	}
	address, err := ParseAddress(e.Address)
	if err != nil {
		bad = bad.With("/address", "Write a mail address or a phone number with the country's number.")
	}
	if len(bad.Fields) > 0 {
		return Address{}, bad
	}
	return address, nil
}

func inviteOf(hash [32]byte) id.Invite { return id.Derive[id.Invite](string(hash[:])) }

// makeInvite stores the invitation and sends its link.
func (s *Service) makeInvite(ctx context.Context, a access.Actor, invite *Invite, token, template string) error {
	now := s.d.Clock.Now()
	invite.By, invite.Expires = a.Account, now.Add(linkLasts)
	if err := invite.apply(now, a.Account, MakeInvite); err != nil {
		return err
	}
	invite.Emit(event.Event{Kind: InviteMade, By: string(a.Account), Data: map[string]string{"role": string(invite.Role)}, To: []string{event.ToOperators}})
	if err := s.invites.Insert(ctx, a.Request, invite); err != nil {
		return err
	}
	to := invite.Login.Address
	return s.d.Sender.Send(ctx, Message{
		Key: string(invite.ID), To: to.Text, Channel: to.Channel, Template: template, Language: invite.Profile.Language,
		Data: map[string]phi.Text{"link": phi.Text(s.Link(token)), "minutes": "10"},
	})
}

// Link is where somebody opens an enrolment link. The token stands behind the #, so that no server
// on the way, nor a log, ever sees it.
func (s *Service) Link(token string) string { return s.d.Website + "/enrol#" + token }

// Acceptance is what who follows a link brings.
type Acceptance struct {
	Token    string
	Password phi.Text // of staff
	Origin
}

// Accepted is what they get: staff the secret for their authenticator, to be confirmed by a first
// code; patients a session.
type Accepted struct {
	Invite *Invite
	Secret phi.Text
	URL    phi.Text // otpauth, for a QR code
	Opened *Opened
}

// Accept takes up an enrolment link. A link that nobody made, that is over or was used reads alike.
func (s *Service) Accept(ctx context.Context, a access.Actor, acc Acceptance) (*Accepted, error) {
	var accepted *Accepted
	err := s.guess(acc.Remote, func() (err error) {
		accepted, err = s.accept(ctx, a, acc)
		return err
	})
	return accepted, err
}

func (s *Service) accept(ctx context.Context, a access.Actor, acc Acceptance) (*Accepted, error) {
	invite, err := s.inviteFor(ctx, a, acc.Token)
	if err != nil {
		return nil, err
	}
	if invite.Role == access.Patient {
		opened, err := s.finish(ctx, a, invite.ID, acc.Device, "")
		return &Accepted{Invite: invite, Opened: opened}, err
	}
	if err := checkPassword(acc.Password, invite.Login.Address); err != nil {
		return nil, err
	}
	password, err := s.passwords.make(ctx, acc.Password)
	if err != nil {
		return nil, err
	}
	sealed := s.keys.seal(newTOTPSecret(), string(invite.ID))
	now := s.d.Clock.Now()
	invite, err = s.invites.Update(ctx, string(invite.ID), docstore.On{Request: a.Request}, func(d *Invite) error {
		if d.StateAt(now) == InviteExpired {
			return deadLink()
		}
		d.Password, d.TOTP, d.Expires = password, &Authenticator{Sealed: sealed}, now.Add(linkLasts)
		d.Emit(event.Event{Kind: InviteAccepted, By: string(d.Account), Data: map[string]string{"account": string(d.Account)}})
		return d.apply(now, d.Account, AcceptInvite)
	})
	if err != nil {
		return nil, usedLink(err)
	}
	secret, err := s.keys.unseal(invite.TOTP.Sealed, string(invite.ID))
	return &Accepted{Invite: invite, Secret: phi.Text(secret), URL: phi.Text(otpauth(secret, invite.Login.Address))}, err
}

// ConfirmAccepted ends an enrolment with the first code of the new authenticator: the account
// stands, and its first session is open.
func (s *Service) ConfirmAccepted(ctx context.Context, a access.Actor, token string, code phi.Text, from Origin) (*Opened, error) {
	var opened *Opened
	err := s.guess(from.Remote, func() error {
		invite, err := s.inviteFor(ctx, a, token)
		if err != nil {
			return err
		}
		if invite.Role == access.Patient || invite.TOTP == nil {
			return deadLink()
		}
		opened, err = s.finish(ctx, a, invite.ID, from.Device, code)
		return err
	})
	return opened, err
}

func (s *Service) inviteFor(ctx context.Context, a access.Actor, token string) (*Invite, error) {
	hash := sha256.Sum256([]byte(token))
	invite, err := s.invites.Get(ctx, string(inviteOf(hash)))
	if fault.Is(err, fault.NotFound) || err == nil && !same(invite.TokenHash, hash[:]) {
		return nil, deadLink()
	}
	if err != nil {
		return nil, err
	}
	return invite, s.d.Guard.Check(ctx, a, "invite.accept", access.Facts{Record: string(invite.ID)})
}

func deadLink() error {
	return fault.New(fault.NotFound, "This link is not good any more: each works once and for ten minutes. Ask for a new one.").Coded("link-dead")
}

// usedLink turns the refusal of the table into the answer for a dead link.
func usedLink(err error) error {
	if fault.Is(err, fault.Conflict) {
		return deadLink()
	}
	return err
}

// finish confirms the invitation, then writes what it was for. Cut off in between, the same request
// goes on where it was.
func (s *Service) finish(ctx context.Context, a access.Actor, iid id.Invite, device string, code phi.Text) (*Opened, error) {
	now := s.d.Clock.Now()
	var refusal error
	invite, err := s.invites.Update(ctx, string(iid), docstore.On{Request: a.Request}, func(d *Invite) error {
		refusal = nil
		if d.StateAt(now) == InviteExpired || d.Tries >= codeTries {
			return deadLink()
		}
		if d.TOTP != nil {
			if refusal = s.firstCode(d, code, now); refusal != nil {
				return nil //nolint:nilerr // the wrong try is written down, the refusal answered afterwards
			}
		}
		d.Emit(event.Event{Kind: InviteConfirmed, By: string(d.Account), Data: map[string]string{"account": string(d.Account)}})
		return d.apply(now, d.Account, ConfirmInvite)
	})
	if err != nil {
		return nil, usedLink(err)
	}
	if invite.State != InviteIsConfirmed {
		if refusal == nil {
			refusal = wrongCode(codeTries - invite.Tries)
		}
		return nil, refusal
	}
	account, err := s.settle(ctx, invite)
	if err != nil {
		return nil, err
	}
	factor := now
	if invite.TOTP == nil {
		factor = time.Time{}
	}
	return s.openSession(ctx, account, s.keys.tokenFor(a.Request.Key, "session", string(iid)), device, factor)
}

func (s *Service) firstCode(d *Invite, code phi.Text, now time.Time) error {
	step, err := s.match(d.TOTP, string(d.ID), code, now)
	if err != nil {
		return err
	}
	if step == 0 {
		d.Tries++
		return wrongCode(codeTries - d.Tries)
	}
	d.TOTP.Step = step
	return nil
}

// settle makes the account of a confirmed invitation, or gives the present one its new second factor.
func (s *Service) settle(ctx context.Context, invite *Invite) (*Account, error) {
	if invite.Recovery != "" {
		return s.completeRecovery(ctx, invite)
	}
	acc, err := s.claim(ctx, invite.Login.ID, invite.Account)
	if err != nil {
		return nil, err
	}
	if acc != invite.Account {
		return nil, accountExists()
	}
	account := &Account{
		ID: acc, Role: invite.Role, Name: invite.Profile.Name, Language: invite.Profile.Language, TypeSize: invite.Profile.TypeSize,
		Pharmacy: invite.Pharmacy, Logins: []LoginOf{invite.Login}, Password: invite.Password,
	}
	if account.TOTP, err = s.reseal(invite, acc); err != nil {
		return nil, err
	}
	return s.enrol(ctx, account, invite.By, invite.Profile)
}

// reseal binds the secret of an invitation's authenticator to the account.
func (s *Service) reseal(invite *Invite, acc id.Account) (*Authenticator, error) {
	if invite.TOTP == nil {
		return nil, nil
	}
	secret, err := s.keys.unseal(invite.TOTP.Sealed, string(invite.ID))
	if err != nil {
		return nil, err
	}
	return &Authenticator{Sealed: s.keys.seal(secret, string(acc)), Step: invite.TOTP.Step}, nil
}

// Invites lists the enrolment links, newest first, for operators.
func (s *Service) Invites(ctx context.Context, a access.Actor, cursor string, limit int) (docstore.Page[Invite], error) {
	if err := s.d.Guard.Check(ctx, a, "invite.list", access.Facts{}); err != nil {
		return docstore.Page[Invite]{}, err
	}
	return s.invites.Find(ctx, docstore.Query{Index: "all", Equal: "all", Descending: true, Cursor: cursor, Limit: limit})
}

// WithdrawInvite makes a link worthless before it is used.
func (s *Service) WithdrawInvite(ctx context.Context, a access.Actor, iid id.Invite) (*Invite, error) {
	if err := s.d.Guard.Check(ctx, a, "invite.withdraw", access.Facts{Record: string(iid)}); err != nil {
		return nil, err
	}
	now := s.d.Clock.Now()
	return s.invites.Update(ctx, string(iid), docstore.On{Request: a.Request}, func(d *Invite) error {
		d.Emit(event.Event{Kind: InviteWithdrawn, By: string(a.Account), To: []string{event.ToOperators}})
		return d.apply(now, a.Account, WithdrawInvite)
	})
}
