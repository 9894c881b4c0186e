package journey_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/billing"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/phi"
)

func wantVisit(t *testing.T, w *apptest.Town, v id.Visit, s consult.State) *consult.Visit {
	t.Helper()
	doc, err := w.Consult.Visit(t.Context(), w.House(), v)
	w.Must(err)
	if doc.State != s {
		t.Fatalf("the visit is %s, want %s", doc.State, s)
	}
	return doc
}

func note(t *testing.T, w *apptest.Town, doctor access.Actor, v id.Visit) {
	t.Helper()
	said := phi.Text("Rest.")
	_, err := w.Consult.SaveNote(t.Context(), w.As(doctor), v, 0, consult.NoteChange{
		Subjective: &said, Plan: &said, Summary: &said, Diagnoses: &[]consult.Diagnosis{{Code: "R50.9"}},
	})
	w.Must(err)
}

func TestTheFeeIsCapturedOnceAtCompletedForTheDoctorWhoCompleted(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	v := w.Admitted()
	wantPayment(t, w, string(v), billing.Authorised)
	w.OnDuty(w.Locum)
	_, err := w.Consult.HandOver(t.Context(), w.As(w.Doctor), v, w.Locum.Account)
	w.Must(err)
	w.Settle()
	wantVisit(t, w, v, consult.InProgress)
	w.Joins(v)
	note(t, w, w.Locum, v)
	_, err = w.Consult.Complete(t.Context(), w.As(w.Locum), v)
	w.Must(err)
	_, again := w.Consult.Complete(t.Context(), w.As(w.Locum), v)
	w.Settle()

	w.Refuses("completing twice", again, fault.Conflict)
	wantPayment(t, w, string(v), billing.Captured)
	if w.Earned("doctor_payable:"+string(w.Locum.Account)) == 0 || w.Earned("doctor_payable:"+string(w.Doctor.Account)) != 0 {
		t.Error("the fee did not go to the doctor who completed")
	}
	w.LedgerIsZero()
}

func TestEveryOtherExitOfAVisitReleasesTheFee(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	v := w.Admitted()
	_, err := w.Consult.Redirect(t.Context(), w.As(w.Doctor), v, "emergency")
	w.Must(err)
	w.Settle()
	wantVisit(t, w, v, consult.IsRedirected)
	wantPayment(t, w, string(v), billing.Released)

	cancelled := w.Queues()
	_, err = w.Consult.Cancel(t.Context(), w.As(w.Mother), cancelled, "changed_mind")
	w.Must(err)
	w.Settle()
	wantVisit(t, w, cancelled, consult.IsCancelled)
	wantPayment(t, w, string(cancelled), billing.Released)

	absent := w.Queues()
	_, err = w.Consult.Admit(t.Context(), w.As(w.Doctor), absent)
	w.Must(err)
	w.Pass(3 * time.Minute)
	if back := wantVisit(t, w, absent, consult.Waiting); !back.Head {
		t.Error("who was not there within three minutes is not at the head of the queue")
	}
	w.Pass(12 * time.Minute)
	wantVisit(t, w, absent, consult.IsNoShow)
	wantPayment(t, w, string(absent), billing.Released)
	w.LedgerIsZero()
}

func TestARefusedFeeLetsNobodyBeAdmitted(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnDuty(w.Doctor)
	v, err := w.Consult.Request(t.Context(), w.As(w.Daughter), consult.Wish{
		Intake: w.HandsIn(), Specialty: "general", Language: "en", Agreed: money.Of(5000, "CNY"), Method: "card_refused",
	})
	w.Must(err)
	w.Settle()
	_, err = w.Consult.Admit(t.Context(), w.As(w.Doctor), v.ID)

	w.Refuses("admitting without the fee held", err, fault.Conflict)
	w.LedgerIsZero()
}

