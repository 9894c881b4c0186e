package consult_test

import (
	"sync"
	"testing"
	"time"

	"housecall/internal/consult"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/money"
)

func TestTheFeeIsSaidBeforeQueueing(t *testing.T) {
	t.Parallel()
	c := open(t)
	wish := consult.Wish{Intake: c.submitted(mother)}

	offer, err := c.Offered(t.Context(), mother, wish)
	must(t, err)
	_, unsaid := c.Request(t.Context(), mother, wish)
	wish.Agreed = money.Of(100, "CNY")
	_, wrong := c.Request(t.Context(), mother, wish)
	wish.Agreed = offer.Terms.Fee
	v, err := c.Request(t.Context(), mother, wish)
	must(t, err)

	refused(t, unsaid, fault.Conflict)
	refused(t, wrong, fault.Conflict)
	if offer.Terms.Fee != fee || v.Fee.Terms != offer.Terms || v.Fee.State != consult.FeePending {
		t.Errorf("offer %v, fee %+v", offer.Terms, v.Fee)
	}
	e := c.last(string(v.ID), consult.Requested)
	if e.Data["fee_minor"] != "4900" || e.Data["currency"] != "CNY" || e.Data["payer"] != "acc_mother" || e.Data["attempt"] != "1" {
		t.Errorf("requested with %v", e.Data)
	}
}

func TestNobodyIsAdmittedBeforeTheFeeIsHeld(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.onDuty(lin)
	v, err := c.Request(ctx, mother, consult.Wish{Intake: c.submitted(mother), Agreed: fee})
	must(t, err)

	_, named := c.Admit(ctx, lin, v.ID)
	_, next := c.AdmitNext(ctx, lin)
	must(t, c.FeeRefused(ctx, system, v.ID))
	_, declined := c.Admit(ctx, lin, v.ID)
	again, err := c.PayAgain(ctx, mother, v.ID, "card_ok")
	must(t, err)
	c.held(v)
	admitted, err := c.AdmitNext(ctx, lin)
	must(t, err)

	refused(t, named, fault.Conflict)
	refused(t, next, fault.Conflict)
	refused(t, declined, fault.Conflict)
	if again.Fee.Attempt != 2 || c.last(string(v.ID), consult.Requested).Data["method"] != "card_ok" {
		t.Errorf("paid again as %+v", again.Fee)
	}
	is(t, admitted, consult.InProgress)
}

func TestAPlaceThatNobodyPaysForIsGivenUpAfterTenMinutes(t *testing.T) {
	t.Parallel()
	c := open(t)
	v, err := c.Request(t.Context(), mother, consult.Wish{Intake: c.submitted(mother), Agreed: fee})
	must(t, err)

	c.pass(10*time.Minute - time.Second)
	is(t, c.now(v), consult.Waiting)
	c.pass(time.Second)

	is(t, c.now(v), consult.IsCancelled)
	must(t, c.FeeHeld(t.Context(), system, v.ID, "pay_1"))
	if c.count(string(v.ID), consult.FeeUnneeded) != 1 {
		t.Error("a fee held too late is not given back")
	}
}

func TestAnIntakeLeadsToOneVisitHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	c := open(t)
	wish := consult.Wish{Intake: c.submitted(mother), Agreed: fee}
	a := asks(mother, "once")

	first, err := c.Request(t.Context(), a, wish)
	must(t, err)
	second, err := c.Request(t.Context(), a, wish)
	must(t, err)
	_, other := c.Request(t.Context(), asks(mother, "twice"), wish)

	if first.ID != second.ID || c.count(string(first.ID), consult.Queued) != 1 {
		t.Errorf("asked twice: %s and %s", first.ID, second.ID)
	}
	refused(t, other, fault.Conflict)
}

func TestOfTwoDoctorsWhoAdmitAtOnceOneWins(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin, okoye)
	v := c.queued(mother)
	var wg sync.WaitGroup
	errs := make([]error, 32)
	for i := range errs {
		wg.Go(func() {
			doctor := lin
			if i%2 == 0 {
				doctor = okoye
			}
			_, errs[i] = c.Admit(t.Context(), doctor, v.ID)
		})
	}
	wg.Wait()

	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, fault.Conflict)
		}
	}
	if won != 1 || c.count(string(v.ID), consult.Admitted) != 1 {
		t.Errorf("%d won, want 1", won)
	}
}

