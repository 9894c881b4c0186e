package signaling_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"housecall/signaling"
	"housecall/signaling/signalingtest"
)

func TestTicketsThatAreNotGoodHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sign := func(tk signaling.Ticket, key string) string {
		token, err := tk.Sign([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := signaling.Ticket{Room: "room", Seat: "patient", Role: "patient", Expiry: noon.Add(time.Minute)}
	old := good
	old.Expiry = noon
	altered := strings.Replace(sign(good, string(secret)), ".", "x.", 1)
	for _, c := range []struct {
		name, token, reason string
		version             int
	}{
		{"an expired ticket", sign(old, string(secret)), "ticket_expired", 0},
		{"a ticket of another house", sign(good, "another secret, of more than 32 bytes"), "ticket_refused", 0},
		{"an altered ticket", altered, "ticket_refused", 0},
		{"no ticket", "", "ticket_refused", 0},
		{"a ticket to nowhere", sign(signaling.Ticket{Seat: "x", Expiry: noon.Add(time.Minute)}, string(secret)), "ticket_refused", 0},
		{"a page that is too old", sign(good, string(secret)), "version", 9},
	} {
		if bye := w.refused(signalingtest.JoinOptions{Ticket: c.token, V: c.version}); bye.Reason != c.reason {
			t.Errorf("%s: reason = %q, want %q", c.name, bye.Reason, c.reason)
		}
	}
	if rooms, _ := w.server.Rooms(); rooms != 0 {
		t.Errorf("%d rooms were opened by tickets that are not good", rooms)
	}
}

func TestFourPeopleSeeEachOtherAndAFifthFindsTheRoomFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	three := func(o *signalingtest.JoinOptions) { o.Media.Slots, o.Media.Bitrate = 3, 200_000 }
	people := map[string]*signalingtest.Client{}
	for _, seat := range []string{"doctor", "patient", "caregiver", "guest_1"} {
		people[seat] = w.joins("room", seat, three)
	}

	if bye := w.refused(signalingtest.JoinOptions{Ticket: w.ticket("room", "guest_2")}); bye.Reason != "room_full" {
		t.Errorf("reason = %q, want room_full", bye.Reason)
	}
	for seat, c := range people {
		slots := map[string]int{}
		for _, p := range joined(t, c).Seats {
			slots[p.Seat] = p.Slot
		}
		for other := range people {
			if other == seat {
				continue
			}
			if slots[other] == 0 {
				slots[other] = w.told(c, other, func(p person) bool { return p.Slot != 0 }).Slot
			}
			w.sees(c, slots[other], other)
		}
	}
	var low signaling.Layers
	w.said(people["doctor"], "layers", &low)
	if !low.Low {
		t.Error("with three in the room nobody was asked for the low encoding")
	}
}

func TestGuestMaySpeakAndChatAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	guest := w.joins("room", "guest_1")

	for _, what := range []m{
		{"t": "share", "on": true},
		{"t": "record", "on": true},
		{"t": "end"},
		{"t": "file", "id": "1", "name": "a", "ref": "b"},
	} {
		before := guest.Said()
		w.says(guest, what)
		got, err := guest.Wait(w.ctx(), "error", before)
		var refused signaling.Refused
		if err != nil || got.Decode(&refused) != nil || refused.Reason != "no_right" || refused.Re != what["t"] {
			t.Errorf("%v: answer %+v (%v), want no_right", what["t"], refused, err)
		}
	}
	w.says(guest, m{"t": "chat", "id": "1", "text": "Hello"})
	var line signaling.Written
	w.said(guest, "chat", &line)
}

func TestScreenIsSharedBesideTheFace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")

	doctor.Media.Sharing.Store(true)
	w.says(doctor, m{"t": "share", "on": true})

	w.told(patient, "doctor", func(p person) bool { return p.Sharing })
	w.eventually("the screen is seen", func() bool { return patient.Media.Shown[2].By(mark("doctor")) > 5 })
	w.sees(patient, 1, "doctor")

	patient.Media.Sharing.Store(true)
	w.says(patient, m{"t": "share", "on": true})
	w.told(patient, "doctor", func(p person) bool { return !p.Sharing })
	w.eventually("the patient's screen is seen", func() bool { return doctor.Media.Shown[2].By(mark("patient")) > 5 })
}

func TestDoctorEndsTheCallForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")

	w.says(doctor, m{"t": "end"})

	for _, c := range []*signalingtest.Client{doctor, patient} {
		if code, reason, _ := c.Ended(w.ctx()); code != 4001 || reason != "ended" {
			t.Errorf("ended with %d %q, want 4001 ended", code, reason)
		}
	}
	w.eventually("the room is gone", func() bool { rooms, _ := w.server.Rooms(); return rooms == 0 })
}

func TestWhoLeavesIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")

	w.says(patient, m{"t": "leave"})

	if code, _, _ := patient.Ended(w.ctx()); code != 4000 {
		t.Errorf("code = %d, want 4000", code)
	}
	w.told(doctor, "patient", func(p person) bool { return p.State == "left" })
}

func TestHandsCaptionsAndMessagesOfANewerClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")

	w.says(patient, m{"t": "hand", "up": true})
	w.says(patient, m{"t": "caption", "text": "Good morning", "final": true, "lang": "en"})
	w.says(patient, m{"t": "from_the_future", "what": []int{1}})
	w.says(patient, m{"t": "ping", "id": 3, "unknown": true})

	w.told(doctor, "patient", func(p person) bool { return p.Hand })
	var said signaling.Caption
	w.said(doctor, "caption", &said)
	if said.Text != "Good morning" || said.From != "patient" {
		t.Errorf("caption = %+v", said)
	}
	var pong struct{ ID int }
	w.said(patient, "pong", &pong)
	if pong.ID != 3 {
		t.Errorf("pong %d, want 3", pong.ID)
	}
}

func TestBadMessagesEndThatConnectionAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor := w.joins("room", "doctor")
	for n, c := range []struct {
		name, reason string
		code         int
		act          func(*signalingtest.Client)
	}{
		{"too large", "too_large", 4009, func(c *signalingtest.Client) {
			_ = c.SendRaw(w.ctx(), []byte(`{"t":"chat","text":"`+strings.Repeat("a", 20_000)+`"}`))
		}},
		{"not JSON", "malformed", 4010, func(c *signalingtest.Client) { _ = c.SendRaw(w.ctx(), []byte(`{"t":`)) }},
		{"wrong type", "malformed", 4010, func(c *signalingtest.Client) { _ = c.SendRaw(w.ctx(), []byte(`{"t":"seen","upto":"x"}`)) }},
		{"an offer that is none", "malformed", 4010, func(c *signalingtest.Client) { _ = c.Send(w.ctx(), m{"t": "offer", "id": 1, "sdp": "v=0"}) }},
		{"a flood", "flood", 4011, func(c *signalingtest.Client) {
			for i := range 200 {
				if c.Send(w.ctx(), m{"t": "ping", "id": i}) != nil {
					return
				}
			}
		}},
	} {
		patient := w.joins(fmt.Sprintf("other_%d", n), "patient")
		c.act(patient)
		if code, reason, _ := patient.Ended(w.ctx()); code != c.code || reason != c.reason {
			t.Errorf("%s: ended with %d %q, want %d %q", c.name, code, reason, c.code, c.reason)
		}
	}
	w.says(doctor, m{"t": "ping", "id": 1})
	var pong struct{ ID int }
	w.said(doctor, "pong", &pong)
}

func TestWhoSaysNothingIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ws, _, err := websocket.Dial(w.ctx(), w.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()

	_, data, err := ws.Read(w.ctx())

	if err != nil || !strings.Contains(string(data), `"late"`) {
		t.Errorf("the server said %q (%v), want late", data, err)
	}
}

