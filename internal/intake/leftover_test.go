package intake_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore/mongo"
	"housecall/internal/fault"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

const (
	kept  = 30 * 24 * time.Hour
	words = phi.Text("A rash since Sunday.")
)

// attached is a picture of an intake that was settled, or only sent.
func (p *practice) attached(i *intake.Intake, settled bool) intake.Upload {
	p.t.Helper()
	ctx, raw := p.t.Context(), picture(p.t)
	up, err := p.Attach(ctx, mother, i.ID, "rash.png", "image/png", int64(len(raw)))
	must(p.t, err)
	must(p.t, p.upload(up.URL, "image/png", raw))
	if settled {
		_, err = p.Settle(ctx, mother, i.ID, up.Attachment)
		must(p.t, err)
	}
	return up
}

// clears does what housekeeping does each hour.
func (p *practice) clears() int {
	p.t.Helper()
	n, err := p.ClearLeftovers(p.t.Context(), p.clock.Now().Add(-kept))
	must(p.t, err)
	return n
}

// lies tells whether a file is there, in quarantine too: its label names it.
func (p *practice) lies(key string) bool {
	p.t.Helper()
	found := false
	must(p.t, filepath.WalkDir(p.lie, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		found = found || bytes.Contains(raw, []byte(`"`+key+`"`)) && !bytes.Contains(raw, []byte(`"from":"`+key+`"`))
		return err
	}))
	return found
}

func (p *practice) intake(i *intake.Intake) *intake.Intake {
	p.t.Helper()
	now, err := p.Intake(p.t.Context(), mother, i.ID)
	must(p.t, err)
	return now
}

// inBothStores tells a story on SQLite, and on MongoDB where there is one.
func inBothStores(t *testing.T, story func(t *testing.T, p *practice)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		story(t, open(t))
	})
	t.Run("MongoDB", func(t *testing.T) {
		t.Parallel()
		uri := engine.Mongod(t).Database("leftovers")
		store, err := mongo.Open(t.Context(), uri)
		must(t, err)
		t.Cleanup(func() { _ = store.Close() })
		story(t, openOn(t, store))
	})
}

func TestFilesOfADraftThatNobodyHandedInAreClearedAfterAMonthAndItsWordsStay(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, p *practice) {
		t.Helper()
		i := p.begun(mother)
		i = p.saved(i, intake.Change{Words: ptr(words)})
		settled, sent := p.attached(i, true), p.attached(i, false)
		key := func(up intake.Upload) string { return "intakes/" + string(i.ID) + "/" + string(up.Attachment) }

		p.clock.Advance(kept - time.Minute)
		early := p.clears()
		if early != 0 || !p.lies(key(settled)) || !p.lies("quarantine/"+key(sent)) {
			t.Fatalf("%d were cleared before the month was over", early)
		}
		p.clock.Advance(2 * time.Minute)
		gone := p.clears()

		if gone != 2 || p.lies(key(settled)) || p.lies("quarantine/"+key(sent)) {
			t.Errorf("%d files are gone, the settled one lies there %v, the sent one %v", gone, p.lies(key(settled)), p.lies("quarantine/"+key(sent)))
		}
		now := p.intake(i)
		if len(now.Attachments) != 0 || len(now.Discarding) != 0 || now.Words != words || now.State != intake.Draft {
			t.Errorf("the draft is %s with %d files and the words %q", now.State, len(now.Attachments), now.Words.Reveal())
		}
		if told := p.told(string(i.ID), intake.AttachmentsCleared); len(told) != 1 || told[0].Data["count"] != "2" || told[0].Data["patient"] != "pat_mother" {
			t.Errorf("the audit hears %v", told)
		}
		p.clock.Advance(kept)
		if again := p.clears(); again != 0 {
			t.Errorf("%d were cleared a second time", again)
		}
		p.attached(p.intake(i), true) // and it can be gone on with
	})
}

