package signaling_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"housecall/signaling"
	"housecall/signaling/sfu"
	"housecall/signaling/signalingtest"
)

// tape is a recorder that counts.
type tape struct {
	mu      sync.Mutex // guards the rest
	begun   int
	stopped int
	packets map[string]int
	after   int // packets given after Stop
	running bool
}

var _ signaling.Recorder = (*tape)(nil)

func recorded(d *signaling.Deps) { d.Recorder = &tape{packets: map[string]int{}} }

func (t *tape) Begin(context.Context, string, []signaling.Present, time.Time) (signaling.Recording, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	t.running = true
	return t, nil
}

func (t *tape) Tap(seat string) sfu.Tap { return &tapped{t, seat} }

func (t *tape) Stop(context.Context, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped++
	t.running = false
}

func (t *tape) of(seat string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.packets[seat]
}

type tapped struct {
	tape *tape
	seat string
}

func (t *tapped) Packet(sfu.Recorded) {
	t.tape.mu.Lock()
	defer t.tape.mu.Unlock()
	t.tape.packets[t.seat]++
	if !t.tape.running {
		t.tape.after++
	}
}

func (*tapped) Gap(sfu.Kind, int, time.Time) {}

func TestRecordingRunsOnlyWhileEverybodyConsents(t *testing.T) {
	t.Parallel()
	keeps := &tape{packets: map[string]int{}}
	w := newWorld(t, func(d *signaling.Deps) { d.Recorder = keeps })
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(doctor, 1, "patient")
	state := func(c *signalingtest.Client, skip int, want string) {
		t.Helper()
		if _, err := c.Until(w.ctx(), skip, func(msg signalingtest.Message) bool {
			var r signaling.RecordingChanged
			return msg.T == "recording" && msg.Decode(&r) == nil && r.Recording.State == want
		}); err != nil {
			t.Fatalf("recording %s: %v", want, err)
		}
	}

	w.says(doctor, m{"t": "record", "on": true})
	state(patient, 0, "asked")
	if keeps.of("patient") != 0 {
		t.Error("recorded before the patient consented")
	}
	w.says(patient, m{"t": "consent", "on": true})
	state(doctor, 0, "on")
	w.eventually("both are recorded", func() bool { return keeps.of("patient") > 10 && keeps.of("doctor") > 10 })

	before := patient.Said()
	caregiver := w.joins("room", "caregiver") // has not been asked
	state(patient, before, "asked")
	w.says(caregiver, m{"t": "consent", "on": true})
	state(patient, before, "on")

	before = patient.Said()
	w.says(patient, m{"t": "consent", "on": false})
	state(patient, before, "off")
	keeps.mu.Lock()
	defer keeps.mu.Unlock()
	if keeps.begun != 2 || keeps.stopped != 2 || keeps.after != 0 || keeps.packets["caregiver"] == 0 && keeps.begun < 2 {
		t.Errorf("begun %d, stopped %d, %d packets after the end; want 2, 2, 0", keeps.begun, keeps.stopped, keeps.after)
	}
}
