package consult_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/fault"
)

func TestEveryTransitionRecordsWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)

	v, err := c.Redirect(t.Context(), lin, v.ID, "emergency")
	must(t, err)

	last := v.History[len(v.History)-1]
	if last.By != "acc_lin" || !last.At.Equal(c.clock.Now()) || last.Why != "emergency" || last.From != consult.InProgress || last.To != consult.IsRedirected {
		t.Errorf("last step = %+v", last)
	}
}

func TestAdmittingSetsInProgressAndOpensTheRoom(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin)
	v := c.queued(mother)

	v = c.admitted(v, lin)

	is(t, v, consult.InProgress)
	if v.Call == nil || v.Call.State != consult.RoomOpen || v.Doctor != lin.Account {
		t.Errorf("call %+v, doctor %s", v.Call, v.Doctor)
	}
}

func TestTheDoctorCompletesAVisitACallThatEndsDoesNot(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)

	for _, e := range []consult.RoomEvent{consult.RoomConnects, consult.RoomInterrupts, consult.RoomConnects, consult.RoomEnds, consult.RoomEnds} {
		must(t, c.Room(ctx, system, v.ID, e))
		is(t, c.now(v), consult.InProgress)
	}
	ended := c.now(v)
	_, shut := c.Ticket(ctx, mother, v.ID)
	anew, err := c.Ticket(ctx, lin, v.ID)
	must(t, err)
	_, open := c.Ticket(ctx, mother, v.ID)
	done, err := c.Complete(ctx, lin, v.ID)
	must(t, err)

	if ended.Call.State != consult.RoomEnded {
		t.Errorf("room = %s", ended.Call.State)
	}
	refused(t, shut, fault.Conflict)
	must(t, open)
	if anew.Room == ended.Call.Room {
		t.Error("the doctor calls again in the room that has ended")
	}
	is(t, done, consult.IsCompleted)
}

func TestAdmittedAndNotThereWithinThreeMinutesGoesBackToTheHeadAndIsCalledAgain(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.onDuty(lin)
	v, next := c.queued(mother), c.queued(patient("b"))
	c.admitted(v, lin)

	c.pass(3*time.Minute - time.Millisecond)
	is(t, c.now(v), consult.InProgress)
	c.pass(time.Millisecond)
	back := c.now(v)
	queue, err := c.Queue(ctx, lin)
	must(t, err)
	goesOn, err := c.AdmitNext(ctx, lin)
	must(t, err)
	_, err = c.Here(ctx, mother, v.ID)
	must(t, err)
	again, err := c.AdmitNext(ctx, lin)
	must(t, err)

	is(t, back, consult.Waiting)
	if queue[0].ID != v.ID || back.QueuedAt != v.QueuedAt {
		t.Error("not at the head of the queue, with their own time")
	}
	if c.count(string(v.ID), consult.CalledAgain) != 1 {
		t.Error("not called again by message")
	}
	if goesOn.ID != next.ID || again.ID != v.ID {
		t.Error("the doctor goes on to the next, then to who has come back")
	}
}

func TestNoShowFifteenMinutesAfterTheFirstCall(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin)
	v := c.queued(mother)
	c.admitted(v, lin)

	c.pass(3 * time.Minute)
	c.admitted(c.now(v), lin)
	c.pass(3 * time.Minute)
	is(t, c.now(v), consult.Waiting)
	c.pass(9*time.Minute - time.Millisecond)
	is(t, c.now(v), consult.Waiting)
	c.pass(time.Millisecond)

	is(t, c.now(v), consult.IsNoShow)
	if e := c.last(string(v.ID), consult.NoShow); e.Data["charge_minor"] != "0" || e.Data["doctor"] != "acc_lin" {
		t.Errorf("no-show with %v", e.Data)
	}
}

func TestSomebodyWhoCameBackIsNoNoShow(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin)
	v := c.queued(mother)
	c.admitted(v, lin)
	c.pass(3 * time.Minute)
	_, err := c.Here(t.Context(), mother, v.ID)
	must(t, err)

	c.pass(20 * time.Minute)

	is(t, c.now(v), consult.Waiting)
}

func TestLeavingThePageNeverChangesTheVisitNorThePlaceInTheQueue(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	waiting, second := c.queued(mother), c.queued(patient("b"))
	_, err := c.Here(ctx, mother, waiting.ID)
	must(t, err)
	c.pass(2 * time.Hour)
	place, err := c.WaitOf(ctx, mother, waiting.ID)
	must(t, err)
	c.onDuty(lin)
	seen := c.admitted(c.now(second), lin)
	_, err = c.Ticket(ctx, patient("b"), seen.ID)
	must(t, err)
	must(t, c.Room(ctx, system, seen.ID, consult.RoomConnects))
	must(t, c.Room(ctx, system, seen.ID, consult.RoomInterrupts))
	c.pass(9 * time.Minute)

	is(t, c.now(waiting), consult.Waiting)
	if place.Position != 1 {
		t.Errorf("position = %d after two hours away, want 1", place.Position)
	}
	is(t, c.now(seen), consult.InProgress)
}

