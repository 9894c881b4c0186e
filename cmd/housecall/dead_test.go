package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
)

// listens opens the events of a clinic whose server is stopped, has somebody hear all of them until it is
// quiet, and closes them.
func (c *clinic) listens(hear func(context.Context, event.Event) error) {
	c.t.Helper()
	ctx := c.t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(c.data, "housecall.db"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	b, err := bus.Start(ctx, bus.Config{Dir: filepath.Join(c.data, "events"), Backoff: []time.Duration{time.Millisecond}},
		bus.Deps{Store: store, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	err = errors.Join(b.Subscribe(bus.Consumer{Name: "archive", Kinds: []event.Kind{"account.enrolled"}, Handle: hear}), b.Settle(ctx), b.Stop(ctx))
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestOperatorListsADeadLetterAndReplaysItToWhoFailed(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	s := c.serve()
	token, patient := s.patient(c.mail)
	s.ask(token, "POST", "/intakes", map[string]any{"patient": patient}, 201)
	s.stop()
	c.listens(func(context.Context, event.Event) error { return errors.New("the archive is full") })

	listed := c.tool("events", "dead")
	number := regexp.MustCompile(`(?m)^(\d+) .*archive .*account\.enrolled .*the archive is full`).FindStringSubmatch(listed)
	if number == nil {
		t.Fatalf("dead letters:\n%s\nwant the account's, of the archive, and why", listed)
	}
	c.tool("events", "replay", number[1])
	again, code := run(t, append([]string{"events", "replay", number[1]}, c.args...)...)
	heard := 0
	c.listens(func(context.Context, event.Event) error { heard++; return nil })

	if heard != 1 {
		t.Errorf("the archive heard of it %d times after the replay, want once", heard)
	}
	if code == 0 || !strings.Contains(again, "no dead letter of this number") {
		t.Errorf("replaying it twice: exit code %d: %s", code, again)
	}
	if left := c.tool("events", "dead"); strings.Count(left, "\n") != 1 {
		t.Errorf("left over: %s", left)
	}
}
