// Package identity knows who somebody is and who may act for whom.
//
// An Account signs in; a Person is who a record is about. A patient has both; a dependant is a
// person without an account, in the care of a guardian. Staff have an account alone.
//
// An address (mail or phone) is a Login: a document whose id is the keyed hash of the address, so
// that no two accounts can ever share one. Patients sign in with a one-time code sent to the
// address, staff with a password and a code of their authenticator (TOTP). Whoever asks for a code
// always reads the same answer: whether an account exists is never told. A code is good once, for
// one purpose, for ten minutes and five tries; a code of an authenticator, once accepted, is never
// accepted again.
//
// A Session is an opaque token, kept only as a hash. It ends when unused for too long, when its day
// is over, when it is revoked, and with all others at once when the account is suspended. A
// pharmacy's session locks itself when the counter is left alone, and unlocks with a code.
//
// Staff come in by an Invite: an operator enrols an address, which gives a link that is good once
// and for ten minutes, never for an address that has an account. A lost second factor is a Recovery:
// begun by an operator with a reason, approved by a second one (or by the first after a day), ended
// by a new link.
//
// A Grant gives a caregiver some rights over a patient's record until a day, and is revoked at
// once. Circle answers the policy with the grants that hold at this moment.
//
// Sending messages is left to notify, the audit to audit (operators' acts go through guard.Read, so
// that they are in it before they are done), vetting to onboarding.
package identity
