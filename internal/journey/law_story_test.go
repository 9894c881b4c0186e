package journey_test

import (
	"errors"
	"strings"
	"testing"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/consult"
	"housecall/internal/fault"
	"housecall/internal/money"
	"housecall/internal/order"
	"housecall/internal/pharmacy"
	"housecall/internal/prescribing"
)

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// forbiddenBy fails the story unless a refusal names this rule of the place.
func forbiddenBy(t *testing.T, err error, rule string) {
	t.Helper()
	if !fault.Is(err, fault.Conflict) || codeOf(err) != "rule-forbids" || !strings.Contains(err.Error(), "Rule "+rule+" ") {
		t.Errorf("answered %v, want a refusal by rule %s", err, rule)
	}
}

func compared(t *testing.T, w *apptest.Town, s apptest.Script, way string) ([]pharmacy.Quote, error) {
	t.Helper()
	return w.Pharmacy.Quotes(t.Context(), w.As(w.Daughter), pharmacy.QuoteRequest{Part: s.Part, Door: apptest.Door, Fulfilment: way})
}

func TestWhereRemoteSaleIsForbiddenTheMedicineIsPickedUp(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.Prescribed()
	w.UnderLaw("eu", "")

	_, byCourier := compared(t, w, s, pharmacy.ByCourier)
	all, err := compared(t, w, s, "")
	w.Must(err)
	_, placed := w.Order.Place(t.Context(), w.As(w.Daughter), apptest.Wanted(s.Part, w.Corner, order.Courier))
	o := w.Unpaid(s, w.Corner, order.Pickup)

	forbiddenBy(t, byCourier, "EU-P05")
	forbiddenBy(t, placed, "EU-P05")
	if len(all) == 0 {
		t.Fatal("no pharmacy is offered for a pick-up")
	}
	for _, q := range all {
		if len(q.Fulfilments) != 1 || q.Fulfilments[0] != pharmacy.ByPickup {
			t.Errorf("%s offers %v, want the counter alone", q.Name, q.Fulfilments)
		}
	}
	w.In(o, order.Unpaid)
}

func TestWhereAStatePermitsRemoteSaleTheCourierRides(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.Prescribed()
	w.UnderLaw("de", "")

	o := w.Unpaid(s, w.Corner, order.Courier)

	w.In(o, order.Unpaid)
}

func TestInChinaTheBuyerIsKnownByNameAndWarnedBeforeAnOrder(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	s := w.Prescribed()
	w.UnderLaw("cn", "")
	want := apptest.Wanted(s.Part, w.Corner, order.Courier)

	_, unknown := w.Order.Place(t.Context(), w.As(w.Daughter), want)
	v, err := w.Consult.Visit(t.Context(), w.House(), s.Visit)
	w.Must(err)
	_, err = w.Intake.ShowIdentity(t.Context(), w.As(w.Doctor), v.Intake, "id_card")
	w.Must(err)
	_, unwarned := w.Order.Place(t.Context(), w.As(w.Daughter), want)
	want.Warned = true
	o, err := w.Order.Place(t.Context(), w.As(w.Daughter), want)
	w.Must(err)
	w.Settle()

	forbiddenBy(t, unknown, "CN-S06")
	forbiddenBy(t, unwarned, "CN-S08")
	w.In(o.ID, order.Unpaid)
}

func TestAMedicineOnTheBanListIsNotSoldOnlineByAnyWay(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	const capsules = "cefdinir/capsule/300mg"
	w.Shelve(w.Corner, capsules, 4000, apptest.Packs)
	s := w.PrescribedAs(prescribing.WrittenItem{Product: capsules, Steps: []prescribing.Dosage{{
		Dose:   prescribing.Measure{Value: "1", Unit: "capsule"},
		Timing: prescribing.Timing{Frequency: 2, Period: 1, PeriodUnit: "d", Duration: 5, DurationUnit: "d"},
	}}})
	w.UnderLaw("cn", "")

	_, quoted := compared(t, w, s, "")
	_, placed := w.Order.Place(t.Context(), w.As(w.Daughter), apptest.Wanted(s.Part, w.Corner, order.Pickup))

	forbiddenBy(t, quoted, "CN-S05")
	forbiddenBy(t, placed, "CN-S05")
	wantPart(t, w, s, prescribing.Signed)
}

func TestADoctorSeesOnlyPatientsOfAStateTheyAreLicensedIn(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.UnderLaw("us", "NY")
	ours, theirs := w.Licensed("york", "us", "us-ny"), w.Licensed("west", "us", "us-ca")
	w.OnDuty(ours)
	w.OnDuty(theirs)
	v := w.Queues()
	_, err := w.Consult.Here(t.Context(), w.As(w.Mother), v)
	w.Must(err)

	for name, who := range map[string]access.Actor{"of California": theirs, "of no state": w.Doctor} {
		if _, err := w.Consult.Admit(t.Context(), w.As(who), v); err == nil {
			t.Errorf("a doctor %s sees a patient in New York", name)
		}
	}
	_, err = w.Consult.Admit(t.Context(), w.As(ours), v)
	w.Must(err)
	unseen, err := w.Prescribing.Create(t.Context(), w.As(ours), v, sheetOf(apptest.Tablets))
	w.Must(err)
	w.Joins(v)

	if !hinders(unseen, "US-L03") {
		t.Errorf("a patient whom nobody saw is prescribed for: %+v", unseen.Findings)
	}
	rx, err := w.Prescribing.Create(t.Context(), w.As(ours), v, sheetOf(apptest.Tablets))
	w.Must(err)
	if rx.Jurisdiction != "US" || hinders(rx, "US-L01") || hinders(rx, "US-L02") || hinders(rx, "US-L03") {
		t.Errorf("the licensed doctor is hindered: %s, %+v", rx.Jurisdiction, rx.Findings)
	}
}

func TestWhereLicencesGoByTheStateAVisitNeedsToKnowIt(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.UnderLaw("us", "")

	_, err := w.Consult.Request(t.Context(), w.As(w.Daughter), consult.Wish{
		Intake: w.HandsIn(), Specialty: "general", Language: "en", Agreed: money.Of(5000, "CNY"), Method: "card_ok",
	})

	if codeOf(err) != "state-not-known" || !strings.Contains(err.Error(), "US-L01") {
		t.Errorf("answered %v, want to be asked for the state by rule US-L01", err)
	}
}

func sheetOf(product string) prescribing.Written {
	return prescribing.Written{Items: []prescribing.WrittenItem{{Product: product, Steps: []prescribing.Dosage{{
		Dose:   prescribing.Measure{Value: "1", Unit: "tablet"},
		Timing: prescribing.Timing{Frequency: 3, Period: 1, PeriodUnit: "d", Duration: 5, DurationUnit: "d"},
	}}}}}
}

// hinders tells whether a finding of this rule stands in the way of a signature.
func hinders(rx *prescribing.Prescription, rule string) bool {
	for _, f := range rx.Findings {
		if strings.Contains(f.Fact, "Rule "+rule+" ") && f.Severity == "hard_stop" {
			return true
		}
	}
	return false
}
