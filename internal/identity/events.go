package identity

import "housecall/internal/event"

// What identity announces. Data holds ids and codes alone.
const (
	AccountEnrolled   event.Kind = "account.enrolled"   // data: role, pharmacy
	AccountEdited     event.Kind = "account.edited"     //
	AccountSuspended  event.Kind = "account.suspended"  // data: reason
	AccountReinstated event.Kind = "account.reinstated" //
	SessionOpened     event.Kind = "session.opened"     // data: account, role
	SessionLocked     event.Kind = "session.locked"     // data: account
	SessionRevoked    event.Kind = "session.revoked"    // data: account; the document is the account when all of its sessions ended
	PersonAdded       event.Kind = "person.added"       // data: guardian, for a dependant
	PersonEdited      event.Kind = "person.edited"      //
	GrantGiven        event.Kind = "grant.given"        // data: patient, holder (once known), state
	GrantAccepted     event.Kind = "grant.accepted"     // data: patient, holder
	GrantDeclined     event.Kind = "grant.declined"     // data: patient
	GrantRevoked      event.Kind = "grant.revoked"      // data: patient, holder
	InviteMade        event.Kind = "invite.made"        // data: role
	InviteAccepted    event.Kind = "invite.accepted"    // data: account
	InviteConfirmed   event.Kind = "invite.confirmed"   // data: account
	InviteWithdrawn   event.Kind = "invite.withdrawn"   //
	RecoveryAsked     event.Kind = "recovery.asked"     // data: account, reason
	RecoveryApproved  event.Kind = "recovery.approved"  // data: account
	RecoveryWithdrawn event.Kind = "recovery.withdrawn" // data: account
	RecoveryCompleted event.Kind = "recovery.completed" // data: account
	PasskeyAdded      event.Kind = "passkey.added"      // data: account, role
	PasskeyRemoved    event.Kind = "passkey.removed"    // data: account, role
	PasskeySuspected  event.Kind = "passkey.suspected"  // data: account, role; its counter went back: it may have been copied
	CodesGuessed      event.Kind = "account.guessed"    // data: count; somebody guesses at the codes of an account
)
