package consult_test

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/blob"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// folder is where the files of a clinic lie.
type folder struct{ *blob.Folder }

func (f folder) Settle(ctx context.Context, quarantine, key string, types []string) (string, int64, error) {
	info, err := f.Folder.Settle(ctx, quarantine, key, types)
	return info.Type, info.Size, err
}

const paper = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// sends uploads to where a file may be sent.
func (c *clinic) sends(address, contentType, body string) error {
	c.t.Helper()
	u, err := url.Parse(address)
	must(c.t, err)
	_, err = c.files.AcceptPut(c.t.Context(), strings.TrimPrefix(u.Path, "/blob/"), u.Query(), contentType, int64(len(body)), strings.NewReader(body))
	return err
}

// calling is a visit in which doctor and mother have their seats.
func (c *clinic) calling() id.Visit {
	c.t.Helper()
	v := c.inRoom(mother, lin)
	for _, who := range []access.Actor{mother, lin} {
		_, err := c.Ticket(c.t.Context(), who, v.ID)
		must(c.t, err)
	}
	return v.ID
}

// sent is a file that has come and was looked at.
func (c *clinic) sent(visit id.Visit, by access.Actor, name phi.Text) *consult.File {
	c.t.Helper()
	place, err := c.SendFile(c.t.Context(), by, visit, name, "application/pdf", int64(len(paper)))
	must(c.t, err)
	must(c.t, c.sends(place.URL, "application/pdf", paper))
	f, err := c.SettleFile(c.t.Context(), by, visit, place.File)
	must(c.t, err)
	return f
}

func TestAFileSentInACallIsReadByBothSidesOnceItWasLookedAt(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, visit := t.Context(), c.calling()
	place, err := c.SendFile(ctx, mother, visit, "Blood test.pdf", "application/pdf", int64(len(paper)))
	must(t, err)
	_, awaited := c.OpenFile(ctx, lin, visit, place.File)
	must(t, c.sends(place.URL, "application/pdf", paper))
	_, quarantined := c.OpenFile(ctx, lin, visit, place.File)

	_, another := c.SettleFile(ctx, lin, visit, place.File)
	f, err := c.SettleFile(ctx, mother, visit, place.File)
	must(t, err)

	refused(t, awaited, fault.NotFound)
	refused(t, quarantined, fault.NotFound)
	refused(t, another, fault.NotFound)
	if f.State != consult.FileReadable || f.Role != "patient" {
		t.Errorf("file = %+v", f)
	}
	for _, who := range []access.Actor{mother, lin} {
		address, err := c.OpenFile(ctx, who, visit, place.File)
		must(t, err)
		if strings.Contains(address, "Blood") {
			t.Error("the name of the file stands in its address")
		}
		u, err := url.Parse(address)
		must(t, err)
		file, _, _, err := c.files.AcceptGet(ctx, strings.TrimPrefix(u.Path, "/blob/"), u.Query())
		must(t, err)
		var read bytes.Buffer
		_, err = read.ReadFrom(file)
		must(t, err)
		_ = file.Close()
		if read.String() != paper {
			t.Errorf("%s reads %q", who.Role, read.String())
		}
	}
}

func TestFilesOfACallAreNobodyElses(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, visit := t.Context(), c.calling()
	f := c.sent(visit, mother, "x.pdf")
	guest := access.Actor{Role: access.Guest, Session: "ses_1", Visit: visit}
	other := c.inRoom(stranger, okoye)
	_, err := c.Ticket(ctx, stranger, other.ID)
	must(t, err)

	for name, who := range map[string]access.Actor{"a stranger": stranger, "another doctor": okoye, "support": support, "a guest": guest} {
		if _, err := c.OpenFile(ctx, who, visit, f.ID); err == nil {
			t.Errorf("%s reads it", name)
		}
		if _, err := c.CallFiles(ctx, who, visit); err == nil {
			t.Errorf("%s lists them", name)
		}
		if _, err := c.SendFile(ctx, who, visit, "x.pdf", "application/pdf", 10); err == nil {
			t.Errorf("%s sends one", name)
		}
	}
	_, through := c.OpenFile(ctx, stranger, other.ID, f.ID)
	refused(t, through, fault.NotFound)
}

