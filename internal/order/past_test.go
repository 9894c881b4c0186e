package order_test

import (
	"testing"
	"time"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/order"
	"housecall/internal/promise"
)

// walked takes an order to the door, each stage taking so many minutes.
func (w *world) walked(t *testing.T, minutes ...int) id.Order {
	t.Helper()
	oid := w.placed(t)
	for i, s := range []order.State{order.Preparing, order.Ready, order.Collected, order.Delivered} {
		w.clock.Advance(time.Duration(minutes[i]) * time.Minute)
		switch s { //nolint:exhaustive // the four that end a stage
		case order.Preparing:
			must(t, w.Reviewing(t.Context(), w.house(), oid, 1))
			must(t, w.Preparing(t.Context(), w.house(), oid, 1))
		case order.Ready:
			must(t, w.Ready(t.Context(), w.house(), oid, 1))
		case order.Collected:
			must(t, w.Collected(t.Context(), w.house(), oid, 1))
		default:
			must(t, w.Delivered(t.Context(), w.house(), oid, 1))
		}
	}
	return oid
}

func TestOperatorSeesHowLongEachStageTookHourByHour(t *testing.T) {
	w := newWorld(t)
	began := w.clock.Now()
	w.walked(t, 3, 5, 1, 8)
	w.walked(t, 4, 9, 2, 20) // 35 minutes: late
	w.clock.Advance(time.Hour)
	w.walked(t, 2, 4, 0, 6)
	w.placed(t) // not delivered: in no stage's times

	got, err := w.Stages(t.Context(), w.as(operator), "", order.Period{From: began, Until: w.clock.Now().Add(time.Minute)})
	must(t, err)

	if len(got.Hours) != 2 || got.Whole.Orders != 3 || got.Whole.InTime != 2 || got.Cut {
		t.Fatalf("stages = %+v, want three orders in two hours, two of them in time", got)
	}
	first := got.Hours[0]
	if first.Orders != 2 || first.Stages[promise.Pack] != (order.Spread{P50: 5 * time.Minute, P90: 9 * time.Minute}) {
		t.Errorf("the first hour = %+v, want two orders, packed in 5 and 9 minutes", first)
	}
	if first.ToDoor.P90 != 35*time.Minute || got.Whole.Stages[promise.Ride].P50 != 8*time.Minute {
		t.Errorf("to the door %v, rides %v", first.ToDoor, got.Whole.Stages[promise.Ride])
	}
}

func TestStagesOfAZoneLeaveTheOthersOut(t *testing.T) {
	w := newWorld(t)
	w.walked(t, 3, 5, 1, 8)
	p := order.Period{From: w.clock.Now().Add(-time.Hour), Until: w.clock.Now().Add(time.Minute)}

	elsewhere, err := w.Stages(t.Context(), w.as(operator), "zone_other", p)
	must(t, err)
	_, nosy := w.Stages(t.Context(), w.as(patient), "", p)

	if elsewhere.Whole.Orders != 0 || len(elsewhere.Hours) != 0 {
		t.Errorf("another zone has %d orders, want none", elsewhere.Whole.Orders)
	}
	if !fault.Is(nosy, fault.NotFound) {
		t.Errorf("a patient asked for stage times: %v, want not found", nosy)
	}
}

func TestExportHasEveryOrderOfThePeriodWhateverBecameOfIt(t *testing.T) {
	w := newWorld(t)
	before := w.unpaid(t)
	w.clock.Advance(time.Minute)
	from := w.clock.Now()
	done := w.walked(t, 3, 5, 1, 8)
	open := w.placed(t)

	all, cut, err := w.Export(t.Context(), w.as(operator), order.Period{From: from, Until: w.clock.Now().Add(time.Second)})
	must(t, err)
	_, _, nosy := w.Export(t.Context(), w.as(stranger), order.Period{From: from, Until: w.clock.Now()})

	if cut || len(all) != 2 || all[0].ID != done || all[1].ID != open {
		t.Errorf("export = %d orders, want the delivered and the open one, not %s", len(all), before)
	}
	if !fault.Is(nosy, fault.NotFound) {
		t.Errorf("a stranger exported orders: %v", nosy)
	}
}
