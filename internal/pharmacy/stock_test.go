package pharmacy_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
)

func TestStockCanNotBeSoldTwiceWhateverRaces(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	var won, short atomic.Int32

	var all sync.WaitGroup
	for i := range 64 { // each wants 20 of 100 capsules
		all.Go(func() {
			order := id.Order(fmt.Sprintf("ord_%d", i))
			err := w.Service.Reserve(t.Context(), journey(string(order)), w.reservation(order, pharmacy.ByCourier))
			switch {
			case err == nil:
				won.Add(1)
			case fault.Is(err, fault.Conflict):
				short.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()

	if won.Load() != 5 || short.Load() != 59 {
		t.Errorf("%d won and %d found nothing, want 5 and 59", won.Load(), short.Load())
	}
	st := w.item(w.oak, amoxicillin)
	if len(st.Held) != 5 || st.Free("2026-11-23") != 0 {
		t.Errorf("%d fills hold something, %d units are free; want 5 and 0", len(st.Held), st.Free("2026-11-23"))
	}
}

func TestOneOrderReservedByManyAtOnceIsHeldOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if err := w.Service.Reserve(t.Context(), journey(fmt.Sprint(i)), w.reservation("ord_1", pharmacy.ByCourier)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()

	if got := w.free(w.oak, amoxicillin); got != 80 {
		t.Errorf("free = %d, want 80", got)
	}
	w.heard("fill_ord_1_1", pharmacy.KindReserved)
}

func TestStockIsReservedFromTheMomentAnOrderWaitsForPayment(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	fill := w.reserve("ord_1", pharmacy.ByCourier)

	if got := w.free(w.oak, amoxicillin); got != 80 {
		t.Errorf("free = %d, want 80: two whole packs for 15 capsules", got)
	}
	if e := w.heard(string(fill), pharmacy.KindReserved); e.Data["price_minor"] != "2500" || e.Data["currency"] != "CNY" {
		t.Errorf("price told = %v", e.Data)
	}
}

func TestShortageOfOneLineGivesEverythingBack(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, ibuprofen, "I1", "2027-03-31", 10)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	r.Lines = append(r.Lines, pharmacy.Line{Product: ibuprofen, Quantity: 11})

	err := w.Service.Reserve(t.Context(), journey("1"), r)
	again := w.Service.Reserve(t.Context(), journey("2"), r)

	wantFault(t, err, fault.Conflict, "out-of-stock")
	wantFault(t, again, fault.Conflict, "out-of-stock")
	if w.free(w.oak, amoxicillin) != 100 || w.free(w.oak, ibuprofen) != 10 {
		t.Error("something is still held")
	}
	if f := w.fill(r.Fill); f.State != pharmacy.Released || f.Shelf != pharmacy.ShelfFreed {
		t.Errorf("fill is %s, %s", f.State, f.Shelf)
	}
}

func TestReservationHalfDoneIsEndedByItsTimer(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	w.crashAfterFillWritten(r)

	w.clock.Advance(pharmacyStalled)
	w.fire(r.Fill)

	if got := w.free(w.oak, amoxicillin); got != 80 {
		t.Errorf("free = %d, want 80", got)
	}
	if f := w.fill(r.Fill); f.Shelf != pharmacy.ShelfHeld {
		t.Errorf("shelf is %s, want held", f.Shelf)
	}
	w.heard(string(r.Fill), pharmacy.KindReserved)
}

func TestReservationReleasedWhileHalfDoneLeavesNothingHeld(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	w.crashAfterFillWritten(r)

	must(t, w.Release(t.Context(), journey("r"), r.Fill, "unpaid"))
	w.leakHold(r.Fill) // whoever was holding did not know yet
	w.clock.Advance(pharmacyStalled)
	w.fire(r.Fill)

	if got := w.free(w.oak, amoxicillin); got != 100 {
		t.Errorf("free = %d, want 100", got)
	}
	if f := w.fill(r.Fill); f.Shelf != pharmacy.ShelfFreed || len(f.Timers) != 0 {
		t.Errorf("shelf is %s with %d timers, want freed with none", f.Shelf, len(f.Timers))
	}
}

func TestReleasedOrderGivesItsStockBackOnTheShelf(t *testing.T) {
	t.Parallel()
	for _, state := range []pharmacy.State{pharmacy.Reserved, pharmacy.Offered, pharmacy.Reviewing, pharmacy.Preparing, pharmacy.Ready} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			fill := ways[state](w, "ord_1")

			must(t, w.Release(t.Context(), journey("x"), fill, "cancelled"))
			must(t, w.Release(t.Context(), journey("y"), fill, "cancelled"))

			if got := w.free(w.oak, amoxicillin); got != 100 {
				t.Errorf("free = %d, want 100", got)
			}
			if e := w.heard(string(fill), pharmacy.KindReleased); e.Data["reason"] != "cancelled" || e.Data["order"] != "ord_1" {
				t.Errorf("told = %v", e.Data)
			}
		})
	}
}

