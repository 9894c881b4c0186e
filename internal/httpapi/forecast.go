package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/delivery"
	"housecall/internal/fault"
	"housecall/internal/forecast"
	"housecall/internal/id"
)

// Forecasts are the routes of what the hours to come will bring.
func Forecasts(forecasts *forecast.Service, deliveries *delivery.Service) []Route {
	r := forecastRoutes{forecasts, deliveries}
	return []Route{
		get("/zones/{id}/forecast", "forecast.read", "Forecast the orders of the hours to come, and the couriers they take", r.read),
	}
}

type forecastRoutes struct {
	forecasts  *forecast.Service
	deliveries *delivery.Service
}

// ForecastView is what is expected of a zone.
type ForecastView struct {
	Zone         id.Zone            `json:"zone"`
	HistoryHours int                `json:"history_hours" doc:"How many hours of history it rests on."`
	Share        float64            `json:"share" doc:"The share of orders in time that the couriers are counted for."`
	Hours        []ForecastHourView `json:"hours" nullable:"false"`
}

// ForecastHourView is one hour to come. Of ten such hours nine lie between low and high.
type ForecastHourView struct {
	At           time.Time `json:"at"`
	Orders       float64   `json:"orders"`
	Low          float64   `json:"low"`
	High         float64   `json:"high"`
	Couriers     int       `json:"couriers" doc:"That the orders expected take, by the simulated city."`
	CouriersSafe int       `json:"couriers_safe" doc:"That the upper bound takes."`
}

type forecastIn struct {
	ByID
	Hours   int `query:"hours" minimum:"1" maximum:"168" default:"24"`
	Percent int `query:"percent" minimum:"50" maximum:"99" default:"95" doc:"Of orders that are to be in time."`
}

func (r forecastRoutes) read(ctx context.Context, a access.Actor, in *forecastIn) (*Reply[ForecastView], error) {
	zone, err := r.deliveries.Zone(ctx, id.Zone(in.ID))
	if err != nil {
		return nil, err
	}
	where, err := time.LoadLocation(zone.TimeZone)
	if err != nil {
		return nil, fault.New(fault.Conflict, "This zone has no valid time zone. Correct the zone first.").Because(err)
	}
	o, err := r.forecasts.Outlook(ctx, a, zone.ID, where, in.Hours, float64(in.Percent)/100)
	if err != nil {
		return nil, err
	}
	v := ForecastView{Zone: o.Zone, HistoryHours: o.History, Share: o.Share, Hours: make([]ForecastHourView, 0, len(o.Hours))}
	for _, h := range o.Hours {
		v.Hours = append(v.Hours, ForecastHourView{h.At.UTC(), h.Mean, h.Low, h.High, h.Couriers, h.Safe})
	}
	return reply(0, v), nil
}
