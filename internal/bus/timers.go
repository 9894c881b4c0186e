package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"housecall/internal/docstore"
	"housecall/internal/event"
)

const (
	timersStream = "TIMERS"
	// keptMark stands in the stream's metadata once all live timers were set: a stream without it is
	// new, or was made by a process that died before it was done.
	keptMark = "housecall-timers"
)

// makeTimers creates the stream that keeps time. Limits retention (interest loses schedules), no age
// (an age shorter than the delay loses the timer); what has fired is deleted when it is forwarded.
func (b *Bus) makeTimers(ctx context.Context) (fresh bool, err error) {
	b.timers, err = b.js.Stream(ctx, timersStream)
	if err == nil {
		return b.timers.CachedInfo().Config.Metadata[keptMark] == "", nil
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, b.explain("look up stream "+timersStream, err)
	}
	if b.timers, err = b.js.CreateStream(ctx, b.timersConfig()); err != nil {
		return false, b.explain("make stream "+timersStream, err)
	}
	return true, nil
}

func (b *Bus) timersConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: timersStream, Subjects: []string{"set.>", "fired.>"}, Storage: jetstream.FileStorage,
		Replicas: b.cfg.Replicas, Retention: jetstream.LimitsPolicy, AllowMsgSchedules: true, Duplicates: doublesKnown,
	}
}

// timersKept marks the stream: every live timer is in it.
func (b *Bus) timersKept(ctx context.Context) error {
	cfg := b.timers.CachedInfo().Config
	cfg.Metadata = map[string]string{keptMark: "kept"}
	s, err := b.js.UpdateStream(ctx, cfg)
	if err != nil {
		return fmt.Errorf("mark stream %s: %w", timersStream, err)
	}
	b.timers = s
	return nil
}

// setTimersAgain reads every live timer from the documents and sets those that the engine does not hold.
func (b *Bus) setTimersAgain(ctx context.Context) error {
	const page, atOnce = 500, 64
	set := 0
	for cursor := ""; ; {
		live, next, err := b.store.Timers(ctx, cursor, page)
		if err != nil {
			return fmt.Errorf("list live timers: %w", err)
		}
		for len(live) > 0 {
			n := min(atOnce, len(live))
			if err := b.setAll(ctx, live[:n]); err != nil {
				return err
			}
			live, set = live[n:], set+n
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if set > 0 {
		if err := b.disk.sync(timersStream); err != nil {
			return err
		}
		b.log.InfoContext(ctx, "live timers were set again", "count", set)
	}
	return nil
}

func (b *Bus) setAll(ctx context.Context, live []docstore.LiveTimer) error {
	errs := make([]error, len(live))
	var all sync.WaitGroup
	for i, t := range live {
		all.Go(func() {
			due := t.Due
			// The id has the time in it: two nodes that do this at once make one message.
			e := event.Event{ID: fmt.Sprintf("%s.%s.%d", t.Doc, t.Kind, due.UnixMilli()), Kind: t.Kind, Doc: t.Doc, At: b.clock.Now(), Due: &due}
			if again, ok := b.sched.(*streamTimers); ok {
				errs[i] = again.unlessSet(ctx, e)
				return
			}
			errs[i] = b.sched.Schedule(ctx, e)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// streamTimers keeps timers as message schedules of JetStream.
type streamTimers struct{ bus *Bus }

// Schedule implements Scheduler.
func (t *streamTimers) Schedule(ctx context.Context, e event.Event) error {
	if e.Cancelled {
		if err := t.bus.timers.Purge(ctx, jetstream.WithPurgeSubject(setSubject(e))); err != nil {
			return fmt.Errorf("take timer %s away: %w", event.TimerID(e.Doc, e.Kind), err)
		}
		return nil
	}
	m, err := t.message(e)
	if err != nil {
		return err
	}
	if _, err := t.bus.js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("set timer %s: %w", event.TimerID(e.Doc, e.Kind), err)
	}
	return nil
}

// unlessSet sets a timer that was read from a document some time ago: one that was set meanwhile is
// newer and stays.
func (t *streamTimers) unlessSet(ctx context.Context, e event.Event) error {
	m, err := t.message(e)
	if err != nil {
		return err
	}
	_, err = t.bus.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(0))
	var refused *jetstream.APIError
	if errors.As(err, &refused) && refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return nil
	}
	if err != nil {
		return fmt.Errorf("set timer %s again: %w", event.TimerID(e.Doc, e.Kind), err)
	}
	return nil
}

func (t *streamTimers) message(e event.Event) (*nats.Msg, error) {
	if e.Due == nil {
		return nil, fmt.Errorf("timer %s has no time", event.TimerID(e.Doc, e.Kind))
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode timer %s: %w", event.TimerID(e.Doc, e.Kind), err)
	}
	m := message(setSubject(e), "set/"+e.ID, body)
	// The client's own option cuts the time to seconds.
	m.Header.Set("Nats-Schedule", "@at "+t.bus.clock.Wall(*e.Due).UTC().Format(time.RFC3339Nano))
	m.Header.Set("Nats-Schedule-Target", "fired."+string(e.Kind))
	return m, nil
}

// setSubject is the one subject of a timer: a second message on it takes the place of the first.
func setSubject(e event.Event) string { return "set." + safe(event.TimerID(e.Doc, e.Kind)) }

// safe makes one id fit into a subject: what has a meaning there is written in hexadecimal.
func safe(id string) string {
	var out strings.Builder
	for i := 0; i < len(id); i++ {
		c := id[i]
		lone := c == '.' && (i == 0 || i == len(id)-1 || id[i-1] == '.') // an empty token is not allowed
		if !lone && (c == '.' || c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, "=%02X", c)
	}
	return out.String()
}

// forwardFired takes each timer that has fired into the events, once, and then out of the stream.
func (b *Bus) forwardFired(ctx context.Context) error {
	return b.consume(ctx, &consumer{
		bus: b, name: "forward_fired", stream: b.timers, filters: []string{"fired.>"},
		handle: func(ctx context.Context, m jetstream.Msg, e event.Event) error {
			if err := b.publishFired(ctx, e); err != nil {
				return err
			}
			if err := b.disk.sync(eventsStream); err != nil {
				return err
			}
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("read place of timer %s: %w", e.ID, err)
			}
			err = b.timers.DeleteMsg(ctx, meta.Sequence.Stream)
			if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
				b.log.WarnContext(ctx, "fired timer was not deleted", "event_id", e.ID, "error", err)
			}
			return nil
		},
	})
}

// publishFired makes a timer that has fired an event like any other. A timer that fires twice has the
// same message id.
func (b *Bus) publishFired(ctx context.Context, e event.Event) error {
	if e.Due != nil {
		e.At = *e.Due
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode timer %s: %w", e.ID, err)
	}
	got, err := b.js.PublishMsg(ctx, message("ev."+string(e.Kind), "fired/"+e.ID, body))
	if err != nil {
		return fmt.Errorf("publish fired timer %s: %w", e.ID, err)
	}
	b.took(e.Kind, got)
	b.moved.Add(1)
	return nil
}
