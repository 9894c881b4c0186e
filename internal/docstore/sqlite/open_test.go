package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
)

func TestFilesOfStoreAreReadableByNobodyElse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(folder, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(t.Context(), "parcel", []string{"by_owner"}); err != nil {
		t.Fatal(err)
	}

	files, err := os.ReadDir(folder)

	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", f.Name(), got)
		}
	}
}

func TestStoreThatCannotBeOpenedSaysWhichAndWhy(t *testing.T) {
	t.Parallel()
	noise := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(noise, []byte("Dear doctor, this is a letter and no database at all. Yours."), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a folder that does not exist": filepath.Join(t.TempDir(), "none", "store.db"),
		"a folder":                     t.TempDir(),
		"a file of something else":     noise,
	} {
		s, err := sqlite.Open(t.Context(), path)
		if err == nil {
			t.Errorf("%s was opened", name)
			_ = s.Close()
			continue
		}
		t.Logf("%s: %v", name, err)
	}
}

func TestCloseWaitsForWritesAndRefusesThoseAfter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Declare(t.Context(), "parcel", nil); err != nil {
		t.Fatal(err)
	}
	var acknowledged atomic.Int64
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := 0; ; n++ {
				r := docstore.Record{ID: fmt.Sprintf("prc_%d_%d", w, n), Version: 1, Body: []byte(`{}`)}
				if err := s.Insert(t.Context(), "parcel", r); err != nil {
					acknowledged.Add(int64(n))
					return
				}
			}
		})
	}

	err = s.Close()
	if err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if s, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	there := int64(0)
	for w := range 8 {
		for n := 0; ; n++ {
			if _, err := s.Get(t.Context(), "parcel", fmt.Sprintf("prc_%d_%d", w, n)); err != nil {
				break
			}
			there++
		}
	}
	if there != acknowledged.Load() {
		t.Errorf("%d acknowledged, %d there", acknowledged.Load(), there)
	}
}
