package dispatch

// Vehicle is what a courier rides.
type Vehicle string

// The vehicles.
const (
	Walk    Vehicle = "walk"
	Bicycle Vehicle = "bicycle"
	Scooter Vehicle = "scooter"
	Car     Vehicle = "car"
	Drone   Vehicle = "drone"
)

// Vehicles lists every vehicle that there is.
var Vehicles = []Vehicle{Walk, Bicycle, Scooter, Car, Drone}

// Traits are what a vehicle can do.
type Traits struct {
	Speed      float64 // metres a second, door to door
	Circuity   float64 // way by way of the great circle
	TopSpeed   float64 // metres a second that can't be true any more above
	Range      float64 // metres on a full charge or a reasonable day's strength; 0: no limit
	Payload    int     // grams
	Bags       int     // that fit in the box
	ColdChain  bool    // carries a cooled box
	Controlled bool    // carries goods that a person must hand over in person
}

// traits: speeds are what couriers reach in a city with its lights, not what the vehicle could do.
var traits = map[Vehicle]Traits{
	// top speed: who walks may take a bus or run
	Walk:    {Speed: 1.3, Circuity: 1.30, TopSpeed: 12, Range: 8_000, Payload: 8_000, Bags: 3, ColdChain: true, Controlled: true},
	Bicycle: {Speed: 4.2, Circuity: 1.35, TopSpeed: 20, Payload: 15_000, Bags: 4, ColdChain: true, Controlled: true},
	Scooter: {Speed: 5.0, Circuity: 1.35, TopSpeed: 40, Payload: 20_000, Bags: 6, ColdChain: true, Controlled: true},
	Car:     {Speed: 6.4, Circuity: 1.45, TopSpeed: 60, Payload: 60_000, Bags: 12, ColdChain: true, Controlled: true},
	Drone:   {Speed: 12, Circuity: 1.05, TopSpeed: 45, Range: 15_000, Payload: 2_000, Bags: 1},
}

// Of answers the traits of a vehicle; an unknown one is a walk, the slowest.
func Of(v Vehicle) Traits {
	if t, ok := traits[v]; ok {
		return t
	}
	return traits[Walk]
}

// Known tells whether the vehicle is one of ours.
func (v Vehicle) Known() bool { _, ok := traits[v]; return ok }

// carries tells whether the vehicle may carry this job at all.
func (t Traits) carries(j Job) bool {
	return (!j.ColdChain || t.ColdChain) && (!j.Controlled || t.Controlled) && t.Payload >= j.grams() && t.Bags > 0
}

func (j Job) grams() int {
	if j.Grams <= 0 {
		return DefaultGrams
	}
	return j.Grams
}
