package docstoretest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/fault"

	"github.com/google/go-cmp/cmp"
)

var indexes = []promise{
	{"an index lists what is equal, in order, both ways, page by page", bothWays},
	{"a range takes its beginning and leaves its end", ranges},
	{"pages hold still under ties while documents come", stablePages},
	{"a document that leaves an index is listed no more, one that moves is listed once", leavesIndex},
	{"a foreign cursor or limit is refused in words", foreignCursor},
	{"an empty index answers an empty page", emptyIndex},
	{"declaring again keeps what is there", declareAgain},
	{"an index that is new is filled in for a document without touching it", rekeys},
	{"a collection is read from end to end by id", scans},
}

func bothWays(t *testing.T, p *place) {
	var want []string
	for i := range 23 { // written in another order than they sort
		n := i * 7 % 23
		p.insert(t, parcel(fmt.Sprintf("prc_%02d", n), 1, "ann", docstore.ByNumber(int64(n))), parcel(fmt.Sprintf("prc_b%02d", n), 1, "bob", docstore.ByNumber(int64(n))))
		want = append(want, fmt.Sprintf("prc_%02d", i))
	}
	for _, limit := range []int{1, 5, 23, 50} {
		up := p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: limit})
		down := p.ids(t, docstore.Query{Index: "by_state", Equal: docstore.Eq("packed", "ann"), Limit: limit, Descending: true})

		slices.Reverse(down)
		if diff := cmp.Diff(want, up); diff != "" {
			t.Errorf("ascending by %d: %s", limit, diff)
		}
		if diff := cmp.Diff(want, down); diff != "" {
			t.Errorf("descending by %d, turned: %s", limit, diff)
		}
	}
}

func ranges(t *testing.T, p *place) {
	for h := range 6 {
		p.insert(t, parcel(fmt.Sprintf("prc_%d", h), 1, "ann", docstore.ByTime(noon.Add(time.Duration(h)*time.Hour))))
	}
	at := func(h int) string { return docstore.ByTime(noon.Add(time.Duration(h) * time.Hour)) }
	tests := []struct {
		name        string
		from, until string
		want        []string
	}{
		{"from the second hour to before the fourth", at(2), at(4), []string{"prc_2", "prc_3"}},
		{"from the fourth hour on", at(4), "", []string{"prc_4", "prc_5"}},
		{"until before the first hour", "", at(1), []string{"prc_0"}},
		{"nothing between", at(3), at(3), nil},
		{"turned round", at(4), at(2), nil},
	}
	for _, tt := range tests {
		for _, limit := range []int{1, 10} {
			q := docstore.Query{Index: "by_owner", Equal: "ann", From: tt.from, Until: tt.until, Limit: limit}
			up := p.ids(t, q)
			q.Descending = true
			down := p.ids(t, q)

			slices.Reverse(down)
			if !slices.Equal(up, tt.want) || !slices.Equal(down, tt.want) {
				t.Errorf("%s by %d: up %v, down turned %v, want %v", tt.name, limit, up, down, tt.want)
			}
		}
	}
}

func stablePages(t *testing.T, p *place) {
	for _, descending := range []bool{false, true} {
		owner := fmt.Sprint("ann", descending)
		want := map[string]bool{}
		for i := range 20 {
			id := fmt.Sprintf("prc_%s_%02d", owner, i*2)
			want[id] = true
			p.insert(t, parcel(id, 1, owner, "same"))
		}
		seen := map[string]int{}
		q := docstore.Query{Index: "by_owner", Equal: owner, Limit: 3, Descending: descending}
		for page := 0; ; page++ {
			found, err := p.Find(t.Context(), parcels, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range found.Records {
				seen[r.ID]++
			}
			if q.Cursor = found.Next; q.Cursor == "" {
				break
			}
			p.insert(t, parcel(fmt.Sprintf("prc_%s_%02d", owner, page*4+1), 1, owner, "same"))
		}
		for id := range want {
			if seen[id] != 1 {
				t.Errorf("%s was on %d pages, want 1", id, seen[id])
			}
		}
		for id, times := range seen {
			if times > 1 {
				t.Errorf("%s was on %d pages", id, times)
			}
		}
	}
}

func leavesIndex(t *testing.T, p *place) {
	p.insert(t, parcel("prc_1", 1, "ann", "1"), parcel("prc_2", 1, "ann", "2"))
	left := parcel("prc_1", 2, "ann", "1")
	delete(left.Keys, "by_owner")
	moved := parcel("prc_2", 2, "ann", "0")

	p.replace(t, left)
	p.replace(t, moved)

	if got := p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: 5}); !slices.Equal(got, []string{"prc_2"}) {
		t.Errorf("by owner: %v, want prc_2", got)
	}
	if got := p.ids(t, docstore.Query{Index: "by_state", Equal: docstore.Eq("packed", "ann"), Limit: 5}); !slices.Equal(got, []string{"prc_2", "prc_1"}) {
		t.Errorf("by state: %v, want prc_2 prc_1", got)
	}
}

