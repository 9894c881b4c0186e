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
	Speed     float64 // metres a second, door to door
	Circuity  float64 // way by way of the great circle
	TopSpeed  float64 // metres a second that can't be true any more above
	ColdChain bool    // carries a cooled box
}

// traits: speeds are what couriers reach in a city with its lights, not what the vehicle could do.
var traits = map[Vehicle]Traits{
	Walk:    {Speed: 1.3, Circuity: 1.30, TopSpeed: 12, ColdChain: true}, // top: who walks may take a bus or run
	Bicycle: {Speed: 4.2, Circuity: 1.35, TopSpeed: 20, ColdChain: true},
	Scooter: {Speed: 5.0, Circuity: 1.35, TopSpeed: 40, ColdChain: true},
	Car:     {Speed: 6.4, Circuity: 1.45, TopSpeed: 60, ColdChain: true},
	Drone:   {Speed: 12, Circuity: 1.05, TopSpeed: 45},
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
