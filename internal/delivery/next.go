package delivery

import (
	"cmp"
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/money"
)

// Todo is what a courier does next.
type Todo string

// What a courier does next.
const (
	Wait        Todo = "wait"            // nothing in hand
	Answer      Todo = "answer_offer"    // accept or decline
	RideCounter Todo = "ride_to_counter" // then: arrive
	ShowCode    Todo = "show_code"       // the pharmacy types it
	RideDoor    Todo = "ride_to_door"    // then: at door
	AskPIN      Todo = "ask_pin"         // then: hand over
	TurnBackNow Todo = "turn_back"       // then: returning
	BringBack   Todo = "bring_back"      // and show the code at the counter
	GoOnShift   Todo = "start_shift"
)

// Next is the one clear next step of a courier.
type Next struct {
	Todo         Todo
	Job          id.Job
	Order        id.Order
	Sequence     int
	State        State
	To           geo.Point
	Door         geo.Point
	Counter      geo.Point
	Where        Where // of the door, from accepting until the job ends
	Pharmacy     id.Pharmacy
	Pay          money.Amount
	OfferExpires time.Time
	Deadline     time.Time
	Slot         *Span // when they expect a courier; nil: as soon as it can be
	ReadyAt      time.Time
	Seal         string // to compare with the bag, from the counter on
	ColdChain    bool
	Metres       int  // from the counter to the door
	AskedStill   bool // nothing was heard of the courier: still on it?
	OnBoard      int  // bags that they carry, the one of this job among them
	Also         []Also
}

// Also is another bag that the courier has on board or is to collect, in the order in which they come to it: until
// when its door was promised counts as much as that of the present step.
type Also struct {
	Job      id.Job
	Pharmacy id.Pharmacy
	OnBoard  bool // else it waits at its counter
	Deadline time.Time
	Slot     *Span
}

