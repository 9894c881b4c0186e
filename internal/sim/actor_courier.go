package sim

import (
	"context"
	"math"
	"net/http"
	"time"

	"housecall/internal/geo"
	"housecall/internal/id"
)

// rider is a courier who acts by themselves: on shift, along the straight streets of the town, and
// through every step of a job. Without one they drift slowly, so that the map lives.
type rider struct {
	*actor
	spread  time.Duration // so that not all of them report at once
	onShift bool
	at      geo.Point
	moved   time.Time // when at was last true, by the service's clock
	target  geo.Point
	door    time.Time // when they stood at the door
}

// Speeds are in metres a second.
const (
	riding   = 6.5
	drifting = 0.8
	there    = 15.0 // metres from where one stands to call it there
	offer    = 25 * time.Second
	atDoor   = 30 * time.Second // until the demo looks at the patient's PIN by itself
)

func (r *rider) turn(ctx context.Context) (time.Duration, error) {
	if r.back {
		r.back, r.onShift = false, false
	}
	if !r.onShift {
		return r.begin(ctx)
	}
	next, err := r.Get(ctx, "/ride")
	if err != nil {
		return 15 * time.Second, err
	}
	step, pace := next.Text("todo"), drifting
	switch step {
	case "start_shift":
		r.onShift = false
		return time.Second, nil
	case "ride_to_counter", "ride_to_door", "bring_back":
		pace, r.target = riding, pointOf(next, "to")
	case "show_code", "ask_pin", "turn_back":
		pace = 0
	}
	if err := r.move(ctx, pace); err != nil {
		return 5 * time.Second, err
	}
	if step == "wait" {
		r.door = time.Time{}
		return 15*time.Second + r.spread/10, nil
	}
	return 4 * time.Second, r.refused(step, r.act(ctx, next))
}

// begin goes on shift, where the courier was last seen if a shift still runs.
func (r *rider) begin(ctx context.Context) (time.Duration, error) {
	shift, err := r.Get(ctx, "/shift")
	if err != nil {
		return 10 * time.Second, err
	}
	state := shift.Text("state")
	if last, _ := time.Parse(time.RFC3339, shift.Text("last.at")); last.After(r.clock.Now()) {
		// The folder is one whose clock ran faster than today's: begin anew.
		if _, err := r.Post(ctx, "/shift/end", nil); err != nil {
			return time.Minute, r.refused("end shift", err)
		}
		state = "off"
	}
	if state == "off" {
		if shift, err = r.Post(ctx, "/shift/start", JSON{"vehicle": "scooter", "point": r.at}); err != nil {
			return 20 * time.Second, err
		}
	}
	r.onShift, r.at, r.moved = true, pointOf(shift, "last.point"), r.clock.Now()
	return time.Second + r.spread, nil
}

// act does the next step of a job when it is time.
func (r *rider) act(ctx context.Context, next Answer) error {
	path, body := "/jobs/"+next.Text("job"), JSON{"sequence": next.At("sequence")}
	var err error
	switch next.Text("todo") {
	case "answer_offer":
		expires, _ := time.Parse(time.RFC3339, next.Text("offer_expires"))
		// Late enough for a person to say yes, early enough for a machine at any speed.
		if left := expires.Sub(r.clock.Now()); left < max(offer-grace, time.Duration(r.speed)*2*time.Second) {
			_, err = r.Post(ctx, path+"/accept", body)
		}
	case "ride_to_counter":
		if metres(r.at, r.target) < there {
			_, err = r.Post(ctx, path+"/arrive", body)
		}
	case "ride_to_door":
		if metres(r.at, r.target) < there {
			r.door = r.clock.Now()
			_, err = r.Post(ctx, path+"/at-door", body)
		}
	case "ask_pin":
		return r.handOver(ctx, next)
	case "turn_back":
		_, err = r.Post(ctx, path+"/turn-back", body)
	}
	return err
}

// handOver types the PIN. A person at the courier's screen may be told it; after a while the demo
// looks at the patient's screen itself.
func (r *rider) handOver(ctx context.Context, next Answer) error {
	if r.door.IsZero() {
		r.door = r.clock.Now()
	}
	if r.clock.Now().Sub(r.door) < atDoor {
		return nil
	}
	pin, err := r.doors.read(ctx, id.Order(next.Text("order")), "/jobs/"+next.Text("job")+"/pin")
	if err != nil {
		return err
	}
	_, err = r.Post(ctx, "/jobs/"+next.Text("job")+"/hand-over", JSON{"code": pin})
	return err
}

// move goes along the streets, first east or west, then north or south, for the time that has
// passed, and reports where that led.
func (r *rider) move(ctx context.Context, pace float64) error {
	now := r.clock.Now()
	if pace == drifting && metres(r.at, r.target) < there {
		r.target = somewhere()
	}
	r.at = along(r.at, r.target, pace*now.Sub(r.moved).Seconds())
	r.moved = now
	_, err := r.Post(ctx, "/shift/positions", JSON{"positions": []JSON{{"at": now, "point": r.at, "accuracy_metres": 8}}})
	if refusedAs(err, "off-shift") {
		r.onShift = false
		return nil
	}
	if StatusOf(err) == http.StatusUnprocessableEntity { // a person reported from elsewhere: go on from there
		r.onShift = false
	}
	return err
}

// along is where one comes to from a point in so many metres of street.
func along(from, to geo.Point, way float64) geo.Point {
	east, north := fromMarket(from)
	toEast, toNorth := fromMarket(to)
	stretch := func(at, goal float64) float64 {
		d := max(-way, min(way, goal-at))
		way -= math.Abs(d)
		return at + d
	}
	east = stretch(east, toEast)
	return inTown(east, stretch(north, toNorth))
}

func metres(a, b geo.Point) float64 { return geo.Metres(a, b) }

func pointOf(a Answer, path string) geo.Point {
	lat, _ := a.At(path + ".lat").(float64)
	lon, _ := a.At(path + ".lon").(float64)
	return geo.Point{Lat: lat, Lon: lon}
}
