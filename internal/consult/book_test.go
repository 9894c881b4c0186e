package consult_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// openHours opens a doctor from nine to five on every day, in Shanghai.
func (c *clinic) openHours(doctor access.Actor) {
	c.t.Helper()
	h := consult.Hours{Name: "Dr Okoye", TimeZone: "Asia/Shanghai"}
	for day := range 7 {
		h.Weekly = append(h.Weekly, consult.Span{Day: day, From: "09:00", Until: "17:00"})
	}
	_, err := c.SetHours(c.t.Context(), doctor, doctor.Account, 0, h)
	must(c.t, err)
}

// tomorrow is eleven o'clock in Shanghai on the next day.
var tomorrow = monday.Add(25 * time.Hour)

func (c *clinic) booked(p, doctor access.Actor, at time.Time) *consult.Visit {
	c.t.Helper()
	v, err := c.Book(c.t.Context(), p, consult.Wish{Intake: c.submitted(p), Agreed: fee}, doctor.Account, at)
	must(c.t, err)
	return c.held(v)
}

func TestNoDoubleBookingUnderAnyConcurrency(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	wishes := make([]consult.Wish, 64)
	for i := range wishes {
		wishes[i] = consult.Wish{Intake: c.submitted(patient(fmt.Sprint("p", i))), Agreed: fee}
	}
	var wg sync.WaitGroup
	errs, got := make([]error, 64), make([]*consult.Visit, 64)
	for i := range errs {
		wg.Go(func() {
			a := asks(patient(fmt.Sprint("p", i)), "k")
			got[i], errs[i] = c.Book(t.Context(), a, wishes[i], lin.Account, tomorrow)
		})
	}
	wg.Wait()

	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			is(t, got[i], consult.IsBooked)
			continue
		}
		refused(t, err, fault.Conflict)
	}
	if won != 1 {
		t.Errorf("%d were given the same time, want 1", won)
	}
}

func TestSlotsOfADoctorCannotOverlap(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	c.booked(mother, lin, tomorrow)

	for _, off := range []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, -7 * time.Minute} {
		_, err := c.Book(t.Context(), patient("b"), consult.Wish{Intake: c.submitted(patient("b")), Agreed: fee}, lin.Account, tomorrow.Add(off))
		refused(t, err, fault.Conflict)
	}
	next := c.booked(patient("c"), lin, tomorrow.Add(consult.SlotLength))
	if next.StartsAt.Sub(tomorrow) != consult.SlotLength {
		t.Errorf("starts at %v", next.StartsAt)
	}
}

func TestSlotsComeFromTheDoctorsAvailability(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	hours, err := c.SetHours(ctx, lin, lin.Account, 0, consult.Hours{
		Name: "Dr Lin", TimeZone: "Asia/Shanghai",
		Weekly:     []consult.Span{{Day: 2, From: "09:00", Until: "10:00"}, {Day: 3, From: "09:00", Until: "10:00"}},
		Exceptions: []consult.Exception{{On: "2026-11-25"}, {On: "2026-11-26", From: "14:00", Until: "14:30"}},
	})
	must(t, err)
	query := consult.SlotQuery{Specialty: "general", Language: "en", Jurisdiction: "house", From: monday, Until: monday.Add(6 * 24 * time.Hour)}
	c.booked(mother, lin, time.Date(2026, 11, 24, 1, 15, 0, 0, time.UTC))

	free, err := c.Slots(ctx, mother, query)
	must(t, err)
	_, closed := c.Book(ctx, mother, consult.Wish{Intake: c.submitted(mother), Agreed: fee}, lin.Account, monday.Add(2*time.Hour))
	_, stale := c.SetHours(ctx, lin, lin.Account, hours.Version+7, consult.Hours{Name: "Dr Lin", TimeZone: "UTC"})
	c.vetting[lin.Account] = consult.Standing{}
	none, err := c.Slots(ctx, mother, query)
	must(t, err)

	var starts []string
	for _, f := range free {
		starts = append(starts, f.Start.Format("02 15:04"))
	}
	want := []string{"24 01:00", "24 01:30", "24 01:45", "26 06:00", "26 06:15"}
	if !slices.Equal(starts, want) {
		t.Errorf("free = %v, want %v", starts, want)
	}
	refused(t, closed, fault.Conflict)
	refused(t, stale, fault.Stale)
	if len(none) != 0 {
		t.Error("a doctor who is not vetted can be booked")
	}
}

func TestHoursFollowTheClocksOfThePlaceThroughSummerTime(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.clock.Advance(time.Date(2027, 3, 27, 0, 0, 0, 0, time.UTC).Sub(monday))
	_, err := c.SetHours(t.Context(), lin, lin.Account, 0, consult.Hours{
		Name: "Dr Lin", TimeZone: "Europe/Berlin",
		Weekly: []consult.Span{{Day: 6, From: "01:00", Until: "04:00"}, {Day: 0, From: "01:00", Until: "04:00"}},
	})
	must(t, err)

	free, err := c.Slots(t.Context(), mother, consult.SlotQuery{
		Specialty: "general", Language: "en", Jurisdiction: "house",
		From: time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC), Until: time.Date(2027, 3, 29, 0, 0, 0, 0, time.UTC),
	})
	must(t, err)

	if len(free) != 8 || free[0].Start.Format(time.RFC3339) != "2027-03-28T00:00:00Z" {
		t.Errorf("the night that loses an hour has %d slots, want 8: %v", len(free), free)
	}
}

