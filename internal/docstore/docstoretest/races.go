package docstoretest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"housecall/internal/docstore"
)

var races = []promise{
	{"one id has one winner however many race for it", oneWinner},
	{"64 that race on one document lose no update", noUpdateLost},
	{"two nodes that race on one document lose no update", twoNodes},
}

const racers = 64

func oneWinner(t *testing.T, p *place) {
	other := p.open(t)
	for round := range 5 {
		var winners, losers atomic.Int64
		var all sync.WaitGroup
		id := fmt.Sprintf("slot_%d", round)
		for i := range racers {
			store := []docstore.Store{p, other}[i%2]
			all.Go(func() {
				r := parcel(id, 1, fmt.Sprint("owner", i), "1")
				r.Outbox = append(r.Outbox, happened(id, i, "slot.taken"))
				switch err := store.Insert(t.Context(), parcels, r); {
				case err == nil:
					winners.Add(1)
				case errors.Is(err, docstore.ErrExists):
					losers.Add(1)
				default:
					t.Errorf("insert = %v", err)
				}
			})
		}
		all.Wait()
		if winners.Load() != 1 || losers.Load() != racers-1 {
			t.Errorf("%d won, %d lost, want 1 and %d", winners.Load(), losers.Load(), racers-1)
		}
		if got := p.waiting(t, id); len(got) != 1 {
			t.Errorf("events of the winner and the losers: %v, want one", got)
		}
	}
}

func noUpdateLost(t *testing.T, p *place) {
	count := openCounter(t, p)

	race(t, count, count)

	checkRace(t, p, count)
}

func twoNodes(t *testing.T, p *place) {
	count := openCounter(t, p)
	other := openCounter(t, &place{Store: p.open(t), target: p.target, at: p.at})

	race(t, count, other)

	checkRace(t, p, count)
}

// race has everybody add one to the same document, half of them on each node.
func race(t *testing.T, nodes ...*docstore.Collection[counter, *counter]) {
	t.Helper()
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() {
			_, err := nodes[i%len(nodes)].Update(t.Context(), "cnt_1", docstore.On{}, func(c *counter) error {
				c.N++
				c.By = append(c.By, i)
				c.Emit(happened("", i, "counter.raised"))
				return nil
			})
			if err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

func checkRace(t *testing.T, p *place, count *docstore.Collection[counter, *counter]) {
	t.Helper()
	got, err := count.Get(t.Context(), "cnt_1")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, by := range got.By {
		seen[by] = true
	}
	if got.N != racers || len(got.By) != racers || len(seen) != racers || got.Version != racers+1 {
		t.Errorf("n = %d by %d (%d different), version %d; want %d", got.N, len(got.By), len(seen), got.Version, racers)
	}
	waiting, err := p.Waiting(t.Context(), 1000)
	if err != nil || len(waiting) != racers {
		t.Errorf("%d events wait (%v), want %d", len(waiting), err, racers)
	}
	for i, o := range waiting {
		if i < len(got.By) && o.Event.ID != fmt.Sprintf(".%d", got.By[i]) {
			t.Errorf("event %d is %s, want that of racer %d", i, o.Event.ID, got.By[i])
			break
		}
	}
}
