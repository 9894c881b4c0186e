package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"housecall/internal/docstore"
	"housecall/internal/docstore/docstoretest"
	"housecall/internal/docstore/sqlite"
)

func target() docstoretest.Target {
	return docstoretest.Target{
		New: func(tb testing.TB) string {
			tb.Helper()
			return filepath.Join(tb.TempDir(), "a store?%41.db") // nothing in a name may be taken for a setting
		},
		Open: func(ctx context.Context, at string) (docstore.Store, error) { return sqlite.Open(ctx, at) },
	}
}

func TestMain(m *testing.M) { os.Exit(docstoretest.Main(m, target())) }

func TestStoreKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	docstoretest.Run(t, target())
}
