package consult_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
)

const day = 24 * time.Hour

var rooms = access.Part("rooms", id.Request{})

// recordedIn is a recording of a call under the rules of a place.
func (c *clinic) recordedIn(place string, p, doctor access.Actor) id.Recording {
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
	rec, err := c.RecordingBegan(ctx, rooms, c.now(v).Call.Room, []consult.Seat{{ID: "doctor", Role: "doctor"}, {ID: "patient", Role: "patient"}}, c.clock.Now())
	must(c.t, err)
	must(c.t, c.RecordingKept(ctx, rooms, rec, []consult.RecordedFile{{Seat: consult.Seat{ID: "doctor", Role: "doctor"}, LengthMS: 1000, Size: 10}}, false))
	must(c.t, c.RecordingCleared(ctx, rooms, rec))
	return rec
}

func (c *clinic) past(keep time.Duration) []id.Recording {
	c.t.Helper()
	all, err := c.RecordingsPast(c.t.Context(), rooms, keep)
	must(c.t, err)
	var ids []id.Recording
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestARecordingIsKeptForAsLongAsIsSaidAndForAsLongAsTheRulesOfItsPlaceAsk(t *testing.T) {
	t.Parallel()
	c := open(t)
	inChina := c.recordedIn("cn", mother, lin)
	atHome := c.recordedIn("house", stranger, okoye)
	const keep = 30 * day

	soon := c.past(keep)
	c.clock.Advance(keep + time.Hour)
	afterAMonth := c.past(keep)
	c.clock.Advance(2 * 365 * day)
	afterTwoYears := c.past(keep)
	c.clock.Advance(365 * day)
	afterThree := c.past(keep)
	longer := c.past(10 * 365 * day)

	if len(soon) != 0 || !slices.Equal(afterAMonth, []id.Recording{atHome}) || !slices.Equal(afterTwoYears, afterAMonth) {
		t.Errorf("to be destroyed at once %v, after a month %v, after two years %v, want none, and then the one at home alone", soon, afterAMonth, afterTwoYears)
	}
	if !slices.Equal(afterThree, []id.Recording{inChina, atHome}) || len(longer) != 0 {
		t.Errorf("after three years %v, want both; where ten are asked for %v, want none", afterThree, longer)
	}
}

func TestThatThereWasARecordingIsKnownWhenItIsDestroyed(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	rec := c.recordedIn("house", mother, lin)
	c.clock.Advance(31 * day)

	for range 2 {
		must(t, c.RecordingDestroyed(ctx, rooms, rec))
	}

	if left := c.past(30 * day); len(left) != 0 {
		t.Errorf("to be destroyed again: %v", left)
	}
	if n := c.count(string(rec), consult.RecordingWasDestroyed); n != 1 {
		t.Errorf("it was announced %d times, want once", n)
	}
	e := c.last(string(rec), consult.RecordingWasDestroyed)
	if e.Data["patient"] != string(mother.Patient) || e.Data["visit"] == "" || e.Kind != event.Kind("visit.recording_destroyed") {
		t.Errorf("announced is %+v", e)
	}
	all, err := c.Recordings(ctx, mother, id.Visit(e.Data["visit"]))
	must(t, err)
	if len(all) != 1 || all[0].DestroyedAt == nil || len(all[0].Agreed) != 2 || all[0].Files[0].LengthMS != 1000 {
		t.Errorf("the visit has %+v, want who agreed and how long it was", all)
	}
	_, _, gone := c.RecordedFile(ctx, mother, id.Visit(e.Data["visit"]), rec, 0)
	refused(t, gone, fault.NotFound)
	_, nosy := c.RecordingsPast(ctx, lin, 0)
	refused(t, nosy, fault.NotFound)
	refused(t, c.RecordingDestroyed(ctx, mother, rec), fault.NotFound)
}