func TestADoctorWhoHandsOverPutsThePatientAtTheHead(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)
	other := c.queued(patient("b"))

	handed, err := c.HandOver(ctx, lin, v.ID, "")
	must(t, err)
	c.onDuty(okoye)
	next, err := c.AdmitNext(ctx, okoye)
	must(t, err)
	_, former := c.Complete(ctx, lin, v.ID)

	is(t, handed, consult.Waiting)
	if next.ID != v.ID || next.Doctor != okoye.Account || next.FirstCalledAt == nil {
		t.Errorf("next is %s, not %s before %s", next.ID, v.ID, other.ID)
	}
	refused(t, former, fault.NotFound)
}

func TestADoctorWhoHandsOverStraightToAnotherDoctorKeepsThePatientInTheRoom(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)

	_, off := c.HandOver(ctx, lin, v.ID, okoye.Account)
	c.onDuty(okoye, derm)
	_, unfit := c.HandOver(ctx, lin, v.ID, derm.Account)
	_, self := c.HandOver(ctx, lin, v.ID, lin.Account)
	moved, err := c.HandOver(ctx, lin, v.ID, okoye.Account)
	must(t, err)
	_, former := c.Ticket(ctx, lin, v.ID)
	done, err := c.Complete(ctx, okoye, v.ID)
	must(t, err)

	refused(t, off, fault.Conflict)
	refused(t, unfit, fault.Conflict)
	refused(t, self, fault.Conflict)
	is(t, moved, consult.InProgress)
	refused(t, former, fault.NotFound)
	is(t, done, consult.IsCompleted)
	if e := c.last(string(v.ID), consult.Completed); e.Data["doctor"] != "acc_okoye" || e.Data["fee_minor"] != "4900" {
		t.Errorf("the fee is for the doctor who completed: %v", e.Data)
	}
}

func TestADoctorWhoVanishesLeavesThePatientAtTheHeadOfTheQueue(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)
	c.queued(patient("b"))

	c.pass(9 * time.Minute)
	is(t, c.now(v), consult.InProgress)
	c.pass(time.Minute)
	gone := c.now(v)

	is(t, gone, consult.Waiting)
	if !gone.Head || gone.Doctor != "" || gone.LeftAlone == nil || c.count("acc_lin", consult.DoctorVanished) != 1 {
		t.Errorf("after the doctor vanished: %+v", gone)
	}
}

func TestADoctorWhosePapersRunOutStandsDownAndTheirPatientGoesToTheHead(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(okoye)
	v := c.inRoom(mother, lin)

	for range 2 {
		must(t, c.StandDown(t.Context(), system, lin.Account))
	}
	must(t, c.StandDown(t.Context(), system, "acc_never_on_duty"))
	refused(t, c.StandDown(t.Context(), okoye, lin.Account), fault.NotFound)

	duty, err := c.Duty(t.Context(), lin)
	must(t, err)
	back := c.now(v)
	is(t, back, consult.Waiting)
	if duty.On || !back.Head || back.LeftAlone != nil || c.count(string(v.ID), consult.Requeued) != 1 {
		t.Errorf("on duty %v, at the head %v", duty.On, back.Head)
	}
}

func TestADoctorWhoIsHeardOfHasNotVanished(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)

	for range 6 {
		c.pass(5 * time.Minute)
		must(t, c.Beat(t.Context(), lin))
	}

	is(t, c.now(v), consult.InProgress)
	duty, err := c.Duty(t.Context(), lin)
	must(t, err)
	if !duty.On {
		t.Error("taken off duty while there")
	}
}

func TestTheFeeIsCapturedOnceAtCompletedAndEveryOtherExitReleasesIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	done, redirected, cancelled := c.completed(mother, lin), c.inRoom(patient("b"), lin), c.queued(patient("c"))

	_, again := c.Complete(ctx, lin, done.ID)
	_, err := c.Redirect(ctx, lin, redirected.ID, "not_suited")
	must(t, err)
	_, err = c.Cancel(ctx, patient("c"), cancelled.ID, "changed_mind")
	must(t, err)

	refused(t, again, fault.Conflict)
	if c.count(string(done.ID), consult.Completed) != 1 {
		t.Error("completed is announced once")
	}
	if e := c.last(string(redirected.ID), consult.Redirected); e.Data["charge_minor"] != "" || e.Data["reason"] != "not_suited" {
		t.Errorf("redirected with %v", e.Data)
	}
	if e := c.last(string(cancelled.ID), consult.Cancelled); e.Data["charge_minor"] != "0" {
		t.Errorf("cancelled with %v", e.Data)
	}
}

func TestCompletingAgainWithTheSameRequestAnswersTheSame(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)

	first, err := c.Complete(t.Context(), asks(lin, "done"), v.ID)
	must(t, err)
	second, err := c.Complete(t.Context(), asks(lin, "done"), v.ID)
	must(t, err)

	if first.Version != second.Version {
		t.Errorf("versions %d and %d", first.Version, second.Version)
	}
}

func TestAVisitThatThePatientNeverCameToIsNotCompleted(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin)
	v := c.admitted(c.queued(mother), lin)

	_, err := c.Complete(t.Context(), lin, v.ID)

	refused(t, err, fault.Conflict)
	is(t, c.now(v), consult.InProgress)
}

