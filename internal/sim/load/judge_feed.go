package load

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// judge reads the whole feed again, from where it began to where it has come, in one go: what came live,
// in pieces, must be the same events, each once.
func (f *follower) judge(ctx context.Context, v *verdict, within time.Duration) {
	f.mu.Lock()
	base, last, live, doubled := f.base, f.last, f.events, f.doubled
	begun, over := f.begun, f.over
	f.mu.Unlock()
	if !begun {
		v.looked(feedsWhole, 1, fmt.Sprintf("the feed of %s never began", f.who))
		return
	}
	broken := append([]string{}, doubled...)
	ids := map[string]bool{}
	after := live[:0:0]
	for _, e := range live {
		if ids[e.ID] {
			broken = append(broken, fmt.Sprintf("%s of %s came twice to %s", e.Kind, e.Doc, f.who))
		}
		if ids[e.ID] = true; e.Place > base {
			after = append(after, e)
		}
	}
	// Place 0 has no past that could be asked for, and who is signed out is told nothing more.
	if base > 0 && last > base && !over {
		ctx, stop := context.WithTimeout(ctx, within)
		defer stop()
		broken = append(broken, f.replay(ctx, base, last, after)...)
	}
	v.looked(feedsWhole, len(live), broken...)
}

// replay compares what came live with the feed as it is told in one go.
func (f *follower) replay(ctx context.Context, base, last uint64, live []told) (broken []string) {
	came := map[string]bool{}
	for _, e := range live {
		came[e.ID] = true
	}
	ended := false
	err := f.read(ctx, strconv.FormatUint(base, 10), func(e told, reset bool) bool {
		if reset { // what came before is not kept any more: nothing to compare with
			ended = true
			return false
		}
		if ended = e.Place >= last; e.Place > last {
			return false
		}
		if !came[e.ID] {
			broken = append(broken, fmt.Sprintf("%s of %s at place %d never came to %s", e.Kind, e.Doc, e.Place, f.who))
		}
		delete(came, e.ID)
		return !ended
	})
	if !ended {
		return append(broken, fmt.Sprintf("the feed of %s could not be read again up to place %d: %v", f.who, last, err))
	}
	for _, e := range live {
		if came[e.ID] {
			broken = append(broken, fmt.Sprintf("%s of %s at place %d came to %s and is not in the feed", e.Kind, e.Doc, e.Place, f.who))
		}
	}
	return broken
}

// mustTell lists what a patient is told once on the way of an order that came to the door.
func mustTell(o *ordered) map[string]string {
	return map[string]string{
		"order.held": o.id, "order.placed": o.id, "order.collected": o.id, "order.delivered": o.id, "rx.signed": o.rx, "rx.dispensed": o.rx,
	}
}

// judgeTold compares what the patient was told with what came true.
func (l *life) judgeTold(v *verdict, o *ordered) {
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	if l.feed.resets > 0 {
		return // begun anew: the screen has loaded what it shows
	}
	for kind, doc := range mustTell(o) {
		broken := []string{}
		if n := l.feed.counts[keyOf(kind, doc)]; n != 1 {
			broken = append(broken, fmt.Sprintf("%s of %s came %d times to its patient", kind, doc, n))
		}
		v.looked(feedsWhole, 1, broken...)
	}
}
