package docstore_test

import (
	"errors"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/internal/docstore"
)

func TestWhatWasJustReadIsNotReadAgain(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC))
	reads := 0
	read := func() (int, error) { reads++; return reads, nil }
	r := docstore.NewRecent[string, int](now, 3*time.Second, 2)

	first, _ := r.Read("ann", read)
	again, _ := r.Read("ann", read)
	now.Advance(3 * time.Second)
	later, _ := r.Read("ann", read)

	if first != 1 || again != 1 || later != 2 {
		t.Errorf("reads = %d, %d and %d after its time, want 1, 1, 2", first, again, later)
	}
}

func TestWhatIsForgottenIsReadAgainEvenWhenItWasBeingRead(t *testing.T) {
	t.Parallel()
	r := docstore.NewRecent[string, string](clock.NewFake(time.Unix(0, 0)), time.Minute, 10)
	ann := func(k string) bool { return k == "ann" }

	_, _ = r.Read("ann", func() (string, error) {
		r.Forget(ann) // another changes it between the reading and the remembering
		return "old", nil
	})
	got, _ := r.Read("ann", func() (string, error) { return "new", nil })
	if got != "new" {
		t.Errorf("read %q after it was forgotten, want new", got)
	}
	r.Forget(ann)
	if got, _ = r.Read("ann", func() (string, error) { return "newer", nil }); got != "newer" {
		t.Errorf("read %q after it was forgotten, want newer", got)
	}
}

func TestAFailedReadingIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := docstore.NewRecent[string, int](clock.NewFake(time.Unix(0, 0)), time.Minute, 10)

	_, err := r.Read("ann", func() (int, error) { return 0, errors.New("the disk is gone") })
	got, again := r.Read("ann", func() (int, error) { return 7, nil })

	if err == nil || again != nil || got != 7 {
		t.Errorf("first %v, then %d, %v; want an error, then 7", err, got, again)
	}
}

func TestMemoryStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	r := docstore.NewRecent[int, int](clock.NewFake(time.Unix(0, 0)), time.Minute, 3)
	reads := 0

	for k := range 4 {
		_, _ = r.Read(k, func() (int, error) { reads++; return k, nil })
	}
	_, _ = r.Read(0, func() (int, error) { reads++; return 0, nil })

	if reads != 5 {
		t.Errorf("%d reads, want 5: the first was let go when the fourth came", reads)
	}
}