func TestWhatAPersonThrewAwayIsGoneAsAWholeAfterAMonth(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, p *practice) {
		t.Helper()
		i := p.begun(mother)
		up := p.attached(i, true)
		_, err := p.Discard(t.Context(), mother, i.ID)
		must(t, err)

		p.clock.Advance(kept + time.Minute)
		p.clears()
		if len(p.told(string(i.ID), intake.AttachmentsCleared)) != 1 {
			t.Error("the audit hears nothing of it before it is gone")
		}
		p.clock.Advance(time.Hour)
		p.clears()

		_, err = p.Intake(t.Context(), mother, i.ID)
		if !fault.Is(err, fault.NotFound) || p.lies("intakes/"+string(i.ID)+"/"+string(up.Attachment)) {
			t.Errorf("reading it = %v, its file lies there %v", err, p.lies("intakes/"+string(i.ID)+"/"+string(up.Attachment)))
		}
	})
}

func TestFilesInUseAreNeverCleared(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, p *practice) {
		t.Helper()
		ctx := t.Context()
		handed := p.begun(mother)
		settled := p.attached(handed, true)
		handed = p.complete(p.intake(handed))
		_, err := p.Submit(ctx, mother, handed.ID)
		must(t, err)
		flagged := p.begun(mother)
		seen, never := p.attached(flagged, true), p.attached(flagged, false)
		flagged = p.intake(flagged)
		c := p.whole(flagged, "chest_pain")
		c.Answers["R036"] = "yes"
		p.saved(flagged, c)
		_, err = p.Submit(ctx, mother, flagged.ID)
		must(t, err)
		draft := p.begun(mother)
		shared := p.attached(draft, true)
		p.clock.Advance(kept - time.Hour)
		later, err := p.Begin(ctx, asks(mother, "from the draft"), intake.Start{Patient: mother.Patient, From: draft.ID})
		must(t, err)

		p.clock.Advance(2 * time.Hour)
		p.clears()

		if now := p.intake(handed); len(now.Attachments) != 1 || now.Attachments[0].ID != settled.Attachment || !p.lies("intakes/"+string(handed.ID)+"/"+string(settled.Attachment)) {
			t.Errorf("the intake handed in has %+v, want the file that was settled", now.Attachments)
		}
		if now := p.intake(flagged); now.State != intake.Stopped || len(now.Attachments) != 1 || now.Attachments[0].ID != seen.Attachment || p.lies("quarantine/intakes/"+string(flagged.ID)+"/"+string(never.Attachment)) {
			t.Errorf("the %s intake has %+v; want what was settled, and nothing in quarantine", now.State, now.Attachments)
		}
		if _, err := p.Open(ctx, mother, later.ID, shared.Attachment); err != nil || !p.lies("intakes/"+string(draft.ID)+"/"+string(shared.Attachment)) {
			t.Errorf("the file that a later intake uses: %v", err)
		}
		p.clock.Advance(kept)
		p.clears()
		if p.lies("intakes/" + string(draft.ID) + "/" + string(shared.Attachment)) {
			t.Error("when nobody uses it any more it still lies there")
		}
	})
}

// broken is a folder that deletes nothing, as a full or lost disk does.
type broken struct{ folder }

var errDisk = errors.New("the disk is gone")

func (broken) Delete(context.Context, string) error { return errDisk }

func TestAClearingThatACrashEndsIsGoneOnWith(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	up := p.attached(i, true)
	key := "intakes/" + string(i.ID) + "/" + string(up.Attachment)
	p.clock.Advance(kept + time.Minute)
	whole := p.Files
	p.Files = broken{folder{p.files}}

	_, err := p.ClearLeftovers(t.Context(), p.clock.Now().Add(-kept))
	if !errors.Is(err, errDisk) || !p.lies(key) || len(p.intake(i).Discarding) != 1 {
		t.Fatalf("with a broken disk: %v, %v left to delete", err, p.intake(i).Discarding)
	}
	p.Files = whole
	gone := p.clears()

	if gone != 1 || p.lies(key) || len(p.intake(i).Discarding) != 0 || len(p.told(string(i.ID), intake.AttachmentsCleared)) != 1 {
		t.Errorf("%d are gone afterwards, %v left", gone, p.intake(i).Discarding)
	}
}
