package prescribing

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// HouseFiles copies the files of the house formulary, for tests to break.
func HouseFiles(tb testing.TB) fstest.MapFS {
	tb.Helper()
	out := fstest.MapFS{}
	names, err := fs.Glob(embedded, "data/*")
	if err != nil {
		tb.Fatal(err)
	}
	for _, n := range names {
		body, err := embedded.ReadFile(n)
		if err != nil {
			tb.Fatal(err)
		}
		out[n[len("data/"):]] = &fstest.MapFile{Data: body}
	}
	return out
}
