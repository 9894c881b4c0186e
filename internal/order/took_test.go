package order_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/lifecycle"
	"housecall/internal/order"
)

func TestTimeOfAnOrderIsDividedIntoTheStagesOfThePromise(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	step := func(from, to order.State, minutes int) lifecycle.Step[order.State, order.Event] {
		return lifecycle.Step[order.State, order.Event]{From: from, To: to, At: noon.Add(time.Duration(minutes) * time.Minute)}
	}
	o := &order.Order{
		Promise: order.Promise{Started: noon, Pauses: 2 * time.Minute},
		History: []lifecycle.Step[order.State, order.Event]{
			step(order.Unpaid, order.Placed, 0), step(order.Placed, order.Reviewing, 1), step(order.Reviewing, order.Placed, 3), // another pharmacy
			step(order.Placed, order.Reviewing, 4), step(order.Reviewing, order.Preparing, 5),
			step(order.Preparing, order.Ready, 9), step(order.Ready, order.Collected, 11), step(order.Collected, order.Delivered, 20),
		},
	}

	got := o.Staged()

	want := map[string]time.Duration{
		"review": 3 * time.Minute, "pack": 4 * time.Minute, "collect": 2 * time.Minute, "ride": 9 * time.Minute, "whole": 18 * time.Minute,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	if unpaid := (&order.Order{}).Staged(); len(unpaid) > 0 {
		t.Errorf("an order that is not paid for took %v", unpaid)
	}
}
