package pharmacy_test

import (
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
)

func TestPharmacistChecksAgainAndAccepts(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.world.findings = []pharmacy.Finding{{ID: "dup", Severity: pharmacy.Warning, Text: "Twice the class.", Known: true}}
	fill := w.offered("ord_1", pharmacy.ByCourier)

	sheet, err := w.Review(t.Context(), pharmacist(w.oak), fill)
	must(t, err)
	f, err := w.Accept(t.Context(), pharmacist(w.oak), fill, pharmacy.Acceptance{})
	must(t, err)

	if len(sheet.Findings) != 1 || sheet.Script.Lines[0].Product != amoxicillin || sheet.Fill.State != pharmacy.Reviewing {
		t.Errorf("sheet = %d findings in %s", len(sheet.Findings), sheet.Fill.State)
	}
	if f.State != pharmacy.Preparing || f.Pharmacist != pharmacist(w.oak).Account || !f.Deadline.Equal(monday.Add(6*time.Minute)) {
		t.Errorf("fill is %s until %v", f.State, f.Deadline)
	}
	if len(w.trail.seen) == 0 {
		t.Error("the audit does not have the prescription as read")
	}
	w.heard(string(fill), pharmacy.KindReviewing)
	if e := w.heard(string(fill), pharmacy.KindAccepted); e.Data["order"] != "ord_1" || e.Data["attempt"] != "1" || e.Data["pharmacy"] != string(w.oak.ID) {
		t.Errorf("told = %v", e.Data)
	}
}

func TestAcceptIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		bend func(w *town)
		kind fault.Kind
		code string
	}{
		{"on a hard stop that is new today", func(w *town) { w.world.findings = []pharmacy.Finding{{ID: "a", Severity: pharmacy.HardStop}} }, fault.Conflict, "hard-stop"},
		{"on a hard stop even when known", func(w *town) {
			w.world.findings = []pharmacy.Finding{{ID: "a", Severity: pharmacy.HardStop, Known: true}}
		}, fault.Conflict, "hard-stop"},
		{"on a new warning without a reason", func(w *town) { w.world.findings = []pharmacy.Finding{{ID: "a", Severity: pharmacy.Warning}} }, fault.Invalid, "reason-missing"},
		{"when the check does not answer", func(w *town) { w.world.checkFails = true }, fault.Unavailable, ""},
		{"when the prescription was cancelled", func(w *town) { w.world.calledOff = true }, fault.Conflict, "rx-cancelled"},
		{"when the pharmacy's vetting has run out", func(w *town) { w.world.vetted[string(w.oak.ID)] = false }, fault.Conflict, "not-vetted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := w.reviewing("ord_1", pharmacy.ByCourier)
			c.bend(w)

			_, err := w.Accept(t.Context(), pharmacist(w.oak), fill, pharmacy.Acceptance{})

			wantFault(t, err, c.kind, c.code)
			if got := w.state(fill); got != pharmacy.Reviewing {
				t.Errorf("state = %s", got)
			}
		})
	}
}

func TestUnvettedPharmacistCannotAccept(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	unvetted := access.Actor{Account: "acc_new", Role: access.Pharmacist, Pharmacy: w.oak.ID}

	_, err := w.Accept(t.Context(), unvetted, fill, pharmacy.Acceptance{})

	wantFault(t, err, fault.Conflict, "not-vetted")
}

func TestPharmacyStaffCannotAccept(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)

	_, err := w.Accept(t.Context(), staff(w.oak), fill, pharmacy.Acceptance{})

	wantFault(t, err, fault.NotFound, "")
}

func TestAReasonForANewWarningIsKept(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.world.findings = []pharmacy.Finding{{ID: "renal", Severity: pharmacy.Warning, Source: "label"}}
	fill := w.reviewing("ord_1", pharmacy.ByCourier)

	f, err := w.Accept(t.Context(), pharmacist(w.oak), fill, pharmacy.Acceptance{Reasons: map[string]phi.Text{"renal": "Asked by telephone."}})

	must(t, err)
	if len(f.Checked) != 1 || f.Checked[0].Reason.Reveal() != "Asked by telephone." {
		t.Error("the reason was not kept")
	}
}

func TestPharmacistRefusesWithACodedReason(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)

	_, free := w.Refuse(t.Context(), pharmacist(w.oak), fill, "do not like it", "")
	_, err := w.Refuse(t.Context(), pharmacist(w.oak), fill, "out_of_stock", "The shelf is empty.")

	wantFault(t, free, fault.Invalid, "")
	must(t, err)
	e := w.heard(string(fill), pharmacy.KindRefused)
	if e.Data["reason"] != "out_of_stock" || w.free(w.oak, amoxicillin) != 100 {
		t.Errorf("told %v, free %d", e.Data, w.free(w.oak, amoxicillin))
	}
	for k, v := range e.Data {
		if v == "The shelf is empty." {
			t.Errorf("the note stands in the event under %s", k)
		}
	}
}