func TestADoctorWhoGoesOffDutyLeavesThePatientsToTheOthersOrTheyAreTold(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnDuty(w.Doctor)
	w.OnDuty(w.Locum)
	v := w.Queues()
	_, err := w.Consult.GoOff(t.Context(), w.As(w.Doctor))
	w.Must(err)
	w.Settle()
	if left := wantVisit(t, w, v, consult.Waiting); left.LeftAlone != nil {
		t.Error("told that nobody is left though another doctor is on duty")
	}
	_, err = w.Consult.GoOff(t.Context(), w.As(w.Locum))
	w.Must(err)
	w.Settle()
	if left := wantVisit(t, w, v, consult.Waiting); left.LeftAlone == nil {
		t.Error("not told that no doctor is left")
	}
	w.Pass(30 * time.Minute)
	wantVisit(t, w, v, consult.IsCancelled)
	wantPayment(t, w, string(v), billing.Released)
	w.LedgerIsZero()
}

func TestADoctorWhosePapersAreSuspendedGoesOffDutyAndThePatientGoesToTheHead(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	v := w.Admitted()
	w.OnDuty(w.Locum)
	_, err := w.Onboarding.Suspend(t.Context(), w.As(w.Operator), w.Papers[w.Doctor.Account], "licence")
	w.Must(err)
	w.Settle()

	if back := wantVisit(t, w, v, consult.Waiting); !back.Head || back.LeftAlone != nil {
		t.Errorf("head %v, left alone %v; want at the head, for the other doctor", back.Head, back.LeftAlone)
	}
	if d, err := w.Consult.Duty(t.Context(), w.As(w.Doctor)); err == nil && d.On {
		t.Error("a suspended doctor is on duty")
	}
	_, err = w.Consult.Admit(t.Context(), w.As(w.Doctor), v)
	if err == nil {
		t.Error("a suspended doctor admitted a patient")
	}
	_, err = w.Consult.Here(t.Context(), w.As(w.Mother), v)
	w.Must(err)
	_, err = w.Consult.Admit(t.Context(), w.As(w.Locum), v)
	w.Must(err)
	wantPayment(t, w, string(v), billing.Authorised)
}

func TestADoctorWhoseLicenceRunsOutIsSuspendedByItself(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.OnDuty(w.Doctor)
	w.Pass(apptest.Noon.AddDate(2, 0, 0).Sub(w.Clock.Now()))

	if d, err := w.Consult.Duty(t.Context(), w.As(w.Doctor)); err == nil && d.On {
		t.Error("a doctor whose licence ran out is on duty")
	}
	if _, err := w.Consult.GoOn(t.Context(), w.As(w.Doctor)); err == nil {
		t.Error("a doctor whose licence ran out went on duty")
	}
}

func TestABookedSlotIsFreeAgainWhenItsVisitIsCancelled(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	hours := consult.Hours{Name: "Dr Vale", TimeZone: "UTC"}
	for day := range 7 {
		hours.Weekly = append(hours.Weekly, consult.Span{Day: day, From: "08:00", Until: "20:00"})
	}
	_, err := w.Consult.SetHours(ctx, w.As(w.Doctor), w.Doctor.Account, 0, hours)
	w.Must(err)
	start := apptest.Noon.Add(2 * time.Hour)
	wish := consult.Wish{Intake: w.HandsIn(), Specialty: "general", Language: "en", Agreed: money.Of(5000, "CNY"), Method: "card_ok"}
	v, err := w.Consult.Book(ctx, w.As(w.Daughter), wish, w.Doctor.Account, start)
	w.Must(err)
	w.Settle()
	wish.Intake = w.HandsIn()
	_, twice := w.Consult.Book(ctx, w.As(w.Mother), wish, w.Doctor.Account, start)
	_, err = w.Consult.Cancel(ctx, w.As(w.Mother), v.ID, "changed_mind")
	w.Must(err)
	w.Settle()
	_, again := w.Consult.Book(ctx, w.As(w.Mother), wish, w.Doctor.Account, start)

	w.Refuses("a double booking", twice, fault.Conflict)
	w.Must(again)
	wantPayment(t, w, string(v.ID), billing.Released)
	w.LedgerIsZero()
}
