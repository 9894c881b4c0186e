package docstore

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"housecall/internal/event"
	"housecall/internal/fault"
)

// Eq joins what an index compares for equality.
func Eq[T ~string](parts ...T) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = string(p)
	}
	return strings.Join(out, "\x1f")
}

// ByTime is an index order that sorts as the moments do, to the millisecond.
func ByTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ByNumber is an index order that sorts as numbers do; n must not be negative.
func ByNumber(n int64) string { return fmt.Sprintf("%019d", n) }

// Cursor is where the next page begins: after this order and id.
func Cursor(order, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(order + "\x1f" + id))
}

// ParseCursor reads what Cursor wrote; a foreign one is an Invalid fault.
func ParseCursor(cursor string) (order, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	order, id, found := strings.Cut(string(raw), "\x1f")
	if err != nil || !found {
		return "", "", fault.InvalidField("/cursor", "This page can't be found. Start again from the first page.")
	}
	return order, id, nil
}

// Normal fills the defaults of a query and refuses what no adapter can answer.
func (q Query) Normal() (Query, error) {
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 0 || q.Limit > 500 {
		return q, fault.InvalidField("/limit", "Ask for 1 to 500 at a time.")
	}
	if q.Index == "" {
		return q, fmt.Errorf("query without an index")
	}
	return q, nil
}

// TimerCursor is where the next page of live timers begins: after this one.
func TimerCursor(t LiveTimer) string {
	return base64.RawURLEncoding.EncodeToString([]byte(Eq(t.Collection, t.Doc, string(t.Kind))))
}

// ParseTimerCursor reads what TimerCursor wrote; "" is before all.
func ParseTimerCursor(cursor string) (LiveTimer, error) {
	if cursor == "" {
		return LiveTimer{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(raw), "\x1f")
	if err != nil || len(parts) != 3 {
		return LiveTimer{}, fmt.Errorf("not a cursor of timers")
	}
	return LiveTimer{Collection: parts[0], Doc: parts[1], Timer: Timer{Kind: event.Kind(parts[2])}}, nil
}
