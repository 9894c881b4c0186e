package signaling

import (
	"encoding/json"
	"time"
)

// Version of protocol.md that is spoken here.
const Version = 1

// head is what every message has.
type head struct {
	T string `json:"t"`
}

// The messages of a client.
type (
	// Join takes a seat, or resumes it.
	Join struct {
		T       string `json:"t"`
		V       int    `json:"v"`
		Ticket  string `json:"ticket,omitempty"`
		Offer   string `json:"offer"`
		Muted   Muted  `json:"muted"`
		Session string `json:"session,omitempty"`
		Seen    int    `json:"seen,omitempty"`
	}
	// Offer restarts ICE, or brings another PeerConnection.
	Offer struct {
		T   string `json:"t"`
		ID  int    `json:"id"`
		SDP string `json:"sdp"`
	}
	// Mute says what of one's own is off.
	Mute struct {
		T string `json:"t"`
		Muted
	}
	// Switch is share, hand, record or consent: on or off.
	Switch struct {
		T  string `json:"t"`
		On bool   `json:"on"`
		Up bool   `json:"up,omitempty"`
	}
	// Write is a line of the chat, or a file offered in it.
	Write struct {
		T    string `json:"t"`
		ID   string `json:"id"`
		Text string `json:"text,omitempty"`
		Offered
	}
	// Seen says how far the chat was read.
	Seen struct {
		T    string `json:"t"`
		Upto int    `json:"upto"`
	}
	// Caption is what was just said, in writing.
	Caption struct {
		T     string `json:"t"`
		N     int    `json:"n,omitempty"`
		From  string `json:"from,omitempty"`
		Text  string `json:"text"`
		Final bool   `json:"final"`
		Lang  string `json:"lang,omitempty"`
	}
	// Want is the best that one wants to receive.
	Want struct {
		T     string `json:"t"`
		Level string `json:"level"`
	}
	// Report is what only the client sees.
	Report struct {
		T       string         `json:"t"`
		Slots   []SlotReported `json:"slots"`
		RTT     int            `json:"rtt_ms"`
		Relayed bool           `json:"relayed"`
	}
	// Ping asks whether the websocket lives.
	Ping struct {
		T  string `json:"t"`
		ID int    `json:"id"`
	}
)

// Muted is what of one's own is off.
type Muted struct {
	Sound   bool `json:"sound"`
	Picture bool `json:"picture"`
}

// SlotReported is how a slot was seen in the time of a report.
type SlotReported struct {
	Slot     int `json:"slot"`
	Freezes  int `json:"freezes"`
	FreezeMS int `json:"freeze_ms"`
	Frames   int `json:"frames"`
	Width    int `json:"width"`
}

// The messages of the server.
type (
	// Joined answers Join with everything there is to know.
	Joined struct {
		T         string            `json:"t"`
		N         int               `json:"n"`
		Session   string            `json:"session"`
		Room      string            `json:"room"`
		Seat      string            `json:"seat"`
		Role      string            `json:"role"`
		Rights    []string          `json:"rights"`
		Answer    string            `json:"answer"`
		Seats     []Person          `json:"seats"`
		Muted     Muted             `json:"muted"`
		Hand      bool              `json:"hand"`
		Quality   int               `json:"quality"`
		Chat      []Entry           `json:"chat"`
		Missed    []json.RawMessage `json:"missed,omitempty"`
		Resumed   bool              `json:"resumed"`
		Recording RecordingState    `json:"recording"`
		Relay     *RelayAccess      `json:"relay,omitempty"`
		ReportMS  int               `json:"report_ms"`
		Now       time.Time         `json:"now"`
	}
	// Person is a seat as the others see it.
	Person struct {
		Seat    string `json:"seat"`
		Role    string `json:"role"`
		State   string `json:"state"`
		Slot    int    `json:"slot"`
		Sound   bool   `json:"sound"`
		Picture bool   `json:"picture"`
		Sharing bool   `json:"sharing"`
		Hand    bool   `json:"hand"`
		Level   string `json:"level"`
		Quality int    `json:"quality"`
		Upto    int    `json:"upto"`
	}
	// Answered is the SDP answer to an offer.
	Answered struct {
		T   string `json:"t"`
		ID  int    `json:"id"`
		SDP string `json:"sdp"`
	}
	// PersonChanged is a seat as it is now.
	PersonChanged struct {
		T    string `json:"t"`
		N    int    `json:"n"`
		Seat Person `json:"seat"`
	}
	// OwnMuted is one's own state.
	OwnMuted struct {
		T string `json:"t"`
		N int    `json:"n"`
		Muted
	}
	// Written is a line of the chat.
	Written struct {
		T     string `json:"t"`
		N     int    `json:"n"`
		Entry Entry  `json:"entry"`
	}
	// LevelChanged says what is sent in a slot, and why.
	LevelChanged struct {
		T     string `json:"t"`
		N     int    `json:"n"`
		Slot  int    `json:"slot"`
		Level string `json:"level"`
		Why   string `json:"why"`
	}
	// Layers switches the low encoding.
	Layers struct {
		T   string `json:"t"`
		Low bool   `json:"low"`
	}
	// RecordingChanged is the recording as it is now.
	RecordingChanged struct {
		T         string         `json:"t"`
		N         int            `json:"n"`
		Recording RecordingState `json:"recording"`
	}
	// RelayRenewed brings fresh credentials.
	RelayRenewed struct {
		T     string      `json:"t"`
		N     int         `json:"n"`
		Relay RelayAccess `json:"relay"`
	}
	// Checked is a second of a device check.
	Checked struct {
		T       string  `json:"t"`
		N       int     `json:"n"`
		UpKbps  int     `json:"up_kbps"`
		Loss    float64 `json:"loss"`
		RTT     int     `json:"rtt_ms"`
		Verdict string  `json:"verdict"`
	}
	// Refused says that a message changed nothing.
	Refused struct {
		T      string `json:"t"`
		N      int    `json:"n"`
		Re     string `json:"re"`
		Reason string `json:"reason"`
		Text   string `json:"text"`
	}
	// Bye is the last message.
	Bye struct {
		T      string `json:"t"`
		Reason string `json:"reason"`
		Text   string `json:"text"`
		Node   string `json:"node,omitempty"`
	}
)

// RecordingState is off, asked or on, and who consents.
type RecordingState struct {
	State    string   `json:"state"`
	By       string   `json:"by,omitempty"`
	Consents []string `json:"consents"`
}

// Limits of what a client says.
const (
	maxFirst   = 64 << 10
	maxMessage = 16 << 10
	maxText    = 4000
	maxCaption = 1000
	maxName    = 200
)

// read decodes one message of a client; an unknown one is nil.
func read(data []byte) (any, error) {
	var h head
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, err
	}
	var into any
	switch h.T {
	case "join":
		into = &Join{}
	case "offer":
		into = &Offer{}
	case "mute":
		into = &Mute{}
	case "share", "hand", "record", "consent", "leave", "end":
		into = &Switch{}
	case "chat", "file":
		into = &Write{}
	case "seen":
		into = &Seen{}
	case "caption":
		into = &Caption{}
	case "want":
		into = &Want{}
	case "report":
		into = &Report{}
	case "ping":
		into = &Ping{}
	default:
		return nil, nil //nolint:nilnil // unknown messages are ignored: the client may be newer
	}
	if err := json.Unmarshal(data, into); err != nil {
		return nil, err
	}
	return into, check(into)
}
