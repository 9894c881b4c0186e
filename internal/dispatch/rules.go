package dispatch

import "time"

// What holds for offers and plans wherever they are made, in the product and in the simulated city.
const (
	// OfferTime is how long a courier has to answer.
	OfferTime = 25 * time.Second
	// ShunDeclined and ShunSilent are how long a courier is not asked again for a job they declined, or
	// did not answer for. Without penalty: other jobs come at once.
	ShunDeclined = 3 * time.Minute
	ShunSilent   = time.Minute
	// InAnyCase is how often a zone is planned though nothing was heard; AtMost the least time between
	// two plans of it.
	InAnyCase = 10 * time.Second
	AtMost    = time.Second
	// Margin is how long before the promised time a bag is meant to be there: people and roads are not
	// punctual.
	Margin = 3 * time.Minute
	// MostBags is how many bags a courier is given for one ride, whatever the vehicle holds.
	MostBags = 3
	// MostCounters is at how many counters they collect before it.
	MostCounters = 2
)

const (
	answering = 15 * time.Second // an offer, and the wait for the plan after it
	early     = 15 * time.Minute
)

// Ahead is how long before the last moment to set out an offer is made. Where there are more free couriers
// than jobs nobody is taken from another by asking early, and who declines does so while it costs nothing.
func Ahead(free, open int) time.Duration {
	if free >= open {
		return early
	}
	return answering
}