func TestAChildUnderSixNeedsAGuardianPresentAndTheRuleIsNamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, born, place, rule string
	}{
		{"a child of five at home", "2021-06-01", "house", "HOUSE-C01"},
		{"a child of five in China", "2021-06-01", "cn", "CN-C04"},
		{"six tomorrow, in the zone of the place", "2020-11-24", "house", "HOUSE-C01"},
		{"six today", "2020-11-23", "house", ""},
		{"grown up", "1980-01-01", "cn", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := open(t)
			ctx := t.Context()
			c.onDuty(lin)
			intake := c.submitted(mother)
			asked := c.intakes[intake]
			asked.Born, asked.Jurisdiction = tt.born, tt.place
			c.intakes[intake] = asked
			v, err := c.Request(ctx, mother, consult.Wish{Intake: intake, Agreed: fee})
			must(t, err)
			v = c.admitted(c.held(v), lin)
			_, err = c.Ticket(ctx, mother, v.ID)
			must(t, err)

			_, without := c.Complete(ctx, lin, v.ID)
			if tt.rule == "" {
				must(t, without)
				return
			}
			seen, err := c.SeeGuardian(ctx, lin, v.ID)
			must(t, err)
			_, with := c.Complete(ctx, lin, v.ID)

			refused(t, without, fault.Conflict)
			if !strings.Contains(without.Error(), tt.rule) || seen.Guardian.Rule != tt.rule {
				t.Errorf("rule %q, said %v", seen.Guardian.Rule, without)
			}
			must(t, with)
		})
	}
}

func TestTheCallBackNumberIsShownToTheTreatingDoctorAloneAndThatIsAudited(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)

	_, other := c.RevealCallBack(ctx, okoye, v.ID)
	shown, err := c.RevealCallBack(ctx, lin, v.ID)
	must(t, err)
	_, err = c.Complete(ctx, lin, v.ID)
	must(t, err)
	_, after := c.RevealCallBack(ctx, lin, v.ID)

	refused(t, other, fault.NotFound)
	refused(t, after, fault.Conflict)
	if shown.CallBack != "+86 10 5555 0100" || len(shown.Revealed) != 1 || shown.Revealed[0].By != lin.Account {
		t.Errorf("revealed %+v", shown.Revealed)
	}
	if !slices.Contains(c.trail.seen, access.Action("visit.call_back")) || !slices.Contains(c.trail.denied, access.Action("visit.call_back")) {
		t.Errorf("audit saw %v, denied %v", c.trail.seen, c.trail.denied)
	}
	if e := c.last(string(v.ID), consult.CallBackShown); e.By != "acc_lin" || slices.Contains(e.To, "") {
		t.Errorf("announced %+v", e)
	}
}

func TestAStrangerFindsNoVisitAndACaregiverWhatWasGranted(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.inRoom(mother, lin)

	for name, do := range map[string]func(a access.Actor) error{
		"read":   func(a access.Actor) error { _, err := c.Visit(ctx, a, v.ID); return err },
		"cancel": func(a access.Actor) error { _, err := c.Cancel(ctx, a, v.ID, "other"); return err },
		"join":   func(a access.Actor) error { _, err := c.Ticket(ctx, a, v.ID); return err },
		"note":   func(a access.Actor) error { _, err := c.Note(ctx, a, v.ID); return err },
		"thread": func(a access.Actor) error { _, err := c.Thread(ctx, a, v.ID); return err },
		"list":   func(a access.Actor) error { _, err := c.Of(ctx, a, mother.Patient, ""); return err },
		"wait":   func(a access.Actor) error { _, err := c.Here(ctx, a, v.ID); return err },
		"pay":    func(a access.Actor) error { _, err := c.PayAgain(ctx, a, v.ID, "card_ok"); return err },
	} {
		for _, a := range []access.Actor{stranger, daughter} {
			if err := do(a); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s as %s: %v, want not found", name, a.Account, err)
			}
		}
	}
	c.grants[daughter.Account] = []access.Scope{access.See, access.Attend}
	_, see := c.Visit(ctx, daughter, v.ID)
	ticket, attend := c.Ticket(ctx, daughter, v.ID)
	_, cancel := c.Cancel(ctx, daughter, v.ID, "other")

	must(t, see)
	must(t, attend)
	if ticket.Role != "caregiver" {
		t.Errorf("role = %s", ticket.Role)
	}
	refused(t, cancel, fault.NotFound)
}

func TestACaregiverBooksForTheOneWhoGrantedItAndNobodyElse(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.grants[daughter.Account] = []access.Scope{access.Book}

	v, err := c.Request(t.Context(), daughter, consult.Wish{Intake: c.submitted(mother), Agreed: fee})
	must(t, err)
	_, foreign := c.Request(t.Context(), daughter, consult.Wish{Intake: c.submitted(stranger), Agreed: fee})

	if v.Patient != mother.Patient || v.By != daughter.Account {
		t.Errorf("for %s by %s", v.Patient, v.By)
	}
	refused(t, foreign, fault.NotFound)
}
