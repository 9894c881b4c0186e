package e2e_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/event"
	"housecall/internal/sim"
)

// ownTown is a still town for one story, that goes by another clock, loses patience sooner, or is stopped in the middle.
// Its clock may run ahead of the browsers'.
func ownTown(t *testing.T, o sim.DemoOptions) (*sim.Demo, func()) {
	t.Helper()
	chromium(t)
	o.Listen, o.Quiet = "localhost:0", true
	d, err := sim.StartDemo(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() { _ = d.Stop(context.WithoutCancel(t.Context())) })
	t.Cleanup(stop)
	return d, stop
}

func TestOperatorFindsAStuckMessageAndSendsItAgainOnceTheCauseIsMended(t *testing.T) {
	d, _ := ownTown(t, sim.DemoOptions{Backoff: []time.Duration{time.Millisecond, time.Millisecond}})
	var mended atomic.Bool
	handled := make(chan event.Event, 10)
	err := d.App.Bus.Subscribe(bus.Consumer{Name: "letterbox", Kinds: []event.Kind{"case.opened"}, Handle: func(_ context.Context, e event.Event) error {
		if !mended.Load() {
			return errors.New("the letterbox is nailed up")
		}
		handled <- e
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := openWide(t, d, "the operator", 1440, 900)
	o.signInStaff(sim.DemoOperator)
	o.visit("/o/stuck")
	o.seesText("Nothing is stuck.")
	x := taleIn(t, d, "Stuck Sorrel")
	about := x.post(x.patient, "/cases", sim.JSON{"category": "other", "text": "Can you hear me?", "subject": x.person}).Text("id")

	o.sees("replay")
	o.seesText("the letterbox is nailed up")
	o.seesText("letterbox · " + about)
	o.shot("operator-stuck-one")
	if text := o.pageText(); strings.Contains(text, "hear me") || strings.Contains(text, "Sorrel") {
		t.Errorf("a stuck message tells what somebody wrote, or who: %s", text)
	}
	o.press("replay") // the cause is still there: it comes back
	o.until("it to come back", `(`+shown("replay")+` && document.body.innerText.includes('letterbox'))`)
	mended.Store(true)
	o.until("it gone through", `(`+can("replay")+` && `+test("replay")+`.click(), document.body.innerText.includes('Nothing is stuck.'))`)

	select {
	case e := <-handled:
		if e.Doc != about {
			t.Errorf("handled is %s of %s, want that of %s", e.Kind, e.Doc, about)
		}
	case <-time.After(within):
		t.Fatal("it was sent again and never came")
	}
	if letters, err := d.App.Bus.Dead(t.Context()); err != nil || len(letters) != 0 {
		t.Errorf("%v is still stuck (%v)", letters, err)
	}
}
