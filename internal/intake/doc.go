// Package intake gathers what a doctor must know before a visit, and keeps what lasts.
//
// An Intake is about one person (Patient), written by them or by a caregiver who may book for them.
// It is saved as it is typed, by anybody who may, each save on the version they saw, and nothing
// typed is lost. It holds where the person is now (which decides the emergency number, the
// jurisdiction and the currency), consent with its version, the complaint, answers, vital signs,
// allergies, medicines, conditions and attachments. Its life: draft -> submitted | stopped | discarded.
//
// Red flags are data (data/red_flags.csv, with their sources): questions by complaint and age, and
// limits on vital signs. They are judged at each save, so that who types sees the warning at once;
// submitting with one raised stops the booking for good and says which number to call. A question
// of theirs that is not answered keeps an intake from being submitted; a vital sign nobody measured
// raises nothing, and is shown to the doctor as not measured.
//
// Attachments go straight to a quarantine key of the object store and can't be read until the
// server has looked at what they really are.
//
// A Record is what lasts of a person: facts with who said them, when and from what; a wrong one is
// ended, never erased. Submitting an intake folds its facts into the record.
//
// Left to others: who the person is (identity), zones (delivery), the visit (consult), whether a
// medicine goes with the facts (safety).
package intake
