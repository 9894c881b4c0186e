package intake_test

import (
	"slices"
	"testing"

	"housecall/internal/fault"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

func TestAnIntakeNeedsANumberToCallBack(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	c := p.whole(i, "cough")
	c.CallBack = nil
	i = p.saved(i, c)

	_, without := p.Submit(t.Context(), mother, i.ID)
	now, err := p.Intake(t.Context(), mother, i.ID)
	must(t, err)
	p.saved(now, intake.Change{CallBack: ptr(phi.Text("+86 10 5555 0100"))})
	submitted, err := p.Submit(t.Context(), mother, i.ID)
	must(t, err)

	refused(t, without, fault.Invalid)
	if got := pointers(without); !slices.Equal(got, []string{"/call_back"}) {
		t.Errorf("pointers %v, want the number to call back alone", got)
	}
	if now.State != intake.Draft || submitted.State != intake.Submitted {
		t.Errorf("without a number %s, with one %s", now.State, submitted.State)
	}
}