func TestWhatCannotBeSentInACallIsRefusedBeforeAndAfterItCame(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, visit := t.Context(), c.calling()

	for _, tt := range []struct {
		what, name, kind string
		size             int64
		want             fault.Kind
	}{
		{"a program", "x.exe", "application/octet-stream", 10, fault.WrongType},
		{"a page", "x.html", "text/html", 10, fault.WrongType},
		{"too much", "x.pdf", "application/pdf", consult.MaxFileSize + 1, fault.TooLarge},
		{"nothing", "x.pdf", "application/pdf", 0, fault.Invalid},
		{"no name", "", "application/pdf", 10, fault.Invalid},
		{"an endless name", strings.Repeat("x", 201), "application/pdf", 10, fault.Invalid},
	} {
		_, err := c.SendFile(ctx, mother, visit, phi.Text(tt.name), tt.kind, tt.size)
		if !fault.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.what, err)
		}
	}
	lie := "#!/bin/sh\necho this is no picture of anything at all\n"
	place, err := c.SendFile(ctx, mother, visit, "x.jpg", "image/jpeg", int64(len(lie)))
	must(t, err)
	must(t, c.sends(place.URL, "image/jpeg", lie))
	_, looked := c.SettleFile(ctx, mother, visit, place.File)
	refused(t, looked, fault.WrongType)
	_, read := c.OpenFile(ctx, lin, visit, place.File)
	refused(t, read, fault.NotFound)
}

func TestFilesAreSentInACallThatGoesOnAndStayWithTheVisit(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	visit := c.calling()
	c.grants[daughter.Account] = []access.Scope{access.Attend}
	_, before := c.SendFile(ctx, daughter, visit, "x.pdf", "application/pdf", 10)
	_, err := c.Ticket(ctx, daughter, visit)
	must(t, err)
	f := c.sent(visit, daughter, "x.pdf")

	_, err = c.Complete(ctx, lin, visit)
	must(t, err)
	_, after := c.SendFile(ctx, mother, visit, "y.pdf", "application/pdf", 10)

	refused(t, before, fault.Conflict)
	refused(t, after, fault.Conflict)
	for _, who := range []access.Actor{mother, daughter, lin} {
		all, err := c.CallFiles(ctx, who, visit)
		must(t, err)
		if len(all) != 1 || all[0].ID != f.ID {
			t.Errorf("%s finds %v with the visit", who.Role, all)
		}
	}
}

func TestTheChatKeepsOfAFileWhatIsTrueOfIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, visit := t.Context(), c.calling()
	f := c.sent(visit, mother, "Blood test.pdf")
	room := c.now(&consult.Visit{ID: visit}).Call.Room
	says := func(n int, ref string) {
		must(t, c.Wrote(ctx, rooms, room, consult.ChatLine{
			N: n, ID: ref, Seat: "patient", At: c.clock.Now(), File: &consult.ChatFile{Name: "salary.exe", Size: 1, Type: "application/x-sh", Ref: ref},
		}))
	}

	says(1, string(f.ID))
	says(2, "att_invented")

	lines, err := c.Written(ctx, rooms, room)
	must(t, err)
	if len(lines) != 1 || lines[0].File.Name != "Blood test.pdf" || lines[0].File.Type != "application/pdf" || lines[0].File.Size != int64(len(paper)) {
		t.Errorf("the chat keeps %+v", lines)
	}
}

func TestWhatNeverCameOrWasRefusedIsThrownAwayAndNothingElse(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, visit := t.Context(), c.calling()
	kept := c.sent(visit, mother, "x.pdf")
	_, err := c.SendFile(ctx, mother, visit, "y.pdf", "application/pdf", 10)
	must(t, err)

	soon, err := c.ClearFiles(ctx)
	must(t, err)
	c.clock.Advance(61 * time.Minute)
	late, err := c.ClearFiles(ctx)
	must(t, err)

	if soon != 0 || late != 1 {
		t.Errorf("%d were thrown away at once and %d after an hour, want 0 and 1", soon, late)
	}
	if _, err := c.OpenFile(ctx, mother, visit, kept.ID); err != nil {
		t.Errorf("what was looked at is gone: %v", err)
	}
}

func TestAFileIsSaidOnceUnderOneKeyWhateverHasBecomeOfTheCall(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, visit := t.Context(), c.calling()
	says := func(size int64) (consult.FilePlace, error) {
		who := mother
		who.Request = id.RequestOf([]byte{byte(size)}, string(mother.Account), "one key")
		return c.SendFile(ctx, who, visit, "x.pdf", "application/pdf", size)
	}
	first, err := says(10)
	must(t, err)

	again, err := says(10)
	must(t, err)
	_, other := says(11)
	_, err = c.Complete(ctx, lin, visit)
	must(t, err)
	late, err := says(10)
	must(t, err)
	_, anew := c.SendFile(ctx, mother, visit, "x.pdf", "application/pdf", 10)

	if again.File != first.File || late.File != first.File {
		t.Errorf("the same key names %s, then %s, then %s", first.File, again.File, late.File)
	}
	refused(t, other, fault.Conflict)
	refused(t, anew, fault.Conflict)
}
