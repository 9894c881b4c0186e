// Package support is where somebody turns when something went wrong, and where it is made good.
//
// A Case is opened by a patient, caregiver, doctor, courier or pharmacy, or by housecall itself, about
// an order, a visit, a prescription, a payment or a person. Its life: `open` -> `waiting_for_person`
// or `waiting_for_support`, to and fro -> `resolved` -> `closed`; a resolved or closed case can be
// reopened. Both sides see its state and the reason for it. Who waits for support longer than was
// promised is shown as overdue; a case where the person stays silent resolves itself.
//
// The evidence is not copied into the case: it is gathered when somebody reads it, from whoever holds
// it (Evidence, one for each kind), and the reading is in the audit. What can't be had is said.
//
// A refund, a coupon or a re-delivery is wanted here and carried out elsewhere: the case announces it,
// journey has it done and reports back (ActionDone, ActionFailed). A case is not resolved while an
// action is on its way.
//
// A courier's case about an order is none of the patient's business, nor the other way round: a case
// belongs to whoever opened it.
package support