func TestExpiredBatchesNeverCount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, ibuprofen, "OLD", "2026-11-22", 500)
	w.receive(w.oak, ibuprofen, "TODAY", "2026-11-23", 10)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	r.Lines = []pharmacy.Line{{Product: ibuprofen, Quantity: 11}}

	err := w.Service.Reserve(t.Context(), journey("1"), r)

	wantFault(t, err, fault.Conflict, "out-of-stock")
	if got := w.free(w.oak, ibuprofen); got != 10 {
		t.Errorf("free = %d, want the 10 that are good until tonight", got)
	}
}

func TestCountBelowWhatIsPromisedToOrdersIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.reserve("ord_1", pharmacy.ByCourier)
	st := w.item(w.oak, amoxicillin)

	_, err := w.EditStock(t.Context(), staff(w.oak), st.ID, st.Version, pharmacy.Count{
		PackUnits: 10, Price: money.Of(1, "CNY"),
		Batches: []pharmacy.Batch{{Batch: "A1", Expiry: "2027-03-31", Units: 19}},
	})

	wantFault(t, err, fault.Conflict, "held")
	if got := w.item(w.oak, amoxicillin); got.Version != st.Version {
		t.Error("a refused count changed the stock")
	}
}

func TestStaleStockEditIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	st := w.item(w.oak, amoxicillin)
	w.reserve("ord_1", pharmacy.ByCourier)

	_, err := w.EditStock(t.Context(), staff(w.oak), st.ID, st.Version, pharmacy.Count{PackUnits: 10, Price: money.Of(1, "CNY")})

	wantFault(t, err, fault.Stale, "")
}

func TestOtherPharmacysStockIsNotFound(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	_, err := w.StockItem(t.Context(), staff(w.elm), pharmacy.StockOf(w.oak.ID, amoxicillin))
	_, listErr := w.StockList(t.Context(), staff(w.elm), w.oak.ID, "", 10)
	_, importErr := w.Import(t.Context(), staff(w.elm), w.oak.ID, strings.NewReader(""))

	wantFault(t, err, fault.NotFound, "")
	wantFault(t, listErr, fault.NotFound, "")
	wantFault(t, importErr, fault.NotFound, "")
}

const header = "product,pack_units,price,currency,batch,expiry,units\n"