func TestNextIsDoneOnceForOneRequestAndNeverTwiceForOnePatient(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin, okoye)
	first, second := c.queued(patient("a")), c.queued(patient("b"))

	one, err := c.AdmitNext(t.Context(), asks(lin, "k"))
	must(t, err)
	again, err := c.AdmitNext(t.Context(), asks(lin, "k"))
	must(t, err)
	two, err := c.AdmitNext(t.Context(), asks(okoye, "k"))
	must(t, err)
	_, empty := c.AdmitNext(t.Context(), asks(lin, "k2"))

	if one.ID != first.ID || again.ID != first.ID || two.ID != second.ID {
		t.Errorf("called %s, %s, %s; want %s twice, then %s", one.ID, again.ID, two.ID, first.ID, second.ID)
	}
	refused(t, empty, fault.Conflict)
}

func TestOnlyVettedDoctorsOnDutyWhoFitAreGivenAPatient(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	v := c.queued(mother)

	_, off := c.Admit(ctx, lin, v.ID)
	c.onDuty(lin, derm)
	_, skin := c.Admit(ctx, derm, v.ID)
	queue, err := c.Queue(ctx, derm)
	must(t, err)
	suspended := c.vetting[lin.Account]
	suspended.Active = false
	c.vetting[lin.Account] = suspended
	_, lapsed := c.Admit(ctx, lin, v.ID)
	_, on := c.GoOn(ctx, lin)
	_, list := c.Queue(ctx, lin)

	refused(t, off, fault.Conflict)
	refused(t, skin, fault.NotFound)
	refused(t, lapsed, fault.Denied)
	refused(t, on, fault.Denied)
	refused(t, list, fault.Denied)
	if len(queue) != 0 {
		t.Error("the dermatologist sees the general queue")
	}
	is(t, c.now(v), consult.Waiting)
}

func TestTheOnDemandQueueIsBySpecialtyAndLanguage(t *testing.T) {
	t.Parallel()
	c := open(t)
	french := c.submitted(mother)
	asked := c.intakes[french]
	asked.Language = "fr"
	c.intakes[french] = asked
	_, err := c.Request(t.Context(), mother, consult.Wish{Intake: french, Agreed: fee})
	must(t, err)
	english := c.queued(patient("b"))
	rash, err := c.Request(t.Context(), patient("c"), consult.Wish{Intake: c.submitted(patient("c")), Specialty: "dermatology", Agreed: fee})
	must(t, err)
	c.onDuty(lin, derm)

	general, err := c.Queue(t.Context(), lin)
	must(t, err)
	skin, err := c.Queue(t.Context(), derm)
	must(t, err)
	place, err := c.WaitOf(t.Context(), patient("b"), english.ID)
	must(t, err)

	if len(general) != 1 || general[0].ID != english.ID || len(skin) != 1 || skin[0].ID != rash.ID {
		t.Errorf("general %d, skin %d", len(general), len(skin))
	}
	if place.Position != 1 {
		t.Errorf("position = %d: who speaks another language is not ahead", place.Position)
	}
}

func TestTheWaitIsMeasuredWithItsErrorAndIsNoConstant(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	nobody, err := c.Offered(ctx, mother, consult.Wish{Intake: c.submitted(mother)})
	must(t, err)
	c.onDuty(lin)
	free, err := c.Offered(ctx, mother, consult.Wish{Intake: c.submitted(mother)})
	must(t, err)
	c.admitted(c.queued(patient("a")), lin)
	c.queued(patient("b"))
	v := c.queued(mother)
	guess, err := c.WaitOf(ctx, mother, v.ID)
	must(t, err)
	c.onDuty(okoye)
	two, err := c.WaitOf(ctx, mother, v.ID)
	must(t, err)

	quick := openWith(t, consult.Schedule{Otherwise: 4900})
	for range 20 {
		seen := quick.inRoom(patient("x"), lin)
		quick.clock.Advance(3 * time.Minute)
		_, err := quick.Complete(ctx, lin, seen.ID)
		must(t, err)
	}
	quick.admitted(quick.queued(patient("a")), lin)
	quick.queued(patient("b"))
	measured, err := quick.WaitOf(ctx, mother, quick.queued(mother).ID)
	must(t, err)

	if nobody.Wait.Known || !free.Wait.Known || free.Wait.Median != 0 {
		t.Errorf("nobody on duty %+v, somebody free %+v", nobody.Wait, free.Wait)
	}
	if guess.Position != 2 || guess.Doctors != 1 || guess.Median != 20*time.Minute-2*time.Second || guess.Low >= guess.Median || guess.High <= guess.Median || guess.Measured != 0 {
		t.Errorf("before anything is measured: %+v", guess)
	}
	if two.Median >= guess.Median {
		t.Errorf("with a second doctor %v, before %v", two.Median, guess.Median)
	}
	if measured.Measured != 20 || measured.Median >= guess.Median/2 || measured.High-measured.Low >= guess.High-guess.Low {
		t.Errorf("after 20 visits of 3 minutes: %+v", measured)
	}
}

