package dispatch

import (
	"time"

	"housecall/internal/geo"
	"housecall/internal/id"
)

// Decision is what a plan says: for every open job one Offer, Bundle, Rematch, Hold or Nothing, and
// for idle couriers a Preposition. Each says why in words for an operator. Jobs that stay with the
// courier who has them already are not mentioned but in Standing and Late.
type Decision struct {
	Offers       []Proposal    // make this offer now, the most pressing first
	Bundles      []Proposal    // add these jobs to what a courier collects, or has on board, already
	Rematches    []Rematch     // take this job from its courier (the Proposal that gives it on stands above)
	Prepositions []Preposition // ask this idle courier to wait there
	Holds        []Hold        // a courier is meant for it: offer it later
	Nothing      []Hold        // nobody can be sent as things stand
	Late         []Lateness    // every job that will miss its deadline in this plan, given to somebody or not
	Standing     []Sequence    // hand this back in the next State
}

// Proposal is one ride: of one job, or of several.
type Proposal struct {
	Courier id.Account
	From    id.Pharmacy // the first counter
	// Ask are the jobs that the courier has to be asked for, one after the other in this sequence: those of the
	// first counter first. None while an answer is awaited.
	Ask    []id.Job
	Stops  []Stop    // in the sequence of the doors; a bundle when more than one
	Leave  time.Time // the last moment to set out that is in time
	Pickup time.Time // when the bags change hands at the counter
	Why    string
}

// Stop is one door of a proposal.
type Stop struct {
	Job     id.Job
	Arrival time.Time // when the bag is in the patient's hand
	Slack   time.Duration
}

// Rematch is a job that goes from one courier who has not collected it to another, or back to the
// board where To is "".
type Rematch struct {
	Job      id.Job
	From, To id.Account
	Why      string
}

// Preposition is a ride without a job to where the next one is likely.
type Preposition struct {
	Courier id.Account
	To      id.Pharmacy
	At      geo.Point
	Why     string
}

// Hold is a job for which nobody is sent now.
type Hold struct {
	Job     id.Job
	Courier id.Account // who is meant for it as things stand; "" for nobody
	Until   time.Time  // when the offer has to be made; zero where nobody is meant
	Arrival time.Time  // at the door, as things stand
	Why     string
}

// Lateness is a deadline that this plan does not keep.
type Lateness struct {
	Job     id.Job
	Arrival time.Time // zero: nobody is meant for it
	By      time.Duration
}
