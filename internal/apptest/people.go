package apptest

import (
	"sync"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/dispatch"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/money"
	"housecall/internal/onboarding"
	"housecall/internal/pharmacy"
	"housecall/internal/phi"
)

// People are who live in a town.
type People struct {
	Mother, Daughter, Stranger access.Actor
	Doctor, Locum              access.Actor
	Operator, Support          access.Actor
	Couriers                   [2]access.Actor

	Zone    id.Zone
	Corner  Counter // near, cheap: the first choice
	Mill    Counter // farther, as cheap
	Harbour Counter // far and dear; its shelves are empty until a story fills them
	Papers  map[id.Account]id.Application
}

// Counter is a pharmacy and its pharmacist.
type Counter struct {
	ID         id.Pharmacy
	Pharmacist access.Actor
}

// Names that nobody else has: what carries one of them outside the documents has leaked.
const (
	MotherName   = "Wilhelmina Quarkenbush"
	DaughterName = "Ottoline Quarkenbush"
	DoorText     = "17 Zephyrine Crescent"
	Words        = "my left elbow glimmers"
	CallBack     = "+15550171717"
	MotherMail   = "wilhelmina@quarkenbush.example"
)

// Tablets is what doctors of the town prescribe.
const (
	Tablets = "paracetamol/tablet/500mg"
	batch   = "L1"
	// Packs on each shelf, of 20 tablets; a prescription takes one.
	Packs = 5
)

var market = geo.Point{Lat: 54.6, Lon: 2.1}

// Door is where the mother lives.
var Door = north(400)

const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" //nolint:gosec // of people who are not

func (w *Town) settlePeople() {
	w.t.Helper()
	w.Papers = map[id.Account]id.Application{}
	w.Operator = w.enrol(access.Operator, "Olive Operator", "olive@town.example", "")
	ctx := w.t.Context()
	z, err := w.Delivery.DrawZone(ctx, w.As(w.Operator), delivery.ZoneContent{
		Name: "Town", Jurisdiction: "house", Country: "XX", TimeZone: "UTC", Emergency: "112", Promise: 30,
		Polygon:     geo.Polygon{{Lat: 54.5, Lon: 2}, {Lat: 54.5, Lon: 2.2}, {Lat: 54.7, Lon: 2.2}, {Lat: 54.7, Lon: 2}},
		DeliveryFee: money.Of(800, "CNY"), CourierPay: money.Of(600, "CNY"), Budgets: delivery.Budgets{Review: 4, Pack: 6, Ride: 20},
	})
	w.Must(err)
	w.Zone = z.ID
	var all sync.WaitGroup
	for _, task := range []func(){
		func() { w.Mother = w.enrol(access.Patient, MotherName, MotherMail, "") },
		func() { w.Daughter = w.enrol(access.Patient, DaughterName, "ottoline@quarkenbush.example", "") },
		func() { w.Stranger = w.enrol(access.Patient, "Eve Stranger", "eve@town.example", "") },
		func() { w.Support = w.enrol(access.Support, "Sam Support", "sam@town.example", "") },
		func() { w.Doctor = w.vetted(access.Doctor, "vale") },
		func() { w.Locum = w.vetted(access.Doctor, "locum") },
		func() { w.Couriers[0] = w.vetted(access.Courier, "finch") },
		func() { w.Couriers[1] = w.vetted(access.Courier, "lark") },
		func() { w.Corner = w.counter("corner", 0, 1250) },
		func() { w.Mill = w.counter("mill", -900, 1250) },
		func() { w.Harbour = w.counter("harbour", -1500, 0) },
	} {
		all.Go(task)
	}
	all.Wait()
	w.grant()
}

func (w *Town) enrol(role access.Role, name, mail string, ph id.Pharmacy) access.Actor {
	w.t.Helper()
	seed := identity.SeedAccount{
		Enrolment: identity.Enrolment{
			Role: role, Address: phi.Text(mail), Pharmacy: ph,
			Profile: identity.Profile{Name: phi.Text(name), Language: "en"},
		},
	}
	if role == access.Patient {
		seed.Profile.BirthDate, seed.Profile.Sex = "1950-05-05", "female"
	} else {
		seed.Password, seed.TOTPSecret = "seven lamps at the ford", secret
	}
	account, _, err := w.Identity.Seed(w.t.Context(), seed)
	if err != nil {
		w.t.Errorf("enrol %s: %v", mail, err)
		return access.Actor{}
	}
	return access.Actor{Account: account.ID, Role: role, Patient: account.Person, Pharmacy: ph}
}

func (w *Town) vetted(role access.Role, name string) access.Actor {
	a := w.enrol(role, name+" of the town", name+"@town.example", "")
	w.vet(onboarding.Kind(role), string(a.Account))
	return a
}

// Licensed is one more doctor, who may work in these places, like "us-ny".
func (w *Town) Licensed(name string, places ...string) access.Actor {
	w.t.Helper()
	a := w.enrol(access.Doctor, name+" of elsewhere", name+"@town.example", "")
	w.vet(onboarding.Doctor, string(a.Account), places...)
	return a
}

