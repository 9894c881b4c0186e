package consult

import "housecall/internal/event"

// What a visit announces. Data: patient, doctor, specialty, and where money follows fee_minor,
// currency, payer, attempt, charge_minor; reason is coded.
const (
	Requested             event.Kind = "visit.requested" // authorise the fee; again for each attempt
	Queued                event.Kind = "visit.queued"
	Booked                event.Kind = "visit.booked"
	Moved                 event.Kind = "visit.moved"
	FeeWasHeld            event.Kind = "visit.fee_held"
	FeeWasRefused         event.Kind = "visit.fee_refused"
	FeeUnneeded           event.Kind = "visit.fee_unneeded" // held after the visit had ended: give it back
	Admitted              event.Kind = "visit.admitted"
	PatientHere           event.Kind = "visit.patient_here"
	CalledAgain           event.Kind = "visit.called_again"
	Requeued              event.Kind = "visit.requeued"
	Transferred           event.Kind = "visit.transferred"
	Completed             event.Kind = "visit.completed"
	Cancelled             event.Kind = "visit.cancelled"
	NoShow                event.Kind = "visit.no_show"
	Redirected            event.Kind = "visit.redirected"
	LeftAlone             event.Kind = "visit.left_alone" // no doctor is left on duty for them
	DoctorBack            event.Kind = "visit.doctor_back"
	DoctorLate            event.Kind = "visit.doctor_late"
	Reminded              event.Kind = "visit.reminded"
	GuardianSeen          event.Kind = "visit.guardian_seen"
	CallBackShown         event.Kind = "visit.call_back_shown"
	GuestInvited          event.Kind = "visit.guest_invited"
	GuestSeated           event.Kind = "visit.guest_seated"
	RoomChanged           event.Kind = "visit.room_changed"
	RecordingWasDestroyed event.Kind = "visit.recording_destroyed" // data: patient, visit, recorded: when it began
	ChatWasDestroyed      event.Kind = "visit.chat_destroyed"      // data: patient, visit, written: when something was written last
	FileWasDestroyed      event.Kind = "visit.file_destroyed"      // data: patient, visit, sent
	NoteSealed            event.Kind = "note.sealed"
	AddendumAdded         event.Kind = "note.addendum_added"
	QuestionAsked         event.Kind = "visit.question_asked" // by the patient, within 72 hours
	QuestionAnswered      event.Kind = "visit.question_answered"
	SideEffectTold        event.Kind = "visit.side_effect_reported"
	DutyStarted           event.Kind = "duty.started"
	DutyEnded             event.Kind = "duty.ended"
	DoctorVanished        event.Kind = "duty.vanished"
	HoursSet              event.Kind = "hours.set"
	SlotTaken             event.Kind = "slot.taken"
	SlotFreed             event.Kind = "slot.freed"
	RecordingReady        event.Kind = "recording.kept" // its files can be seen
)

// Timers. TimerFired takes them all.
const (
	AbsenceExpired   event.Kind = "visit.absence_expired"
	NoShowExpired    event.Kind = "visit.no_show_expired"
	UnpaidExpired    event.Kind = "visit.unpaid_expired"
	LeftAloneExpired event.Kind = "visit.left_alone_expired"
	DayBefore        event.Kind = "visit.day_before_came"
	HourBefore       event.Kind = "visit.hour_before_came"
	SlotHoldExpired  event.Kind = "slot.hold_expired"
	SilenceExpired   event.Kind = "duty.silence_expired"
)

// TimerKinds lists every timer that TimerFired handles.
var TimerKinds = []event.Kind{
	AbsenceExpired, NoShowExpired, UnpaidExpired, LeftAloneExpired, DayBefore, HourBefore, SlotHoldExpired, SilenceExpired,
}
