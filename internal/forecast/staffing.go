package forecast

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"housecall/internal/access"
	"housecall/internal/city"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// Outlook is what an operator is shown: what to expect, and whom it takes.
type Outlook struct {
	Zone    id.Zone
	History int     // hours of history that it rests on
	Share   float64 // chosen, of orders in time
	Hours   []Staffed
}

// Staffed is one hour with the couriers that it takes.
type Staffed struct {
	Expected
	Couriers int // for the mean
	Safe     int // for the upper error bar
}

const (
	weeksRead  = 8
	leastHours = 24 // of history, before anything is said
)

// Outlook says what the next hours of a zone will bring and how many couriers they take so that a share
// of the orders is in time. For operators. With less than a day of history it is a Conflict coded
// "no-history".
func (s *Service) Outlook(ctx context.Context, a access.Actor, zone id.Zone, where *time.Location, hours int, share float64) (*Outlook, error) {
	if err := s.Guard.Check(ctx, a, "forecast.read", access.Facts{Record: string(zone)}); err != nil {
		return nil, err
	}
	series, err := s.series(ctx, zone, where)
	if err != nil {
		return nil, err
	}
	if len(series.Counts) < leastHours {
		return nil, fault.New(fault.Conflict, "There is less than a day of history in this zone. Look again tomorrow.").Coded("no-history")
	}
	out := &Outlook{Zone: zone, History: len(series.Counts), Share: share}
	for _, e := range Forecast(series, hours) {
		out.Hours = append(out.Hours, Staffed{e, needed(e.Mean, share), needed(e.High, share)})
	}
	return out, nil
}

// series reads the hours of the last weeks, up to the last full one.
func (s *Service) series(ctx context.Context, zone id.Zone, where *time.Location) (Series, error) {
	until := s.Clock.Now().Truncate(time.Hour)
	from := until.Add(-weeksRead * 7 * 24 * time.Hour)
	all, err := s.hours.All(ctx, docstore.Query{
		Index: "zone", Equal: string(zone), From: docstore.ByTime(from), Until: docstore.ByTime(until),
	}, weeksRead*7*24+1)
	if err != nil {
		return Series{}, fmt.Errorf("read the hours of %s: %w", zone, err)
	}
	if len(all) == 0 {
		return Series{}, nil
	}
	slices.SortFunc(all, func(a, b *Hour) int { return a.At.Compare(b.At) })
	first := all[0].At
	counts := make([]float64, int(until.Sub(first)/time.Hour))
	for _, h := range all {
		if i := int(h.At.Sub(first) / time.Hour); i < len(counts) {
			counts[i] = float64(len(h.Orders))
		}
	}
	return Series{From: first.In(where), Counts: counts}, nil
}

// needed is how many couriers so many orders an hour take for a share in time, by what the simulated
// city needed. Between the rates that were simulated it goes by a straight line; above, by the last of
// them, since a large city is many of these.
func needed(perHour, share float64) int {
	if perHour <= 0 {
		return 0
	}
	return int(math.Ceil(city.CouriersFor(perHour, share)))
}
