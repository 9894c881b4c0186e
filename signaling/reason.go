package signaling

import (
	"errors"
	"slices"
	"unicode/utf8"
)

// reason is why a connection ends, as protocol.md lists them.
type reason struct {
	name string
	code int
	text string
	node string
}

// at says where to go on.
func (r reason) at(node string) *reason {
	r.node = node
	return &r
}

// Error implements error.
func (r *reason) Error() string { return r.name }

// Reasons of the end.
var (
	left          = &reason{name: "left", code: 4000, text: "You have left the call."}
	ended         = &reason{name: "ended", code: 4001, text: "The call has ended."}
	takenOver     = &reason{name: "taken_over", code: 4002, text: "You have joined from another tab or device."}
	ticketExpired = &reason{name: "ticket_expired", code: 4003, text: "The ticket has expired. Ask for a new one."}
	ticketRefused = &reason{name: "ticket_refused", code: 4004, text: "This ticket is not good here."}
	roomFull      = &reason{name: "room_full", code: 4005, text: "Four people are in this call already."}
	wrongNode     = &reason{name: "wrong_node", code: 4006, text: "The call is on another server."}
	moved         = &reason{name: "moved", code: 4007, text: "The call goes on from another server."}
	late          = &reason{name: "late", code: 4008, text: "Nothing was said in time."}
	tooLarge      = &reason{name: "too_large", code: 4009, text: "A message was too large."}
	malformed     = &reason{name: "malformed", code: 4010, text: "A message could not be understood."}
	flood         = &reason{name: "flood", code: 4011, text: "Too many messages. Try again in ten seconds."}
	sessionGone   = &reason{name: "session_gone", code: 4012, text: "You were away for too long. Join again."}
	slow          = &reason{name: "slow", code: 4013, text: "The connection was too slow."}
	version       = &reason{name: "version", code: 4014, text: "This page is too old. Load it again."}
	draining      = &reason{name: "draining", code: 4015, text: "This server takes no new calls."}
	unavailable   = &reason{name: "unavailable", code: 4016, text: "The call cannot be reached now. Try again."}
)

var errField = errors.New("a field is out of its limits")

// check refuses what is longer than protocol.md allows.
func check(message any) error {
	ok := true
	switch m := message.(type) {
	case *Join:
		ok = len(m.Offer) > 0 && len(m.Session) <= maxID && m.Seen >= 0
	case *Offer:
		ok = len(m.SDP) > 0
	case *Write:
		ok = m.ID != "" && len(m.ID) <= maxID && utf8.RuneCountInString(m.Text) <= maxText &&
			len(m.Name) <= maxName && len(m.Type) <= maxName && len(m.Ref) <= 2*maxName && m.Size >= 0
		if m.T == "chat" {
			m.Offered = Offered{}
			ok = ok && m.Text != ""
		} else {
			m.Text = ""
			ok = ok && m.Name != "" && m.Ref != ""
		}
	case *Caption:
		ok = utf8.RuneCountInString(m.Text) <= maxCaption && len(m.Lang) <= maxID
	case *Want:
		ok = slices.Contains([]string{"video", "low", "audio", "chat"}, m.Level)
	case *Report:
		ok = len(m.Slots) <= 3
		for _, s := range m.Slots {
			ok = ok && s.Freezes >= 0 && s.FreezeMS >= 0 && s.FreezeMS <= 60_000 && s.Freezes <= 10_000
		}
	}
	if !ok {
		return errField
	}
	return nil
}
