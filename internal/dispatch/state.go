package dispatch

import (
	"time"

	"housecall/internal/geo"
	"housecall/internal/id"
)

// State is all that a plan may look at. A plan neither keeps nor changes it, and the order of its
// lists makes no difference.
type State struct {
	Zone     id.Zone
	Jobs     []Job // every job not collected yet, given to somebody or not; see Counters
	Couriers []Courier
	Places   []Place // where an idle courier may wait; none: nobody is prepositioned
	Travel   Travel  // nil: Crow
	Hands    Hands   // zero: DefaultHands

	Objective Objective
	// Margin is how much sooner than promised the deadlines of the jobs are. A bag that is too late for its deadline
	// alone is still not to be made too late for what was promised.
	Margin time.Duration
	// Ahead is how long before the latest departure an offer has to be made: what answering it, and the
	// wait for the next plan, take. It is zero where couriers obey at once.
	Ahead time.Duration
	// Standing are the sequences of the plan before (Decision.Standing), from where the search goes on.
	// None: it starts from nothing, and is a little worse for it.
	Standing []Sequence

	// Counters is at how many counters a ride may collect before its doors; 0: at one. Where it is more than one,
	// the jobs on board (Aboard) are named too, since their courier may collect another on the way.
	Counters int

	Seed   uint64
	Budget int // iterations of the search; 0: DefaultBudget
}

// Objective is what a plan makes small.
type Objective string

const (
	// Promise keeps the deadlines: what is late counts many times what is merely later.
	Promise Objective = ""
	// ClickToDoor brings everything as soon as it can, on the mean.
	ClickToDoor Objective = "click to door"
)

// Hands are how long hand-overs take, before and after the bag changes hands.
type Hands struct {
	CounterBefore, CounterAfter time.Duration
	DoorBefore, DoorAfter       time.Duration
	CounterEach                 time.Duration // for each bag but the first of one counter
}

// DefaultHands are a minute at the counter for each bag, since each has its code, and two at the door.
var DefaultHands = Hands{CounterAfter: time.Minute, CounterEach: time.Minute, DoorBefore: 2 * time.Minute}

// Job is a delivery job that is not collected yet, or on board.
type Job struct {
	ID         id.Job
	From       id.Pharmacy // bundles are of one pharmacy
	Pharmacy   geo.Point
	Door       geo.Point
	PlacedAt   time.Time
	ReadyAt    time.Time // when the bag is packed, as far as is known
	Deadline   time.Time
	Grams      int // 0: DefaultGrams
	ColdChain  bool
	Controlled bool
	Shuns      []id.Account // couriers who said no, or nothing, a moment ago

	Courier id.Account // who was offered it or has accepted it; "" for nobody
	Stage   Stage      // how firmly
}

// Stage is how firmly a job is a courier's.
type Stage string

// The stages of a job that is not collected.
const (
	Open     Stage = ""         // nobody's
	Offered  Stage = "offered"  // an offer runs: only its courier may take it, until it is answered
	Accepted Stage = "accepted" // its courier is on the way to the counter, or stands there: may be re-matched
	Fixed    Stage = "fixed"    // its courier's, whatever comes: nothing may be re-matched
	Aboard   Stage = "aboard"   // collected: its courier brings it, with what else they collect on the way
)

// DefaultGrams is what a bag weighs when nobody has weighed it.
const DefaultGrams = 500

// Courier is a courier on shift, or one whose shift is about to start.
type Courier struct {
	ID      id.Account
	At      geo.Point // free and bound: the last place seen; riding: where the last door is
	SeenAt  time.Time // of the position
	Vehicle Vehicle
	Phase   Phase
	// FreeAt is when a riding courier is done with the last door, or when a shift starts. Zero: now.
	FreeAt time.Time
	// To is the pharmacy a bound courier goes to, or stands at; ArriveAt when they are there. The
	// jobs they go for are those whose Courier they are.
	To       id.Pharmacy
	ArriveAt time.Time
	// Range is how many metres the vehicle still goes; 0: as far as a full charge goes.
	Range float64

	ShiftEnd  time.Time // no counter after it; zero: no end is known
	IdleSince time.Time
	// Done are the deliveries of this shift, Guarantee how many of them the guaranteed pay of the whole
	// shift equals: below it the next delivery costs nothing, so they are preferred.
	Done      int
	Guarantee float64
}

// Phase is what a courier is doing.
type Phase string

// The phases.
const (
	Free   Phase = ""       // holds no offer and no job
	Asked  Phase = "asked"  // holds an offer that is not answered
	Bound  Phase = "bound"  // on the way to a counter, or at it; with jobs (or none: sent ahead)
	Riding Phase = "riding" // has bags on board; free at FreeAt: of them, or, where they are named, of the present door
	Away   Phase = "away"   // gets nothing: finishing, or shown to the operator
)

// Place is a pharmacy as a place to wait near.
type Place struct {
	ID id.Pharmacy
	At geo.Point
	// Demand is how many jobs are expected from here in the next hour.
	Demand float64
}

// Sequence is what one courier is meant to do, one bundle after the other, each in the sequence of its doors.
type Sequence struct {
	Courier id.Account // "": nobody yet
	Bundles [][]id.Job
}
