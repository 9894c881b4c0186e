// Package prescribing is the prescription: from the doctor's draft to the pharmacy's last box.
//
// A doctor of a visit makes a draft of items chosen from the formulary (data/, loaded strictly). The
// dosage is structured; the sentence that the patient reads and the quantity that is handed over are
// made from it, never typed. Each save runs the safety engine on the patient's facts, on what they
// take and on every prescription still running here. A hard stop can't be signed away; a warning
// needs a reason that stays with the prescription.
//
// Signing is two steps. BeginSigning names, in a single-use challenge, the hash of what is on screen.
// Sign asks for a fresh second factor for that challenge, checks everything again with today's facts,
// refuses when anything moved (and says what), and signs the canonical content with the doctor's own
// key. One challenge may hold several prescriptions of one visit: all are signed or none.
//
// What lives after the signature is the part: what one pharmacy fills for one order. A repeat is
// several parts with earliest dates, each signed -> claimed -> dispensed, at most once, whatever
// races, for a prescription is one document and a claim one write to it. A claim checks the signature
// first. A returned claim makes the part claimable again. A cancel or a replacement while it is
// claimed waits for the pharmacy; a claim made in time holds past the expiry. A prescription that
// replaces another can't be claimed before the other has ended undispensed.
//
// Whose order, what is in stock, what it costs, who carries it: others'. The visit, the patient's
// record, the vetting and the second factor are asked through small interfaces in Deps.
package prescribing
