package app

import (
	"context"

	"housecall/internal/delivery"
	"housecall/internal/estimate"
	"housecall/internal/id"
)

// forForecast is what estimates ask of deliveries.
type forForecast struct{ *Services }

// Riders implements forecast.Couriers.
func (f forForecast) Riders(ctx context.Context, zone id.Zone) (estimate.Riders, error) {
	if zone == "" {
		return estimate.Riders{}, nil
	}
	shifts, err := f.Delivery.Shifts(ctx, house, zone)
	if err != nil {
		return estimate.Riders{}, err
	}
	jobs, err := f.Delivery.LiveJobs(ctx, house, zone)
	if err != nil {
		return estimate.Riders{}, err
	}
	var r estimate.Riders
	for _, h := range shifts {
		if h.State == delivery.On {
			r.On++
		}
		if h.Free() {
			r.Free++
		}
	}
	for _, j := range jobs {
		if j.State == delivery.Planned {
			r.Waiting++
		}
	}
	return r, nil
}
