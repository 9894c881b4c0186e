package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/event"
	"housecall/internal/id"
)

const victimDir = "HOUSECALL_TEST_BUS_VICTIM"

// TestVictim is the process that the test below kills: it writes, says what was acknowledged and what was
// handled, and never ends by itself.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victimDir)
	if dir == "" {
		t.Skip("only as the victim of TestKilledProcessLosesNoEvent")
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	bells, err := docstore.Open[bell](t.Context(), store, clock.NewReal(), docstore.Spec[bell]{Name: "bells"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Start(t.Context(), bus.Config{Dir: filepath.Join(dir, "nats")}, bus.Deps{Store: store, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards the output
	say := func(what, id string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(what, id)
	}
	if err := b.Subscribe(bus.Consumer{Name: "works", Handle: func(_ context.Context, e event.Event) error { say("handled", e.ID); return nil }}); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		d := &bell{ID: fmt.Sprintf("bell_%d", n)}
		emit("bell.rung", "1", "acc_1", "operators")(d)
		if err := bells.Insert(t.Context(), id.Request{}, d); err != nil {
			t.Fatal(err)
		}
		say("written", "bells."+d.ID+".1.0")
	}
}

func TestKilledProcessLosesNoEventAndShowsNoneTwice(t *testing.T) {
	t.Parallel()
	w := &world{t: t, dir: t.TempDir(), clock: clock.NewReal(), log: slog.New(slog.DiscardHandler)}
	w.cfg.Dir = filepath.Join(w.dir, "nats")
	written, handled := runAndKill(t, w.dir, 300)

	store, err := sqlite.Open(t.Context(), filepath.Join(w.dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	t.Cleanup(func() { _ = store.Close() })
	w.open()
	again := newEar()
	w.listen("works", again)
	w.settle()
	stream, end := follow(t, w, 1, "acc_1", "operators")
	defer end()

	for _, e := range again.all() {
		handled[e.ID] = true
	}
	shown := map[string]bool{"bells.bell_0.1.0": true} // the first stands at place 1, after which the feed was asked for
	for len(shown) < len(written) {
		item := next(t, stream)
		if item.Reset || shown[item.Event.ID] {
			t.Fatalf("the feed shows %+v twice, or begins anew", item)
		}
		shown[item.Event.ID] = true
	}
	for e := range written {
		if !handled[e] || !shown[e] {
			t.Errorf("event %s: handled %v, shown %v", e, handled[e], shown[e])
		}
	}
	t.Logf("%d written, %d handled again after the kill", len(written), len(again.all()))
}

// runAndKill kills the victim once it has written so many events.
func runAndKill(t *testing.T, dir string, enough int) (written, handled map[string]bool) {
	t.Helper()
	written, handled = map[string]bool{}, map[string]bool{}
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(20*time.Second, func() { _ = victim.Process.Kill() })
	defer limit.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, which, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "written":
			written[which] = true
		case "handled":
			handled[which] = true
		}
		if len(written) == enough {
			_ = victim.Process.Kill()
		}
	}
	_ = victim.Wait()
	if len(written) < enough {
		t.Fatalf("the victim wrote %d", len(written))
	}
	return written, handled
}

// After a loss of power the stream may be shorter than what a consumer remembers to have handled: the
// engine sets the consumer back by itself, which the relay's one sync for a batch relies on.
func TestConsumerThatIsAheadOfItsStreamMissesNothingNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first := newEar()
	w.listen("works", first)
	w.ring("bell_1", emit("bell.rung", "1"))
	w.settle()
	messages := filepath.Join(w.cfg.Dir, "jetstream", "$G", "streams", "EVENTS", "msgs")
	early := filepath.Join(w.dir, "early")
	if err := os.CopyFS(early, os.DirFS(messages)); err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= 6; n++ {
		w.ring("bell_1", emit("bell.rung", fmt.Sprint(n)))
	}
	w.settle()
	stop(t, w.bus)
	if err := os.RemoveAll(messages); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(messages, os.DirFS(early)); err != nil {
		t.Fatal(err)
	}

	w.open()
	second := newEar()
	w.ring("bell_1", emit("bell.rung", "new 1"))
	w.listen("works", second)
	w.ring("bell_1", emit("bell.rung", "new 2"))

	for _, want := range []string{"new 1", "new 2"} {
		if got := next(t, second.news); got.Data["n"] != want {
			t.Errorf("heard %q, want %q", got.Data["n"], want)
		}
	}
}
