package forecast

import (
	"math"
	"time"
)

// Series is how many orders each hour had, without gaps, from an hour on.
type Series struct {
	From   time.Time // a full hour, in the zone's local time
	Counts []float64
}

// Expected is the demand of one hour to come. Of twenty such hours one is below Low and one above High.
type Expected struct {
	At   time.Time `json:"at"`
	Mean float64   `json:"mean"`
	Low  float64   `json:"low"`
	High float64   `json:"high"`
}

const (
	week    = 7 * 24
	fading  = 4.0  // weeks after which an hour counts half as much
	pseudo  = 0.75 // weeks that the hour of any day counts for, beside the hour of this weekday
	ninety5 = 1.645
	levels  = 14 * 24.0 // hours after which the level of demand counts half as much
)

// Forecast says what to expect of the hours after a series: the level of late, times the season of the
// hour of the week. The season of an hour is drawn from the same hour of its weekday, from the hour of
// every day where that is little, and from the hours beside it, since a peak does not know the clock. The
// error bars hold what chance does and what has been wrong before.
func Forecast(s Series, hours int) []Expected {
	n := len(s.Counts)
	if n == 0 || hours <= 0 {
		return nil
	}
	level := s.level()
	season := s.season(level)
	extra := s.beyondChance(level, season)
	out := make([]Expected, hours)
	for i := range out {
		at := s.From.Add(time.Duration(n+i) * time.Hour)
		mean := level[n-1] * season[hourOfWeek(at)]
		sd := math.Sqrt(mean + extra*mean*mean)
		out[i] = Expected{At: at, Mean: mean, Low: max(0, mean-ninety5*sd), High: mean + ninety5*sd}
	}
	return out
}

func hourOfWeek(t time.Time) int { return int(t.Weekday())*24 + t.Hour() }

// level is how many orders an hour there are around each hour, whatever the season: from the weeks before
// it, the latest first, whole weeks alone so that the season has no part in it.
func (s Series) level() []float64 {
	out := make([]float64, len(s.Counts))
	var sum, weight float64
	for i, c := range s.Counts {
		fade := math.Exp2(-1 / levels)
		sum, weight = sum*fade+c, weight*fade+1
		out[i] = max(sum/weight, 1e-9)
	}
	return out
}

// season is how much of the level each hour of the week has.
func (s Series) season(level []float64) []float64 {
	var own, ownWeight [week]float64
	var daily, dailyWeight [24]float64
	n := len(s.Counts)
	for i, c := range s.Counts {
		at := s.From.Add(time.Duration(i) * time.Hour)
		w := math.Exp2(-float64(n-1-i) / week / fading)
		h := hourOfWeek(at)
		own[h] += w * c
		ownWeight[h] += w * level[i]
		daily[at.Hour()] += w * c
		dailyWeight[at.Hour()] += w * level[i]
	}
	out := make([]float64, week)
	for h := range out {
		day := 1.0
		if dailyWeight[h%24] > 0 {
			day = daily[h%24] / dailyWeight[h%24]
		}
		prior := pseudo * level[n-1]
		out[h] = (own[h] + prior*day) / (ownWeight[h] + prior)
	}
	return out
}

// beyondChance is the variance, against the square of the mean, that the hours of the last four weeks had
// beyond what chance alone does.
func (s Series) beyondChance(level, season []float64) float64 {
	var more, squares float64
	for i := max(0, len(s.Counts)-4*week); i < len(s.Counts); i++ {
		mean := level[i] * season[hourOfWeek(s.From.Add(time.Duration(i)*time.Hour))]
		d := s.Counts[i] - mean
		more += d*d - mean
		squares += mean * mean
	}
	if squares == 0 {
		return 0.05
	}
	return max(0.002, more/squares)
}

// LastWeek is the forecast that every other has to beat: the same hour, seven days before.
func LastWeek(s Series, hours int) []float64 {
	out := make([]float64, hours)
	for i := range out {
		if from := len(s.Counts) + i%week - week; from >= 0 {
			out[i] = s.Counts[from]
		}
	}
	return out
}
