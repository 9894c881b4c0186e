package notify_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/bus/bustest"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/notify"
	"housecall/internal/phi"
)

var update = flag.Bool("update", false, "write golden files")

func TestLifeOfAMessageIsDrawn(t *testing.T) {
	t.Parallel()
	const golden = "testdata/message.mmd"
	if *update {
		if err := os.WriteFile(golden, []byte(notify.Moves()), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), notify.Moves()); diff != "" {
		t.Errorf("the life has changed; look at it, then run with -update:\n%s", diff)
	}
}

func TestPatientIsToldThatTheDoctorIsReadyInTheirLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{text("+8613800000001", "zh-CN"), mail("daughter@example.org", "en")}

	w.happens("vis_1", event.Event{Kind: "visit.admitted", Data: map[string]string{"patient": "pat_1"}})

	mails, texts, _ := w.post.seen()
	if len(mails) != 1 || len(texts) != 1 {
		t.Fatalf("%d mails and %d texts were sent, want one of each", len(mails), len(texts))
	}
	has(t, texts[0].Text, "医生正在等您")
	has(t, texts[0].Text, "https://clinic.example/visit/vis_1")
	has(t, mails[0].Text, "The doctor is ready for you now.")
	if mails[0].To != "daughter@example.org" || mails[0].Subject != "The doctor is ready for you" {
		t.Errorf("mail went to %s with subject %q", mails[0].To.Reveal(), mails[0].Subject)
	}
	for _, m := range w.about("vis_1") {
		if m.State != notify.Sent {
			t.Errorf("message %s is %s, want sent", m.ID, m.State)
		}
	}
}

func TestTimesAreSaidInTheZoneOfWhoReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{mail("a@example.org", "en")}

	w.happens("vis_1", event.Event{Kind: "visit.booked", Data: map[string]string{"patient": "pat_1", "starts_at": "2026-03-02T01:40:00.000Z"}})

	mails, _, _ := w.post.seen()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	has(t, mails[0].Text, "2026-03-02 09:40")
}

func TestEventThatComesTwiceIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{mail("a@example.org", "en")}
	e := event.Event{ID: "ord_1.3.0", Kind: "order.placed", Doc: "ord_1", At: w.clock.Now(), Data: map[string]string{"patient": "pat_1"}}

	for range 3 {
		if err := w.notify.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	bustest.Settle(t, w.bus)

	if mails, _, _ := w.post.seen(); len(mails) != 1 {
		t.Errorf("%d mails, want 1", len(mails))
	}
}

func TestEventThatConcernsNobodyWhoCanBeReachedIsNoFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	w.happens("ord_1", event.Event{Kind: "order.placed", Data: map[string]string{"patient": "pat_unknown"}})
	w.happens("ord_2", event.Event{Kind: "order.placed"})

	if mails, texts, _ := w.post.seen(); len(mails)+len(texts) != 0 {
		t.Error("something was sent")
	}
}

func TestOldEventIsNotToldAnyMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{mail("a@example.org", "en")}

	err := w.notify.Handle(t.Context(), event.Event{
		ID: "x", Kind: "visit.admitted", Doc: "vis_1", At: w.clock.Now().Add(-3 * time.Hour),
		Data: map[string]string{"patient": "pat_1"},
	})
	bustest.Settle(t, w.bus)

	if mails, _, _ := w.post.seen(); err != nil || len(mails) != 0 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
}

func TestMessageIsTriedAgainUntilTheGatewayTakesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{mail("a@example.org", "en")}
	w.post.fail(errDown)
	w.happens("ord_1", event.Event{Kind: "order.placed", Data: map[string]string{"patient": "pat_1"}})
	if m := w.about("ord_1")[0]; m.State != notify.Queued || m.Tries != 1 {
		t.Fatalf("after the first try: %s, %d tries", m.State, m.Tries)
	}

	w.clock.Advance(9 * time.Second)
	bustest.Settle(t, w.bus)
	if _, _, tries := w.post.seen(); tries != 1 {
		t.Fatalf("tried again too early: %d", tries)
	}
	w.post.fail(nil)
	w.clock.Advance(2 * time.Second)
	bustest.Settle(t, w.bus)

	mails, _, tries := w.post.seen()
	if m := w.about("ord_1")[0]; m.State != notify.Sent || len(mails) != 1 || tries != 2 {
		t.Errorf("%s after %d tries, %d mails", m.State, tries, len(mails))
	}
}

