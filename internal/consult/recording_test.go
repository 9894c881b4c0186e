package consult_test

import (
	"slices"
	"testing"

	"housecall/internal/consult"
)

func TestWhenARecordingCanBeSeenThePatientAndTheDoctorAreTold(t *testing.T) {
	t.Parallel()
	c := open(t)
	v := c.inRoom(mother, lin)
	ctx := t.Context()
	rec, err := c.RecordingBegan(ctx, system, string(v.ID)+"_1", nil, c.clock.Now())
	must(t, err)

	for range 2 { // kept again it is no news
		must(t, c.RecordingKept(ctx, system, rec, []consult.RecordedFile{{Size: 1}}, false))
	}
	must(t, c.RecordingCleared(ctx, system, rec))

	if n := c.count(string(rec), consult.RecordingReady); n != 1 {
		t.Errorf("it was announced %d times, want once", n)
	}
	e := c.last(string(rec), consult.RecordingReady)
	if !slices.Equal(e.To, []string{string(mother.Patient), string(lin.Account)}) || e.Data["visit"] != string(v.ID) {
		t.Errorf("told %v about %v", e.To, e.Data)
	}
}
