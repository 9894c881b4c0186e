package id

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Request identifies one thing somebody asked for, so that asking again does it once: Key is the
// hash of who asked, which route and their Idempotency-Key; Body the hash of what was asked. The
// zero Request is never remembered.
type Request struct {
	Key  string `json:"key,omitempty"`
	Body string `json:"body,omitempty"`
}

// RequestOf hashes the parts of a request. Nothing of the person can be read back from it.
func RequestOf(body []byte, parts ...string) Request {
	key := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	sum := sha256.Sum256(body)
	return Request{Key: hex.EncodeToString(key[:16]), Body: hex.EncodeToString(sum[:16])}
}

// CausedBy is the request of an event: the same event handled twice does its work once.
func CausedBy(event, act string) Request {
	return RequestOf(nil, "event", event, act)
}
