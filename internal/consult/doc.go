// Package consult is the visit: a person asks for a doctor, waits or has a time, is called in, is
// seen, and may ask afterwards.
//
// A Visit begins `waiting` (on demand) or `booked`, with its fee said before and authorised by
// billing; nobody is admitted before the fee is held. A doctor on duty whose specialty, language
// and jurisdiction fit admits them: `in_progress`, a room is open. The doctor completes it. Absent for
// three minutes, a doctor who hands over or vanishes: back to the head of the queue. The other exits are
// `cancelled`, `no_show` and `redirected`. A call that breaks or ends changes nothing here: the room
// (Call) is a field, the visit's state never follows it.
//
// Around it stand: Duty, one document for each doctor, whether they see people now; Hours, when they
// can be booked; Slot, whose id is made of doctor and time, so that only one can take it; Note, what
// the doctor writes, sealed when the visit is completed, after that only addenda; Thread, what is
// asked after the visit and by pharmacists; Chat and File, what was written and sent in its calls; Recording, what
// everybody present agreed to keep, until it need not be kept any more.
//
// Left to others: money (billing), what a medicine may do (prescribing), media (signaling), messages
// (notify). What follows from our events is journey's.
package consult
