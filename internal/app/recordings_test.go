package app_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/config"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/signaling/signalingtest"
)

// agrees has the doctor ask and the patient say yes.
func (w *ward) agrees(doctor, patient *signalingtest.Client) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	w.Must(doctor.Send(ctx, map[string]any{"t": "record", "on": true}))
	_, err := patient.Wait(ctx, "recording", 0)
	w.Must(err)
	w.Must(patient.Send(ctx, map[string]any{"t": "consent", "on": true}))
	_, err = patient.Until(ctx, 0, func(m signalingtest.Message) bool {
		return m.T == "recording" && strings.Contains(string(m.Data), `"state":"on"`)
	})
	w.Must(err)
}

// passes lets the clock of the service go on for a while, as packets come.
func (w *ward) passes(c *signalingtest.Client, packets int64) {
	w.t.Helper()
	before := c.Media.Shown[0].Packets.Load()
	w.Until("some seconds of sound", func() bool {
		w.Clock.Advance(100 * time.Millisecond)
		return c.Media.Shown[0].Packets.Load() > before+packets
	})
}

func (w *ward) recordings(who access.Actor) ([]*consult.Recording, error) {
	return w.Consult.Recordings(w.t.Context(), w.As(who), w.visit)
}

func (w *ward) recorded() *consult.Recording {
	w.t.Helper()
	var rec *consult.Recording
	w.Until("the files of a recording", func() bool {
		all, err := w.recordings(w.Mother)
		w.Must(err)
		if len(all) == 1 && all[0].State == consult.RecordingCleared {
			rec = all[0]
		}
		return rec != nil
	})
	return rec
}

func TestRecordingOfCallIsForThePatientAndTheDoctorAlone(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	doctor, patient := w.together()
	w.agrees(doctor, patient)
	w.passes(doctor, 60)
	w.Must(patient.Send(t.Context(), map[string]any{"t": "consent", "on": false}))

	rec := w.recorded()

	if len(rec.Files) != 2 || len(rec.Agreed) != 2 {
		t.Errorf("kept are %+v of %+v, want a file of each of the two", rec.Files, rec.Agreed)
	}
	if _, err := w.recordings(w.Doctor); err != nil {
		t.Errorf("the doctor who treats: %v", err)
	}
	for name, who := range map[string]access.Actor{"a stranger": w.Stranger, "a guest of the visit": {Role: access.Guest, Session: "ses_guest", Visit: w.visit}} {
		if _, err := w.recordings(who); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
			t.Errorf("%s reads the recordings: %v", name, err)
		}
		if _, _, err := w.Consult.RecordedFile(t.Context(), w.As(who), w.visit, rec.ID, 0); err == nil {
			t.Errorf("%s reads a file", name)
		}
	}
	for n, want := range map[int]bool{-1: false, 0: true, 1: true, 2: false} {
		if _, _, err := w.Consult.RecordedFile(t.Context(), w.As(w.Mother), w.visit, rec.ID, n); (err == nil) != want {
			t.Errorf("file %d: %v", n, err)
		}
	}
}

func TestRecordingInWhichTheNodeStoppedIsWholeAfterwards(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	doctor, patient := w.together()
	w.agrees(doctor, patient)
	w.passes(doctor, 60)

	w.Crash()

	rec := w.recorded()
	if len(rec.Files) != 2 || rec.Files[0].LengthMS < 500 || rec.Broken {
		t.Errorf("after the stop there is %+v, want what both said", rec.Files)
	}
}

func TestRecordingIsDestroyedWhenItNeedNotBeKeptAnyMore(t *testing.T) {
	t.Parallel()
	const keep = 48 * time.Hour
	w := &ward{Town: apptest.StartWith(t, func(c *config.Config) { c.Keep.Recordings = keep }), t: t}
	w.visit = w.Admitted()
	doctor, patient := w.together()
	w.agrees(doctor, patient)
	w.passes(doctor, 60)
	w.Must(patient.Send(t.Context(), map[string]any{"t": "consent", "on": false}))
	rec := w.recorded()
	_, err := w.calledFile(rec)
	w.Must(err)

	w.Pass(keep - 2*time.Hour)
	_, early := w.calledFile(rec)
	w.Must(early)
	w.Pass(3 * time.Hour)

	w.Until("the recording to be destroyed", func() bool {
		w.Clock.Advance(time.Hour)
		all, err := w.recordings(w.Mother)
		w.Must(err)
		return all[0].State == consult.RecordingGone
	})
	if _, err := w.calledFile(rec); !fault.Is(err, fault.NotFound) {
		t.Errorf("its file is read after that: %v", err)
	}
	if pieces := w.piecesOf(rec); len(pieces) != 0 {
		t.Errorf("left in the folder of files: %v", pieces)
	}
}

// calledFile asks for the first file.
func (w *ward) calledFile(rec *consult.Recording) (*consult.Recording, error) {
	r, _, err := w.Consult.RecordedFile(w.t.Context(), w.As(w.Mother), w.visit, rec.ID, 0)
	return r, err
}

// piecesOf are what the folder of files holds of a recording.
func (w *ward) piecesOf(rec *consult.Recording) (found []string) {
	w.t.Helper()
	w.Must(filepath.WalkDir(w.Folder(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, string(rec.ID)) {
			found = append(found, path)
		}
		return err
	}))
	return found
}