func TestPharmacyThatDoesNotAnswerWithinItsBudgetLosesTheOrder(t *testing.T) {
	t.Parallel()
	for _, state := range []pharmacy.State{pharmacy.Offered, pharmacy.Reviewing} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := ways[state](w, "ord_1")

			w.clock.Advance(4*time.Minute - time.Millisecond)
			must(t, w.TimerFired(t.Context(), journey("early"), fill, pharmacy.TimerReviewOverdue))
			early := w.state(fill)
			w.clock.Advance(time.Millisecond)
			w.fire(fill)
			w.fire(fill)

			if early != state || w.state(fill) != pharmacy.Expired {
				t.Errorf("was %s before the budget ended and %s after", early, w.state(fill))
			}
			w.heard(string(fill), pharmacy.KindExpired)
			if got := w.free(w.oak, amoxicillin); got != 100 {
				t.Errorf("free = %d", got)
			}
		})
	}
}

func TestLatePackingIsToldToTheOperatorAndGoesOn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.preparing("ord_1", pharmacy.ByCourier)

	w.clock.Advance(6 * time.Minute)
	w.fire(fill)
	w.fire(fill)

	e := w.heard(string(fill), pharmacy.KindLate)
	if w.state(fill) != pharmacy.Preparing || !contains(e.To, event.ToOperators) {
		t.Errorf("state %s, told to %v", w.state(fill), e.To)
	}
}

func TestWhileTheDoctorOwesAnAnswerTheBudgetPausesForSixMinutesAtMost(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	w.clock.Advance(time.Minute)

	f, err := w.AskDoctor(t.Context(), pharmacist(w.oak), fill, "Is the dose right?")
	must(t, err)
	_, blocked := w.Accept(t.Context(), pharmacist(w.oak), fill, pharmacy.Acceptance{})
	w.clock.Advance(6 * time.Minute)
	w.fire(fill)

	wantFault(t, blocked, fault.Conflict, "question-open")
	if f.Paused == nil || f.Paused.Owes != "doctor" {
		t.Error("the budget was not paused for the doctor")
	}
	after := w.fill(fill)
	if after.State != pharmacy.Reviewing || after.Paused != nil || !after.Deadline.Equal(w.clock.Now().Add(3*time.Minute)) {
		t.Errorf("fill is %s until %v", after.State, after.Deadline)
	}
	w.heard(string(fill), pharmacy.KindQuestionLapsed)
	_, err = w.Accept(t.Context(), pharmacist(w.oak), fill, pharmacy.Acceptance{})
	must(t, err) // the pharmacist decides with what is known
}

func TestSecondQuestionGetsOnlyWhatIsLeftOfTheSixMinutes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	f, err := w.AskDoctor(t.Context(), pharmacist(w.oak), fill, "One?")
	must(t, err)
	w.clock.Advance(4 * time.Minute)
	_, err = w.Answer(t.Context(), doctor, fill, f.Questions[0].ID, pharmacy.Confirmed, "")
	must(t, err)

	f, err = w.AskDoctor(t.Context(), pharmacist(w.oak), fill, "Two?")

	must(t, err)
	if !f.Paused.Until.Equal(w.clock.Now().Add(2 * time.Minute)) {
		t.Errorf("paused until %v", f.Paused.Until)
	}
}

func TestDoctorAnswersAndThePharmacistGoesOn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	f, err := w.AskDoctor(t.Context(), pharmacist(w.oak), fill, "Is the dose right?")
	must(t, err)
	question := f.Questions[0].ID
	w.clock.Advance(2 * time.Minute)

	_, foreign := w.Answer(t.Context(), access.Actor{Account: "acc_other", Role: access.Doctor}, fill, question, pharmacy.Confirmed, "")
	f, err = w.Answer(t.Context(), doctor, fill, question, pharmacy.Advised, "Halve it for two days.")

	wantFault(t, foreign, fault.NotFound, "")
	must(t, err)
	if f.Paused != nil || !f.Deadline.Equal(w.clock.Now().Add(4*time.Minute)) {
		t.Errorf("budget runs until %v", f.Deadline)
	}
	if e := w.heard(string(fill), pharmacy.KindAsked); !contains(e.To, string(doctor.Account)) || e.Data["question"] != question {
		t.Errorf("told %v to %v", e.Data, e.To)
	}
	if e := w.heard(string(fill), pharmacy.KindAnswered); e.Data["decision"] != pharmacy.Advised {
		t.Errorf("told %v", e.Data)
	}
}