func TestADoctorWhoGoesOffLeavesThePatientsToTheOthers(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.onDuty(lin, okoye)
	v := c.queued(mother)

	_, err := c.GoOff(ctx, lin)
	must(t, err)
	left := c.now(v)
	_, err = c.GoOff(ctx, okoye)
	must(t, err)
	alone := c.now(v)

	if left.LeftAlone != nil {
		t.Error("told that nobody is left while a doctor is")
	}
	if alone.LeftAlone == nil || c.count(string(v.ID), consult.LeftAlone) != 1 {
		t.Error("where none is left the patient is told at once")
	}
	is(t, alone, consult.Waiting)
}

func TestWhomNoDoctorIsLeftForGetsSlotsAndIsNotCharged(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	c.openHours(okoye)
	c.onDuty(lin)
	booker, goer, waiter, stayer := c.queued(mother), c.queued(patient("b")), c.queued(patient("c")), c.queued(patient("d"))
	_, err := c.GoOff(ctx, lin)
	must(t, err)

	slots, err := c.Slots(ctx, mother, consult.SlotQuery{Specialty: "general", Language: "en", Jurisdiction: "house"})
	must(t, err)
	booked, err := c.Move(ctx, mother, booker.ID, slots[0].Doctor, slots[0].Start)
	must(t, err)
	gone, err := c.Cancel(ctx, patient("b"), goer.ID, "no_doctor")
	must(t, err)
	c.pass(29 * time.Minute)
	c.onDuty(okoye)
	served := c.admitted(c.now(waiter), okoye)
	_ = served
	c.pass(time.Minute)
	back := c.now(stayer)

	is(t, booked, consult.IsBooked)
	is(t, gone, consult.IsCancelled)
	if e := c.last(string(goer.ID), consult.Cancelled); e.Data["charge_minor"] != "0" {
		t.Errorf("charged %s", e.Data["charge_minor"])
	}
	is(t, back, consult.Waiting)
	if c.count(string(stayer.ID), consult.DoctorBack) != 1 {
		t.Error("who waited on is not told that a doctor is there again")
	}
}

func TestWhoIsLeftAloneAndDoesNothingIsLetGoAfterHalfAnHour(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.onDuty(lin)
	v := c.queued(mother)
	_, err := c.GoOff(t.Context(), lin)
	must(t, err)

	c.pass(30 * time.Minute)

	is(t, c.now(v), consult.IsCancelled)
	if e := c.last(string(v.ID), consult.Cancelled); e.Data["reason"] != "no_doctor" || e.Data["charge_minor"] != "0" {
		t.Errorf("cancelled with %v", e.Data)
	}
}

func TestADoctorWithSomebodyInTheRoomCannotGoOff(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)

	_, busy := c.GoOff(t.Context(), lin)
	_, err := c.HandOver(t.Context(), lin, v.ID, "")
	must(t, err)
	_, free := c.GoOff(t.Context(), lin)

	refused(t, busy, fault.Conflict)
	must(t, free)
}

func TestEventsOfTheQueueReachTheDoctorsAndCarryNoPersonalWords(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)
	_, err := c.Complete(t.Context(), lin, v.ID)
	must(t, err)

	for _, e := range c.told(string(v.ID)) {
		for key, value := range e.Data {
			for _, secret := range []string{"fever", "5555", "1950"} {
				if value == secret || len(value) > 64 {
					t.Errorf("%s says %s=%s", e.Kind, key, value)
				}
			}
		}
	}
	for _, kind := range []event.Kind{consult.Admitted} {
		e := c.last(string(v.ID), kind)
		if len(e.To) != 3 || e.To[0] != "pat_mother" || e.To[1] != event.ToDoctors || e.To[2] != "acc_lin" {
			t.Errorf("%s goes to %v", kind, e.To)
		}
	}
}
