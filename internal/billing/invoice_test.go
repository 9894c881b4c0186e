package billing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest/engine"
	"housecall/internal/billing"
	"housecall/internal/docstore"
	"housecall/internal/docstore/mongo"
	"housecall/internal/fault"
)

func chargeOf(n int) billing.Charge {
	c := orderCharge()
	c.Subject = fmt.Sprintf("ord_%d", n)
	c.Payment = billing.PaymentOf(c.Subject, 1)
	return c
}

func (w *world) invoices(t *testing.T, c billing.Charge) []*billing.Invoice {
	t.Helper()
	all, err := w.Invoices(t.Context(), mother, c.Payment)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// inBooks holds every paper that there is against what a book promises: each issuer's numbers from one, none left
// out, none twice. It answers how many there are of each.
func (w *world) inBooks(t *testing.T) map[string]int64 {
	t.Helper()
	all, err := w.InvoicesBetween(t.Context(), operator, noon.AddDate(-2, 0, 0), noon.AddDate(2, 0, 0), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	seen, last := map[string]bool{}, map[string]int64{}
	for _, i := range all {
		book := fmt.Sprintf("%s %d", i.Issuer.ID, i.Year)
		number := book + " " + i.Number()
		if seen[number] {
			t.Errorf("%s was given twice", number)
		}
		seen[number] = true
		last[book] = max(last[book], i.N)
	}
	for book, n := range last {
		for one := int64(1); one <= n; one++ {
			if !seen[fmt.Sprintf("%s %s-%06d", book, book[len(book)-4:], one)] {
				t.Errorf("%s has no number %d, but %d", book, one, n)
			}
		}
	}
	return last
}

func TestAPaidVisitHasAnInvoiceOfTheHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, visitCharge())
	w.capture(t, "vis_1", billing.Final{Kind: billing.VisitFee, Payee: "acc_wen"})

	all := w.invoices(t, visitCharge())

	if len(all) != 1 {
		t.Fatalf("%d invoices, want one", len(all))
	}
	i := all[0]
	if i.Number() != "2026-000001" || i.Issuer.Name != "Lampford Clinic" || i.Total != 5000 || i.PatientName != "Chen Guifen" || i.PayerName != "payer acc_daughter" {
		t.Errorf("invoice = %+v", i)
	}
	if l := i.Lines[0]; l.Kind != billing.VisitFee || l.By.Licence != "L-acc_wen" || l.Rate != 0 || len(i.Taxes) != 0 {
		t.Errorf("line = %+v, taxes %v; want the doctor, and no tax where none is set", l, i.Taxes)
	}
}

func TestAnOrderHasAnInvoiceOfThePharmacyAndOneOfTheHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")

	all := w.invoices(t, orderCharge())

	if len(all) != 2 {
		t.Fatalf("%d invoices, want two", len(all))
	}
	medicine, delivery := all[0], all[1]
	if medicine.Issuer.ID != "phm_1" || medicine.Total != 8000 || len(medicine.Lines) != 1 || delivery.Issuer.ID != "house" || delivery.Total != 600 {
		t.Errorf("invoices = %+v and %+v", medicine, delivery)
	}
	if again := w.invoices(t, orderCharge()); again[0].ID != medicine.ID || again[0].Version != 1 || again[1].Number() != delivery.Number() {
		t.Error("asked again they are others")
	}
}

func TestWhatGoesBackHasACreditNoteThatNamesTheInvoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")
	first := w.invoices(t, orderCharge())
	for n, kinds := range [][]string{{"delivery_fee"}, nil} {
		if err := w.Refund(t.Context(), journey(fmt.Sprint("back ", n)), "ord_1", kinds, "goodwill"); err != nil {
			t.Fatal(err)
		}
	}

	all := w.invoices(t, orderCharge())

	if len(all) != 4 {
		t.Fatalf("%d papers, want two invoices and a credit note for each", len(all))
	}
	for n, sold := range []*billing.Invoice{all[0], all[2]} {
		back := all[2*n+1]
		if sold.ID != first[n].ID || sold.Total != first[n].Total {
			t.Errorf("the invoice has changed: %+v", sold)
		}
		if back.Kind != billing.CreditNote || back.Corrects != sold.Number() || back.Total != sold.Total || back.Number() != "2026-000002" || back.Reason != "goodwill" {
			t.Errorf("credit note = %+v", back)
		}
	}
	w.inBooks(t)
}

