package docstore_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestOrdersSortAsWhatTheyStandFor(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 8*3600)
	times := []string{
		docstore.ByTime(noon), docstore.ByTime(noon.Add(time.Millisecond)),
		docstore.ByTime(noon.Add(time.Hour).In(east)), docstore.ByTime(noon.AddDate(1, 0, 0)),
	}
	numbers := []string{docstore.ByNumber(0), docstore.ByNumber(9), docstore.ByNumber(10), docstore.ByNumber(1 << 62)}

	if !slices.IsSorted(times) || !slices.IsSorted(numbers) {
		t.Errorf("not sorted: %v, %v", times, numbers)
	}
	if docstore.Eq("a", "bc") == docstore.Eq("ab", "c") {
		t.Error("the parts of an equality run into each other")
	}
}

func TestCursorReadsAsWrittenAndForeignOnesAreRefused(t *testing.T) {
	t.Parallel()
	order, docID, err := docstore.ParseCursor(docstore.Cursor("2026-03-01", "ord_1"))

	if order != "2026-03-01" || docID != "ord_1" || err != nil {
		t.Errorf("read %q, %q, %v", order, docID, err)
	}
	for _, foreign := range []string{"", "!", "b3Jk", "2026-03-01"} {
		if _, _, err := docstore.ParseCursor(foreign); !fault.Is(err, fault.Invalid) {
			t.Errorf("cursor %q = %v, want Invalid", foreign, err)
		}
	}
}

func TestTimerCursorReadsAsWritten(t *testing.T) {
	t.Parallel()
	want := docstore.LiveTimer{Collection: "order", Doc: "ord_1", Timer: docstore.Timer{Kind: "order.unpaid_expired"}}

	got, err := docstore.ParseTimerCursor(docstore.TimerCursor(want))
	first, firstErr := docstore.ParseTimerCursor("")

	if got != want || err != nil || first != (docstore.LiveTimer{}) || firstErr != nil {
		t.Errorf("read %v, %v; the first %v, %v", got, err, first, firstErr)
	}
}

func TestQueryHasLimits(t *testing.T) {
	t.Parallel()
	q, err := docstore.Query{Index: "by_owner"}.Normal()
	if q.Limit != 50 || err != nil {
		t.Errorf("limit = %d, %v; want 50", q.Limit, err)
	}
	for _, limit := range []int{-1, 501} {
		if _, err := (docstore.Query{Index: "by_owner", Limit: limit}).Normal(); !fault.Is(err, fault.Invalid) {
			t.Errorf("limit %d = %v, want Invalid", limit, err)
		}
	}
	if _, err := (docstore.Query{}).Normal(); err == nil {
		t.Error("a query without an index is taken")
	}
}

func TestTimerOfDocumentIsSetMovedAndCleared(t *testing.T) {
	t.Parallel()
	var m docstore.Meta

	m.SetTimer("order.late", noon)
	m.SetTimer("order.late", noon.Add(time.Hour))
	m.ClearTimer("order.lost") // was never set
	early, due := m.TimerDue("order.late", noon), m.TimerDue("order.late", noon.Add(time.Hour))
	m.ClearTimer("order.late")

	if early || !due || m.TimerDue("order.late", noon.Add(time.Hour)) || len(m.Timers) != 0 {
		t.Errorf("due early %v, due %v, left %v", early, due, m.Timers)
	}
	events := m.Emitted()
	if len(events) != 3 || !events[2].Cancelled || events[1].Due == nil || !events[1].Due.Equal(noon.Add(time.Hour)) {
		t.Errorf("emitted %+v", events)
	}
}