func TestACancelledTimeIsFreeAgain(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)

	_, err := c.Cancel(t.Context(), mother, v.ID, "changed_mind")
	must(t, err)
	other := c.booked(patient("b"), lin, tomorrow)
	must(t, c.FreeSlot(t.Context(), system, v.ID))
	_, again := c.Book(t.Context(), patient("c"), consult.Wish{Intake: c.submitted(patient("c")), Agreed: fee}, lin.Account, tomorrow)

	is(t, other, consult.IsBooked)
	refused(t, again, fault.Conflict)
}

func TestAMovedVisitKeepsItsFeeAndFreesItsOldTime(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)
	later := tomorrow.Add(time.Hour)

	moved, err := c.Move(t.Context(), asks(mother, "m"), v.ID, lin.Account, later)
	must(t, err)
	again, err := c.Move(t.Context(), asks(mother, "m"), v.ID, lin.Account, later)
	must(t, err)
	c.booked(patient("b"), lin, tomorrow)
	_, taken := c.Move(t.Context(), mother, v.ID, lin.Account, tomorrow)

	if !moved.StartsAt.Equal(later) || moved.Fee.State != consult.FeeHeld || again.Version != moved.Version {
		t.Errorf("moved to %v, fee %s", moved.StartsAt, moved.Fee.State)
	}
	refused(t, taken, fault.Conflict)
	if now := c.now(v); !now.StartsAt.Equal(later) {
		t.Errorf("a refused move changed the time to %v", now.StartsAt)
	}
}

func TestATimeThatAVisitLeftIsFreeAgainEvenWhenTheProcessDiedOverIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)
	c.pass(3 * time.Minute) // nobody watches the hold of the old time any more
	c.breaks.armed = true

	_, died := c.Move(t.Context(), asks(mother, "m"), v.ID, lin.Account, tomorrow.Add(time.Hour))
	c.breaks.armed, c.breaks.dead = false, false
	again, err := c.Move(t.Context(), asks(mother, "m"), v.ID, lin.Account, tomorrow.Add(time.Hour))
	must(t, err)
	c.pass(3 * time.Minute)
	other := c.booked(patient("b"), lin, tomorrow)

	if !errors.Is(died, errDied) || !again.StartsAt.Equal(tomorrow.Add(time.Hour)) {
		t.Errorf("move = %v, asked again %v", died, again.StartsAt)
	}
	is(t, other, consult.IsBooked)
}

func TestASlotWhoseVisitWasNeverWrittenIsFreeAgain(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	c.booked(mother, lin, tomorrow)
	intake := c.submitted(patient("b"))
	first, err := c.Request(t.Context(), patient("b"), consult.Wish{Intake: intake, Agreed: fee})
	must(t, err)

	_, err = c.Book(t.Context(), patient("b"), consult.Wish{Intake: intake, Agreed: fee}, lin.Account, tomorrow.Add(time.Hour))
	refused(t, err, fault.Conflict)
	c.pass(2 * time.Minute)
	c.booked(patient("c"), lin, tomorrow.Add(time.Hour))

	is(t, c.now(first), consult.Waiting)
	_, err = c.Book(t.Context(), patient("d"), consult.Wish{Intake: c.submitted(patient("d")), Agreed: fee}, lin.Account, tomorrow)
	refused(t, err, fault.Conflict)
}

func TestABookedVisitRemindsADayAndAnHourBefore(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)

	c.pass(time.Hour)
	day := c.count(string(v.ID), consult.Reminded)
	c.pass(23 * time.Hour)
	hour := c.count(string(v.ID), consult.Reminded)

	if day != 1 || hour != 2 || c.last(string(v.ID), consult.Reminded).Data["before"] != "hour" {
		t.Errorf("reminded %d times, then %d", day, hour)
	}
}

func TestABookedVisitHasACalendarFileThatTellsNothingOfThePerson(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)

	ics, err := c.Calendar(t.Context(), mother, v.ID)
	must(t, err)
	_, foreign := c.Calendar(t.Context(), stranger, v.ID)

	for _, line := range []string{"DTSTART:20261124T030000Z\r\n", "DTEND:20261124T031500Z\r\n", "STATUS:CONFIRMED\r\n"} {
		if !strings.Contains(ics, line) {
			t.Errorf("calendar lacks %q:\n%s", line, ics)
		}
	}
	if strings.Contains(ics, "fever") || strings.Contains(ics, string(mother.Patient)) {
		t.Error("the calendar tells of the person")
	}
	refused(t, foreign, fault.NotFound)
}

