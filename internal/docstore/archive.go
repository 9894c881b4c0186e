package docstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"housecall/internal/event"
)

// Archive is what a store does for backups. A restore goes by Declare and Insert.
type Archive interface {
	// Export calls document for every document as all of them stood at one moment, with Keys, Timers and
	// Outbox, and loose for events that wait of documents that are gone.
	Export(ctx context.Context, document func(collection string, r Record) error, loose func(event.Event) error) error
	// Empty tells whether nothing was ever kept here.
	Empty(ctx context.Context) (bool, error)
}

// eventID is the id of the n-th event of a change. Two collections may hold one id (a visit and its thread):
// without the name, the bus would take the event of one for that of the other told twice, and drop it.
func eventID(collection, doc string, version int64, n int) string {
	return fmt.Sprintf("%s.%s.%d.%d", collection, doc, version, n)
}

// EventOf tells which change of which document an event is of; not ok where its id does not say.
func EventOf(e event.Event) (collection string, version int64, ok bool) {
	collection, rest, found := strings.Cut(e.ID, ".")
	rest, ours := strings.CutPrefix(rest, e.Doc+".")
	number, _, more := strings.Cut(rest, ".")
	version, err := strconv.ParseInt(number, 10, 64)
	return collection, version, found && ours && more && err == nil
}
