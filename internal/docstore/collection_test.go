package docstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/fault"
)

type note struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
}

func (n *note) DocID() string { return n.ID }

// failing is a store with one document, on which every write fails in one way.
type failing struct {
	docstore.Store
	err error
}

func (f failing) Declare(context.Context, string, []string) error        { return nil }
func (f failing) Insert(context.Context, string, docstore.Record) error  { return f.err }
func (f failing) Replace(context.Context, string, docstore.Record) error { return f.err }
func (f failing) Last(string, string) (docstore.Record, bool) {
	return docstore.Record{}, false
}

func (f failing) Get(context.Context, string, string) (docstore.Record, error) {
	return docstore.Record{ID: "note_1", Version: 1, Body: []byte(`{"id":"note_1"}`)}, nil
}

func notes(t *testing.T, err error) *docstore.Collection[note, *note] {
	t.Helper()
	c, openErr := docstore.Open(t.Context(), failing{err: err}, clock.NewFake(noon), docstore.Spec[note]{Name: "note"})
	if openErr != nil {
		t.Fatal(openErr)
	}
	return c
}

func nothing(*note) error { return nil }

func TestFullStoreIsUnavailableAndSaysWhen(t *testing.T) {
	t.Parallel()
	c := notes(t, fmt.Errorf("%w: disk", docstore.ErrFull))

	_, update := c.Update(t.Context(), "note_1", docstore.On{}, nothing)
	insert := c.Insert(t.Context(), docstore.On{}.Request, &note{ID: "note_2"})

	for what, err := range map[string]error{"update": update, "insert": insert} {
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.RetryAfter == 0 || !errors.Is(err, docstore.ErrFull) {
			t.Errorf("%s = %v, want Unavailable with a time", what, err)
		}
	}
}

func TestStoreThatDoesNotAnswerIsUnavailableAndSaysToSendItAgain(t *testing.T) {
	t.Parallel()
	c := notes(t, fmt.Errorf("%w: no primary", docstore.ErrAway))

	_, update := c.Update(t.Context(), "note_1", docstore.On{}, nothing)
	insert := c.Insert(t.Context(), docstore.On{}.Request, &note{ID: "note_2"})

	for what, err := range map[string]error{"update": update, "insert": insert} {
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.RetryAfter == 0 || !strings.Contains(f.Message, "again") {
			t.Errorf("%s = %v, want Unavailable with a time", what, err)
		}
	}
}

func TestDocumentThatIsAlwaysChangedByOthersIsUnavailableInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := notes(t, docstore.ErrStale).Update(t.Context(), "note_1", docstore.On{}, nothing)

		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("update = %v, want Unavailable", err)
		}
	})
}

func TestEndOfRequestEndsItsRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0

		_, err := notes(t, docstore.ErrStale).Update(ctx, "note_1", docstore.On{}, func(*note) error {
			if tries++; tries == 3 {
				cancel()
			}
			return nil
		})

		if !errors.Is(err, context.Canceled) || tries != 3 {
			t.Errorf("update = %v after %d tries, want cancelled after 3", err, tries)
		}
	})
}

func TestIndexThatIsNotDeclaredIsTheProgrammersMistake(t *testing.T) {
	t.Parallel()
	_, err := notes(t, nil).Find(t.Context(), docstore.Query{Index: "by_nothing"})

	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("find = %v, want an internal error", err)
	}
}

func TestStrangersErrorKeepsItsCauseAndTheIDAlone(t *testing.T) {
	t.Parallel()
	broken := errors.New("wire cut")

	_, err := notes(t, broken).Update(t.Context(), "note_1", docstore.On{}, nothing)

	if !errors.Is(err, broken) || err.Error() != "update note_1: wire cut" {
		t.Errorf("update = %v", err)
	}
}