func TestSubstituteIsTakenOnlyWhenThePatientAgrees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer     string
		product    string
		price      string
		freeOfOld  int
		freeOfSwap int
	}{
		{pharmacy.Agreed, brand, "2500", 100, 80},
		{pharmacy.Declined, amoxicillin, "2500", 80, 100},
	} {
		t.Run(c.answer, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.receive(w.oak, brand, "B1", "2027-03-31", 100)
			fill := w.reviewing("ord_1", pharmacy.ByCourier)

			f, err := w.ProposeSubstitute(t.Context(), pharmacist(w.oak), fill, 0, brand)
			must(t, err)
			if f.Paused == nil || f.Paused.Owes != "patient" || w.free(w.oak, brand) != 80 || w.free(w.oak, amoxicillin) != 80 {
				t.Error("both products are held and the budget pauses while the patient thinks")
			}
			f, err = w.AnswerSubstitution(t.Context(), journey("answer"), fill, f.Questions[0].ID, c.answer)
			must(t, err)

			if f.Lines[0].Product != c.product || f.Paused != nil {
				t.Errorf("line is %s", f.Lines[0].Product)
			}
			if w.free(w.oak, amoxicillin) != c.freeOfOld || w.free(w.oak, brand) != c.freeOfSwap {
				t.Errorf("free: %d and %d", w.free(w.oak, amoxicillin), w.free(w.oak, brand))
			}
			w.heard(string(fill), pharmacy.KindSubstitutionProposed)
			if e := w.heard(string(fill), pharmacy.KindSubstitutionAnswered); e.Data["answer"] != c.answer || e.Data["price_minor"] != c.price {
				t.Errorf("told %v", e.Data)
			}
		})
	}
}

func TestSubstituteIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		product string
		forbid  bool
		kind    fault.Kind
		code    string
	}{
		{"where the doctor forbade it", brand, true, fault.Conflict, "substitution-forbidden"},
		{"for another ingredient", ibuprofen, false, fault.Conflict, "not-alike"},
		{"for another strength", "amoxicillin/capsule/250mg", false, fault.Conflict, "not-alike"},
		{"that is not on the shelf", "amoxicillin/syrup/500mg", false, fault.Conflict, "out-of-stock"},
		{"that is too few", brand, false, fault.Conflict, "out-of-stock"},
		{"that the order has already", amoxicillin, false, fault.Invalid, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.receive(w.oak, brand, "B1", "2027-03-31", 19)
			w.world.forbidden = c.forbid
			fill := w.reviewing("ord_1", pharmacy.ByCourier)

			_, err := w.ProposeSubstitute(t.Context(), pharmacist(w.oak), fill, 0, c.product)

			wantFault(t, err, c.kind, c.code)
			if f := w.fill(fill); f.Paused != nil || w.free(w.oak, brand) != 19 {
				t.Error("a refused proposal left something behind")
			}
		})
	}
}

func TestOpenProposalDoesNotOutliveItsFill(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, brand, "B1", "2027-03-31", 100)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	_, err := w.ProposeSubstitute(t.Context(), pharmacist(w.oak), fill, 0, brand)
	must(t, err)

	must(t, w.Release(t.Context(), journey("cancel"), fill, "cancelled"))

	if w.free(w.oak, amoxicillin) != 100 || w.free(w.oak, brand) != 100 {
		t.Error("something is still held")
	}
	if q := w.fill(fill).Questions[0]; q.Answer != pharmacy.Lapsed {
		t.Errorf("the question is %q", q.Answer)
	}
}

func TestUnansweredProposalLapsesAndThePharmacistDecides(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, brand, "B1", "2027-03-31", 100)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)
	_, err := w.ProposeSubstitute(t.Context(), pharmacist(w.oak), fill, 0, brand)
	must(t, err)

	w.clock.Advance(12 * time.Minute)
	w.fire(fill)

	if f := w.fill(fill); f.State != pharmacy.Reviewing || f.Paused != nil || w.free(w.oak, brand) != 100 {
		t.Errorf("fill is %s, free %d", f.State, w.free(w.oak, brand))
	}
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

func TestPatientCannotAnswerAQuestionOfThePharmacyDirectly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	fill := w.reviewing("ord_1", pharmacy.ByCourier)

	_, err := w.AnswerSubstitution(t.Context(), patient, fill, string(id.Fill("q")), pharmacy.Agreed)

	wantFault(t, err, fault.NotFound, "")
}