func TestACouponIsADiscountOfTheHousesInvoiceAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := orderCharge()
	c.Coupon = w.coupon(t, billing.CouponTerms{Code: "WELCOME", Percent: 100, Limit: 1}).Code
	w.authorise(t, c)
	w.capture(t, "ord_1")

	all := w.invoices(t, c)

	if all[0].Total != 8000 || all[1].Lines[0].Discount != 600 || all[1].Total != 0 {
		t.Errorf("medicine %+v, delivery %+v", all[0], all[1])
	}
}

func TestTheTaxThatAPriceContainsStandsOnTheInvoiceWhereARateIsSet(t *testing.T) {
	t.Parallel()
	w := worldOn(t, newWorld(t).store, billing.Taxes{Name: "VAT", Fees: 1900, Medicine: 700})
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")

	all := w.invoices(t, orderCharge())

	if got := all[0].Taxes; len(got) != 1 || got[0] != (billing.TaxLine{Name: "VAT", Rate: 700, Net: 7477, Tax: 523}) {
		t.Errorf("tax of 80.00 at 7 %% = %+v", got)
	}
	if got := all[1].Taxes; len(got) != 1 || got[0] != (billing.TaxLine{Name: "VAT", Rate: 1900, Net: 504, Tax: 96}) {
		t.Errorf("tax of 6.00 at 19 %% = %+v", got)
	}

	later := worldOn(t, w.store, billing.Taxes{Name: "VAT", Fees: 2000})
	if err := later.Refund(t.Context(), journey("back"), "ord_1", []string{"delivery_fee"}, "goodwill"); err != nil {
		t.Fatal(err)
	}
	if back := later.invoices(t, orderCharge())[2]; len(back.Taxes) != 1 || back.Taxes[0].Tax != 96 {
		t.Errorf("credit note = %+v, want the rate of the invoice", back)
	}
}

