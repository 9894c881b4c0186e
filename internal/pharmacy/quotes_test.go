package pharmacy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
	"housecall/internal/pharmacy"
)

var door = geo.Point{Lat: 31.201, Lon: 121.401} // beside oak

func request() pharmacy.QuoteRequest {
	return pharmacy.QuoteRequest{Part: "part_rx_1_1", Door: door, Zone: "zone_a"}
}

func TestOffersComparePriceStockDistanceAndHonestArrivalTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	quotes, err := w.Quotes(t.Context(), patient, request())

	must(t, err)
	if len(quotes) != 2 || quotes[0].Pharmacy != w.oak.ID {
		t.Fatalf("quotes = %+v", quotes)
	}
	q := quotes[0]
	if q.Price != money.Of(2500, "CNY") || q.DeliveryFee != money.Of(800, "CNY") || !q.InStock || !q.Open || !q.Kept {
		t.Errorf("oak = %+v", q)
	}
	if q.Metres >= quotes[1].Metres || q.MedianMinutes >= quotes[1].MedianMinutes || q.P90Minutes <= q.MedianMinutes {
		t.Errorf("oak %d m, %d to %d min; elm %d m, %d min", q.Metres, q.MedianMinutes, q.P90Minutes, quotes[1].Metres, quotes[1].MedianMinutes)
	}
}

func TestUnvettedPharmacyIsNeverQuotedNorReserved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.world.vetted[string(w.oak.ID)] = false

	quotes, err := w.Quotes(t.Context(), patient, request())
	must(t, err)
	reserve := w.Service.Reserve(t.Context(), journey("1"), w.reservation("ord_1", pharmacy.ByCourier))
	_, one := w.Quote(t.Context(), patient, w.oak.ID, request())

	if len(quotes) != 1 || quotes[0].Pharmacy != w.elm.ID {
		t.Errorf("quotes = %+v", quotes)
	}
	wantFault(t, reserve, fault.Conflict, "pharmacy-unavailable")
	wantFault(t, one, fault.Conflict, "pharmacy-unavailable")
}

func TestPharmacyWithoutStockComesLastAndSaysSo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	r.Lines[0].Quantity = 100
	must(t, w.Service.Reserve(t.Context(), journey("1"), r))

	quotes, err := w.Quotes(t.Context(), patient, request())

	must(t, err)
	if quotes[0].Pharmacy != w.elm.ID || quotes[1].InStock {
		t.Errorf("quotes = %+v", quotes)
	}
}

func TestPausedPharmacySaysWhenItOpens(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	_, err := w.PauseUntil(t.Context(), staff(w.oak), w.oak.ID, monday.Add(time.Hour), "overload")
	must(t, err)

	quotes, err := w.Quotes(t.Context(), patient, request())
	must(t, err)
	_, err = w.Resume(t.Context(), staff(w.oak), w.oak.ID)
	must(t, err)
	resumed, err := w.Quotes(t.Context(), patient, request())
	must(t, err)

	last := quotes[1]
	if last.Pharmacy != w.oak.ID || last.Open || !last.OpensAt.Equal(monday.Add(time.Hour)) || last.MedianMinutes < 60 || last.Kept {
		t.Errorf("paused: %+v", last)
	}
	if !resumed[0].Open || resumed[0].Pharmacy != w.oak.ID {
		t.Errorf("resumed: %+v", resumed[0])
	}
}

func TestQueueAndSlowHandsMakeTheEstimateLonger(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	before, err := w.Quote(t.Context(), patient, w.oak.ID, request())
	must(t, err)

	w.offered("ord_1", pharmacy.ByCourier)
	w.offered("ord_2", pharmacy.ByCourier)
	queued, err := w.Quote(t.Context(), patient, w.oak.ID, request())
	must(t, err)

	if queued.MedianMinutes <= before.MedianMinutes || queued.P90Minutes-queued.MedianMinutes <= 0 {
		t.Errorf("before %d, with a queue %d", before.MedianMinutes, queued.MedianMinutes)
	}
}

