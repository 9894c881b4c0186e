package consult

import (
	"context"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// mostWaiting is how many of one specialty are looked through at once.
const mostWaiting = 500

// line lists who waits for a specialty, in the order they are called.
func (s *Service) line(ctx context.Context, specialty string) ([]*Visit, error) {
	return s.visits.All(ctx, docstore.Query{Index: "queue", Equal: specialty}, mostWaiting)
}

// Queue lists who waits for the doctor who asks, in the order they are called: on demand, put back, or
// booked with them. Reading it says that the doctor is there.
func (s *Service) Queue(ctx context.Context, a access.Actor) ([]*Visit, error) {
	if err := s.Guard.Read(ctx, a, "visit.queue", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return nil, err
	}
	st, err := s.vetted(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	if err := s.beat(ctx, a); err != nil {
		return nil, err
	}
	return s.forDoctor(ctx, a.Account, st)
}

func (s *Service) forDoctor(ctx context.Context, doctor id.Account, st Standing) ([]*Visit, error) {
	var mine []*Visit
	for _, specialty := range st.Specialties {
		line, err := s.line(ctx, specialty)
		if err != nil {
			return nil, err
		}
		for _, v := range line {
			if st.fits(v) && (v.Doctor == "" || v.Doctor == doctor) {
				mine = append(mine, v)
			}
		}
	}
	slices.SortStableFunc(mine, func(a, b *Visit) int { return compare(a.rank(), b.rank()) })
	return mine, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Wait is a place in the queue and how long it takes, as measured from the last visits and the doctors
// on duty. Low and High hold nine of ten.
type Wait struct {
	Position int  // 1 is next
	Doctors  int  // on duty, who may see this visit
	Known    bool // false: nobody is on duty, so nobody can say
	Median   time.Duration
	Low      time.Duration
	High     time.Duration
	Measured int // visits the estimate stands on; few means that it leans on what is usual
}

// WaitOf says where a visit stands in the queue and how long it takes now.
func (s *Service) WaitOf(ctx context.Context, a access.Actor, visit id.Visit) (Wait, error) {
	v, err := s.Visit(ctx, a, visit)
	if err != nil {
		return Wait{}, err
	}
	if v.State != Waiting {
		return Wait{}, conflict("not-waiting", "This visit is not in the queue.")
	}
	return s.estimate(ctx, v)
}

// estimate lets the people ahead be seen in turn by the doctors on duty who may see them.
func (s *Service) estimate(ctx context.Context, v *Visit) (Wait, error) {
	line, err := s.line(ctx, v.Specialty)
	if err != nil {
		return Wait{}, err
	}
	on, err := s.onDutyLately(ctx)
	if err != nil {
		return Wait{}, err
	}
	busy, err := s.visits.All(ctx, docstore.Query{Index: "in_progress", Equal: v.Specialty}, mostWaiting)
	if err != nil {
		return Wait{}, err
	}
	recent, err := s.recent(ctx, v.Specialty)
	if err != nil {
		return Wait{}, err
	}
	return simulate(v, line, on, busy, paceOf(recent), s.Clock.Now()), nil
}

// recentVisits is how many of the last visits say how long one takes.
const recentVisits = 30

func (s *Service) recent(ctx context.Context, specialty string) ([]time.Duration, error) {
	page, err := s.visits.Find(ctx, docstore.Query{Index: "pace", Equal: specialty, Descending: true, Limit: recentVisits})
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for _, v := range page.Items {
		if v.AdmittedAt != nil && v.EndedAt != nil {
			took = append(took, v.EndedAt.Sub(*v.AdmittedAt))
		}
	}
	return took, nil
}

// Here says that the patient's side is in the waiting room. Somebody who was called and not there is
// called with the others again.
func (s *Service) Here(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if err := s.Guard.Check(ctx, a, "visit.wait", v.facts()); err != nil {
		return nil, err
	}
	if !v.comes() {
		return v, nil // said before: nothing is written
	}
	return s.step(ctx, a, "visit.wait", visit, func(v *Visit, now time.Time) error {
		if !v.comes() {
			return nil
		}
		v.HereAt, v.Away = &now, false
		v.announce(a, PatientHere, nil)
		return nil
	})
}

// comes tells whether it is news that the patient's side is in the waiting room.
func (v *Visit) comes() bool {
	return (v.State == Waiting || v.State == IsBooked) && (v.HereAt == nil || v.Away)
}

// Admit calls one visit in. Of two doctors at once one wins, the other reads a Conflict.
func (s *Service) Admit(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	st, err := s.mayAdmit(ctx, a)
	if err != nil {
		return nil, err
	}
	v, err := s.visits.Get(ctx, string(visit))
	if err != nil {
		return nil, err
	}
	if !st.fits(v) || (v.Doctor != "" && v.Doctor != a.Account && !moves.Ended(v.State) && v.State != InProgress) {
		return nil, docstore.NotFound()
	}
	return s.admit(ctx, a, visit)
}

// AdmitNext calls in who is next for the doctor who asks. Asked twice with one request, it is the same visit.
func (s *Service) AdmitNext(ctx context.Context, a access.Actor) (*Visit, error) {
	st, err := s.mayAdmit(ctx, a)
	if err != nil {
		return nil, err
	}
	if v, err := s.admittedBefore(ctx, a); v != nil || err != nil {
		return v, err
	}
	line, err := s.forDoctor(ctx, a.Account, st)
	if err != nil {
		return nil, err
	}
	for _, v := range line {
		if v.Away || v.Fee.State != FeeHeld {
			continue
		}
		admitted, err := s.admit(ctx, a, v.ID)
		if fault.Is(err, fault.Conflict) {
			continue // another doctor was faster
		}
		return admitted, err
	}
	return nil, conflict("queue-empty", "Nobody is waiting for you now.")
}

// mayAdmit answers the standing of the doctor who asks, who has to be vetted and on duty.
func (s *Service) mayAdmit(ctx context.Context, a access.Actor) (Standing, error) {
	if err := s.Guard.Check(ctx, a, "visit.admit", access.Facts{Record: string(a.Account), Owner: a.Account}); err != nil {
		return Standing{}, err
	}
	st, err := s.vetted(ctx, a.Account)
	if err != nil {
		return st, err
	}
	d, err := s.duties.Get(ctx, string(a.Account))
	if fault.Is(err, fault.NotFound) || (err == nil && !d.On) {
		return st, conflict("off-duty", "You are off duty. Go on duty, then call somebody in.")
	}
	if err != nil {
		return st, err
	}
	return st, s.beat(ctx, a)
}

// admittedBefore finds the visit that this very request has admitted.
func (s *Service) admittedBefore(ctx context.Context, a access.Actor) (*Visit, error) {
	if a.Request.Key == "" {
		return nil, nil
	}
	page, err := s.visits.Find(ctx, docstore.Query{Index: "doctor", Equal: string(a.Account), Descending: true, Limit: 50})
	if err != nil {
		return nil, err
	}
	for _, v := range page.Items {
		if v.AdmitKey == a.Request.Key {
			return v, nil
		}
	}
	return nil, nil
}

// early is how long before a booked time its doctor may call in.
const early = 10 * time.Minute

func (s *Service) admit(ctx context.Context, a access.Actor, visit id.Visit) (*Visit, error) {
	return s.visits.Update(ctx, string(visit), docstore.On{Request: a.Request}, func(v *Visit) error {
		now := s.Clock.Now()
		if !moves.Allows(v.State, admit) {
			return v.apply(now, a, admit, "")
		}
		if v.Doctor != "" && v.Doctor != a.Account {
			return docstore.NotFound()
		}
		if v.Fee.State != FeeHeld {
			return conflict("fee-not-held", "The fee of this visit is not authorised yet. Call in the next one.")
		}
		if v.State == IsBooked && now.Before(v.StartsAt.Add(-early)) {
			return conflict("too-early", "This visit is booked for later. Call in ten minutes before at the soonest.")
		}
		if err := v.apply(now, a, admit, ""); err != nil {
			return err
		}
		v.enter(a, now)
		v.announce(a, Admitted, nil, toDoctors)
		return nil
	})
}
