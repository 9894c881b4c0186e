// Package billing moves money: it holds the fee of a visit or the price of an order, takes it when
// the work is done, and gives it back by the stage that failed.
//
// A Payment belongs to a subject, the visit or order it pays for, and is made of lines by kind: visit
// fee, medicine, delivery fee, tip. Its life: `pending` (asked of the gateway) -> `authorised` (held)
// -> `captured` -> `partly_refunded`, `refunded`; exits `refused` and `released`. What fails before the
// capture is left out of it (reduced); what fails after is refunded. A line goes back once, whoever
// asks, however often: what has gone back is written on the line.
//
// The gateway is outside. Before it is called the document says what is being done (Intent), under a
// timer; afterwards it says what came of it. A crash in between is healed by whoever asks next, or by
// the timer: the gateway is told the same reference and does nothing twice.
//
// Each movement of money stands in the document that caused it as postings which sum to zero
// (Movement); LedgerTotal adds up all of them. What doctors, pharmacies and couriers have coming to
// them is an Earning each; an operator closes a period into a Payout and marks it paid.
//
// A Coupon lowers fees, never the price of medicine; the house bears it. Its uses stand in its own
// document, so that the last one has one winner. A Receipt has a number of its year and place.
//
// An Invoice is what one issuer asked for in one payment: a pharmacy its medicine, the house its fees. Its number is the
// next of its issuer and year, without a gap (book); what goes back has a credit note that names it. None is ever changed.
//
// What is captured, when, and for whom is decided by journey; billing knows of no visit and no order.
package billing
