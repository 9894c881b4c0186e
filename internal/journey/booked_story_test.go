package journey_test

import (
	"context"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/config"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// booked is a visit at a time two hours from now, for which the doctor keeps hours.
func booked(t *testing.T, w *apptest.Town) *consult.Visit {
	t.Helper()
	ctx := t.Context()
	hours := consult.Hours{Name: "Dr Vale", TimeZone: "UTC"}
	for day := range 7 {
		hours.Weekly = append(hours.Weekly, consult.Span{Day: day, From: "08:00", Until: "20:00"})
	}
	_, err := w.Consult.SetHours(ctx, w.As(w.Doctor), w.Doctor.Account, 0, hours)
	w.Must(err)
	v, err := w.Consult.Book(ctx, w.As(w.Daughter), wish(w), w.Doctor.Account, apptest.Noon.Add(2*time.Hour))
	w.Must(err)
	w.Settle()
	return v
}

func wish(w *apptest.Town) consult.Wish {
	return consult.Wish{Intake: w.HandsIn(), Specialty: "general", Language: "en", Agreed: money.Of(5000, "CNY"), Method: "card_ok"}
}

func TestWhoIsNotThereTenMinutesAfterABookedTimeIsANoShowAndPaysNothing(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	v := booked(t, w)
	w.Pass(v.StartsAt.Add(10*time.Minute - time.Second).Sub(w.Clock.Now()))
	wantVisit(t, w, v.ID, consult.IsBooked)
	w.Pass(time.Second)

	gone := wantVisit(t, w, v.ID, consult.IsNoShow)
	if last := gone.History[len(gone.History)-1]; last.Why != "not_there" {
		t.Errorf("no-show because of %q", last.Why)
	}
	wantPayment(t, w, string(v.ID), billing.Released)
	if !wasTold(w, apptest.MotherMail, "You missed your visit") {
		t.Errorf("the patient was not told: %+v", w.Outbox.List(apptest.MotherMail))
	}
	_, err := w.Consult.Book(t.Context(), w.As(w.Daughter), wish(w), w.Doctor.Account, v.StartsAt.Add(time.Hour))
	w.Must(err)
	w.LedgerIsZero()
}

func TestANoShowFeeThatWasSaidBeforeBookingIsCapturedForTheDoctorWhoWaited(t *testing.T) {
	t.Parallel()
	w := apptest.StartWith(t, func(c *config.Config) { c.Visit.NoShowFee = 2000 })
	offer, err := w.Consult.Offered(t.Context(), w.As(w.Daughter), wish(w))
	w.Must(err)
	if offer.Terms.NoShow.Minor != 2000 || offer.Terms.Fee.Minor != 5000 {
		t.Errorf("said before booking: %+v, want the fee and the no-show fee", offer.Terms)
	}
	v := booked(t, w)
	w.Pass(v.StartsAt.Add(10 * time.Minute).Sub(w.Clock.Now()))

	wantVisit(t, w, v.ID, consult.IsNoShow)
	p := wantPayment(t, w, string(v.ID), billing.Captured)
	if p.Paid().Minor != 2000 {
		t.Errorf("%d was taken, want the no-show fee alone", p.Paid().Minor)
	}
	if w.Earned("doctor_payable:"+string(w.Doctor.Account)) == 0 {
		t.Error("the doctor who waited earned nothing")
	}
	w.LedgerIsZero()
}

func TestADoctorWhoIsSilentForTenMinutesHasVanishedAndThePatientIsSeenByAnotherFirst(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	v := w.Admitted()
	later := w.Queues()
	w.Pass(9 * time.Minute)
	wantVisit(t, w, v, consult.InProgress)
	w.OnDuty(w.Locum)
	w.Pass(time.Minute)

	back := wantVisit(t, w, v, consult.Waiting)
	if last := back.History[len(back.History)-1]; !back.Head || last.Why != "doctor_vanished" || last.By == "" {
		t.Errorf("head %v, last step %+v; want at the head because the doctor vanished", back.Head, last)
	}
	if d, err := w.Consult.Duty(t.Context(), w.As(w.Doctor)); err != nil || d.On {
		t.Errorf("duty = %+v, %v; want the doctor off", d, err)
	}
	wantPayment(t, w, string(v), billing.Authorised)
	here(t.Context(), w, v, later)
	next, err := w.Consult.AdmitNext(t.Context(), w.As(w.Locum))
	w.Must(err)
	if next.ID != v {
		t.Errorf("the other doctor admits %s first, want who was in the room", next.ID)
	}
}

// here has the mother be in the waiting room of each visit.
func here(ctx context.Context, w *apptest.Town, visits ...id.Visit) {
	for _, v := range visits {
		_, err := w.Consult.Here(ctx, w.As(w.Mother), v)
		w.Must(err)
	}
}

func TestADoctorWhoVanishesWithNobodyElseOnDutyCostsThePatientNothing(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	v := w.Admitted()
	w.Pass(10 * time.Minute)
	if left := wantVisit(t, w, v, consult.Waiting); left.LeftAlone == nil {
		t.Error("the patient was not told that no doctor is left")
	}
	w.Pass(30 * time.Minute)

	wantVisit(t, w, v, consult.IsCancelled)
	wantPayment(t, w, string(v), billing.Released)
	w.LedgerIsZero()
}

func TestACompletedVisitIsNeverEditedAnAddendumIsReadByThePatient(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx, s := t.Context(), w.Prescribed()
	before, err := w.Consult.Note(ctx, w.As(w.Mother), s.Visit)
	w.Must(err)
	_, edited := w.Consult.SaveNote(ctx, w.As(w.Doctor), s.Visit, before.Version, consult.NoteChange{})
	_, foreign := w.Consult.Add(ctx, w.As(w.Locum), s.Visit, "Not mine.")
	_, err = w.Consult.Add(ctx, w.As(w.Doctor), s.Visit, "The left ear, not the right.")
	w.Must(err)
	w.Settle()

	w.Refuses("editing a completed visit", edited, fault.Conflict)
	w.Refuses("another doctor's addendum", foreign, fault.NotFound)
	n, err := w.Consult.Note(ctx, w.As(w.Mother), s.Visit)
	w.Must(err)
	if len(n.Addenda) != 1 || n.Addenda[0].By != w.Doctor.Account || n.Plan != before.Plan {
		t.Errorf("addenda = %+v, want one of the doctor's and the note as it was", n.Addenda)
	}
	if !wasTold(w, apptest.MotherMail, "The doctor added to your visit") {
		t.Errorf("the patient was not told: %+v", w.Outbox.List(apptest.MotherMail)[0])
	}
}

func TestTheCallIsOpenConnectedInterruptedAndEndedWhileTheVisitStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx, v := t.Context(), w.Admitted()
	steps := wantVisit(t, w, v, consult.InProgress).History
	var states []consult.RoomState
	look := func() { states = append(states, wantVisit(t, w, v, consult.InProgress).Call.State) }
	look()
	for _, e := range []consult.RoomEvent{consult.RoomConnects, consult.RoomInterrupts, consult.RoomConnects, consult.RoomEnds} {
		w.Must(w.Consult.Room(ctx, w.House(), v, e))
		w.Settle()
		look()
	}
	w.Must(w.Consult.Room(ctx, w.House(), v, consult.RoomConnects)) // late
	look()

	want := []consult.RoomState{
		consult.RoomOpen, consult.RoomConnected, consult.RoomInterrupted, consult.RoomConnected, consult.RoomEnded, consult.RoomEnded,
	}
	if len(states) != len(want) {
		t.Fatalf("states = %v", states)
	}
	for i := range want {
		if states[i] != want[i] {
			t.Errorf("states = %v, want %v", states, want)
			break
		}
	}
	if after := wantVisit(t, w, v, consult.InProgress).History; len(after) != len(steps) {
		t.Errorf("the call moved the visit: %+v", after)
	}
	note(t, w, w.Doctor, v)
	_, err := w.Consult.Complete(ctx, w.As(w.Doctor), v)
	w.Must(err)
	w.Settle()
	wantVisit(t, w, v, consult.IsCompleted)
	wantPayment(t, w, string(v), billing.Captured)
}

func TestLeavingThePageNeverLosesThePlaceInTheQueue(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnDuty(w.Doctor)
	first := w.Queues()
	w.Pass(time.Second)
	second := w.Queues()
	w.Pass(5 * time.Minute) // the page is closed, nothing is heard of her
	here(t.Context(), w, first, second)

	next, err := w.Consult.AdmitNext(t.Context(), w.As(w.Doctor))
	w.Must(err)
	if next.ID != first {
		t.Errorf("%s is admitted, want who came first", next.ID)
	}
	wantVisit(t, w, second, consult.Waiting)
}