func TestDrainedNodeTakesNoNewRoomsAndMovesTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	patient := w.joins("room", "patient")
	ctx, cancel := context.WithCancel(t.Context())
	drained := make(chan struct{})

	go func() { defer close(drained); w.server.Drain(ctx, "https://b.example") }()

	tries := 0
	w.eventually("no new rooms", func() bool {
		tries++ // a room that was opened before the draining began goes on
		c, err := signalingtest.Join(w.ctx(), signalingtest.JoinOptions{URL: w.url(), Ticket: w.ticket(fmt.Sprint("new", tries), "doctor")})
		if err == nil {
			c.Close()
			return false
		}
		var bye signalingtest.ErrBye
		return asBye(err, &bye) && bye.Reason == "draining" && bye.Node == "https://b.example"
	})
	doctor := w.joins("room", "doctor") // into the call that goes on
	w.sees(doctor, 1, "patient")
	cancel() // the deadline
	code, reason, node := patient.Ended(w.ctx())
	if code != 4007 || reason != "moved" || node != "https://b.example" {
		t.Errorf("ended with %d %q to %q, want 4007 moved to the other node", code, reason, node)
	}
	<-drained
}

type elsewhere struct{}

func (elsewhere) Claim(_ context.Context, room string) (string, error) {
	if room == "there" {
		return "https://b.example", nil
	}
	return "", nil
}
func (elsewhere) Release(context.Context, string) {}

func TestWrongNodeAnswersWithTheRightOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(d *signaling.Deps) { d.Place = elsewhere{} })

	bye := w.refused(signalingtest.JoinOptions{Ticket: w.ticket("there", "patient")})

	if bye.Reason != "wrong_node" || bye.Node != "https://b.example" {
		t.Errorf("bye = %+v, want wrong_node with the right one", bye)
	}
	w.joins("here", "patient")
}

func TestDeviceCheckShowsOneselfAndMeasuresTheWayUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	patient := w.joins("check_1", "patient")

	w.sees(patient, 1, "patient")
	var good signaling.Checked
	if _, err := patient.Until(w.ctx(), 0, func(msg signalingtest.Message) bool {
		return msg.T == "check" && msg.Decode(&good) == nil && good.Verdict == "good"
	}); err != nil || good.UpKbps < 200 {
		t.Errorf("check = %+v (%v), want a good one", good, err)
	}
}

func TestMediaReachesWhoHasNoUDP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor := w.joins("room", "doctor")

	patient := w.joins("room", "patient", func(o *signalingtest.JoinOptions) { o.Media.TCP = true })

	w.sees(patient, 1, "doctor")
	w.sees(doctor, 1, "patient")
}

func TestQualityOfEverySlotIsToldToTheProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.sees(doctor, 1, "patient")
	w.says(patient, m{"t": "report", "slots": []m{{"slot": 1, "freezes": 2, "freeze_ms": 700}}, "rtt_ms": 5})

	w.eventually("a line with the freezes", func() bool {
		for _, q := range w.watch.quality() {
			if q.Seat == "patient" && q.Of == "doctor" && q.Freezes == 2 && q.Frozen == 700*time.Millisecond && q.Level == "video" {
				return true
			}
		}
		return false
	})
}

func TestWhoComesBackIsToldTheirOwnHandAndNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor, patient := w.joins("room", "doctor"), w.joins("room", "patient")
	w.says(patient, m{"t": "hand", "up": true})
	w.told(doctor, "patient", func(p person) bool { return p.Hand })

	again := joined(t, w.joins("room", "patient"))
	other := joined(t, w.joins("room", "doctor"))

	if !again.Hand || again.Quality != 4 || other.Hand {
		t.Errorf("who comes back finds the hand up %v, the network at %d, the other's own hand up %v", again.Hand, again.Quality, other.Hand)
	}
}

func TestWhoseNetworkGetsWorseIsToldSoAsTheOthersAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	relay, err := signalingtest.NewRelay(w.sfu.Addr().Port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	doctor := w.joins("room", "doctor")
	patient := w.joins("room", "patient", func(o *signalingtest.JoinOptions) {
		o.Media = signalingtest.MediaOptions{Reports: true, Via: func(int) int { return relay.Port() }}
	})
	w.sees(patient, 1, "doctor")

	relay.Loss.Store(2500) // a quarter, each way

	for _, c := range []*signalingtest.Client{patient, doctor} {
		w.told(c, "patient", func(p person) bool { return p.Quality < 4 })
	}
}
