package consult

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Invitation is a one-time link for a guest. The token is shown once and stored nowhere.
type Invitation struct {
	Token string
	Until time.Time
}

// How long an invitation can be exchanged, and how long a guest's session lasts at the most; the seat
// itself ends with the call.
const (
	inviteTime = 24 * time.Hour
	guestTime  = 4 * time.Hour
	mostGuests = 8
)

// Invite makes a one-time link for somebody who joins one call: an interpreter, family. The doctor, the
// patient, and a caregiver who may attend can.
func (s *Service) Invite(ctx context.Context, a access.Actor, visit id.Visit, as string) (Invitation, error) {
	if err := oneOf("/as", as, "interpreter", "family", "other"); err != nil {
		return Invitation{}, err
	}
	secret, err := s.inviteSecret(a, visit)
	if err != nil {
		return Invitation{}, err
	}
	until := s.Clock.Now().Add(inviteTime)
	v, err := s.step(ctx, a, "visit.invite", visit, func(v *Visit, now time.Time) error {
		if moves.Ended(v.State) {
			return conflict("visit-ended", "This visit is over.")
		}
		if len(v.Guests) >= mostGuests {
			return conflict("too-many-guests", "Eight people have been invited already.")
		}
		if v.StartsAt != nil {
			until = later(until, v.StartsAt.Add(inviteTime))
		}
		v.Guests = append(v.Guests, Guest{Hash: s.guestHash(secret), As: as, By: a.Account, Until: until})
		v.announce(a, GuestInvited, map[string]string{"as": as})
		return nil
	})
	if err != nil {
		return Invitation{}, err
	}
	return Invitation{Token: string(v.ID) + "." + secret, Until: until}, nil
}

// inviteSecret is random; asked for again by the same request it is the same, so that a lost answer costs
// nobody their link.
func (s *Service) inviteSecret(a access.Actor, visit id.Visit) (string, error) {
	if a.Request.Key != "" {
		return base64.RawURLEncoding.EncodeToString(s.mac("invite", []byte(string(visit)+"\x1f"+string(a.Account)+"\x1f"+a.Request.Key))), nil
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make an invitation: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func (s *Service) guestHash(secret string) string {
	return hex.EncodeToString(s.mac("guest", []byte(secret)))
}

// Link is what a guest's link says before it is used, and to who used it: whose call it is and where that
// stands, nothing of the patient.
type Link struct {
	As       string
	Doctor   string // as patients read it; "" while nobody has taken the visit
	StartsAt *time.Time
	Stage    LinkStage
	Used     bool
}

// LinkStage is where the call of a link stands.
type LinkStage string

// The stages of a link.
const (
	LinkEarly LinkStage = "early" // the doctor has not called anybody in
	LinkOpen  LinkStage = "open"
	LinkOver  LinkStage = "over"
)

// LookAt tells whoever holds a link what it is for, and spends nothing. An invented link, and one that ran
// out unused, is not found.
func (s *Service) LookAt(ctx context.Context, a access.Actor, token string) (Link, error) {
	if err := s.Guard.Check(ctx, a, "visit.exchange", access.Facts{}); err != nil {
		return Link{}, err
	}
	visit, secret, err := readInvitation(token)
	if err != nil {
		return Link{}, err
	}
	v, err := s.visits.Get(ctx, string(visit))
	if fault.Is(err, fault.NotFound) {
		return Link{}, noInvitation()
	}
	if err != nil {
		return Link{}, err
	}
	g := v.guest(s.guestHash(secret))
	if g == nil || (g.Used == nil && s.Clock.Now().After(g.Until)) {
		return Link{}, noInvitation()
	}
	l := Link{As: g.As, StartsAt: v.StartsAt, Stage: v.linkStage(), Used: g.Used != nil}
	if v.Doctor == "" {
		return l, nil
	}
	hours, err := s.hours.Get(ctx, string(v.Doctor))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Link{}, err
	}
	if err == nil {
		l.Doctor = hours.Name
	}
	return l, nil
}

func (v *Visit) linkStage() LinkStage {
	switch {
	case moves.Ended(v.State), v.Call != nil && v.Call.State == RoomEnded:
		return LinkOver
	case v.State == InProgress && v.Call != nil:
		return LinkOpen
	}
	return LinkEarly
}

// Exchange turns an invitation, once, into a session that can take a seat in this call and nothing else.
// Anybody who holds the link may; a used, expired or invented one is not found. The name is what the
// guest wants to be called in this call.
func (s *Service) Exchange(ctx context.Context, a access.Actor, token string, name phi.Text) (session string, visit id.Visit, err error) {
	if err := s.Guard.Check(ctx, a, "visit.exchange", access.Facts{}); err != nil {
		return "", "", err
	}
	visit, secret, err := readInvitation(token)
	if err != nil {
		return "", "", err
	}
	now := s.Clock.Now()
	_, err = s.visits.Update(ctx, string(visit), docstore.On{Request: a.Request}, func(v *Visit) error {
		g := v.guest(s.guestHash(secret))
		if g == nil || g.Used != nil || now.After(g.Until) || moves.Ended(v.State) {
			return noInvitation()
		}
		g.Used, g.Name = &now, name
		v.announce(a, GuestSeated, map[string]string{"as": g.As})
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return "", "", noInvitation()
	}
	if err != nil {
		return "", "", err
	}
	session, opened, err := s.Guests.OpenGuestSession(ctx, visit, now.Add(guestTime))
	if err != nil {
		return "", "", err
	}
	seat := seatOf(access.Actor{Role: access.Guest, Session: opened}, &Visit{ID: visit}).ID
	_, err = s.visits.Update(ctx, string(visit), docstore.On{}, func(v *Visit) error {
		if g := v.guest(s.guestHash(secret)); g != nil {
			g.Seat = seat
		}
		return nil
	})
	return session, visit, err
}

func readInvitation(token string) (id.Visit, string, error) {
	text, secret, _ := strings.Cut(token, ".")
	visit, err := id.Parse[id.Visit](text)
	if err != nil {
		return "", "", noInvitation()
	}
	return visit, secret, nil
}

func (v *Visit) guest(hash string) *Guest {
	for i := range v.Guests {
		if hmac.Equal([]byte(v.Guests[i].Hash), []byte(hash)) {
			return &v.Guests[i]
		}
	}
	return nil
}

func noInvitation() error {
	return fault.New(fault.NotFound, "This link has been used or is no longer good. Ask for a new one.").Coded("invitation")
}
