package sqlite_test

import (
	"testing"

	"housecall/internal/docstore/docstoretest"
)

func BenchmarkStore(b *testing.B) { docstoretest.Bench(b, target()) }