func TestOutsideEveryZoneThereIsPickUpAndParcelOnly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := request()
	r.Zone, r.Door = "", geo.Point{Lat: 31.43, Lon: 121.45} // 25 km north

	quotes, err := w.Quotes(t.Context(), patient, r)

	must(t, err)
	if len(quotes) != 2 {
		t.Errorf("%d quotes, want 2", len(quotes))
	}
	for _, q := range quotes {
		if diff := cmp.Diff([]string{pharmacy.ByPickup, pharmacy.ByParcel}, q.Fulfilments); diff != "" {
			t.Errorf("%s: %s", q.Name, diff)
		}
	}
}

func TestRefusedOrderGoesToTheNextBestWithinTheSumAuthorised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		within   int64
		excluded func(w *town) []id.Pharmacy
		want     func(w *town) id.Pharmacy
	}{
		{"the next best", 3300, func(w *town) []id.Pharmacy { return []id.Pharmacy{w.oak.ID} }, func(w *town) id.Pharmacy { return w.elm.ID }},
		{"none that is dearer than authorised", 3299, func(w *town) []id.Pharmacy { return []id.Pharmacy{w.oak.ID} }, func(*town) id.Pharmacy { return "" }},
		{"none that was tried", 9999, func(w *town) []id.Pharmacy { return []id.Pharmacy{w.oak.ID, w.elm.ID} }, func(*town) id.Pharmacy { return "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			r := request()
			r.Lines = []pharmacy.Line{{Product: amoxicillin, Quantity: 15}}
			r.Within, r.Fulfilment = money.Of(c.within, "CNY"), pharmacy.ByCourier

			q, found, err := w.Next(t.Context(), r, c.excluded(w))

			must(t, err)
			if q.Pharmacy != c.want(w) || found != (c.want(w) != "") {
				t.Errorf("next = %q, %v", q.Pharmacy, found)
			}
		})
	}
}

func TestPriceThatRoseSinceIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.reservation("ord_1", pharmacy.ByCourier)
	r.Within = money.Of(2499, "CNY")

	err := w.Service.Reserve(t.Context(), journey("1"), r)

	wantFault(t, err, fault.Conflict, "price-changed")
	if w.free(w.oak, amoxicillin) != 100 {
		t.Error("something is held")
	}
}

func TestPharmacyOpensAt(t *testing.T) {
	t.Parallel()
	office := pharmacy.Timetable{
		Hours:    []pharmacy.Opening{{Day: 1, From: "09:00", Until: "12:00"}, {Day: 1, From: "14:00", Until: "18:00"}, {Day: 2, From: "22:00", Until: "24:00"}, {Day: 3, From: "00:00", Until: "02:00"}},
		Holidays: []pharmacy.Holiday{{Date: "2026-11-30"}, {Date: "2026-12-01", From: "10:00", Until: "11:00"}},
	}
	for _, c := range []struct{ name, now, want string }{
		{"now, when open", "2026-11-23T09:00", "2026-11-23T09:00"},
		{"later today, before hours", "2026-11-23T08:59", "2026-11-23T09:00"},
		{"after the midday break", "2026-11-23T12:00", "2026-11-23T14:00"},
		{"tomorrow night", "2026-11-23T18:00", "2026-11-24T22:00"},
		{"over midnight", "2026-11-25T00:00", "2026-11-25T00:00"},
		{"not on a holiday, but in the holiday's own hours", "2026-11-25T02:00", "2026-12-01T10:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			where, err := time.LoadLocation("Asia/Shanghai")
			must(t, err)
			now, err := time.ParseInLocation("2006-01-02T15:04", c.now, where)
			must(t, err)
			ph := pharmacy.Pharmacy{Profile: pharmacy.Profile{TimeZone: "Asia/Shanghai"}, Timetable: office}

			at, ok := ph.OpensAt(now.UTC())

			if got := at.In(where).Format("2006-01-02T15:04"); !ok || got != c.want {
				t.Errorf("opens at %s, %v; want %s", got, ok, c.want)
			}
		})
	}
}

