// Package order is a patient's order of medicine on a signed prescription, from the choice of a
// pharmacy to the door, and the promise that it is kept by.
//
// A patient, or a caregiver who may pay, places an order: `unpaid`. The prescription is claimed and
// the stock reserved for ten minutes, which one tap makes twenty. Paying makes it `placed`, and the clock
// starts. From then on the order follows what the pharmacy and the courier do, by events alone:
// `reviewing`, `preparing`, `ready`, `collected`, `delivered`. A pharmacy that refuses or does not
// answer loses it to the next, back to `placed`, attempt n. A bag that came back makes it
// `undelivered`, until the patient wants it brought again or not at all.
//
// Where couriers come by appointment, an order names a slot: paid for, it waits as `placed` until the
// pharmacy has to begin, and the end of the slot is what is promised. An hour before it begins the patient is
// told, once. Until the pharmacy begins it can be moved to another (move.go): its own slot stands until it has a place
// in the other. Brought again it keeps its slot while that can be kept, or takes one that is chosen.
//
// The order asks the patient what the pharmacy needs to know (a substitute, a dearer pharmacy); the
// question is a field and the clock pauses while the answer is owed. It knows when the promise will
// be broken before it is, and announces both.
//
// It leaves to others: claiming (prescribing), stock and packing (pharmacy), couriers (delivery),
// money (billing). The package journey connects them.
package order
