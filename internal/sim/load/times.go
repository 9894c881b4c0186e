package load

import (
	"math"
	"sync"
	"time"
)

// times counts durations in buckets two per cent apart, so that a run of any length takes little memory.
type times struct {
	mu      sync.Mutex // guards all
	buckets map[int]int
	count   int
	longest time.Duration
}

const bucketBase = 1.02

func (t *times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buckets == nil {
		t.buckets = map[int]int{}
	}
	t.buckets[int(math.Log(float64(max(d, time.Microsecond))/float64(time.Microsecond))/math.Log(bucketBase))]++
	t.count++
	t.longest = max(t.longest, d)
}

// Spread is how long something took: at most so many milliseconds in half, in 95 and in 99 of 100 cases.
type Spread struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

func (t *times) spread() Spread {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Spread{Count: t.count, P50: t.at(.50), P95: t.at(.95), P99: t.at(.99), Max: ms(t.longest)}
}

// at is the upper edge of the bucket that holds this part of all cases.
func (t *times) at(part float64) float64 {
	if t.count == 0 {
		return 0
	}
	most := 0
	for b := range t.buckets {
		most = max(most, b)
	}
	rank, passed := int(math.Ceil(part*float64(t.count))), 0
	for b := 0; b <= most; b++ {
		if passed += t.buckets[b]; passed >= rank {
			edge := time.Duration(math.Pow(bucketBase, float64(b+1)) * float64(time.Microsecond))
			return ms(min(edge, t.longest))
		}
	}
	return ms(t.longest)
}

func ms(d time.Duration) float64 { return math.Round(float64(d.Microseconds())/10) / 100 }
