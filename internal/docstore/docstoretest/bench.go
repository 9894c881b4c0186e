package docstoretest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"housecall/internal/docstore"
	"housecall/internal/id"
)

// millionEnv adds the sizes of 1,000,000 documents to Bench; filling takes minutes.
const millionEnv = "HOUSECALL_BENCH_MILLION"

// Bench measures a store that holds 10,000 documents of about 700 bytes in two indexes (with
// HOUSECALL_BENCH_MILLION=1 also one of 1,000,000): get, a page of 20, update and insert by one
// caller, and insert by 16. What is measured is a store that has been read from for a moment: the first
// reads after a start also find the pages of its file.
func Bench(b *testing.B, target Target) {
	b.Helper()
	sizes := []int{10_000}
	if os.Getenv(millionEnv) != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("documents=%d", size), func(b *testing.B) {
			f := fill(b, target, size)
			f.warm(b)
			b.Run("get", f.get)
			b.Run("page", f.page)
			b.Run("update", f.update)
			b.Run("insert", f.insert)
			b.Run("insert16", f.insert16)
		})
	}
}

// filled is a store with so many documents.
type filled struct {
	docstore.Store
	ids      []string
	versions map[string]int64
	next     atomic.Int64
}

const owners = 500 // so that each has more than a page

func fill(b *testing.B, target Target, size int) *filled {
	b.Helper()
	s, err := target.Open(b.Context(), target.New(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	if err := declare(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	f := &filled{Store: s, ids: make([]string, size), versions: map[string]int64{}}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for n := f.next.Add(1) - 1; n < int64(size); n = f.next.Add(1) - 1 {
				r := sample(n)
				f.ids[n] = r.ID
				if err := s.Insert(b.Context(), parcels, r); err != nil {
					b.Errorf("fill: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	return f
}

// warm reads as many documents as touch most of a large file once.
func (f *filled) warm(b *testing.B) {
	b.Helper()
	for range 50_000 {
		if _, err := f.Get(b.Context(), parcels, f.ids[rand.IntN(len(f.ids))]); err != nil {
			b.Fatal(err)
		}
	}
}

func sample(n int64) docstore.Record {
	r := parcel(string(id.New[id.Order]()), 1, fmt.Sprint("owner", n%owners), docstore.ByNumber(n))
	r.Body = fmt.Appendf(nil, `{"id":%q,"meta":{"version":1,"schema":1},"n":%d,"lines":[%s{"last":true}],"state":"placed"}`,
		r.ID, n, strings.Repeat(`{"product":"prd_0192","quantity":2,"note":"as agreed"},`, 10))
	return r
}

func perSecond(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

func (f *filled) get(b *testing.B) {
	for b.Loop() {
		if _, err := f.Get(b.Context(), parcels, f.ids[rand.IntN(len(f.ids))]); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

func (f *filled) page(b *testing.B) {
	for b.Loop() {
		n := rand.IntN(len(f.ids))
		q := docstore.Query{Index: "by_owner", Equal: fmt.Sprint("owner", n%owners), Until: docstore.ByNumber(int64(max(n, 20*owners))), Limit: 20, Descending: true}
		if found, err := f.Find(b.Context(), parcels, q); err != nil || len(found.Records) == 0 {
			b.Fatalf("%d found, %v", len(found.Records), err)
		}
	}
	perSecond(b)
}

func (f *filled) update(b *testing.B) {
	for b.Loop() {
		n := rand.IntN(len(f.ids))
		r := sample(int64(n))
		r.ID = f.ids[n]
		r.Version = max(f.versions[r.ID], 1) + 1
		f.versions[r.ID] = r.Version
		if err := f.Replace(b.Context(), parcels, r); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

func (f *filled) insert(b *testing.B) {
	for b.Loop() {
		if err := f.Insert(b.Context(), parcels, sample(f.next.Add(1))); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

func (f *filled) insert16(b *testing.B) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := f.Insert(b.Context(), parcels, sample(f.next.Add(1))); err != nil {
					b.Errorf("insert: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	perSecond(b)
}
