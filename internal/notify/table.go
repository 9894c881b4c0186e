package notify

import (
	"slices"
	"strings"
	"time"

	"housecall/internal/event"
)

// row says that an event of a kind is told to somebody in certain words.
type row struct {
	kind     event.Kind
	template string
	whom     string            // a key of the event's data, or "owner": the first person among its topics
	page     string            // where the link leads; "{doc}" is the document, "{x}" a key of the data
	only     map[string]string // only when the data says so
	helpers  bool              // those who order or receive for the patient are told too
}

// table lists who is told what. Kinds are written out: this package knows none of those who announce.
var table = []row{
	{kind: "visit.booked", template: "visit-booked", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.moved", template: "visit-moved", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.reminded", template: "visit-tomorrow", whom: "patient", page: "/visit/{doc}", only: map[string]string{"before": "day"}},
	{kind: "visit.reminded", template: "visit-in-an-hour", whom: "patient", page: "/visit/{doc}", only: map[string]string{"before": "hour"}},
	{kind: "visit.admitted", template: "visit-admitted", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.called_again", template: "visit-called-again", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.requeued", template: "visit-requeued", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.doctor_late", template: "visit-doctor-late", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.left_alone", template: "visit-left-alone", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.fee_refused", template: "visit-fee-refused", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.cancelled", template: "visit-cancelled", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.no_show", template: "visit-no-show", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.redirected", template: "visit-redirected", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.completed", template: "visit-completed", whom: "patient", page: "/visit/{doc}"},
	{kind: "visit.question_answered", template: "question-answered", whom: "patient", page: "/visit/{visit}"},
	{kind: "visit.question_asked", template: "question-asked", whom: "doctor", page: "/d/visit/{visit}"},
	{kind: "visit.side_effect_reported", template: "side-effect-reported", whom: "doctor", page: "/d/visit/{visit}"},
	{kind: "note.addendum_added", template: "visit-added-to", whom: "patient", page: "/visit/{visit}"},

	{kind: "rx.signed", template: "prescription-signed", whom: "patient", page: "/rx/{doc}"},
	{kind: "rx.cancelled", template: "prescription-cancelled", whom: "patient", page: "/rx/{doc}"},
	{kind: "rx.dispensed", template: "prescription-rest", whom: "patient", page: "/rx/{doc}", only: map[string]string{"partly": "true"}},
	{kind: "rx.expired", template: "prescription-expired", whom: "patient", page: "/rx/{doc}"},

	{kind: "order.placed", template: "order-placed", whom: "patient", page: "/order/{doc}"},
	{kind: "fill.offered", template: "pharmacy-order-waits", whom: "pharmacy", page: "/p/order/{order}"},
	{kind: "order.payment_refused", template: "order-payment-refused", whom: "patient", page: "/order/{doc}"},
	{kind: "order.asked", template: "order-asked", whom: "patient", page: "/order/{doc}"},
	{kind: "order.rerouted", template: "order-rerouted", whom: "patient", page: "/order/{doc}", only: map[string]string{"again": ""}},
	{kind: "order.rerouted", template: "order-again", whom: "patient", page: "/order/{doc}", only: map[string]string{"again": "same_pharmacy"}},
	{kind: "order.ready", template: "order-ready", whom: "patient", page: "/order/{doc}", only: map[string]string{"fulfilment": "pickup"}},
	{kind: "order.collected", template: "order-collected", whom: "patient", page: "/order/{doc}"},
	{kind: "job.at_door", template: "courier-at-door", whom: "patient", page: "/order/{order}"},
	{kind: "order.delivered", template: "order-delivered", whom: "patient", page: "/order/{doc}"},
	{kind: "order.undelivered", template: "order-undelivered", whom: "patient", page: "/order/{doc}"},
	{kind: "order.promise_broken", template: "order-late", whom: "patient", page: "/order/{doc}"},
	{kind: "order.cancelled", template: "order-cancelled", whom: "patient", page: "/order/{doc}"},
	{kind: "order.slot_coming", template: "order-slot-coming", whom: "patient", page: "/order/{doc}", helpers: true},
	{kind: "order.slot_moved", template: "order-slot-moved", whom: "patient", page: "/order/{doc}", helpers: true},
	{kind: "order.slot_kept", template: "order-slot-kept", whom: "patient", page: "/order/{doc}", helpers: true},
	{kind: "payment.refunded", template: "payment-refunded", whom: "patient", page: "/me"},

	{kind: "case.answered", template: "case-answered", whom: "owner", page: "/case/{doc}"},
	{kind: "case.resolved", template: "case-resolved", whom: "owner", page: "/case/{doc}"},

	{kind: "application.approved", template: "application-approved", whom: "owner", page: "/me"},
	{kind: "application.asked", template: "application-asked", whom: "owner", page: "/me"},
	{kind: "application.refused", template: "application-refused", whom: "owner", page: "/me"},
	{kind: "application.reminded", template: "application-reminded", whom: "owner", page: "/me"},
	{kind: "application.suspended", template: "application-suspended", whom: "owner", page: "/me"},
	{kind: "account.guessed", template: "account-guessed", whom: "owner", page: "/me"},
	{kind: "passkey.added", template: "passkey-added", whom: "owner", page: "/passkeys"},
	{kind: "passkey.removed", template: "passkey-removed", whom: "owner", page: "/passkeys"},
	{kind: "passkey.suspected", template: "passkey-suspected", whom: "owner", page: "/passkeys"},
	{kind: "grant.accepted", template: "grant-accepted", whom: "patient", page: "/circle"},
	{kind: "grant.revoked", template: "grant-revoked", whom: "holder", page: "/circle"},
}

// Kinds are the events that Handle takes.
func Kinds() []event.Kind {
	all := []event.Kind{MessageQueued, RetryDue}
	for _, r := range table {
		if !slices.Contains(all, r.kind) {
			all = append(all, r.kind)
		}
	}
	return all
}

func (r row) holds(e event.Event) bool {
	for key, want := range r.only {
		if e.Data[key] != want {
			return false
		}
	}
	return true
}

// who names the one to tell; "" when the event names nobody, or when they did it themselves.
func (r row) who(e event.Event) string {
	who := e.Data[r.whom]
	if r.whom == "owner" {
		for _, topic := range e.To {
			if strings.HasPrefix(topic, "acc_") || strings.HasPrefix(topic, "pat_") {
				who = topic
				break
			}
		}
	}
	return who
}

func (r row) path(e event.Event) string {
	out := strings.ReplaceAll(r.page, "{doc}", e.Doc)
	for key, value := range e.Data {
		out = strings.ReplaceAll(out, "{"+key+"}", value)
	}
	if strings.Contains(out, "{") {
		return "/" // the home page shows what is next
	}
	return out
}

// localTime is the event's time of beginning, in the zone of who reads it; a dash where there is none.
func localTime(e event.Event, c Contact) string { return said(e, "starts_at", c, "2006-01-02 15:04") }

// localEnd is the hour that it ends at, the same.
func localEnd(e event.Event, c Contact) string { return said(e, "ends_at", c, "15:04") }

// said writes a time of an event. Where it happens at a place, as at somebody's door, it is said as clocks show it
// there, whoever reads it.
func said(e event.Event, key string, c Contact, layout string) string {
	at, err := time.Parse(time.RFC3339, e.Data[key])
	if err != nil {
		return "-"
	}
	name := e.Data["time_zone"]
	if name == "" {
		name = c.Zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC
	}
	return at.In(zone).Format(layout)
}
