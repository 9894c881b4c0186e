package delivery

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/dispatch"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// View is what the one who waits sees of a delivery, and nothing more.
type View struct {
	Order     id.Order
	Job       id.Job
	Attempt   int
	State     State
	Reason    string // coded, of a failure
	Placed    time.Time
	Deadline  time.Time
	ReadyAt   time.Time
	Packed    bool
	Arrives   time.Time // zero: nobody can say yet
	Door      geo.Point
	Counter   geo.Point
	Courier   *Seen // while a courier has accepted this order, until it ends
	UpdatedAt time.Time
	Version   int64
}

// Seen is a courier on the way, as the one who waits sees them.
type Seen struct {
	FirstName phi.Text
	Vehicle   dispatch.Vehicle
	Point     geo.Point
	At        time.Time
	Age       time.Duration
	Old       bool // the position is more than half a minute old: show it so
}

// oldAfter is when a position is shown as old.
const oldAfter = 30 * time.Second

// TrackLink makes the token of a read-only link (`/t#token`) to the deliveries of an order. For the
// patient and who may receive for them. It shows no PIN and ends with the delivery.
func (s *Service) TrackLink(ctx context.Context, a access.Actor, order id.Order) (string, error) {
	j, err := s.latest(ctx, order)
	if err != nil {
		return "", err
	}
	if err := s.guard.Check(ctx, a, "job.share", j.facts()); err != nil {
		return "", err
	}
	if j.Ended() {
		return "", trackEnded()
	}
	return s.token(order), nil
}

func (s *Service) token(order id.Order) string {
	return base64.RawURLEncoding.EncodeToString([]byte(order)) + "." +
		base64.RawURLEncoding.EncodeToString(s.mac("track", string(order))[:18])
}

func (s *Service) orderOf(token string) (id.Order, error) {
	bad := fault.New(fault.NotFound, "This link does not work. Ask for a new one from the order.").Coded("tracking-unknown")
	name, _, found := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(name)
	if !found || err != nil || len(token) > 300 {
		return "", bad
	}
	order, err := id.Parse[id.Order](string(raw))
	if err != nil || subtle.ConstantTimeCompare([]byte(token), []byte(s.token(order))) != 1 {
		return "", bad
	}
	return order, nil
}

func trackEnded() error {
	return fault.New(fault.NotFound, "This delivery has ended, and the link with it.").Coded("tracking-ended")
}

// TrackView answers the bearer of a tracking token, until the delivery ends.
func (s *Service) TrackView(ctx context.Context, a access.Actor, token string) (*View, error) {
	if err := s.guard.Check(ctx, a, "track.view", access.Facts{}); err != nil {
		return nil, err
	}
	order, err := s.orderOf(token)
	if err != nil {
		return nil, err
	}
	j, err := s.latest(ctx, order)
	if err != nil {
		return nil, err
	}
	if j.Ended() {
		return nil, trackEnded()
	}
	return s.view(ctx, j)
}

// Track answers the delivery of an order to the patient, who sees or receives for them, and support.
func (s *Service) Track(ctx context.Context, a access.Actor, order id.Order) (*View, error) {
	j, err := s.latest(ctx, order)
	if err != nil {
		return nil, err
	}
	if err := s.guard.Read(ctx, a, "job.track", j.facts()); err != nil {
		return nil, err
	}
	return s.view(ctx, j)
}

// latest is the newest attempt to deliver an order.
func (s *Service) latest(ctx context.Context, order id.Order) (*Job, error) {
	page, err := s.jobs.Find(ctx, docstore.Query{Index: "order", Equal: string(order), Descending: true, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return nil, docstore.NotFound()
	}
	return page.Items[0], nil
}

func (s *Service) view(ctx context.Context, j *Job) (*View, error) {
	v := &View{
		Order: j.Order, Job: j.ID, Attempt: j.Attempt, State: j.State, Placed: j.Placed, Deadline: j.Deadline,
		ReadyAt: j.ReadyAt, Packed: j.Seal != "", Door: j.Door.Point, Counter: j.PharmacyAt, UpdatedAt: j.UpdatedAt, Version: j.Version,
	}
	if j.State == Offered {
		v.State = Planned // who is being asked is nobody's business until they say yes
	}
	if j.Failure != nil {
		v.Reason = j.Failure.Reason
	}
	if !j.visible() {
		return v, nil
	}
	h, err := s.shifts.Get(ctx, string(ShiftOf(j.Courier)))
	if err != nil {
		return nil, err
	}
	name, err := s.names.FirstName(ctx, j.Courier)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	now := s.clock.Now()
	age := max(0, now.Sub(h.Last.At))
	v.Courier = &Seen{FirstName: name, Vehicle: h.Vehicle, Point: h.Last.Point, At: h.Last.At, Age: age, Old: age > oldAfter}
	held, err := s.inHand(ctx, h)
	if err != nil {
		return nil, err
	}
	zone, err := s.Zone(ctx, j.Zone)
	if err != nil {
		return nil, err
	}
	way := course(j, h, held, now)
	v.Arrives = arrival(way, h, s.travel(ctx, zone, h, way), now)
	return v, nil
}

// visible tells whether a courier is on the way for this order.
func (j *Job) visible() bool {
	return slices.Contains([]State{Accepted, AtPharmacy, Collected, AtDoor}, j.State)
}

// Delivered answers what the one who has just confirmed the seal sees; they may not be somebody who
// may follow the whole order.
func (s *Service) Delivered(ctx context.Context, a access.Actor, j *Job) (*View, error) {
	if err := s.guard.Check(ctx, a, "job.confirm_seal", j.facts()); err != nil {
		return nil, err
	}
	return s.view(ctx, j)
}
