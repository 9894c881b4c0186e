package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"housecall/internal/fault"
)

func TestFaultKeepsItsKindThroughWrapping(t *testing.T) {
	t.Parallel()
	f := fault.New(fault.Conflict, "This order has already been dispensed.").Coded("order-already-dispensed").Because(io.EOF)
	wrapped := fmt.Errorf("dispense order ord_1: %w", f)

	if fault.KindOf(wrapped) != fault.Conflict || !fault.Is(wrapped, fault.Conflict) || fault.Is(wrapped, fault.Invalid) {
		t.Errorf("kind = %v, want Conflict", fault.KindOf(wrapped))
	}
	if !errors.Is(wrapped, io.EOF) {
		t.Error("the cause is lost")
	}
	if !errors.Is(wrapped, fault.New(fault.Conflict, "")) || errors.Is(wrapped, fault.New(fault.Conflict, "Something else.")) {
		t.Error("errors.Is does not ask for the kind, or the sentence")
	}
}

func TestAnythingElseIsInternal(t *testing.T) {
	t.Parallel()
	if got := fault.KindOf(io.EOF); got != fault.Internal {
		t.Errorf("kind = %v, want Internal", got)
	}
	if fault.Is(nil, fault.Internal) {
		t.Error("no error is a fault")
	}
}

func TestFaultIsCopiedWhenSomethingIsAdded(t *testing.T) {
	t.Parallel()
	base := fault.InvalidField("/weight_kg", "Give the weight in kilograms.")

	more := base.With("/height_cm", "Give the height in centimetres.").After(time.Second).Coded("measures")

	if len(base.Fields) != 1 || base.RetryAfter != 0 || base.Code != "" {
		t.Errorf("the first fault changed: %+v", base)
	}
	if len(more.Fields) != 2 || more.RetryAfter != time.Second || more.Code != "measures" || more.Kind != fault.Invalid {
		t.Errorf("the second fault is %+v", more)
	}
}
