// Package phi marks text that describes a person. It is stored and answered like any text, but
// no log, error or event can print it by mistake.
package phi

import (
	"fmt"
	"log/slog"
)

// Text is protected health information or anything else that tells who a person is. It prints as
// [phi] under every verb that go vet lets through; encoding/json writes it plainly, so never log a struct that holds one.
type Text string

const redacted = "[phi]"

// Reveal is the only way out. Its callers are few and reviewed.
func (t Text) Reveal() string { return string(t) }

// String implements fmt.Stringer.
func (t Text) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (t Text) GoString() string { return redacted }

// Format implements fmt.Formatter, so that %x and %q hide it too.
func (t Text) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }
