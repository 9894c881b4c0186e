package sfu

import "time"

// Kind is what a stream carries.
type Kind uint8

// Kinds of streams.
const (
	Sound Kind = iota
	Picture
	Screen
)

// String is how logs and files name the kind.
func (k Kind) String() string { return [...]string{"sound", "picture", "screen"}[k%3] }

// Tap receives what one seat sends, after loss recovery: in order, each packet once, what was given up as
// a gap. One goroutine calls it, which never carries media to people: a slow tap loses packets (told as a
// gap) and delays nobody. Sequence and timestamps run on through changes of connection and of camera.
type Tap interface {
	// Packet hands over one RTP packet's content. Payload is the tap's to keep for the call only.
	Packet(p Recorded)
	// Gap says that n packets before the next one are lost for good.
	Gap(kind Kind, n int, at time.Time)
}

// Recorded is one packet as a tap sees it.
type Recorded struct {
	Kind      Kind
	Seq       uint16
	Timestamp uint32 // 48 kHz sound, 90 kHz picture
	Marker    bool   // last packet of a frame
	Keyframe  bool   // first packet of a VP8 keyframe
	At        time.Time
	Payload   []byte // Opus, or VP8 with its RFC 7741 descriptor
}
