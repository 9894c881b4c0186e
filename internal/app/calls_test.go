package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/signaling"
	"housecall/signaling/signalingtest"
)

// ward is a town with a visit in progress, and the way to its rooms.
type ward struct {
	*apptest.Town
	t     *testing.T
	visit id.Visit
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{Town: apptest.Start(t), t: t}
	w.visit = w.Admitted()
	t.Cleanup(func() { // else the stop waits for those who might come back to the call
		_, _ = w.Consult.EndCall(context.WithoutCancel(t.Context()), w.As(w.Doctor), w.visit)
	})
	return w
}

// dial takes a seat by a token.
func (w *ward) dial(token string) (*signalingtest.Client, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	c, err := signalingtest.Join(ctx, signalingtest.JoinOptions{URL: "ws://" + w.Addr() + "/api/v1/calls/any/ws", Ticket: token})
	if err == nil {
		w.t.Cleanup(c.Close)
	}
	return c, err
}

func (w *ward) token(who access.Actor) string {
	w.t.Helper()
	t, err := w.Consult.Ticket(w.t.Context(), w.As(who), w.visit)
	w.Must(err)
	return t.Token
}

func (w *ward) joins(who access.Actor, mark uint32) *signalingtest.Client {
	w.t.Helper()
	c, err := w.dial(w.token(who))
	w.Must(err)
	c.Media.Send(mark)
	return c
}

func (w *ward) call() consult.RoomState {
	w.t.Helper()
	v, err := w.Consult.Visit(w.t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)
	return v.Call.State
}

func (w *ward) becomes(want consult.RoomState) {
	w.t.Helper()
	w.Until("the call being "+string(want), func() bool { return w.call() == want })
}

func (w *ward) together() (doctor, patient *signalingtest.Client) {
	w.t.Helper()
	doctor, patient = w.joins(w.Doctor, 1), w.joins(w.Mother, 2)
	w.becomes(consult.RoomConnected)
	return doctor, patient
}

// bye is why the server ended a client's connection.
func (w *ward) bye(c *signalingtest.Client) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	_, reason, _ := c.Ended(ctx)
	return reason
}

func TestCallOfVisitIsConnectedInterruptedAndEndedByItsDoctor(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	doctor, patient := w.together()

	patient.Drop()
	w.becomes(consult.RoomInterrupted)
	again := w.joins(w.Mother, 3)
	w.becomes(consult.RoomConnected)
	_, err := w.Consult.EndCall(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)

	for name, c := range map[string]*signalingtest.Client{"the doctor": doctor, "the patient": again} {
		if got := w.bye(c); got != "ended" {
			t.Errorf("%s was told %q, want ended", name, got)
		}
	}
	w.becomes(consult.RoomEnded)
}

func TestCallIsConnectedOnlyWhileTwoAreInIt(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	doctor := w.joins(w.Doctor, 1)
	if got := w.call(); got != consult.RoomOpen {
		t.Errorf("with the doctor alone in the room the call is %s, want open", got)
	}
	patient := w.joins(w.Mother, 2)
	w.becomes(consult.RoomConnected)

	w.Must(patient.Send(t.Context(), map[string]string{"t": "leave"}))
	w.becomes(consult.RoomInterrupted)
	w.joins(w.Mother, 3)
	w.becomes(consult.RoomConnected)
	w.Must(doctor.Send(t.Context(), map[string]string{"t": "leave"}))
	w.becomes(consult.RoomInterrupted)
}

func TestCallEndsWhenEverybodyHasBeenGoneForTwoMinutesAndTheVisitGoesOn(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	doctor, patient := w.together()

	patient.Close()
	w.becomes(consult.RoomInterrupted)
	doctor.Close()
	w.Clock.Advance(time.Minute + 50*time.Second)
	if got := w.call(); got != consult.RoomInterrupted {
		t.Errorf("before the two minutes were over the call was %s", got)
	}
	w.Until("two minutes to be over", func() bool {
		w.Clock.Advance(time.Second)
		return w.call() == consult.RoomEnded
	})

	v, err := w.Consult.Visit(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)
	if v.State != consult.InProgress {
		t.Errorf("the visit is %s, want it to go on", v.State)
	}
	w.together() // the doctor calls anew
}

