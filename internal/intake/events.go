package intake

import "housecall/internal/event"

// What an intake and a health record announce. Data: patient, and where it applies jurisdiction,
// zone, flags (ids of red flags), fact, kind, attachment.
const (
	EventSubmitted     event.Kind = "intake.submitted"
	EventStopped       event.Kind = "intake.stopped"
	EventDiscarded     event.Kind = "intake.discarded"
	AttachmentReady    event.Kind = "intake.attachment_settled"
	AttachmentsCleared event.Kind = "intake.attachments_cleared" // data: count, reason
	AttachmentRefused  event.Kind = "intake.attachment_refused"
	IdentityShown      event.Kind = "intake.identity_shown"
	DiagnosisQualified event.Kind = "intake.earlier_diagnosis_judged"
	FactAdded          event.Kind = "health_record.fact_added"
	FactEnded          event.Kind = "health_record.fact_ended"
)