func TestNumbersHaveNoGapHoweverManyPayAtOnceOnTwoNodes(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		noGap(t, newWorld(t))
	})
	t.Run("MongoDB", func(t *testing.T) {
		t.Parallel()
		store, err := mongo.Open(t.Context(), engine.Mongod(t).Database("invoices"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		noGap(t, worldOn(t, store, billing.Taxes{}))
	})
}

func noGap(t *testing.T, w *world) {
	t.Helper()
	const orders = 12
	for n := range orders {
		w.authorise(t, chargeOf(n))
		w.capture(t, chargeOf(n).Subject)
	}
	nodes := []*world{w, worldOn(t, w.store, billing.Taxes{})}

	var all sync.WaitGroup
	for n := range orders {
		for _, node := range nodes {
			all.Go(func() {
				if _, err := node.Invoices(t.Context(), mother, chargeOf(n).Payment); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()

	if got := w.inBooks(t); got["house 2026"] != orders || got["phm_1 2026"] != orders {
		t.Errorf("numbers reach %v, want %d of each", got, orders)
	}
}

// dying is a store that does so many more writes, and then none; the last one is done, but its answer lost.
type dying struct {
	docstore.Store
	left atomic.Int64
}

var errKilled = errors.New("killed")

func (d *dying) write(do func() error) error {
	left := d.left.Add(-1)
	if left < 0 {
		return errKilled
	}
	err := do()
	if left == 0 && err == nil {
		return errKilled
	}
	return err
}

func (d *dying) Insert(ctx context.Context, collection string, r docstore.Record) error {
	return d.write(func() error { return d.Store.Insert(ctx, collection, r) })
}

func (d *dying) Replace(ctx context.Context, collection string, r docstore.Record) error {
	return d.write(func() error { return d.Store.Replace(ctx, collection, r) })
}

func TestAKillBetweenAnyTwoWritesLosesNoNumberAndDoublesNone(t *testing.T) {
	t.Parallel()
	for writes := range 12 {
		t.Run(fmt.Sprintf("after %d writes", writes), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n := range 3 {
				w.authorise(t, chargeOf(n))
				w.capture(t, chargeOf(n).Subject)
			}
			w.invoices(t, chargeOf(0))
			store := &dying{Store: w.store}
			store.left.Store(1 << 40)
			killed := worldOn(t, store, billing.Taxes{})
			store.left.Store(int64(writes))

			_, _ = killed.Invoices(t.Context(), mother, chargeOf(1).Payment)
			after := worldOn(t, w.store, billing.Taxes{})
			after.invoices(t, chargeOf(2)) // somebody else comes first
			after.invoices(t, chargeOf(1))

			if got := after.inBooks(t); got["house 2026"] != 3 || got["phm_1 2026"] != 3 {
				t.Errorf("numbers reach %v, want 3 of each", got)
			}
		})
	}
}

func TestAYearBeginsAtOneInTheIssuersOwnZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, chargeOf(1))
	w.capture(t, "ord_1")
	w.clock.Advance(time.Date(2026, 12, 31, 16, 30, 0, 0, time.UTC).Sub(noon)) // in Shanghai it is the new year
	w.authorise(t, chargeOf(2))
	w.capture(t, "ord_2")

	w.invoices(t, chargeOf(1))
	late := w.invoices(t, chargeOf(2))[0]

	if late.Number() != "2027-000001" {
		t.Errorf("number = %s, want the first of 2027", late.Number())
	}
}

func TestInvoicesAreForThePatientAndWhoPaysAndOnlyOnceItIsPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	_, early := w.Invoices(t.Context(), mother, orderCharge().Payment)
	w.capture(t, "ord_1")
	paper := w.invoices(t, orderCharge())[0]

	for name, who := range map[string]access.Actor{"a stranger": stranger, "a courier": courier, "a doctor": wen} {
		_, list := w.Invoices(t.Context(), who, orderCharge().Payment)
		_, _, page := w.InvoicePaper(t.Context(), who, paper.ID, "en")
		_, all := w.InvoicesBetween(t.Context(), who, noon, noon.Add(time.Hour), 10)
		if !fault.Is(list, fault.NotFound) || !fault.Is(page, fault.NotFound) || !fault.Is(all, fault.NotFound) {
			t.Errorf("%s: list %v, page %v, all %v", name, list, page, all)
		}
	}
	if _, err := w.Invoices(t.Context(), daughter, orderCharge().Payment); err != nil {
		t.Errorf("the daughter who may pay: %v", err)
	}
	if !fault.Is(early, fault.Conflict) {
		t.Errorf("before it was paid: %v", early)
	}
}

func TestATipHasNoInvoiceAndNothingTakenHasNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := orderCharge()
	c.Lines = []billing.Line{{Kind: billing.TipLine, Amount: cny(500), Payee: "acc_courier"}}
	w.authorise(t, c)
	w.capture(t, "ord_1")

	if all := w.invoices(t, c); len(all) != 0 {
		t.Errorf("a tip has %d invoices", len(all))
	}
	w.inBooks(t)
}

func TestAnInvoiceIsMadeByTheEventOfItsCaptureAndPrintedInBothLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorise(t, orderCharge())
	w.capture(t, "ord_1")
	for _, e := range w.announced(t) {
		if e.Kind == billing.PaymentCaptured {
			for range 2 { // told twice
				if err := w.Heard(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	all, err := w.InvoicesBetween(t.Context(), operator, noon, noon.Add(time.Hour), 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d papers, %v, want two", len(all), err)
	}
	for _, language := range []string{"en", "zh"} {
		name, once, err := w.InvoicePaper(t.Context(), mother, all[0].ID, language)
		if err != nil || name != "invoice-2026-000001.pdf" || !bytes.HasPrefix(once, []byte("%PDF")) {
			t.Fatalf("%s: %q, %d bytes, %v", language, name, len(once), err)
		}
		if _, twice, _ := w.InvoicePaper(t.Context(), daughter, all[0].ID, language); !bytes.Equal(once, twice) {
			t.Errorf("%s: the same invoice is printed in two ways", language)
		}
	}
}
