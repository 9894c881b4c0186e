package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"housecall/internal/sim"
)

// JSON is a body as it is sent and read.
type JSON = sim.JSON

// zone is one zone with everybody in it, and nobody else's.
type zone struct {
	id, name    string
	lat, lon    float64
	pharmacy    string
	pharmacists []*counter
	couriers    []*courier
	doctors     *duty
}

// counter is a pharmacist at work.
type counter struct {
	*sim.Enrolled
	feed *follower
}

func (z *zone) point(north, east float64) JSON {
	return JSON{"lat": z.lat + north, "lon": z.lon + east}
}

// medicine is what doctors here prescribe: each once for a patient, so that none is given twice.
type medicine struct {
	product, dose, unit string
	often, days         int
}

var medicines = []medicine{
	{"paracetamol/tablet/500mg", "1", "tablet", 3, 5},
	{"loratadine/tablet/10mg", "1", "tablet", 1, 10},
	{"oral-rehydration-salts/sachet/for-200ml", "1", "sachet", 4, 2},
	{"omeprazole/capsule/20mg", "1", "capsule", 1, 14},
	{"amoxicillin/capsule/500mg", "1", "capsule", 3, 5},
}

const (
	batch     = "LOAD-1"
	shelf     = 1_000_000 // units of each medicine
	packUnits = 20
	zoneOf    = 25 // patients
	atCounter = 2  // pharmacists of one pharmacy
	ridersFor = 2  // patients for each courier
	listeners = 2  // doctors of each zone who follow their feed; the others look when they are called
	promiseIn = 30 // minutes
	enrolling = 4  // of one zone at a time
)

// prepare draws the zones and enrols everybody but the patients.
func (r *run) prepare(ctx context.Context) error {
	n := (r.Patients + zoneOf - 1) / zoneOf
	north, east := -58+2*r.rand.Float64(), -170+300*r.rand.Float64() // somewhere on the southern ocean
	for i := range n {
		z := &zone{name: fmt.Sprintf("load-%s-%d", r.name, i), lat: north + float64(i/20)*.2, lon: east + float64(i%20)*.2}
		z.doctors = newDuty()
		r.zones = append(r.zones, z)
	}
	r.expect("zones and people", n*(atCounter+1)+r.doctors()+n*ridersOf(n, r.Patients))
	return each(ctx, r.zones, 4, r.open)
}

func ridersOf(zones, patients int) int { return max(2, (patients/zones+ridersFor-1)/ridersFor) }

func (r *run) doctors() int {
	if r.Doctors > 0 {
		return r.Doctors
	}
	return max(4, 2*r.Patients)
}

// open draws one zone, opens its pharmacy and enrols who works there.
func (r *run) open(ctx context.Context, z *zone) error {
	a, err := r.operator.Post(ctx, "/zones", JSON{
		"name": z.name, "jurisdiction": "house", "country": "XX", "time_zone": "UTC", "emergency_number": "112",
		"polygon":      []JSON{z.point(-.03, -.05), z.point(-.03, .05), z.point(.03, .05), z.point(.03, -.05)},
		"delivery_fee": money(800), "courier_pay": money(600), "promise_minutes": promiseIn, "review_minutes": 4, "pack_minutes": 6, "ride_minutes": 20,
	})
	if err != nil {
		return fmt.Errorf("draw a zone: %w", err)
	}
	z.id = a.Text("id")
	if err := r.openPharmacy(ctx, z); err != nil {
		return fmt.Errorf("open a pharmacy: %w", err)
	}
	r.enrolled()
	n := len(r.zones)
	doctors := make([]struct{}, (r.doctors()+n-1)/n)
	riders := make([]struct{}, ridersOf(n, r.Patients))
	if err := each(ctx, riders, enrolling, func(ctx context.Context, _ struct{}) error { return r.courier(ctx, z) }); err != nil {
		return fmt.Errorf("enrol a courier: %w", err)
	}
	if err := each(ctx, doctors, enrolling, func(ctx context.Context, _ struct{}) error { return r.doctor(ctx, z) }); err != nil {
		return fmt.Errorf("enrol a doctor: %w", err)
	}
	return nil
}

func money(minor int64) JSON { return JSON{"minor": minor, "currency": currency} }

// currency is the currency of every zone here.
const currency = "CNY"

