// Package fault is housecall's one type of error that a person may see. A fault has a kind, a safe
// sentence in plain words that says what happened and what to do, and, wrapped, the cause for the
// log. Any other error is internal: the person reads only that it did not work.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of refusal a fault is; httpapi turns it into a status.
type Kind int

// The kinds, with the HTTP status that each becomes.
const (
	Internal        Kind = iota // 500
	Invalid                     // 422
	Malformed                   // 400
	Unauthenticated             // 401
	Denied                      // 403: this role may never do this
	NotFound                    // 404: not there, or not for you to know
	Conflict                    // 409
	Stale                       // 412
	VersionNeeded               // 428
	TooLarge                    // 413
	WrongType                   // 415
	Limited                     // 429
	Unavailable                 // 503
)

// Field is one thing wrong in what was sent.
type Field struct {
	Pointer string `json:"pointer" doc:"JSON pointer to the field (RFC 6901)."`
	Message string `json:"message"`
}

// Error is a refusal that a person may read.
type Error struct {
	Kind       Kind
	Code       string // stable, kebab-case; the web app translates by it. Empty: the kind's own
	Message    string
	Fields     []Field
	RetryAfter time.Duration // with Limited and Unavailable
	cause      error
}

// New makes a fault. The message is a whole sentence for the person: what happened, what to do.
func New(k Kind, message string) *Error { return &Error{Kind: k, Message: message} }

// InvalidField is an Invalid fault that points at one field (JSON pointer, "/weight_kg").
func InvalidField(pointer, message string) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: []Field{{pointer, message}}}
}

// Coded names the fault for programs, in kebab-case ("order-already-dispensed").
func (e *Error) Coded(code string) *Error { c := *e; c.Code = code; return &c }

// Because wraps the cause, for the log alone.
func (e *Error) Because(cause error) *Error { c := *e; c.cause = cause; return &c }

// After says when to try again.
func (e *Error) After(d time.Duration) *Error { c := *e; c.RetryAfter = d; return &c }

// With adds a field to a copy of the fault.
func (e *Error) With(pointer, message string) *Error {
	c := *e
	c.Fields = append(append([]Field{}, e.Fields...), Field{pointer, message})
	return &c
}

// Error implements error. The text is for the log; the person reads Message.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return fmt.Sprintf("%s (%v)", e.Message, e.cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, fault.New(k, "")) ask for a kind; prefer KindOf.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Kind == e.Kind && (t.Message == "" || t.Message == e.Message)
}

// KindOf is the kind of the first fault in err's chain; Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is a fault of this kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }
