package id

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
)

// Request identifies one thing somebody asked for, so that asking again does it once: Key is the
// hash of who asked, which route and their Idempotency-Key; Body the hash of what was asked. The
// zero Request is never remembered.
type Request struct {
	Key  string `json:"key,omitempty"`
	Body string `json:"body,omitempty"`
}

// RequestOf hashes the parts of a request. Nothing of the person can be read back from it. Where the
// last part, the caller's own key, is a UUIDv7, its time stands before the hash for Of to keep.
func RequestOf(body []byte, parts ...string) Request {
	var room [256]byte // for what nearly everybody sends
	joined := room[:0]
	for i, part := range parts {
		if i > 0 {
			joined = append(joined, '\x1f')
		}
		joined = append(joined, part...)
	}
	key, sum := sha256.Sum256(joined), sha256.Sum256(body)
	at := ""
	if len(parts) > 0 {
		at = timeIn(parts[len(parts)-1])
	}
	text := make([]byte, 0, 64)
	if at != "" {
		text = append(append(text, timed...), at...)
	}
	return Request{Key: string(hex.AppendEncode(text, key[:16])), Body: hex.EncodeToString(sum[:16])}
}

const (
	timed    = "t" // before a key that bears a time; no hash begins so
	timeSize = 12  // 48 bits of milliseconds, as a UUIDv7 begins
)

// timeIn answers the time that a UUIDv7 begins with, as it is written, or "".
func timeIn(key string) string {
	if len(key) != 36 && len(key) != 32 {
		return ""
	}
	u, err := uuid.Parse(key)
	if err != nil || u.Version() != 7 {
		return ""
	}
	return hex.EncodeToString(u[:timeSize/2])
}

// Of makes the one id of what this request makes (parts: of which of several things). Asked again it
// is the same. Made with a key that bears a time it begins with that time, so that what is made
// together stands together in the stores' indexes; whatever time a caller claims, who they are and what
// they ask is in the other 80 bits.
func Of[T Kind](r Request, parts ...string) T {
	made := Derive[T](append(parts, r.Key)...)
	at, found := strings.CutPrefix(r.Key, timed)
	if !found {
		return made
	}
	var zero T
	head := len(zero.Prefix()) + 1
	return made[:head] + T(at[:timeSize]) + made[head+timeSize:]
}

// CausedBy is the request of an event: the same event handled twice does its work once.
func CausedBy(event, act string) Request {
	return RequestOf(nil, "event", event, act)
}