func TestMessageThatNoGatewayTakesFailsAndTheOperatorSeesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{mail("a@example.org", "en")}
	w.post.fail(errDown)
	w.happens("ord_1", event.Event{Kind: "order.placed", Data: map[string]string{"patient": "pat_1"}})

	for range 8 {
		w.clock.Advance(2 * time.Hour)
		bustest.Settle(t, w.bus)
	}

	_, _, tries := w.post.seen()
	if m := w.about("ord_1")[0]; m.State != notify.Failed || tries != 6 || len(m.Timers) != 0 {
		t.Errorf("%s after %d tries, timers %v", m.State, tries, m.Timers)
	}
}

func TestAddressThatTheGatewayRefusesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.book["pat_1"] = []notify.Contact{text("+000", "en")}
	w.post.fail(fmt.Errorf("%w: no such number", notify.ErrRefused))

	w.happens("ord_1", event.Event{Kind: "order.placed", Data: map[string]string{"patient": "pat_1"}})

	_, _, tries := w.post.seen()
	if m := w.about("ord_1")[0]; m.State != notify.Failed || tries != 1 {
		t.Errorf("%s after %d tries", m.State, tries)
	}
}

func code(key, digits string) notify.Letter {
	return notify.Letter{
		Key: key, To: "a@example.org", Channel: notify.ByMail, Template: "sign-in-code", Language: "en", About: "chl_1",
		Data: map[string]phi.Text{"code": phi.Text(digits), "minutes": "10"},
	}
}

func TestCodeIsSentAtOnceAndKeptNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	if err := w.notify.Send(t.Context(), code("chl_1.1", "493021")); err != nil {
		t.Fatal(err)
	}
	if err := w.notify.Send(t.Context(), code("chl_1.1", "493021")); err != nil {
		t.Fatal(err)
	}
	if err := w.notify.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	mails, _, _ := w.post.seen()
	if len(mails) != 1 {
		t.Fatalf("%d mails, want 1", len(mails))
	}
	has(t, mails[0].Text, "493021")
	m := w.about("chl_1")[0]
	record, err := w.store.Get(t.Context(), "messages", string(m.ID))
	if err != nil {
		t.Fatal(err)
	}
	if m.State != notify.Sent || len(m.Data) != 0 || contains(record.Body, "493021") {
		t.Errorf("the message is %s and keeps %s", m.State, record.Body)
	}
	waiting, err := w.store.Waiting(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range waiting {
		if contains([]byte(fmt.Sprint(out.Event)), "493021") {
			t.Errorf("event %v carries the code", out.Event)
		}
	}
}

func TestCodeThatCantBeSentIsNotSentLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post.fail(errDown)

	if err := w.notify.Send(t.Context(), code("chl_1.1", "493021")); err != nil {
		t.Fatal(err)
	}
	if err := w.notify.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.post.fail(nil)
	w.clock.Advance(3 * time.Hour)
	bustest.Settle(t, w.bus)

	mails, _, tries := w.post.seen()
	if m := w.about("chl_1")[0]; m.State != notify.Failed || len(mails) != 0 || tries != 3 {
		t.Errorf("%s, %d tries, %d mails", m.State, tries, len(mails))
	}
}

func TestLetterWithoutATemplateIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := code("k", "1")
	l.Template = "no-such"
	if err := w.notify.Send(t.Context(), l); err == nil {
		t.Error("a template that nobody knows was accepted")
	}
	l = code("k", "1")
	l.Channel = "pigeon"
	if err := w.notify.Send(t.Context(), l); err == nil {
		t.Error("a channel that nobody knows was accepted")
	}
}

func TestOnlySupportSeesWhatWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, role := range access.Roles {
		_, err := w.notify.About(t.Context(), access.Actor{Account: "acc_1", Role: role}, "ord_1")
		allowed := role == access.Support || role == access.Operator
		if allowed != (err == nil) {
			t.Errorf("%s: %v", role, err)
		}
		if !allowed && fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v is no refusal", role, err)
		}
	}
}

func TestOutboxShowsTheNewestFirstAndEachOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := notify.NewOutbox(w.clock)

	for i := range 600 {
		_ = o.Mail(t.Context(), notify.Mail{ID: fmt.Sprint(i), To: "a@example.org", Subject: "s", Text: "t"})
	}
	_ = o.Text(t.Context(), notify.SMS{ID: "599", To: "+1", Text: "again"})

	all := o.List("")
	if len(all) > 500 || all[0].Text != "again" || all[1].ID != "598" || len(o.List("+1")) != 1 {
		t.Errorf("%d kept, first %+v", len(all), all[0])
	}
}

func contains(body []byte, s string) bool { return bytes.Contains(body, []byte(s)) }
