package forecast_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"housecall/internal/forecast"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// months simulates the demand of a zone: the season of a week with peaks, growth, days that are busier than
// others for all of their hours, and chance.
func months(seed uint64, weeks int, perHour float64) forecast.Series {
	r := rand.New(rand.NewPCG(seed, 7))
	s := forecast.Series{From: monday}
	for i := range weeks * 7 * 24 {
		at := monday.Add(time.Duration(i) * time.Hour)
		day := math.Exp(0.12 * rand.New(rand.NewPCG(seed, uint64(i/24))).NormFloat64())
		season := 0.5 + 0.9*math.Exp(-math.Pow(float64(at.Hour())-12, 2)/8) + 1.3*math.Exp(-math.Pow(float64(at.Hour())-19, 2)/8)
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			season *= 1.25
		}
		mean := perHour * season * day * math.Exp(0.01*float64(i)/168)
		n := 0.0
		for left := math.Exp(-min(mean, 500)); ; n++ { // Knuth's way to a Poisson number
			if left = left / max(r.Float64(), 1e-300); left >= 1 {
				break
			}
		}
		s.Counts = append(s.Counts, n)
	}
	return s
}

// judge forecasts each day of the last four weeks from what came before, and answers the mean error of ours,
// of last week's same hour, and how often the error bars held.
func judge(perHour float64) (ours, last, held float64) {
	var n float64
	for seed := range uint64(6) {
		all := months(seed, 13, perHour)
		for day := 9 * 7; day < 13*7; day++ {
			known := forecast.Series{From: all.From, Counts: all.Counts[:day*24]}
			before := forecast.LastWeek(known, 24)
			for i, e := range forecast.Forecast(known, 24) {
				came := all.Counts[day*24+i]
				ours += math.Abs(came - e.Mean)
				last += math.Abs(came - before[i])
				if came >= math.Floor(e.Low) && came <= math.Ceil(e.High) {
					held++
				}
				n++
			}
		}
	}
	return ours / n, last / n, 100 * held / n
}

func TestForecastBeatsTheSameHourOfLastWeekAndItsErrorBarsHold(t *testing.T) {
	t.Parallel()
	for _, perHour := range []float64{3, 20, 60} {
		ours, last, held := judge(perHour)
		t.Logf("%v orders an hour: off by %.2f an hour, last week's same hour by %.2f (%.0f%% less); nine of ten held in %.1f%%",
			perHour, ours, last, 100*(1-ours/last), held)
		if ours > 0.9*last {
			t.Errorf("%v orders an hour: off by %.2f, last week's same hour by %.2f", perHour, ours, last)
		}
		if held < 85 || held > 96 {
			t.Errorf("%v orders an hour: the error bars held in %.1f%%, want about 90", perHour, held)
		}
	}
}

func TestNothingIsForecastFromNothing(t *testing.T) {
	t.Parallel()
	if got := forecast.Forecast(forecast.Series{From: monday}, 24); got != nil {
		t.Errorf("forecast = %v, want none", got)
	}
}
