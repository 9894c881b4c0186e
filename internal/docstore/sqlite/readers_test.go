package sqlite

import (
	"path/filepath"
	"strconv"
	"testing"

	"housecall/internal/docstore"
)

func TestReadsMoveToTheMappedFileOnceNobodyWritesAndBackAtTheNextWrite(t *testing.T) {
	t.Parallel()
	var r readers
	for range stillAfter + 1 {
		if r.now(7) != &r.busy {
			t.Fatal("a read soon after a write went to the mapped file")
		}
	}

	if r.now(7) != &r.still {
		t.Errorf("after %d reads without a write the file is not read where it is mapped", stillAfter)
	}
	if r.now(8) != &r.busy {
		t.Error("the first read after a write went to the mapped file")
	}
}

func TestWhoReadsFindsWhatWasWrittenAMomentBeforeWhereverTheReadGoes(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Declare(t.Context(), "parcels", []string{"by_owner"}))
	parcel := func(version int64) docstore.Record {
		return docstore.Record{
			ID: "prc_1", Version: version, Body: []byte(`{"v":` + strconv.FormatInt(version, 10) + `}`),
			Keys: map[string]docstore.Key{"by_owner": {Equal: "ann", Order: strconv.FormatInt(version, 10)}},
		}
	}
	reads := func(want int64) {
		t.Helper()
		got, err := s.Get(t.Context(), "parcels", "prc_1")
		must(err)
		page, err := s.Find(t.Context(), "parcels", docstore.Query{Index: "by_owner", Equal: "ann", Limit: 5})
		must(err)
		if got.Version != want || len(page.Records) != 1 || page.Records[0].Version != want {
			t.Fatalf("read version %d and %+v, want version %d", got.Version, page.Records, want)
		}
	}
	must(s.Insert(t.Context(), "parcels", parcel(1)))

	for version := int64(2); version < 5; version++ {
		for range stillAfter {
			reads(version - 1)
		}
		must(s.Replace(t.Context(), "parcels", parcel(version)))
		reads(version)
	}
}
