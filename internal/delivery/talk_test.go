package delivery_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

func (w *world) say(t *testing.T, a access.Actor, text string) error {
	t.Helper()
	_, err := w.Say(t.Context(), w.as(a), order1, phi.Text(text))
	return err
}

// heard is what somebody reads of the talk, as "role: text".
func (w *world) heard(t *testing.T, a access.Actor) string {
	t.Helper()
	talk, err := w.ReadTalk(t.Context(), w.as(a), order1)
	must(t, err)
	var lines []string
	for _, s := range talk.Said {
		lines = append(lines, s.Role+": "+s.Text.Reveal())
	}
	return strings.Join(lines, "\n")
}

func TestEverybodyOfAnOrderTalksWithoutGivingNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)

	must(t, w.say(t, ann, "Which door is it?"))
	must(t, w.say(t, mum, "The green one."))
	must(t, w.say(t, clerk, "The bag is cold, carry it upright."))
	must(t, w.say(t, support, "Call us if it is locked."))
	must(t, w.say(t, daughter, "I am there too."))

	want := "courier: Which door is it?\npatient: The green one.\npharmacy: The bag is cold, carry it upright.\nsupport: Call us if it is locked.\ncaregiver: I am there too."
	for name, a := range map[string]access.Actor{"the courier": ann, "the patient": mum, "the pharmacy": clerk, "support": support, "the caregiver": daughter} {
		if got := w.heard(t, a); got != want {
			t.Errorf("%s reads %q", name, got)
		}
	}
}

func TestNobodyElseTalksOrReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)
	must(t, w.say(t, mum, "The green door."))

	for name, a := range map[string]access.Actor{"another patient": stranger, "another courier": bob, "another pharmacy": other} {
		if err := w.say(t, a, "hello"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s wrote: %v", name, err)
		}
		if _, err := w.ReadTalk(t.Context(), w.as(a), order1); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s read: %v", name, err)
		}
		if _, err := w.TalkTicket(t.Context(), w.as(a), order1); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s got a ticket: %v", name, err)
		}
	}
}

func TestCourierWhoWasOnlyAskedHasNoPartInTheTalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Offered)

	if _, err := w.TalkTicket(t.Context(), w.as(ann), order1); !fault.Is(err, fault.NotFound) {
		t.Errorf("a courier who has not said yes got a ticket: %v", err)
	}
}

func TestNextCourierReadsNothingOfTheTalkWithTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.to(t, delivery.Accepted)
	must(t, w.say(t, mum, "My son is not at home."))
	first, err := w.TalkTicket(t.Context(), w.as(ann), order1)
	must(t, err)
	w.clock.Advance(time.Minute)

	w.giveTo(t, job, bob)

	if got := w.heard(t, bob); got != "" {
		t.Errorf("the next courier reads %q", got)
	}
	if goes, err := w.TalkGoesOn(t.Context(), order1, first.Seat); err != nil || goes {
		t.Errorf("the first courier keeps the seat: %v, %v", goes, err)
	}
	second, err := w.TalkTicket(t.Context(), w.as(bob), order1)
	must(t, err)
	if goes, err := w.TalkGoesOn(t.Context(), order1, second.Seat); err != nil || !goes || second.Seat == first.Seat {
		t.Errorf("the next courier has the seat %s: %v, %v", second.Seat, goes, err)
	}
}

func TestTicketToSoundRoomSaysWhoSomebodyIsAndGivesNoPictureOrEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)

	for role, a := range map[string]access.Actor{"courier": ann, "patient": mum, "pharmacy": clerk, "support": support, "caregiver": daughter} {
		ticket, err := w.TalkTicket(t.Context(), w.as(a), order1)
		must(t, err)
		if ticket.Role != role || ticket.Room != "talk_"+string(order1) || ticket.Token != ticket.Room+"/"+ticket.Seat || !strings.HasPrefix(ticket.Seat, role) {
			t.Errorf("the %s's ticket is %+v", role, ticket)
		}
		if strings.Join(ticket.Rights, " ") != "speak chat" || !ticket.Expiry.Equal(w.clock.Now().Add(time.Minute)) {
			t.Errorf("the %s may %v until %v", role, ticket.Rights, ticket.Expiry)
		}
	}
}

func TestTalkClosesWhenTheOrderEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Delivered)

	for name, a := range map[string]access.Actor{"the patient": mum, "support": support} {
		if err := w.say(t, a, "thanks"); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s wrote after the end: %v", name, err)
		}
		if _, err := w.TalkTicket(t.Context(), w.as(a), order1); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s got a ticket after the end: %v", name, err)
		}
		if _, err := w.ReadTalk(t.Context(), w.as(a), order1); err != nil {
			t.Errorf("%s can't read what was said: %v", name, err)
		}
	}
	if _, err := w.ReadTalk(t.Context(), w.as(ann), order1); !fault.Is(err, fault.NotFound) {
		t.Errorf("the courier reads on after the end: %v", err)
	}
}

func TestTalkOfCancelledOrderIsClosedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)
	must(t, w.say(t, mum, "I will be late."))

	must(t, w.CloseTalk(t.Context(), w.as(house), order1))
	must(t, w.CloseTalk(t.Context(), w.as(house), order1))

	if err := w.say(t, ann, "hello?"); !fault.Is(err, fault.Conflict) {
		t.Errorf("somebody wrote after the order had ended: %v", err)
	}
	var closed int
	for _, e := range w.events(t) {
		if e.Event.Kind == delivery.TalkClosed {
			closed++
		}
		if e.Collection == "talks" && strings.Contains(e.Event.Data["text"]+e.Event.Data["said"], "late") {
			t.Error("an event tells what was said")
		}
	}
	if closed != 1 {
		t.Errorf("%d events say that it closed, want 1", closed)
	}
	if err := w.CloseTalk(t.Context(), w.as(mum), order1); err == nil {
		t.Error("a patient closed the talk")
	}
}

func TestWhatIsSaidInTheRoomIsKeptOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)

	for range 2 {
		must(t, w.SaidInRoom(t.Context(), w.as(house), order1, "courier", "entry-1", "I am downstairs."))
	}

	if got := w.heard(t, mum); got != "courier: I am downstairs." {
		t.Errorf("the patient reads %q", got)
	}
	if err := w.SaidInRoom(t.Context(), w.as(stranger), order1, "courier", "entry-2", "no"); err == nil {
		t.Error("a patient wrote in the name of the room")
	}
}

func TestEmptyAndEndlessTextsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.to(t, delivery.Accepted)

	for _, text := range []string{"", "  \n", strings.Repeat("x", 4001)} {
		if err := w.say(t, mum, text); !fault.Is(err, fault.Invalid) {
			t.Errorf("a text of %d was taken: %v", len(text), err)
		}
	}
}

// giveTo takes a job from its courier and gives it to another.
func (w *world) giveTo(t *testing.T, job id.Job, courier access.Actor) {
	t.Helper()
	_, err := w.Decline(t.Context(), w.as(ann), job, w.step(t, job), "vehicle")
	must(t, err)
	must(t, w.Offer(t.Context(), w.as(house), job, courier.Account))
	_, err = w.Accept(t.Context(), w.as(courier), job, w.step(t, job))
	must(t, err)
}

// law is how long chats must be kept, wherever somebody is.
type law int

func (years law) KeepFor(_, record string, _ time.Time) (int, string) {
	if record != "chat" {
		return 0, ""
	}
	return int(years), "X-R01"
}

func TestWhatWasSaidAboutAnOrderIsDestroyedWhenItNeedNotBeKeptAnyMore(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := newWorld(t)
	w.to(t, delivery.AtDoor)
	must(t, w.say(t, mum, "The green door."))
	gone := func(keep time.Duration, rules law) int {
		t.Helper()
		n, err := w.DestroyTalks(t.Context(), w.as(house), keep, rules)
		must(t, err)
		return n
	}
	w.clock.Advance(400 * day)
	if n := gone(30*day, 0); n != 0 {
		t.Errorf("%d talks of an order that goes on were destroyed", n)
	}
	must(t, w.CloseTalk(t.Context(), w.as(house), order1))

	soon := gone(30*day, 0)
	w.clock.Advance(31 * day)
	longer, byLaw := gone(60*day, 0), gone(30*day, 3)
	if got := w.heard(t, mum); soon != 0 || longer != 0 || byLaw != 0 || got != "patient: The green door." {
		t.Fatalf("destroyed too early: %d at once, %d though it is kept for longer, %d though a rule asks for longer; left is %q", soon, longer, byLaw, got)
	}
	past, again := gone(30*day, 0), gone(30*day, 0)

	talk, err := w.ReadTalk(t.Context(), w.as(mum), order1)
	must(t, err)
	if past != 1 || again != 0 || len(talk.Said) != 0 || talk.DestroyedAt == nil || talk.ClosedAt == nil {
		t.Errorf("destroyed %d and then %d, left is %+v", past, again, talk)
	}
	for name, a := range map[string]access.Actor{"the patient": mum, "support": support, "the courier": ann} {
		if _, err := w.DestroyTalks(t.Context(), w.as(a), 0, law(0)); err == nil {
			t.Errorf("%s destroys talks", name)
		}
	}
}
