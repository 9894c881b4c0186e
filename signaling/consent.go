package signaling

import (
	"context"
	"slices"
)

// recording is what a room knows of its recording. It runs only while everybody who has a seat consents.
type recording struct {
	state    string // off, asked, on
	by       string
	consents []string
	running  Recording
	taps     map[*seat]func()
}

func (rec *recording) public() RecordingState {
	return RecordingState{State: rec.state, By: rec.by, Consents: append([]string{}, rec.consents...)}
}

// record asks for a recording, or ends asking and recording.
func (r *room) record(s *seat, on bool) {
	rec := &r.recording
	switch {
	case !on:
		if rec.state != "off" && (s.ticket.May(Record) || rec.by == s.ticket.Seat) {
			r.stopRecording()
			r.tellRecording()
		}
		return
	case !s.ticket.May(Record):
		s.refuse("record", "no_right", "You can't ask for a recording in this call.")
		return
	case r.server.Recorder == nil:
		s.refuse("record", "no_recorder", "This server keeps no recordings.")
		return
	case rec.state != "off":
		return
	}
	*rec = recording{state: "asked", by: s.ticket.Seat, consents: []string{s.ticket.Seat}}
	r.happened(s, RecordingAsked, "")
	r.consents()
	r.tellRecording()
}

// consent is one person's word. Taking it back ends the recording at once.
func (r *room) consent(s *seat, on bool) {
	rec := &r.recording
	has := slices.Contains(rec.consents, s.ticket.Seat)
	if rec.state == "off" || has == on {
		return
	}
	if !on {
		r.happened(s, ConsentRevoked, "")
		r.stopRecording()
		r.tellRecording()
		return
	}
	rec.consents = append(rec.consents, s.ticket.Seat)
	r.happened(s, ConsentGiven, "")
	r.consents()
	r.tellRecording()
}

// consents begins the recording when everybody present consents, and interrupts it when somebody has come
// who has not been asked yet.
func (r *room) consents() {
	rec := &r.recording
	if rec.state == "off" {
		return
	}
	all := len(r.seats) > 0
	for _, s := range r.seats {
		all = all && slices.Contains(rec.consents, s.ticket.Seat)
	}
	switch {
	case all && rec.state == "asked":
		r.beginRecording()
	case !all && rec.state == "on":
		r.interruptRecording()
		rec.state = "asked"
	case all && rec.state == "on":
		r.tap()
		return
	default:
		return
	}
	r.tellRecording()
}

func (r *room) beginRecording() {
	rec := &r.recording
	var present []Present
	for _, s := range r.seats {
		present = append(present, Present{s.ticket.Seat, s.ticket.Role})
	}
	running, err := r.server.Recorder.Begin(context.Background(), r.name, present, r.server.Clock.Now())
	if err != nil {
		r.server.Log.Error("recording could not begin", "error", err)
		*rec = recording{state: "off"}
		return
	}
	rec.running, rec.taps, rec.state = running, map[*seat]func(){}, "on"
	r.tap()
	r.happened(nil, RecordingBegan, "")
}

// tap records every seat that is not yet.
func (r *room) tap() {
	rec := &r.recording
	for _, s := range r.seats {
		if rec.taps[s] == nil {
			rec.taps[s] = s.media.Record(rec.running.Tap(s.ticket.Seat))
		}
	}
}

func (r *room) interruptRecording() {
	rec := &r.recording
	if rec.running == nil {
		return
	}
	for _, stop := range rec.taps {
		stop()
	}
	rec.running.Stop(context.Background(), r.server.Clock.Now())
	rec.running, rec.taps = nil, nil
	r.happened(nil, RecordingEnded, "")
}

func (r *room) stopRecording() {
	r.interruptRecording()
	r.recording = recording{state: "off"}
}

func (r *room) tellRecording() {
	for _, s := range r.seats {
		s.say(func(n int) any { return RecordingChanged{T: "recording", N: n, Recording: r.recording.public()} })
	}
}