func (r *run) openPharmacy(ctx context.Context, z *zone) error {
	hours := make([]JSON, 0, 7)
	for day := range 7 {
		hours = append(hours, JSON{"day": day, "from": "00:00", "until": "24:00"})
	}
	a, err := r.operator.Post(ctx, "/pharmacies", JSON{
		"name": "Pharmacy of " + z.name, "address": "1 Lamp Street", "phone": "+440000000", "at": z.point(0, 0), "zone": z.id,
		"time_zone": "UTC", "currency": currency, "fulfilments": []string{"courier", "pickup"}, "hours": hours,
	})
	if err != nil {
		return err
	}
	z.pharmacy = a.Text("id")
	desk := sim.Desk{Operator: r.operator, Specialty: z.name}
	if err := desk.Vet(ctx, "pharmacy", z.pharmacy); err != nil {
		return err
	}
	for range atCounter {
		e, err := desk.Enrol(ctx, "pharmacist", "Pharmacist Load", z.pharmacy)
		if err != nil {
			return err
		}
		if err := desk.Vet(ctx, "pharmacist", e.Account); err != nil {
			return err
		}
		if _, err := r.operator.Post(ctx, "/pharmacies/"+z.pharmacy+"/staff", JSON{"account": e.Account, "role": "pharmacist"}); err != nil {
			return err
		}
		c := &counter{Enrolled: e, feed: r.follow("a pharmacist", e.Client, nil)}
		z.pharmacists = append(z.pharmacists, c)
		r.enrolled()
	}
	for _, m := range medicines {
		_, err := z.pharmacists[0].Post(ctx, "/pharmacies/"+z.pharmacy+"/stock", JSON{
			"product": m.product, "pack_units": packUnits, "price": money(1250), "batch": JSON{"batch": batch, "expiry": r.expiry, "units": shelf},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// courier enrols one and puts them on shift. Offers are heard on their feed.
func (r *run) courier(ctx context.Context, z *zone) error {
	desk := sim.Desk{Operator: r.operator, Specialty: z.name}
	e, err := desk.Enrol(ctx, "courier", "Courier Load", "")
	if err != nil {
		return err
	}
	if err := desk.Vet(ctx, "courier", e.Account); err != nil {
		return err
	}
	c := &courier{Enrolled: e}
	c.feed = r.follow("a courier", e.Client, func(t told) {
		if t.Kind == "job.offered" && t.Data["courier"] == e.Account {
			r.offers.made(t.Doc, c)
		}
	})
	if _, err := e.Post(ctx, "/shift/start", JSON{"vehicle": "scooter", "point": z.point(.001, .001)}); err != nil {
		return err
	}
	r.mu.Lock()
	z.couriers = append(z.couriers, c)
	r.mu.Unlock()
	r.enrolled()
	return nil
}

// sayWhere is how often a courier's phone says where it is; one that was not heard for a quarter of an hour has
// gone home.
const sayWhere = 20 * time.Second

// phones has every courier's phone say where it is, until it is stopped. They stand near their pharmacy all the time:
// how far they ride is none of a load's concern.
func (r *run) phones(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var saying sync.WaitGroup
	saying.Go(func() {
		for rest(ctx, sayWhere) {
			_ = each(ctx, r.zones, 4, func(ctx context.Context, z *zone) error {
				for _, c := range z.couriers {
					here := JSON{"at": now().UTC(), "point": z.point(.001, .001), "accuracy_metres": 10}
					_, _ = c.Post(ctx, "/shift/positions", JSON{"positions": []JSON{here}}) // the next one will do
				}
				return nil
			})
		}
	})
	return func() { cancel(); saying.Wait() }
}

// doctor enrols one for the specialty of the zone and puts them on duty.
func (r *run) doctor(ctx context.Context, z *zone) error {
	desk := sim.Desk{Operator: r.operator, Specialty: z.name}
	e, err := desk.Enrol(ctx, "doctor", "Dr Load", "")
	if err != nil {
		return err
	}
	if err := desk.Vet(ctx, "doctor", e.Account); err != nil {
		return err
	}
	if _, err := e.Post(ctx, "/duty/on", nil); err != nil {
		return err
	}
	if z.doctors.add(&doctor{Enrolled: e, step: stepOf(now())}) <= listeners {
		r.follow("a doctor", e.Client, nil)
	}
	r.enrolled()
	return nil
}

// sendHome ends shifts, duties and zones, so that a server is not left with an empty city. What does not
// go now ends by itself.
func (r *run) sendHome(ctx context.Context) {
	_ = each(ctx, r.zones, 4, func(ctx context.Context, z *zone) error {
		for _, c := range z.couriers {
			_, _ = c.Post(ctx, "/shift/end", nil)
		}
		for _, d := range z.doctors.everybody() {
			_, _ = d.Post(ctx, "/duty/off", nil)
		}
		_, _ = r.operator.Post(ctx, "/zones/"+z.id+"/withdraw", nil)
		return nil
	})
}

// each does something for everyone, so many at a time, until one fails.
func each[T any](ctx context.Context, all []T, atOnce int, do func(context.Context, T) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, one := range all {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-slots }()
			if err := do(ctx, one); err != nil {
				stop(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// shortName is a few letters that tell one run's zones from another's.
func shortName(r *rand.Rand) string {
	const letters = "abcdefghijkmnpqrstuvwxyz"
	var b strings.Builder
	for range 6 {
		b.WriteByte(letters[r.IntN(len(letters))])
	}
	return b.String()
}