// NextStep answers a courier what to do now, and nothing else.
func (s *Service) NextStep(ctx context.Context, a access.Actor) (*Next, error) {
	if err := s.guard.Check(ctx, a, "job.next", access.Facts{Owner: a.Account}); err != nil {
		return nil, err
	}
	h, err := s.shifts.Get(ctx, string(ShiftOf(a.Account)))
	if fault.Is(err, fault.NotFound) {
		return &Next{Todo: GoOnShift}, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := s.inHand(ctx, h)
	if err != nil {
		return nil, err
	}
	if len(held) > 0 {
		j := held[0]
		n := j.next()
		n.OnBoard, n.Also = onBoard(held), also(held[1:])
		if j.State == Offered {
			return n, nil
		}
		// From accepting on it says where somebody lives.
		return n, s.guard.Read(ctx, a, "job.next", j.facts())
	}
	if h.State == Off {
		return &Next{Todo: GoOnShift}, nil
	}
	return &Next{Todo: Wait, To: h.WaitAt}, nil
}

// inHand lists the jobs that a courier holds, what is to be done first before the others: an offer is
// answered, who stands at a door hands over, what is still at the counter is collected, then the doors in
// their best sequence; a bag that failed goes back last.
func (s *Service) inHand(ctx context.Context, h *Shift) ([]*Job, error) {
	var jobs, doors []*Job
	for _, c := range h.Held {
		j, err := s.jobs.Get(ctx, string(c.Job))
		if err != nil {
			return nil, err
		}
		switch {
		case !j.Holds(h.Courier, c.Offer):
		case j.State == Collected:
			doors = append(doors, j)
		default:
			jobs = append(jobs, j)
		}
	}
	drops := make([]dispatch.Drop, 0, len(doors))
	for _, j := range doors {
		drops = append(drops, dispatch.Drop{Door: j.Door.Point, Deadline: j.Deadline})
	}
	for _, i := range dispatch.DoorOrder(h.Vehicle, nil, h.Last.Point, s.clock.Now(), drops) {
		jobs = append(jobs, doors[i])
	}
	slices.SortStableFunc(jobs, func(a, b *Job) int { return cmp.Compare(urgency[a.State], urgency[b.State]) })
	return jobs, nil
}

// onBoard is how many bags a courier carries.
func onBoard(held []*Job) int {
	n := 0
	for _, j := range held {
		if j.carried() {
			n++
		}
	}
	return n
}

// carried tells whether the bag is with the courier.
func (j *Job) carried() bool {
	return slices.Contains([]State{Collected, AtDoor, Failed, Returning}, j.State)
}

// also tells of the bags that come after the present step. One that goes back is owed to no door any more.
func also(rest []*Job) []Also {
	var out []Also
	for _, j := range rest {
		if slices.Contains([]State{Accepted, AtPharmacy, Collected, AtDoor}, j.State) {
			out = append(out, Also{Job: j.ID, Pharmacy: j.Pharmacy, OnBoard: j.carried(), Deadline: j.Deadline, Slot: j.Slot})
		}
	}
	return out
}

// urgency sorts what a courier has in hand.
var urgency = map[State]int{
	Offered: 0, AtDoor: 1, Failed: 2, AtPharmacy: 3, Accepted: 4, Collected: 5, Returning: 6,
	Planned: 7, Delivered: 7, Cancelled: 7, Returned: 7,
}

// todos is what the courier who holds a job does in each state.
var todos = map[State]Todo{
	Planned: Wait, Offered: Answer, Accepted: RideCounter, AtPharmacy: ShowCode, Collected: RideDoor, AtDoor: AskPIN,
	Failed: TurnBackNow, Returning: BringBack, Delivered: Wait, Cancelled: Wait, Returned: Wait,
}

func (j *Job) next() *Next {
	n := &Next{
		Todo: todos[j.State], Job: j.ID, Order: j.Order, Sequence: j.Sequence, State: j.State, Door: j.Door.Point, Counter: j.PharmacyAt,
		Pharmacy: j.Pharmacy, Pay: j.Pay, Deadline: j.Deadline, Slot: j.Slot, ReadyAt: j.ReadyAt, ColdChain: j.ColdChain,
		AskedStill: !j.AskedAt.IsZero(), Where: j.Door.Where, Seal: j.Seal, To: j.PharmacyAt, Metres: int(geo.Metres(j.PharmacyAt, j.Door.Point)),
	}
	if j.State == Offered {
		// An offer says what it pays and where it goes; who lives there is for the one who rides.
		n.OfferExpires, n.Where, n.Seal = j.OfferExpires, Where{}, ""
	}
	if j.State == Collected || j.State == AtDoor {
		n.To = j.Door.Point
	}
	return n
}

// LiveJobs lists the jobs of a zone that have not ended, the tightest deadline first. For operators
// and the dispatcher.
func (s *Service) LiveJobs(ctx context.Context, a access.Actor, zone id.Zone) ([]*Job, error) {
	if err := s.guard.Check(ctx, a, whoever(a, "job.list"), access.Facts{Record: string(zone)}); err != nil {
		return nil, err
	}
	return s.jobs.All(ctx, docstore.Query{Index: "zone_live", Equal: string(zone)}, 20_000)
}

// JobsIn lists one page of the jobs in a state, by deadline, for operators.
func (s *Service) JobsIn(ctx context.Context, a access.Actor, state State, cursor string, limit int) (docstore.Page[Job], error) {
	if err := s.guard.Check(ctx, a, whoever(a, "job.list"), access.Facts{}); err != nil {
		return docstore.Page[Job]{}, err
	}
	return s.jobs.Find(ctx, docstore.Query{Index: "state", Equal: string(state), Cursor: cursor, Limit: limit})
}

// AtCounter lists the jobs that will come, are or come back to a pharmacy's counter. For those who
// work there.
func (s *Service) AtCounter(ctx context.Context, a access.Actor, pharmacy id.Pharmacy) ([]*Job, error) {
	if err := s.guard.Check(ctx, a, "job.counter", access.Facts{Record: string(pharmacy), Pharmacy: pharmacy}); err != nil {
		return nil, err
	}
	return s.jobs.All(ctx, docstore.Query{Index: "pharmacy_live", Equal: string(pharmacy)}, 1000)
}

// Job answers one job with its history, to its pharmacy, support and operators.
func (s *Service) Job(ctx context.Context, a access.Actor, job id.Job) (*Job, error) {
	j, err := s.jobs.Get(ctx, string(job))
	if err != nil {
		return nil, err
	}
	return j, s.guard.Read(ctx, a, whoever(a, "job.read"), j.facts())
}

// OfOrder lists every attempt to deliver an order, the first one first, as evidence.
func (s *Service) OfOrder(ctx context.Context, a access.Actor, order id.Order) ([]*Job, error) {
	jobs, err := s.jobs.All(ctx, docstore.Query{Index: "order", Equal: string(order)}, 100)
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	return jobs, s.guard.Read(ctx, a, whoever(a, "job.read"), jobs[0].facts())
}
