// Package safety decides what is dangerous about a medicine for one person on one day. It is pure:
// facts, medicines, rules and a date go in, findings come out; it reads no file, no clock and no
// store, so that the doctor's screen, the signature, the pharmacist's review and a test list all get
// the same answer.
//
// It fails closed. What could not be checked is a finding, never silence: a new medicine that no
// list knows is a hard stop, a present one a warning, a question nobody asked a missing fact; and an
// error or a panic inside a check is a hard stop that says so.
//
// A hard_stop can't be overridden, a warning needs a reason that is kept, an info is only shown. Each
// finding has an id that stays the same while its two sides and the rule stay the same, so that a
// doctor's reason still belongs to it when the check runs again.
//
// The rules come from prescribing/data. One file of this package is one kind of check.
package safety
