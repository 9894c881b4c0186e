package lifecycle_test

import (
	"strings"
	"testing"

	"housecall/internal/lifecycle"
)

func TestDrawingBeginsWhereNothingIsWrittenYet(t *testing.T) {
	t.Parallel()
	table := lifecycle.Table[string, string]{"": {"make": "open"}, "open": {"end": "over"}}

	got := table.Mermaid()

	for _, line := range []string{"[*] --> open: make", "open --> over: end", "over --> [*]"} {
		if !strings.Contains(got, line) {
			t.Errorf("drawing lacks %q:\n%s", line, got)
		}
	}
}