func TestClosedPharmacyAnswersWhenItOpens(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	_, err := w.SetTimetable(t.Context(), pharmacist(w.oak), w.oak.ID, w.oak.Version, pharmacy.Timetable{Hours: []pharmacy.Opening{{Day: 1, From: "12:00", Until: "18:00"}}})
	must(t, err)

	fill := w.offered("ord_1", pharmacy.ByPickup) // it is 10:00

	if got := w.fill(fill).Deadline; !got.Equal(monday.Add(2*time.Hour + 4*time.Minute)) {
		t.Errorf("deadline %v, want four minutes after opening", got)
	}
}

func TestPharmacyDetailsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		bend    func(p *pharmacy.Profile, h *pharmacy.Timetable)
		pointer string
	}{
		{"no name", func(p *pharmacy.Profile, _ *pharmacy.Timetable) { p.Name = " " }, "/name"},
		{"no place", func(p *pharmacy.Profile, _ *pharmacy.Timetable) { p.At = geo.Point{} }, "/at"},
		{"a zone that is not drawn", func(p *pharmacy.Profile, _ *pharmacy.Timetable) { p.Zone = "zone_x" }, "/zone"},
		{"a time zone that is none", func(p *pharmacy.Profile, _ *pharmacy.Timetable) { p.TimeZone = "Mars/Olympus" }, "/time_zone"},
		{"a currency that is none", func(p *pharmacy.Profile, _ *pharmacy.Timetable) { p.Currency = "yuan" }, "/currency"},
		{"a fulfilment that nobody knows", func(p *pharmacy.Profile, _ *pharmacy.Timetable) { p.Fulfilments = []string{"drone"} }, "/fulfilments/0"},
		{"hours that end before they begin", func(_ *pharmacy.Profile, h *pharmacy.Timetable) {
			h.Hours = []pharmacy.Opening{{Day: 1, From: "18:00", Until: "09:00"}}
		}, "/hours/0"},
		{"a holiday that is no day", func(_ *pharmacy.Profile, h *pharmacy.Timetable) { h.Holidays = []pharmacy.Holiday{{Date: "tomorrow"}} }, "/holidays/0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			p, h := profile("Ash", door), pharmacy.AllDay()
			c.bend(&p, &h)

			_, err := w.Create(t.Context(), operator, "", p, h)

			wantFault(t, err, fault.Invalid, "")
			if !pointsAt(err, c.pointer) {
				t.Errorf("err = %v does not point at %s", err, c.pointer)
			}
		})
	}
}

func TestOnlyAnOperatorOpensAPharmacy(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	for _, a := range []access.Actor{patient, pharmacist(w.oak), doctor} {
		_, err := w.Create(t.Context(), a, "", profile("Ash", door), pharmacy.AllDay())
		wantFault(t, err, fault.NotFound, "")
	}
	first, err := w.Create(t.Context(), asking(operator, "k"), "", profile("Ash", door), pharmacy.AllDay())
	must(t, err)
	again, err := w.Create(t.Context(), asking(operator, "k"), "", profile("Ash", door), pharmacy.AllDay())
	must(t, err)

	if first.ID != again.ID {
		t.Errorf("asked twice: %s and %s", first.ID, again.ID)
	}
}

func TestPharmacyIsPausedByItsOwnPeopleAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)

	_, foreign := w.PauseUntil(t.Context(), staff(w.elm), w.oak.ID, monday.Add(time.Hour), "staff")
	_, past := w.PauseUntil(t.Context(), staff(w.oak), w.oak.ID, monday, "staff")
	_, free := w.PauseUntil(t.Context(), staff(w.oak), w.oak.ID, monday.Add(time.Hour), "holiday mood")
	_, hours := w.SetTimetable(t.Context(), staff(w.oak), w.oak.ID, w.oak.Version, pharmacy.AllDay())

	wantFault(t, foreign, fault.NotFound, "")
	wantFault(t, past, fault.Invalid, "")
	wantFault(t, free, fault.Invalid, "")
	wantFault(t, hours, fault.NotFound, "")
}