func TestABookedVisitIsItsDoctorsAndNotCalledInEarly(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	c.onDuty(lin, okoye)
	v := c.booked(mother, lin, tomorrow)

	_, other := c.Admit(t.Context(), okoye, v.ID)
	_, early := c.Admit(t.Context(), lin, v.ID)
	c.clock.Advance(tomorrow.Add(-10 * time.Minute).Sub(monday))
	onTime, err := c.Admit(t.Context(), lin, v.ID)
	must(t, err)

	refused(t, other, fault.NotFound)
	refused(t, early, fault.Conflict)
	is(t, onTime, consult.InProgress)
}

func TestNoShowTenMinutesAfterABookedTime(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)

	c.pass(tomorrow.Add(10*time.Minute - time.Second).Sub(monday))
	is(t, c.now(v), consult.IsBooked)
	c.pass(time.Second)

	is(t, c.now(v), consult.IsNoShow)
	if e := c.last(string(v.ID), consult.NoShow); e.Data["charge_minor"] != "0" {
		t.Errorf("a no-show costs %s when nothing was said before", e.Data["charge_minor"])
	}
}

func TestWhoIsThereForABookedTimeIsNoNoShowWhenTheDoctorIsLate(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.openHours(lin)
	v := c.booked(mother, lin, tomorrow)
	c.pass(tomorrow.Sub(monday))
	_, err := c.Here(t.Context(), mother, v.ID)
	must(t, err)

	c.pass(20 * time.Minute)

	is(t, c.now(v), consult.IsBooked)
	if c.count(string(v.ID), consult.DoctorLate) != 1 {
		t.Error("nobody is told that the doctor is late")
	}
}

func TestANoShowFeeIsTakenOnlyWhenItWasSaidBeforeBooking(t *testing.T) {
	t.Parallel()
	c := openWith(t, consult.Schedule{Otherwise: 4900, NoShow: 1500, LateCancel: 2 * time.Hour})
	c.openHours(lin)
	offer, err := c.Offered(t.Context(), mother, consult.Wish{Intake: c.submitted(mother)})
	must(t, err)
	missed, late, early := c.booked(mother, lin, tomorrow), c.booked(patient("b"), lin, tomorrow.Add(time.Hour)), c.booked(patient("c"), lin, tomorrow.Add(3*time.Hour))

	c.pass(tomorrow.Add(10 * time.Minute).Sub(monday))
	_, err = c.Cancel(t.Context(), patient("b"), late.ID, "changed_mind")
	must(t, err)
	_, err = c.Cancel(t.Context(), patient("c"), early.ID, "changed_mind")
	must(t, err)

	if offer.Terms.NoShow != money.Of(1500, "CNY") {
		t.Errorf("said before: %v", offer.Terms)
	}
	got := []string{
		c.last(string(missed.ID), consult.NoShow).Data["charge_minor"], c.last(string(late.ID), consult.Cancelled).Data["charge_minor"],
		c.last(string(early.ID), consult.Cancelled).Data["charge_minor"],
	}
	if !slices.Equal(got, []string{"1500", "1500", "0"}) {
		t.Errorf("missed, cancelled late, cancelled early cost %v", got)
	}
	if c.last(string(missed.ID), consult.NoShow).Data["doctor"] != string(lin.Account) {
		t.Error("nobody knows whom the fee is for")
	}
}

func TestHoursThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	c := open(t)
	good := consult.Hours{Name: "Dr Lin", TimeZone: "Asia/Shanghai"}
	tests := map[string]func(h *consult.Hours){
		"a zone that does not exist":     func(h *consult.Hours) { h.TimeZone = "Mars/Base" },
		"the zone of the machine":        func(h *consult.Hours) { h.TimeZone = "Local" },
		"no name":                        func(h *consult.Hours) { h.Name = "" },
		"hours off the quarter":          func(h *consult.Hours) { h.Weekly = []consult.Span{{Day: 1, From: "09:07", Until: "10:00"}} },
		"hours that end before they are": func(h *consult.Hours) { h.Weekly = []consult.Span{{Day: 1, From: "10:00", Until: "09:00"}} },
		"an eighth day":                  func(h *consult.Hours) { h.Weekly = []consult.Span{{Day: 7, From: "09:00", Until: "10:00"}} },
		"an exception on no day":         func(h *consult.Hours) { h.Exceptions = []consult.Exception{{On: "2026-02-30"}} },
	}
	for name, spoil := range tests {
		h := good
		spoil(&h)
		if _, err := c.SetHours(t.Context(), lin, lin.Account, 0, h); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := c.SetHours(t.Context(), mother, lin.Account, 0, good)
	refused(t, err, fault.NotFound)
	if _, err := c.Book(t.Context(), mother, consult.Wish{Intake: c.submitted(mother), Agreed: fee}, id.Account("acc_nobody"), tomorrow); !fault.Is(err, fault.Conflict) {
		t.Errorf("booked nobody: %v", err)
	}
}