func foreignCursor(t *testing.T, p *place) {
	_, cursorErr := p.Find(t.Context(), parcels, docstore.Query{Index: "by_owner", Cursor: "%%%"})
	_, limitErr := p.Find(t.Context(), parcels, docstore.Query{Index: "by_owner", Limit: 501})
	_, timersErr := drop(p.Timers(t.Context(), "%%%", 10))

	if !fault.Is(cursorErr, fault.Invalid) || !fault.Is(limitErr, fault.Invalid) || timersErr == nil {
		t.Errorf("cursor: %v, limit: %v, timers: %v; want refusals", cursorErr, limitErr, timersErr)
	}
}

func drop(timers []docstore.LiveTimer, _ string, err error) ([]docstore.LiveTimer, error) {
	return timers, err
}

func emptyIndex(t *testing.T, p *place) {
	found, err := p.Find(t.Context(), parcels, docstore.Query{Index: "by_owner", Equal: "nobody"})

	if err != nil || len(found.Records) != 0 || found.Next != "" {
		t.Errorf("found %v, %v", found, err)
	}
}

func declareAgain(t *testing.T, p *place) {
	p.insert(t, parcel("prc_1", 1, "ann", "1"))

	again := declare(t.Context(), p)
	more := p.Declare(t.Context(), parcels, []string{"by_owner", "by_weight"})

	if again != nil || more != nil {
		t.Fatalf("declare again = %v, with one more = %v", again, more)
	}
	heavy := parcel("prc_2", 1, "ann", "2")
	heavy.Keys["by_weight"] = docstore.Key{Equal: "heavy", Order: "9"}
	p.insert(t, heavy)
	if got := p.ids(t, docstore.Query{Index: "by_owner", Equal: "ann", Limit: 5}); len(got) != 2 {
		t.Errorf("by owner: %v", got)
	}
	if got := p.ids(t, docstore.Query{Index: "by_weight", Equal: "heavy", Limit: 5}); len(got) != 1 {
		t.Errorf("by weight: %v", got)
	}
}

func rekeys(t *testing.T, p *place) {
	p.insert(t, parcel("prc_1", 1, "ann", "1"), parcel("prc_2", 1, "ann", "2"))
	if err := p.Declare(t.Context(), parcels, []string{"by_owner", "by_state", "by_weight"}); err != nil {
		t.Fatal(err)
	}
	before := p.get(t, "prc_1")
	with := parcel("prc_1", 1, "ann", "1").Keys
	with["by_weight"] = docstore.Key{Equal: "heavy", Order: "9"}
	delete(with, "by_state")

	err := p.Rekey(t.Context(), parcels, docstore.Record{ID: "prc_1", Version: 1, Keys: with})
	stale := p.Rekey(t.Context(), parcels, docstore.Record{ID: "prc_2", Version: 2, Keys: with})
	absent := p.Rekey(t.Context(), parcels, docstore.Record{ID: "prc_9", Version: 1, Keys: with})

	if err != nil || !errors.Is(stale, docstore.ErrStale) || !errors.Is(absent, docstore.ErrNotFound) {
		t.Errorf("rekey = %v, of another version %v, of nothing %v", err, stale, absent)
	}
	if after := p.get(t, "prc_1"); after.Version != before.Version || string(after.Body) != string(before.Body) {
		t.Errorf("the document is %+v now, was %+v", after, before)
	}
	for index, want := range map[string][]string{"by_weight": {"prc_1"}, "by_owner": {"prc_1", "prc_2"}, "by_state": {"prc_2"}} {
		equal := map[string]string{"by_weight": "heavy", "by_owner": "ann", "by_state": docstore.Eq("packed", "ann")}[index]
		if got := p.ids(t, docstore.Query{Index: index, Equal: equal, Limit: 5}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", index, got, want)
		}
	}
	p.replace(t, parcel("prc_1", 2, "ann", "1")) // and it can go on living
}

func scans(t *testing.T, p *place) {
	var want []string
	for n := range 7 {
		want = append(want, fmt.Sprintf("prc_%d", n))
		p.insert(t, parcel(want[n], 1, "ann", fmt.Sprint(9-n)))
	}

	var got []string
	for after := ""; ; after = got[len(got)-1] {
		page, err := p.Scan(t.Context(), parcels, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if r.Version != 1 || len(r.Body) == 0 {
				t.Errorf("%s was read as %+v", r.ID, r)
			}
			got = append(got, r.ID)
		}
	}
	other, err := p.Scan(t.Context(), "nothing_here", "", 3)

	if !slices.Equal(got, want) || err != nil || len(other) != 0 {
		t.Errorf("scanned %v, and %v, %v elsewhere", got, other, err)
	}
}
