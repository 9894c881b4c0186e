package blob

import (
	"context"
	"io"
	"regexp"
	"strings"
	"time"

	"housecall/internal/fault"
)

// Store is what an adapter does. Keys are lower case letters, figures, "_", "-", "." and "/"; those under
// "quarantine/" can be written and settled but never read.
type Store interface {
	// Put writes what r gives, whole or not at all, in place of what was there.
	Put(ctx context.Context, key, contentType string, r io.Reader) (Info, error)
	// Get opens a file, or a NotFound fault.
	Get(ctx context.Context, key string) (io.ReadSeekCloser, Info, error)
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes a file; one that is not there is no mistake.
	Delete(ctx context.Context, key string) error
	// SignPut answers a URL that takes exactly size bytes of this type until it expires, with the header First.
	// What is sent first counts: the same bytes may be sent again, or are answered 412, since they are there;
	// others are refused, by 409 or 412.
	SignPut(ctx context.Context, key, contentType string, size int64, ttl time.Duration) (string, error)
	// SignGet answers a URL to read key until it expires. A browser saves it under filename, which is
	// part of the URL and so must not describe anybody: "receipt.pdf".
	SignGet(ctx context.Context, key, filename string, ttl time.Duration) (string, error)
	// Settle moves what was uploaded to its final key, when it is of one of the allowed types and of the
	// one it was said to be. A WrongType, TooLarge or Invalid fault refuses it for good. Asked again, it
	// answers as the first time.
	Settle(ctx context.Context, quarantine, key string, allowed []string) (Info, error)
}

// First is the header that every upload to a signed address bears, with "*": it is to be the first.
const First = "If-None-Match"

// Info says what a file is.
type Info struct {
	Key    string    `json:"key"`
	Type   string    `json:"type"`
	Size   int64     `json:"size"`
	SHA256 string    `json:"sha256"` // hexadecimal
	At     time.Time `json:"at"`
}

// MaxSize is the largest file that is taken.
const MaxSize = 20 << 20

// Quarantine is what the keys begin with that nobody can read.
const Quarantine = "quarantine/"

var (
	keyShape  = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*$`)
	nameShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*\.[a-z0-9]{1,5}$`)
	typeShape = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]*$`)
)

// CheckKey refuses a key that no store takes, as not found: it came from outside, in a URL.
func CheckKey(key string) error {
	if len(key) > 200 || !keyShape.MatchString(key) {
		return notFound()
	}
	return nil
}

func inQuarantine(key string) bool { return strings.HasPrefix(key, Quarantine) }

func notFound() *fault.Error {
	return fault.New(fault.NotFound, "We can't find this file. Open it again from where you saw it.")
}

func tooLarge() *fault.Error {
	return fault.New(fault.TooLarge, "This file is over 20 MB. Choose one under 20 MB.").Coded("file-too-large")
}

func wrongType() *fault.Error {
	return fault.New(fault.WrongType, "This file is not what it says it is, or of a kind we can't take. Choose another.").Coded("file-wrong-type")
}
