// Package id names the documents of housecall. An id is a prefix and a UUIDv7 (`ord_0192...`), so
// that a log line says what it talks about and ids made later sort later. Where one thing causes
// exactly one other, the id of the effect is derived from its cause: whoever repeats the cause
// finds the effect already there.
package id

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Kind is a type of id; Prefix tells it from the others in logs and URLs.
type Kind interface {
	~string
	Prefix() string
}

// New makes an id that nothing else has.
func New[T Kind]() T {
	var zero T
	return T(zero.Prefix() + "_" + hex32(uuid.Must(uuid.NewV7())))
}

// Derive makes the one id that these parts have, today and on every node. The parts can't be
// read back from it.
func Derive[T Kind](parts ...string) T {
	var zero T
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return T(zero.Prefix() + "_" + hex.EncodeToString(sum[:16]))
}

// Parse reads an id that came from outside. It says nothing of whether the document exists.
func Parse[T Kind](s string) (T, error) {
	var zero T
	rest, found := strings.CutPrefix(s, zero.Prefix()+"_")
	if !found || rest == "" || len(s) > maxLen || strings.Trim(rest, alphabet) != "" {
		return zero, fmt.Errorf("not an id that starts with %s_", zero.Prefix())
	}
	return T(s), nil
}

const (
	maxLen   = 96
	alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_-"
)

func hex32(u uuid.UUID) string { return hex.EncodeToString(u[:]) }

// FillOf is the id of the work of one pharmacy on an order, attempt n (from 1).
func FillOf(o Order, n int) Fill { return Fill(fmt.Sprintf("fill_%s_%d", o, n)) }

// JobOf is the id of the delivery job of an order, attempt n (from 1).
func JobOf(o Order, n int) Job { return Job(fmt.Sprintf("job_%s_%d", o, n)) }

// PartOf is the id of part n (from 1) of a prescription: what one pharmacy can claim.
func PartOf(rx Prescription, n int) Part { return Part(fmt.Sprintf("part_%s_%d", rx, n)) }
