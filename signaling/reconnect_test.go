package signaling_test

import (
	"encoding/json"
	"testing"
	"time"

	"housecall/signaling"
	"housecall/signaling/signalingtest"
)

func TestJoiningFromAnotherDeviceTakesTheSeatOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, phone := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(doctor, 1, "patient")

	laptop := w.joins("room", "patient")

	code, reason, _ := phone.Ended(w.ctx())
	if code != 4002 || reason != "taken_over" {
		t.Errorf("the phone was ended with %d %q, want 4002 taken_over", code, reason)
	}
	w.sees(laptop, 1, "doctor")
	w.sees(doctor, 1, "patient")
	if rooms, seats := w.server.Rooms(); rooms != 1 || seats != 2 {
		t.Errorf("%d rooms with %d seats, want 1 with 2: no ghosts", rooms, seats)
	}
}

func TestWhoLosesTheConnectionIsAwayThenBackAndLeftOnlyAfterTwoMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(doctor, 1, "patient")

	patient.Close()
	w.told(doctor, "patient", func(p person) bool { return p.State == "away" })
	again := w.joins("room", "patient")

	w.eventually("the product hears of away and back", func() bool {
		return w.watch.saw(signaling.SeatAway, "patient") && w.watch.saw(signaling.SeatBack, "patient")
	})
	w.sees(doctor, 1, "patient")

	again.Close()
	w.eventually("away again", func() bool { _, seats := w.server.Rooms(); return seats == 2 })
	w.clock.Advance(time.Minute + 59*time.Second)
	if w.watch.saw(signaling.SeatLeft, "patient") {
		t.Error("left before the grace was over")
	}
	w.eventually("left after the grace", func() bool {
		w.clock.Advance(time.Second)
		return w.watch.saw(signaling.SeatLeft, "patient")
	})
	w.told(doctor, "patient", func(p person) bool { return p.State == "left" })
}

func TestWhoResumesGetsWhatWasMissedAndKeepsThePictures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(patient, 1, "doctor")

	patient.Drop()
	w.told(doctor, "patient", func(p person) bool { return p.State == "away" })
	w.says(doctor, m{"t": "chat", "id": "1", "text": "Are you there?"})
	w.says(doctor, m{"t": "chat", "id": "2", "text": "I will wait."})
	w.eventually("the product has both lines", func() bool { return w.watch.count(signaling.ChatKept) == 2 })
	again := w.joins("room", "patient", func(o *signalingtest.JoinOptions) {
		o.Reuse, o.Session, o.Seen, o.Ticket = patient.Media, patient.Session, patient.Seen, ""
	})

	j := joined(t, again)
	if !j.Resumed || j.Session != patient.Session {
		t.Errorf("resumed = %v, session kept = %v, want both", j.Resumed, j.Session == patient.Session)
	}
	var texts []string
	for _, raw := range j.Missed {
		var line signaling.Written
		if json.Unmarshal(raw, &line) == nil && line.T == "chat" {
			texts = append(texts, line.Entry.Text)
		}
	}
	if len(texts) != 2 || texts[0] != "Are you there?" {
		t.Errorf("missed %q, want the two lines in order", texts)
	}
	w.sees(again, 1, "doctor")
	w.sees(doctor, 1, "patient")
}

func TestIceRestartOverALivingWebsocketKeepsMediaFlowing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(patient, 1, "doctor")

	offer, err := patient.Media.Offer(true)
	if err != nil {
		t.Fatal(err)
	}
	w.says(patient, m{"t": "offer", "id": 7, "sdp": offer})
	var a signaling.Answered
	w.said(patient, "answer", &a)
	if err := patient.Media.Answer(a.SDP); err != nil || a.ID != 7 {
		t.Fatalf("answer %d: %v", a.ID, err)
	}

	w.sees(patient, 1, "doctor")
	w.sees(doctor, 1, "patient")
}

func TestMutedPersonComesBackMutedAndIsNotHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(doctor, 1, "patient")

	w.says(patient, m{"t": "mute", "sound": true, "picture": false})
	w.told(doctor, "patient", func(p person) bool { return !p.Sound && p.Picture })
	patient.Close() // a reload: the page knows nothing any more
	again := w.joins("room", "patient")

	if j := joined(t, again); !j.Muted.Sound || j.Muted.Picture {
		t.Errorf("muted = %+v after coming back, want the sound alone", j.Muted)
	}
	heard := doctor.Media.Shown[0].By(mark("patient"))
	seen := doctor.Media.Shown[1].By(mark("patient"))
	w.eventually("the picture is back", func() bool { return doctor.Media.Shown[1].By(mark("patient")) > seen+30 })
	if now := doctor.Media.Shown[0].By(mark("patient")); now != heard {
		t.Errorf("%d packets of a muted person's sound were heard", now-heard)
	}

	w.says(again, m{"t": "mute", "sound": false, "picture": false})
	w.sees(doctor, 1, "patient")
}

func TestChatSurvivesAReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")

	w.says(patient, m{"t": "chat", "id": "a", "text": "It hurts here."})
	w.says(patient, m{"t": "chat", "id": "a", "text": "It hurts here."}) // sent again: kept once
	w.says(patient, m{"t": "file", "id": "b", "name": "knee.jpg", "size": 1200, "type": "image/jpeg", "ref": "blob_1"})
	var line signaling.Written
	w.said(doctor, "chat", &line)
	w.says(doctor, m{"t": "seen", "upto": line.Entry.N})
	w.told(patient, "doctor", func(p person) bool { return p.Upto == line.Entry.N })
	w.eventually("two lines", func() bool { return w.watch.count(signaling.ChatKept) == 2 })
	doctor.Close()
	again := w.joins("room", "doctor")

	j := joined(t, again)
	if len(j.Chat) != 2 || j.Chat[0].Text != "It hurts here." || j.Chat[1].File == nil || j.Chat[1].File.Ref != "blob_1" {
		t.Errorf("history = %+v, want the line and the file", j.Chat)
	}
}

func TestSessionIsGoneAfterTheGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	patient := w.joins("room", "patient")

	patient.Close()
	w.eventually("away", func() bool { return w.watch.saw(signaling.SeatAway, "patient") })
	w.clock.Advance(3 * time.Minute)
	w.eventually("the room is closed", func() bool { return w.watch.saw(signaling.RoomClosed, "") })

	if bye := w.refused(signalingtest.JoinOptions{Session: patient.Session}); bye.Reason != "session_gone" {
		t.Errorf("reason = %q, want session_gone", bye.Reason)
	}
}