func TestDoctorEndsTheCallFromWithinTheRoom(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	doctor, patient := w.together()

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w.Must(patient.Send(ctx, map[string]string{"t": "end"}))
	refused, err := patient.Wait(ctx, "error", 0)
	if err != nil || !strings.Contains(string(refused.Data), "no_right") {
		t.Errorf("the patient, who may not end a call, was told %s (%v)", refused.Data, err)
	}
	w.Must(doctor.Send(ctx, map[string]string{"t": "end"}))

	w.becomes(consult.RoomEnded)
	if got := w.bye(patient); got != "ended" {
		t.Errorf("the patient was told %q, want ended", got)
	}
}

func TestCompletedVisitClosesItsRoom(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	_, patient := w.together()

	_, err := w.Consult.Complete(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)

	if got := w.bye(patient); got != "ended" {
		t.Errorf("the patient was told %q, want ended", got)
	}
}

func TestRoomAdmitsNobodyWithoutGoodTicketOfThisCall(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	good := w.token(w.Mother)
	head, tail, _ := strings.Cut(good, ".")
	foreign, err := signaling.Ticket{Room: "vis_x_1", Seat: "doctor", Expiry: apptest.Noon.Add(time.Hour)}.Sign([]byte("some other secret"))
	w.Must(err)
	w.Clock.Advance(61 * time.Second)
	expired := good
	fresh := w.token(w.Doctor)
	_, err = w.Consult.EndCall(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)

	for name, tt := range map[string]struct{ token, want string }{
		"nothing":                       {"", "ticket_refused"},
		"a signature cut short":         {head + "." + tail[1:], "ticket_refused"},
		"a ticket of another service":   {foreign, "ticket_refused"},
		"a ticket of a minute ago":      {expired, "ticket_expired"},
		"a ticket to a call that ended": {fresh, "ticket_refused"},
	} {
		_, err := w.dial(tt.token)
		var bye signalingtest.ErrBye
		if !errors.As(err, &bye) || bye.Reason != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestGuestSpeaksAndWritesButSharesAndEndsNothing(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	link, err := w.Consult.Invite(t.Context(), w.As(w.Doctor), w.visit, "interpreter")
	w.Must(err)
	_, visit, err := w.Consult.Exchange(t.Context(), w.As(access.Actor{Role: access.Nobody}), link.Token, "Wu Jing")
	w.Must(err)
	guest := w.joins(access.Actor{Role: access.Guest, Session: "ses_guest", Visit: visit}, 5)
	doctor := w.joins(w.Doctor, 1)

	w.Must(guest.Send(t.Context(), map[string]any{"t": "share", "on": true}))
	w.Must(guest.Send(t.Context(), map[string]string{"t": "end"}))
	w.Must(guest.Send(t.Context(), map[string]string{"t": "chat", "id": "c1", "text": "good evening"}))

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	said, err := doctor.Wait(ctx, "chat", 0)
	if err != nil || !strings.Contains(string(said.Data), "good evening") {
		t.Errorf("the doctor reads %s (%v)", said.Data, err)
	}
	for _, re := range []string{"share", "end"} {
		_, err := guest.Until(ctx, 0, func(m signalingtest.Message) bool {
			return m.T == "error" && strings.Contains(string(m.Data), `"re":"`+re+`"`)
		})
		if err != nil {
			t.Errorf("%s was not refused: %v", re, err)
		}
	}
}

func TestTicketNamesTheNodeThatTheRoomLivesOnAndAnyOtherSendsThere(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	v, err := w.Consult.Visit(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)
	lease, err := w.Bus.Lease(t.Context(), "room_"+v.Call.Room, "node2 https://node2.care.example")
	w.Must(err)
	defer lease.Release()

	_, err = w.dial(w.token(w.Mother))

	var bye signalingtest.ErrBye
	if !errors.As(err, &bye) || bye.Reason != "wrong_node" || bye.Node != "https://node2.care.example" {
		t.Errorf("the wrong node answered %+v (%v)", bye, err)
	}
	way, err := w.Way(t.Context(), v.Call.Room, "patient")
	if err != nil || way.URL != "https://node2.care.example/api/v1/calls/"+v.Call.Room+"/ws" {
		t.Errorf("the ticket's answer names %q (%v)", way.URL, err)
	}
}

func TestHowWellCallWentIsKeptWithTheVisit(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	_, patient := w.together()
	v, err := w.Consult.Visit(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w.Must(patient.Send(ctx, map[string]any{"t": "report", "rtt_ms": 20, "slots": []map[string]int{{"slot": 1, "freezes": 1, "freeze_ms": 200, "frames": 50}}}))
	w.measured(ctx)
	_, err = w.Consult.EndCall(t.Context(), w.As(w.Doctor), w.visit)
	w.Must(err)

	var samples []consult.Sample
	w.Until("the line of the call", func() bool {
		_, lines, err := w.Consult.Lines(t.Context(), w.As(w.Mother), w.visit)
		w.Must(err)
		for _, l := range lines {
			if l.Room == v.Call.Room {
				samples = l.Samples
			}
		}
		return len(samples) > 0
	})
	for _, s := range samples {
		if s.Seat == "" || s.Of == "" || s.Level == "" {
			t.Errorf("a sample says %+v", s)
		}
	}
	_, _, err = w.Consult.Lines(t.Context(), w.As(w.Stranger), w.visit)
	if err == nil {
		t.Error("a stranger reads how the call went")
	}
}

// measured waits until the rooms have measured, which they do every two seconds of the machine's clock.
func (w *ward) measured(ctx context.Context) {
	w.t.Helper()
	beat, cancel := context.WithTimeout(ctx, 2500*time.Millisecond)
	defer cancel()
	<-beat.Done()
}

func TestNodeThatStopsSendsCallersElsewhereAndEndsNothing(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	_, patient := w.together()

	w.Must(patient.Send(t.Context(), map[string]string{"t": "chat", "id": "c1", "text": "take it with food?"}))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := patient.Wait(ctx, "chat", 0)
	w.Must(err)

	w.Crash() // stops, and starts again on the same folder

	if got := w.bye(patient); got != "moved" {
		t.Errorf("the patient was told %q, want moved", got)
	}
	w.becomes(consult.RoomInterrupted)
	again := w.joins(w.Mother, 4)
	if !strings.Contains(string(again.Joined.Data), "take it with food") {
		t.Errorf("what was written before is gone: %s", again.Joined.Data)
	}
	w.joins(w.Doctor, 5)
	w.becomes(consult.RoomConnected)
}

func TestThoseOfAnOrderSpeakInItsSoundRoomUntilItEnds(t *testing.T) {
	t.Parallel()
	w := &ward{Town: apptest.Start(t), t: t}
	order, _, courier := w.OnItsWay()
	take := func(who access.Actor) *signalingtest.Client {
		ticket, err := w.Delivery.TalkTicket(t.Context(), w.As(who), order)
		w.Must(err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, err := signalingtest.Join(ctx, signalingtest.JoinOptions{
			URL: "ws://" + w.Addr() + "/api/v1/calls/any/ws", Ticket: ticket.Token, Media: signalingtest.MediaOptions{Sound: true},
		})
		w.Must(err)
		t.Cleanup(c.Close)
		c.Media.Send(7)
		return c
	}
	patient, rider := take(w.Mother), take(courier)
	w.Must(rider.Send(t.Context(), map[string]string{"t": "chat", "id": "c1", "text": "I am downstairs"}))

	w.Until("sound from the courier", func() bool { return patient.Media.Shown[0].Packets.Load() > 10 })
	w.Until("what was written, kept with the order", func() bool {
		talk, err := w.Delivery.ReadTalk(t.Context(), w.As(w.Mother), order)
		w.Must(err)
		return len(talk.Said) == 1 && talk.Said[0].Role == "courier"
	})
	inRoom := func() int {
		talk, err := w.Delivery.ReadTalk(t.Context(), w.As(w.Mother), order)
		w.Must(err)
		return len(talk.Speaking)
	}
	w.Until("both told to be in the room", func() bool { return inRoom() == 2 })
	w.Knocks(order, courier)
	w.HandsOver(order, courier)

	for _, c := range []*signalingtest.Client{patient, rider} {
		if got := w.bye(c); got != "ended" {
			t.Errorf("somebody in the room of an order that has ended was told %q", got)
		}
	}
	w.Until("nobody told to be in a room that has closed", func() bool { return inRoom() == 0 })
}
