package consult_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// talkedIn is a visit under the rules of a place, over, in whose call a question was written and a paper sent.
func (c *clinic) talkedIn(place string, p, doctor access.Actor) (id.Visit, *consult.File) {
	c.t.Helper()
	visit, f := c.talking(place, p, doctor)
	_, err := c.Complete(c.t.Context(), doctor, visit)
	must(c.t, err)
	return visit, f
}

func (c *clinic) talking(place string, p, doctor access.Actor) (id.Visit, *consult.File) {
	c.t.Helper()
	ctx := c.t.Context()
	c.onDuty(doctor)
	intake := c.submitted(p)
	asked := c.intakes[intake]
	asked.Jurisdiction = place
	c.intakes[intake] = asked
	v, err := c.Request(ctx, p, consult.Wish{Intake: intake, Agreed: fee})
	must(c.t, err)
	v = c.admitted(c.held(v), doctor)
	_, err = c.Ticket(ctx, p, v.ID)
	must(c.t, err)
	must(c.t, c.Wrote(ctx, rooms, c.now(v).Call.Room, consult.ChatLine{N: 1, ID: "a", Seat: "patient", At: c.clock.Now(), Text: "Before or after food?"}))
	return v.ID, c.sent(v.ID, p, "Blood test.pdf")
}

// left is what is still there to be read of a visit's calls.
func (c *clinic) left(p access.Actor, visit id.Visit) (written, sent int) {
	c.t.Helper()
	chat, err := c.ReadChat(c.t.Context(), p, visit)
	must(c.t, err)
	all, err := c.CallFiles(c.t.Context(), p, visit)
	must(c.t, err)
	for _, f := range all {
		if f.State == consult.FileReadable {
			sent++
		}
	}
	return len(chat.Lines), sent
}

// keepsHouse destroys what need not be kept any more, twice, as after a crash.
func (c *clinic) keepsHouse(keep time.Duration) (chats, files int) {
	c.t.Helper()
	for range 2 {
		n, err := c.DestroyChats(c.t.Context(), rooms, keep)
		must(c.t, err)
		m, err := c.DestroyCallFiles(c.t.Context(), rooms, keep)
		must(c.t, err)
		chats, files = chats+n, files+m
	}
	return chats, files
}

func TestChatsAndFilesAreKeptAsLongAsIsSaidAndAsTheRulesOfTheirPlaceAsk(t *testing.T) {
	t.Parallel()
	c := open(t)
	inChina, _ := c.talkedIn("cn", mother, lin)
	atHome, _ := c.talkedIn("house", stranger, okoye)
	const keep, year = 30 * day, 365*day + 6*time.Hour

	for _, step := range []struct {
		after                                            time.Duration
		chats, files                                     int // destroyed now
		chatInChina, fileInChina, chatAtHome, fileAtHome int // left
	}{
		{29 * day, 0, 0, 1, 1, 1, 1},
		{2 * day, 1, 1, 1, 1, 0, 0},
		{2 * year, 0, 0, 1, 1, 0, 0},
		{year, 1, 0, 0, 1, 0, 0},      // CN-R02: three years for what was written
		{12 * year, 0, 1, 0, 0, 0, 0}, // CN-R01: fifteen for what a doctor was shown
	} {
		c.clock.Advance(step.after)
		chats, files := c.keepsHouse(keep)
		written, sent := c.left(mother, inChina)
		elsewhere, given := c.left(stranger, atHome)
		if chats != step.chats || files != step.files {
			t.Errorf("after %v more %d chats and %d files are destroyed, want %d and %d", step.after, chats, files, step.chats, step.files)
		}
		if written != step.chatInChina || sent != step.fileInChina || elsewhere != step.chatAtHome || given != step.fileAtHome {
			t.Errorf("after %v more are left in China %d lines and %d files, at home %d and %d, want %+v", step.after, written, sent, elsewhere, given, step)
		}
	}
}

func TestOfAChatThatWasDestroyedIsKnownThatThereWasOneAndNothingOfWhatItSaid(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	visit, f := c.talkedIn("house", mother, lin)
	c.clock.Advance(31 * day)

	c.keepsHouse(30 * day)

	chat, err := c.ReadChat(ctx, mother, visit)
	must(t, err)
	if chat.DestroyedAt == nil || len(chat.Lines) != 0 {
		t.Errorf("the chat is %+v", chat)
	}
	all, err := c.CallFiles(ctx, mother, visit)
	must(t, err)
	if len(all) != 1 || all[0].State != consult.FileGone || all[0].Name != "" || all[0].DestroyedAt == nil || all[0].Role != "patient" {
		t.Errorf("the files are %+v", all)
	}
	_, err = c.OpenFile(ctx, mother, visit, f.ID)
	refused(t, err, fault.NotFound)
	if _, err := c.files.Stat(ctx, "visits/"+string(visit)+"/"+string(f.ID)); err == nil {
		t.Error("the file lies where it lay")
	}
	for doc, kind := range map[string]string{"chat_" + string(visit): "visit.chat_destroyed", string(f.ID): "visit.file_destroyed"} {
		told := 0
		for _, e := range c.told(doc) {
			if string(e.Kind) == kind {
				told++
				if e.Data["patient"] != string(mother.Patient) || e.Data["visit"] != string(visit) {
					t.Errorf("announced is %+v", e)
				}
			}
		}
		if told != 1 {
			t.Errorf("%s was announced %d times, want once", kind, told)
		}
	}
}

func TestNothingIsDestroyedOfAVisitThatGoesOnNorByAnybodyElse(t *testing.T) {
	t.Parallel()
	c := open(t)
	visit, _ := c.talking("house", mother, lin)
	c.clock.Advance(31 * day)

	chats, files := c.keepsHouse(30 * day)

	if written, sent := c.left(mother, visit); chats != 0 || files != 0 || written != 1 || sent != 1 {
		t.Errorf("%d chats and %d files of a visit that goes on were destroyed; %d and %d are left", chats, files, written, sent)
	}
	for name, who := range map[string]access.Actor{"the patient": mother, "the doctor": lin, "support": support} {
		if _, err := c.DestroyChats(t.Context(), who, 0); err == nil {
			t.Errorf("%s destroys chats", name)
		}
		if _, err := c.DestroyCallFiles(t.Context(), who, 0); err == nil {
			t.Errorf("%s destroys files", name)
		}
	}
}

func TestTheChatOfAVisitIsReadAfterwardsByItsOwnPeopleAlone(t *testing.T) {
	t.Parallel()
	c := open(t)
	visit, _ := c.talkedIn("house", mother, lin)
	c.grants[daughter.Account] = []access.Scope{access.See}
	guest := access.Actor{Role: access.Guest, Session: "ses_1", Visit: visit}

	for name, who := range map[string]access.Actor{"the patient": mother, "who may see": daughter, "the doctor": lin} {
		chat, err := c.ReadChat(t.Context(), who, visit)
		must(t, err)
		if len(chat.Lines) != 1 || chat.Lines[0].Text != "Before or after food?" || chat.Lines[0].Role() != "patient" {
			t.Errorf("%s reads %+v", name, chat.Lines)
		}
	}
	for name, who := range map[string]access.Actor{"a stranger": stranger, "another doctor": okoye, "support": support, "a guest": guest} {
		_, err := c.ReadChat(t.Context(), who, visit)
		if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
			t.Errorf("%s reads it: %v", name, err)
		}
	}
}
