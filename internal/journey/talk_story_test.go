package journey_test

import (
	"testing"

	"housecall/internal/apptest"
	"housecall/internal/fault"
	"housecall/internal/order"
)

func TestPatientAndCourierTalkUntilTheBagIsHandedOver(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _, courier := w.OnItsWay()
	_, err := w.Delivery.Say(t.Context(), w.As(courier), o, "I am at the gate.")
	w.Must(err)
	ticket, err := w.Delivery.TalkTicket(t.Context(), w.As(w.Mother), o)
	w.Must(err)
	if ticket.Token == "" || ticket.Role != "patient" {
		t.Errorf("the patient's ticket is %+v", ticket)
	}

	w.Knocks(o, courier)
	w.HandsOver(o, courier)

	_, err = w.Delivery.Say(t.Context(), w.As(courier), o, "Are you still there?")
	w.Refuses("the courier writing to a patient after the end", err, fault.Conflict)
	talk, err := w.Delivery.ReadTalk(t.Context(), w.As(w.Mother), o)
	w.Must(err)
	if talk.ClosedAt == nil || len(talk.Said) != 1 {
		t.Errorf("the talk closed at %v with %d texts", talk.ClosedAt, len(talk.Said))
	}
}

func TestTalkEndsWithAnOrderThatIsCancelled(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	o, _ := w.Placed(order.Courier)
	_, err := w.Delivery.Say(t.Context(), w.As(w.Mother), o, "Please ring twice.")
	w.Must(err)

	_, err = w.Order.Cancel(t.Context(), w.As(w.Mother), o, "changed_mind")
	w.Must(err)
	w.Settle()

	_, err = w.Delivery.TalkTicket(t.Context(), w.As(w.Mother), o)
	w.Refuses("a ticket to the room of a cancelled order", err, fault.Conflict)
}
