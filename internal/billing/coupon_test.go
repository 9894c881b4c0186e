package billing_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"housecall/internal/billing"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

func money2(currency string) money.Amount { return money.Of(100, currency) }

func (w *world) coupon(t *testing.T, terms billing.CouponTerms) *billing.Coupon {
	t.Helper()
	c, err := w.MakeCoupon(t.Context(), as(operator, "make "+terms.Code), terms)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withCoupon(c billing.Charge, code string) billing.Charge {
	c.Coupon = code
	return c
}

func TestACouponLowersFeesNeverTheMedicine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "WELCOME", Amount: cny(5000), Limit: 10})

	w.authorise(t, withCoupon(orderCharge(), "wel come"))
	w.capture(t, "ord_1")

	if w.bank.took() != 8000 {
		t.Errorf("taken %d, want the whole medicine and no fee", w.bank.took())
	}
	if b := w.ledger(t); b["coupons"] != 600 || b["pharmacy_payable:phm_1"] != -7600 {
		t.Errorf("ledger %v: the house bears the coupon", b)
	}
}

func TestAShareIsTakenOffEachFee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "HALF", Percent: 50, Limit: 10})

	w.authorise(t, withCoupon(visitCharge(), "HALF"))
	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})

	if b := w.ledger(t); w.bank.took() != 2500 || b["doctor_payable:acc_wen"] != -4500 {
		t.Errorf("taken %d, ledger %v: the doctor is paid in full", w.bank.took(), b)
	}
}

func TestTheLastUseOfACouponHasOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "LAST", Amount: cny(100), Limit: 1})
	const racers = 12

	var all sync.WaitGroup
	for n := range racers {
		all.Go(func() {
			c := withCoupon(visitCharge(), "LAST")
			c.Subject = fmt.Sprintf("vis_%d", n)
			c.Payment = billing.PaymentOf(c.Subject, 1)
			if err := w.Authorise(t.Context(), journey(c.Subject), c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()

	if yes, no := w.count(t, billing.PaymentAuthorised), w.count(t, billing.PaymentRefused); yes != 1 || no != racers-1 {
		t.Errorf("%d authorised, %d refused; want 1 and %d", yes, no, racers-1)
	}
}

func TestACouponIsGivenBackOnRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "ONCE", Amount: cny(100), Limit: 1})
	w.authorise(t, withCoupon(visitCharge(), "ONCE"))
	if err := w.Release(t.Context(), journey("cancelled"), "vis_1", "cancelled"); err != nil {
		t.Fatal(err)
	}

	second := withCoupon(orderCharge(), "ONCE")
	w.authorise(t, second)

	if p := w.payment(t, second); p.State != billing.Authorised || p.Due() != cny(8500) {
		t.Errorf("state %s, due %v; want the coupon to hold", p.State, p.Due())
	}
}

func TestACouponIsGivenBackWhenTheCardIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "ONCE", Amount: cny(100), Limit: 1})
	w.bank.broke = true

	w.authorise(t, withCoupon(visitCharge(), "ONCE"))

	page, err := w.Coupons(t.Context(), operator, anyPage)
	if err != nil || len(page.Items) != 1 || len(page.Items[0].Uses) != 0 {
		t.Errorf("coupons %+v, %v; want no use left", page.Items, err)
	}
}

func TestACouponThatDoesNotHoldRefusesThePaymentAndSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "EURO", Amount: money2("EUR"), Limit: 5})
	w.coupon(t, billing.CouponTerms{Code: "TOMORROW", Percent: 10, Limit: 5, From: noon.Add(24 * time.Hour)})
	w.coupon(t, billing.CouponTerms{Code: "SHORT", Percent: 10, Limit: 5, Until: noon.Add(time.Minute)})
	w.coupon(t, billing.CouponTerms{Code: "OTHERS", Percent: 10, Limit: 5, Patient: "pat_other"})
	ended := w.coupon(t, billing.CouponTerms{Code: "ENDED", Percent: 10, Limit: 5})
	if _, err := w.EndCoupon(t.Context(), as(operator, "end"), ended.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)

	for code, want := range map[string]string{
		"NONE": "coupon-unknown", "EURO": "coupon-currency", "TOMORROW": "coupon-not-yet",
		"SHORT": "coupon-ended", "OTHERS": "coupon-unknown", "ENDED": "coupon-ended",
	} {
		c := withCoupon(visitCharge(), code)
		c.Subject = "vis_" + code
		c.Payment = billing.PaymentOf(c.Subject, 1)

		w.authorise(t, c)
		_, err := w.CheckCoupon(t.Context(), mother, code, c)

		p := w.payment(t, c)
		if p.State != billing.Refused || p.History[0].Why != want || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %s because of %q, check %v; want refused because of %q", code, p.State, p.History[0].Why, err, want)
		}
	}
	if w.bank.calls != 0 {
		t.Errorf("the gateway was asked %d times", w.bank.calls)
	}
}

func TestOnePersonUsesACouponAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "PERSON", Percent: 10, Limit: 5, PerPerson: 1})
	w.authorise(t, withCoupon(visitCharge(), "PERSON"))

	w.authorise(t, withCoupon(orderCharge(), "PERSON"))

	if p := w.payment(t, orderCharge()); p.State != billing.Refused || p.History[0].Why != "coupon-used" {
		t.Errorf("state %s because of %q", p.State, p.History[0].Why)
	}
}

func TestWhatACouponTakesOffIsSaidBeforePaying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.coupon(t, billing.CouponTerms{Code: "WELCOME", Amount: cny(500), Limit: 10})

	off, err := w.CheckCoupon(t.Context(), mother, "welcome", orderCharge())

	onFees, feeErr := w.Discount(t.Context(), mother, "welcome", cny(300))
	_, unknown := w.Discount(t.Context(), mother, "nothing", cny(300))

	if err != nil || off != cny(500) {
		t.Errorf("off = %v, %v; want 500", off, err)
	}
	if feeErr != nil || onFees != cny(300) || !fault.Is(unknown, fault.Invalid) {
		t.Errorf("off the fees %v, %v; an unknown code %v", onFees, feeErr, unknown)
	}
}

func TestACaseGivesOneCouponHoweverOftenItIsToldAndForThisPatientAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gift := billing.Gift{Case: "case_1", Patient: "pat_mother", Amount: cny(1000), By: "acc_support"}

	first, err := w.GiveCoupon(t.Context(), journey("wanted"), gift)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.GiveCoupon(t.Context(), journey("wanted"), gift)
	if err != nil {
		t.Fatal(err)
	}
	theirs := withCoupon(visitCharge(), first.Code)
	theirs.Patient = "pat_other"
	_, other := w.CheckCoupon(t.Context(), stranger, first.Code, theirs)

	if first.ID != second.ID || !fault.Is(other, fault.Invalid) {
		t.Errorf("coupons %s and %s, another patient: %v", first.ID, second.ID, other)
	}
	w.authorise(t, withCoupon(visitCharge(), first.Code))
	if p := w.payment(t, visitCharge()); p.Due() != cny(4000) {
		t.Errorf("due %v, want 4000", p.Due())
	}
}

func TestWrongTermsOfACouponAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, terms := range map[string]billing.CouponTerms{
		"no code":            {Percent: 10, Limit: 1},
		"neither sum":        {Code: "ABCDE", Limit: 1},
		"both":               {Code: "ABCDE", Limit: 1, Percent: 10, Amount: cny(1)},
		"above the whole":    {Code: "ABCDE", Limit: 1, Percent: 101},
		"below zero":         {Code: "ABCDE", Limit: 1, Amount: cny(-1)},
		"no use":             {Code: "ABCDE", Percent: 10},
		"too many uses":      {Code: "ABCDE", Percent: 10, Limit: 1001},
		"over before it was": {Code: "ABCDE", Percent: 10, Limit: 1, Until: noon},
	} {
		if _, err := w.MakeCoupon(t.Context(), as(operator, name), terms); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.MakeCoupon(t.Context(), as(mother, "x"), billing.CouponTerms{Code: "ABCDE", Percent: 10, Limit: 1}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a patient makes a coupon: %v", err)
	}
}

func TestACodeThatExistsIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := billing.CouponTerms{Code: "TWICE", Percent: 10, Limit: 1}
	w.coupon(t, terms)

	replay, same := w.MakeCoupon(t.Context(), as(operator, "make TWICE"), terms)
	_, other := w.MakeCoupon(t.Context(), as(operator, "another"), billing.CouponTerms{Code: "t-w-i-c-e", Percent: 90, Limit: 9})

	if same != nil || replay.ID != id.Derive[id.Coupon]("coupon", "TWICE") || !fault.Is(other, fault.Conflict) {
		t.Errorf("replay %v, other %v", same, other)
	}
}