// UnderLaw puts the town under the rules of a place, and into a state of it.
func (w *Town) UnderLaw(place, state string) {
	w.t.Helper()
	z, err := w.Delivery.Zone(w.t.Context(), w.Zone)
	w.Must(err)
	content := z.ZoneContent
	content.Jurisdiction, content.State = place, state
	_, err = w.Delivery.ChangeZone(w.t.Context(), w.As(w.Operator), w.Zone, z.Version, content)
	w.Must(err)
	w.Settle()
}

func (w *Town) vet(kind onboarding.Kind, subject string, places ...string) {
	if len(places) == 0 {
		places = []string{"house"}
	}
	var papers []onboarding.NewPaper
	for _, k := range []onboarding.PaperKind{onboarding.Licence, onboarding.Identity, onboarding.BackgroundCheck, onboarding.Insurance} {
		papers = append(papers, onboarding.NewPaper{Kind: k, ValidUntil: Noon.AddDate(2, 0, 0).Truncate(24 * time.Hour)})
	}
	app, err := w.Onboarding.Seed(w.t.Context(), onboarding.Apply{
		Kind: kind, Subject: subject,
		Details: onboarding.Details{Licence: "T-0417", Jurisdictions: places, Specialties: []string{"general"}, Languages: []string{"en"}},
	}, papers...)
	if err != nil {
		w.t.Errorf("vet a %s: %v", kind, err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Papers[id.Account(subject)] = app.ID
}

func (w *Town) counter(name string, metres float64, price int64) Counter {
	ctx, ph := w.t.Context(), id.Derive[id.Pharmacy]("town", name)
	_, err := w.Pharmacy.Create(ctx, w.As(w.Operator), ph, pharmacy.Profile{
		Name: name, Address: "1 Market Place", Phone: "+4410400001", At: north(metres), Zone: w.Zone, TimeZone: "UTC",
		Currency: "CNY", Fulfilments: []string{pharmacy.ByCourier, pharmacy.ByPickup, pharmacy.ByParcel},
	}, pharmacy.AllDay())
	if err != nil {
		w.t.Errorf("open %s: %v", name, err)
		return Counter{}
	}
	w.vet(onboarding.Pharmacy, string(ph))
	c := Counter{ID: ph, Pharmacist: w.enrol(access.Pharmacist, "Pharmacist "+name, name+"@town.example", ph)}
	w.vet(onboarding.Pharmacist, string(c.Pharmacist.Account))
	if _, err := w.Pharmacy.Employ(ctx, w.As(w.Operator), ph, c.Pharmacist.Account, access.Pharmacist); err != nil {
		w.t.Errorf("employ at %s: %v", name, err)
	}
	if price > 0 {
		w.Shelve(c, Tablets, price, Packs)
	}
	return c
}

// Shelve puts packs of 20 on a shelf.
func (w *Town) Shelve(c Counter, product string, price int64, packs int) {
	w.t.Helper()
	_, err := w.Pharmacy.Receive(w.t.Context(), w.As(c.Pharmacist), c.ID, pharmacy.Arrival{
		Product: product, PackUnits: 20, Price: money.Of(price, "CNY"),
		Batch: pharmacy.Batch{Batch: batch, Expiry: "2027-03-31", Units: 20 * packs},
	})
	if err != nil {
		w.t.Errorf("shelve %s: %v", product, err)
	}
}

func (w *Town) grant() {
	w.t.Helper()
	g, err := w.Identity.GiveGrant(w.t.Context(), w.As(w.Mother), identity.Give{
		Patient: w.Mother.Patient, Holder: w.Daughter.Account, Label: "my daughter",
		Scopes: []access.Scope{access.See, access.Book, access.Attend, access.Pay, access.Receive},
	})
	w.Must(err)
	if g.State == identity.GrantInvited {
		_, err = w.Identity.AnswerGrant(w.t.Context(), w.As(w.Daughter), g.ID, identity.AcceptGrant)
		w.Must(err)
	}
}

// OnShift has couriers start their shift at the market place.
func (w *Town) OnShift(couriers ...access.Actor) {
	w.t.Helper()
	for _, c := range couriers {
		_, err := w.Delivery.StartShift(w.t.Context(), w.As(c), dispatch.Scooter, market)
		w.Must(err)
	}
	w.Settle()
}

// Free is how many tablets of a shelf can still be sold.
func (w *Town) Free(c Counter) int {
	w.t.Helper()
	st, err := w.Pharmacy.StockItem(w.t.Context(), w.As(c.Pharmacist), pharmacy.StockOf(c.ID, Tablets))
	w.Must(err)
	n := 0
	for _, b := range st.Batches {
		n += b.Units
	}
	for _, h := range st.Held {
		n -= h.Units
	}
	if n < 0 {
		w.t.Errorf("%d tablets are sold twice", -n)
	}
	return n
}

// north is so many metres north of the market place.
func north(metres float64) geo.Point {
	return geo.Point{Lat: market.Lat + metres/111_320, Lon: market.Lon}
}
