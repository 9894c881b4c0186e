package journey_test

import (
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest"
	"housecall/internal/config"
	"housecall/internal/delivery"
	"housecall/internal/docstore"
	"housecall/internal/intake"
	"housecall/internal/order"
)

// count counts the documents of a collection.
func count(t *testing.T, w *apptest.Town, collection string) int {
	t.Helper()
	all, err := w.Store.Scan(t.Context(), collection, "", 500)
	w.Must(err)
	return len(all)
}

func TestTheWaysOfCouriersAreKeptForAMonthAndThenClearedByThemselves(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _, c := w.OnItsWay()
	w.Clock.Advance(time.Minute)
	_, err := w.Delivery.Report(t.Context(), w.As(c), []delivery.Position{{At: w.Clock.Now(), Point: apptest.Door, Accuracy: 10}})
	w.Must(err)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	w.In(o, order.Delivered)
	if count(t, w, "tracks") == 0 {
		t.Fatal("the courier left no track")
	}

	w.Pass(29 * 24 * time.Hour)
	w.Pass(time.Hour)
	kept := count(t, w, "tracks")
	w.Pass(2 * 24 * time.Hour)
	w.Pass(time.Hour)

	if left := count(t, w, "tracks"); kept == 0 || left != 0 {
		t.Errorf("%d are there after four weeks, %d after a month", kept, left)
	}
	w.In(o, order.Delivered)
}

// broken puts a document that nothing can read into an index.
func broken(t *testing.T, w *apptest.Town, collection, docID, index string, key docstore.Key) {
	t.Helper()
	w.Must(w.Store.Insert(t.Context(), collection, docstore.Record{ID: docID, Version: 1, Body: []byte(`[]`), Keys: map[string]docstore.Key{index: key}}))
}

// passedOver is how often documents of a collection were passed over, as the figures say.
func passedOver(t *testing.T, w *apptest.Town, collection string) float64 {
	t.Helper()
	all, err := w.Metrics.Gather()
	w.Must(err)
	for _, family := range all {
		for _, m := range family.GetMetric() {
			if family.GetName() == "housecall_housekeeping_passed_over_total" && m.GetLabel()[0].GetValue() == collection {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestOneTrackThatCanNotBeReadIsNamedAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _, c := w.OnItsWay()
	w.Clock.Advance(time.Minute)
	_, err := w.Delivery.Report(t.Context(), w.As(c), []delivery.Position{{At: w.Clock.Now(), Point: apptest.Door, Accuracy: 10}})
	w.Must(err)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	tracks, err := w.Store.Scan(t.Context(), "tracks", "", 10)
	w.Must(err)
	broken(t, w, "tracks", "trk_broken", "over", docstore.Key{Order: docstore.ByTime(apptest.Noon)})
	if len(tracks) == 0 {
		t.Fatal("the courier left no track")
	}

	w.Pass(31 * 24 * time.Hour)
	w.Pass(time.Hour)

	if left := count(t, w, "tracks"); left != 1 {
		t.Errorf("%d tracks are left, want the one that can't be read alone", left)
	}
	if n := passedOver(t, w, "tracks"); n < 1 {
		t.Errorf("counted %v times, want each hour once", n)
	}
	if log := w.Log.String(); !strings.Contains(log, `"doc":"trk_broken"`) {
		t.Error("the log does not name it")
	}
	r, err := w.Store.Get(t.Context(), "chores", "chore_clearing")
	w.Must(err)
	if r.Version < 2 {
		t.Error("the chore is not set anew")
	}
}

func TestOneTalkThatCanNotBeReadIsNamedAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := apptest.StartWith(t, func(c *config.Config) { c.Keep.Chats = 48 * time.Hour })
	o, _, c := w.OnItsWay()
	_, err := w.Delivery.Say(t.Context(), w.As(w.Mother), o, "The green door.")
	w.Must(err)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	w.Settle()
	broken(t, w, "talks", "talk_broken", "kept", docstore.Key{Equal: "kept", Order: docstore.ByTime(apptest.Noon.Add(-time.Hour))})

	w.Pass(50 * time.Hour)
	w.Pass(time.Hour)

	w.Until("the other talk destroyed", func() bool {
		talk, err := w.Delivery.ReadTalk(t.Context(), w.As(w.Mother), o)
		w.Must(err)
		return len(talk.Said) == 0
	})
	if n := passedOver(t, w, "talks"); n < 1 || !strings.Contains(w.Log.String(), `"doc":"talk_broken"`) {
		t.Errorf("passed over %v times, want it counted and named", n)
	}
}

func TestHousekeepingGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.Pass(time.Hour)

	w.Crash()
	w.Pass(time.Hour)
	w.Pass(time.Hour)

	r, err := w.Store.Get(t.Context(), "chores", "chore_clearing")
	w.Must(err)
	if r.Version < 3 {
		t.Errorf("the chore was done %d times in three hours with a crash between", r.Version-1)
	}
}

func TestAClockThatRunsBackwardsLosesNothingOfAnOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _ := w.Placed(order.Courier)
	w.Reviews(o)
	w.Accepts(o)

	w.Clock.Advance(-time.Minute) // as a machine does whose clock was ahead
	w.Settle()

	w.OnShift(w.Couriers[0])
	w.Packs(o)
	w.Pass(time.Minute)
	c := w.Rides(o)
	w.HandsBag(o, c)
	w.Knocks(o, c)
	w.HandsOver(o, c)
	done := w.In(o, order.Delivered)
	if done.Promise.Broken != "" {
		t.Errorf("the promise was broken in %s by a clock that went back", done.Promise.Broken)
	}
	w.LedgerIsZero()
}

func TestPhotosOfAnIntakeThatWasNeverHandedInAreClearedByThemselvesAfterAMonth(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	i, err := w.App.Intake.Begin(ctx, w.As(w.Mother), intake.Start{Patient: w.Mother.Patient})
	w.Must(err)
	_, err = w.App.Intake.Attach(ctx, w.As(w.Mother), i.ID, "rash.png", "image/png", 1000)
	w.Must(err)

	w.Pass(29 * 24 * time.Hour)
	w.Pass(time.Hour)
	kept, err := w.App.Intake.Intake(ctx, w.As(w.Mother), i.ID)
	w.Must(err)
	w.Crash()
	w.Pass(2 * 24 * time.Hour)
	w.Pass(time.Hour)

	left, err := w.App.Intake.Intake(ctx, w.As(w.Mother), i.ID)
	w.Must(err)
	if len(kept.Attachments) != 1 || len(left.Attachments) != 0 || left.State != intake.Draft {
		t.Errorf("%d files after four weeks, %d after a month in a %s", len(kept.Attachments), len(left.Attachments), left.State)
	}
}
