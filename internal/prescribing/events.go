package prescribing

import (
	"strconv"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/id"
)

// What a prescription announces. Data carries "rx", "visit", "patient" and, where one is meant,
// "part" and "order"; never a medicine.
const (
	KindSigned       event.Kind = "rx.signed" // "parts": how many; "hash" of the content and "key", for the audit; "replaces" when it does
	KindClaimed      event.Kind = "rx.claimed"
	KindUnclaimed    event.Kind = "rx.unclaimed"
	KindDispensed    event.Kind = "rx.dispensed" // "rest": the part with what is still owed, after a partial one
	KindCancelled    event.Kind = "rx.cancelled"
	KindCancelWanted event.Kind = "rx.cancel_wanted" // cancelled while claimed for "order"
	KindExpired      event.Kind = "rx.expired"
	KindReplaced     event.Kind = "rx.replaced" // "by": the new prescription

	// What a signing key announces; Data carries "doctor" and "key".
	KindKeyReplaced event.Kind = "signing_key.replaced"
	KindKeyRevoked  event.Kind = "signing_key.revoked"

	// KindValidityEnded and KindSigningStalled are timers; TimerFired handles them.
	KindValidityEnded  event.Kind = "rx.validity_ended"
	KindSigningStalled event.Kind = "signing.stalled"
)

// announce makes an event of the prescription for those whom it concerns.
func (rx *Prescription) announce(a access.Actor, kind event.Kind, p *Part, more map[string]string) {
	data := map[string]string{
		"rx": string(rx.ID), "visit": string(rx.Visit), "patient": string(rx.Patient),
		"doctor": string(rx.Doctor), "state": string(rx.State), "parts": strconv.Itoa(len(rx.Parts)),
	}
	if p != nil {
		data["part"], data["state"] = string(p.ID), string(p.State)
		if p.Order != "" {
			data["order"] = string(p.Order)
		}
	}
	for k, v := range more {
		data[k] = v
	}
	rx.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: []string{string(rx.Patient), string(rx.Doctor)}})
}

// partOf finds the prescription of a part and its number; false when it is no part's id.
func partOf(part id.Part) (id.Prescription, int, bool) {
	s := string(part)
	cut := lastIndex(s, '_')
	if len(s) < len("part__") || s[:len("part_")] != "part_" || cut <= len("part_") {
		return "", 0, false
	}
	n, err := strconv.Atoi(s[cut+1:])
	return id.Prescription(s[len("part_"):cut]), n, err == nil && n > 0
}

func lastIndex(s string, b byte) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == b {
			return i
		}
	}
	return -1
}
