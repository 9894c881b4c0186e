package consult_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
)

func TestATicketIsGoodForOneSeatInOneRoomForAMinute(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)

	ticket, err := c.Ticket(t.Context(), mother, v.ID)
	must(t, err)
	again, err := c.Ticket(t.Context(), mother, v.ID)
	must(t, err)
	read, err := c.ReadTicket(ticket.Token)
	must(t, err)
	c.clock.Advance(time.Minute)
	_, late := c.ReadTicket(ticket.Token)

	if read.Room != v.Call.Room || read.Seat != "patient" || again.Seat != "patient" || read.Role != "patient" {
		t.Errorf("ticket = %+v", read)
	}
	refused(t, late, fault.Unauthenticated)
	if len(c.now(v).Call.Seats) != 1 {
		t.Errorf("seats = %v: who comes back takes their own", c.now(v).Call.Seats)
	}
}

func TestAForgedTicketIsRefused(t *testing.T) {
	t.Parallel()
	c, other := open(t), open(t)
	ticket, err := c.Ticket(t.Context(), mother, c.inRoom(mother, lin).ID)
	must(t, err)
	head, tail, _ := strings.Cut(ticket.Token, ".")

	for name, token := range map[string]string{
		"nothing": "", "no signature": head, "an empty signature": head + ".", "another body": head[1:] + "." + tail,
		"another signature": head + "." + tail[1:], "no base64": "!." + tail, "three parts": ticket.Token + ".x",
	} {
		if _, err := other.ReadTicket(token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATicketIsForWhoIsInTheVisitAndOnlyWhileItIsGoingOn(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.onDuty(lin, okoye)
	v := c.queued(mother)

	_, early := c.Ticket(ctx, mother, v.ID)
	c.admitted(v, lin)
	doctor, err := c.Ticket(ctx, lin, v.ID)
	must(t, err)
	_, other := c.Ticket(ctx, okoye, v.ID)
	_, foreign := c.Ticket(ctx, stranger, v.ID)
	_, wrongGuest := c.Ticket(ctx, access.Actor{Role: access.Guest, Session: "ses_1", Visit: "vis_other"}, v.ID)
	_, err = c.Ticket(ctx, mother, v.ID)
	must(t, err)
	_, err = c.Complete(ctx, lin, v.ID)
	must(t, err)
	_, late := c.Ticket(ctx, mother, v.ID)

	refused(t, early, fault.Conflict)
	refused(t, other, fault.NotFound)
	refused(t, foreign, fault.NotFound)
	refused(t, wrongGuest, fault.NotFound)
	refused(t, late, fault.Conflict)
	if doctor.Role != "doctor" {
		t.Errorf("role = %s", doctor.Role)
	}
}

func guest(session string, visit id.Visit) access.Actor {
	return access.Actor{Role: access.Guest, Session: id.Session(session), Visit: visit}
}

func TestAGuestsLinkIsExchangedOnceForASeatThatLastsUntilTheCallEnds(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)
	nobody := access.Actor{Role: access.Nobody}
	link, err := c.Invite(ctx, mother, v.ID, "family")
	must(t, err)

	session, visit, err := c.Exchange(ctx, asks(nobody, "x"), link.Token, "Lin Mei")
	must(t, err)
	_, _, again := c.Exchange(ctx, asks(nobody, "y"), link.Token, "Somebody else")
	_, _, lost := c.Exchange(ctx, asks(nobody, "x"), link.Token, "Lin Mei")
	seat, err := c.Ticket(ctx, guest("ses_1", v.ID), v.ID)
	must(t, err)
	_, err = c.EndCall(ctx, lin, v.ID)
	must(t, err)
	_, ended := c.Ticket(ctx, guest("ses_1", v.ID), v.ID)

	if session == "" || visit != v.ID || seat.Role != "guest" {
		t.Errorf("session %q, visit %s, seat %+v", session, visit, seat)
	}
	refused(t, again, fault.NotFound)
	must(t, lost)
	refused(t, ended, fault.Conflict)
}

func TestAGuestSeesNothingButTheRoom(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)
	g := guest("ses_1", v.ID)

	for name, do := range map[string]func() error{
		"visit":    func() error { _, err := c.Visit(ctx, g, v.ID); return err },
		"note":     func() error { _, err := c.Note(ctx, g, v.ID); return err },
		"thread":   func() error { _, err := c.Thread(ctx, g, v.ID); return err },
		"visits":   func() error { _, err := c.Of(ctx, g, v.Patient, ""); return err },
		"calendar": func() error { _, err := c.Calendar(ctx, g, v.ID); return err },
		"invite":   func() error { _, err := c.Invite(ctx, g, v.ID, "other"); return err },
		"number":   func() error { _, err := c.RevealCallBack(ctx, g, v.ID); return err },
		"end":      func() error { _, err := c.EndCall(ctx, g, v.ID); return err },
	} {
		if err := do(); !fault.Is(err, fault.NotFound) {
			t.Errorf("a guest and the %s: %v", name, err)
		}
	}
}

func TestInvitationsThatAreOldInventedOrOfAnEndedVisitAreNotFound(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	nobody := access.Actor{Role: access.Nobody}
	v := c.inRoom(mother, lin)
	old, err := c.Invite(ctx, lin, v.ID, "interpreter")
	must(t, err)
	_, err = c.Invite(ctx, stranger, v.ID, "family")
	refused(t, err, fault.NotFound)
	_, err = c.Invite(ctx, mother, v.ID, "boss")
	refused(t, err, fault.Invalid)
	_, err = c.Complete(ctx, lin, v.ID)
	must(t, err)

	for name, token := range map[string]string{
		"ended": old.Token, "invented": string(v.ID) + ".guess", "of no visit": "vis_none." + "x", "nothing": "", "odd": "../..", "no secret": string(v.ID),
	} {
		if _, _, err := c.Exchange(ctx, nobody, token, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if raw := c.now(v).Guests[0].Hash; strings.Contains(old.Token, raw) {
		t.Error("the token is stored as it is")
	}
	if c.guests.opened != 0 {
		t.Errorf("%d sessions were opened", c.guests.opened)
	}
}

func TestALinkRacedForIsExchangedOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	link, err := c.Invite(t.Context(), mother, c.inRoom(mother, lin).ID, "family")
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards won
	won := 0
	for range 16 {
		wg.Go(func() {
			if _, _, err := c.Exchange(t.Context(), access.Actor{Role: access.Nobody}, link.Token, ""); err == nil {
				mu.Lock()
				defer mu.Unlock()
				won++
			}
		})
	}
	wg.Wait()

	if won != 1 {
		t.Errorf("%d exchanged one link", won)
	}
}

func TestACallHasRoomForFour(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)
	ctx := t.Context()
	for _, a := range []access.Actor{lin, guest("ses_1", v.ID), guest("ses_2", v.ID)} {
		_, err := c.Ticket(ctx, a, v.ID)
		must(t, err)
	}

	_, fifth := c.Ticket(ctx, guest("ses_3", v.ID), v.ID)
	_, back := c.Ticket(ctx, guest("ses_1", v.ID), v.ID)

	refused(t, fifth, fault.Conflict)
	must(t, back)
	if seats := c.now(v).Call.Seats; len(seats) != 4 {
		t.Errorf("seats = %v", seats)
	}
	_ = consult.RoomOpen
}

func TestAGuestsLinkSaysWhoseCallItIsBeforeItIsUsedAndSpendsNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	nobody := access.Actor{Role: access.Nobody}
	v := c.inRoom(mother, lin)
	link, err := c.Invite(ctx, mother, v.ID, "interpreter")
	must(t, err)

	before, err := c.LookAt(ctx, nobody, link.Token)
	must(t, err)
	_, _, err = c.Exchange(ctx, nobody, link.Token, "Wu Jing")
	must(t, err)
	used, err := c.LookAt(ctx, nobody, link.Token)
	must(t, err)
	seat, err := c.Ticket(ctx, guest("ses_1", v.ID), v.ID)
	must(t, err)
	named := c.now(v).Guests[0]
	_, err = c.EndCall(ctx, lin, v.ID)
	must(t, err)
	over, err := c.LookAt(ctx, nobody, link.Token)
	must(t, err)

	if before.As != "interpreter" || before.Used || before.Stage != consult.LinkOpen {
		t.Errorf("before = %+v, want an open call for an interpreter, unused", before)
	}
	if !used.Used || over.Stage != consult.LinkOver {
		t.Errorf("used %+v, over %+v", used, over)
	}
	if named.Name != "Wu Jing" || named.Seat != seat.Seat {
		t.Errorf("the others see %q at %q, want Wu Jing at %q", named.Name.Reveal(), named.Seat, seat.Seat)
	}
}

func TestALinkThatWasInventedOrRanOutSaysNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)
	link, err := c.Invite(t.Context(), mother, v.ID, "family")
	must(t, err)
	nobody := access.Actor{Role: access.Nobody}

	_, invented := c.LookAt(t.Context(), nobody, string(v.ID)+".guess")
	_, odd := c.LookAt(t.Context(), nobody, "no link")
	_, staff := c.LookAt(t.Context(), lin, link.Token)
	c.clock.Advance(25 * time.Hour)
	_, old := c.LookAt(t.Context(), nobody, link.Token)

	for name, err := range map[string]error{"invented": invented, "odd": odd, "old": old, "a doctor's": staff} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
}