func TestStockAndPricesAreImportedFromAFile(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	file := header + "\ufeff" + "amoxicillin/capsule/500mg,12,13.5,CNY,A1,2027-03-31,48\n" +
		"amoxicillin/capsule/500mg,12,13.5,CNY,A2,2027-06-30,24\n" + "ibuprofen/tablet/400mg,20,8,CNY,,,\n"
	a := asking(staff(w.oak), "import-1")

	done, err := w.Import(t.Context(), a, w.oak.ID, strings.NewReader(file))
	must(t, err)
	w.reserve("ord_1", pharmacy.ByCourier)
	again, err := w.Import(t.Context(), a, w.oak.ID, strings.NewReader(file))
	must(t, err)

	if done != (pharmacy.Imported{Products: 2, Batches: 2}) || again != done {
		t.Errorf("imported %+v, then %+v", done, again)
	}
	st := w.item(w.oak, amoxicillin)
	if st.Price != money.Of(1350, "CNY") || st.PackUnits != 12 || w.free(w.oak, amoxicillin) != 48 {
		t.Errorf("stock = %+v", st)
	}
	var out bytes.Buffer
	must(t, w.Export(t.Context(), staff(w.oak), w.oak.ID, &out))
	want := header + "amoxicillin/capsule/500mg,12,13.50,CNY,A1,2027-03-31,48\namoxicillin/capsule/500mg,12,13.50,CNY,A2,2027-06-30,24\n" +
		"ibuprofen/tablet/400mg,20,8.00,CNY,,,\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

func TestImportTellsEachBadLineAndChangesNothing(t *testing.T) {
	t.Parallel()
	good := "amoxicillin/tablet/500mg,10,12.50,CNY,B1,2027-03-31,10\n"
	for _, c := range []struct{ name, body, pointer string }{
		{"a file without header", good, "/lines/1"},
		{"an empty file", "", "/lines/1"},
		{"a file without rows", header, "/lines/2"},
		{"a product that nobody knows", header + good + "sugar/pill/1g,10,12.50,CNY,B1,2027-03-31,10\n", "/lines/3"},
		{"a row with too few cells", header + "amoxicillin/tablet/500mg,10\n", "/lines/2"},
		{"a price in another currency", header + "amoxicillin/tablet/500mg,10,12.50,EUR,B1,2027-03-31,10\n", "/lines/2"},
		{"a price with three decimals", header + "amoxicillin/tablet/500mg,10,12.505,CNY,B1,2027-03-31,10\n", "/lines/2"},
		{"a negative price", header + "amoxicillin/tablet/500mg,10,-1,CNY,B1,2027-03-31,10\n", "/lines/2"},
		{"a negative count", header + "amoxicillin/tablet/500mg,10,12.50,CNY,B1,2027-03-31,-1\n", "/lines/2"},
		{"a day that is none", header + "amoxicillin/tablet/500mg,10,12.50,CNY,B1,2027-02-30,10\n", "/lines/2"},
		{"a batch twice", header + good + good, "/lines/3"},
		{"two prices for one product", header + good + "amoxicillin/tablet/500mg,10,12.60,CNY,B2,2027-03-31,10\n", "/lines/3"},
		{"an empty pack", header + "amoxicillin/tablet/500mg,0,12.50,CNY,B1,2027-03-31,10\n", "/lines/2"},
		{"a broken quote", header + good + "\"amoxicillin,10\n", "/lines/3"},
		{"less than is promised", header + "amoxicillin/capsule/500mg,10,12.50,CNY,A1,2027-03-31,19\n", "/lines/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.reserve("ord_1", pharmacy.ByCourier)

			_, err := w.Import(t.Context(), asking(staff(w.oak), "k"), w.oak.ID, strings.NewReader(c.body))

			wantFault(t, err, fault.Invalid, "")
			if !pointsAt(err, c.pointer) {
				t.Errorf("err = %v does not point at %s", err, c.pointer)
			}
			list, err := w.StockList(t.Context(), staff(w.oak), w.oak.ID, "", 10)
			must(t, err)
			if len(list.Items) != 1 || list.Items[0].Free("2026-11-23") != 80 {
				t.Errorf("a refused file changed the stock: %d products", len(list.Items))
			}
		})
	}
}

func FuzzImportNeverPanicsNorSavesARefusedFile(f *testing.F) {
	f.Add(header + "amoxicillin/tablet/500mg,10,12.50,CNY,B1,2027-03-31,10\n")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, body string) {
		products, bad, err := pharmacy.ParseFile(strings.NewReader(body), "CNY")
		if err == nil && bad == nil && len(products) == 0 {
			t.Error("an empty file was taken")
		}
	})
}

func TestDeliveryReceivedTwiceWithOneKeyCountsOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	a := asking(staff(w.oak), "delivery-7")
	in := pharmacy.Arrival{Product: amoxicillin, PackUnits: 10, Price: money.Of(1250, "CNY"), Batch: pharmacy.Batch{Batch: "A2", Expiry: "2027-06-30", Units: 50}}

	for range 2 {
		_, err := w.Receive(t.Context(), a, w.oak.ID, in)
		must(t, err)
	}

	if got := w.free(w.oak, amoxicillin); got != 150 {
		t.Errorf("free = %d, want 150", got)
	}
}

func TestStockPageStaysAPage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.receive(w.oak, ibuprofen, "I1", "2027-03-31", 10)
	w.receive(w.oak, brand, "B1", "2027-03-31", 10)

	var seen []string
	page := docstore.Page[pharmacy.Stock]{Next: ""}
	for {
		var err error
		page, err = w.StockList(t.Context(), staff(w.oak), w.oak.ID, page.Next, 2)
		must(t, err)
		for _, st := range page.Items {
			seen = append(seen, st.Product)
		}
		if page.Next == "" {
			break
		}
	}

	if diff := cmp.Diff([]string{amoxicillin, brand, ibuprofen}, seen); diff != "" {
		t.Errorf("products (-want +got):\n%s", diff)
	}
}
