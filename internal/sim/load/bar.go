package load

import (
	"fmt"
	"os"
	"strings"
)

// Bar shows on a terminal how far a run is. On anything else it shows nothing.
type Bar struct {
	out   *os.File
	shown bool
	wide  int
}

// NewBar is a bar on this file, if it is a terminal.
func NewBar(out *os.File) *Bar {
	i, err := out.Stat()
	return &Bar{out: out, shown: err == nil && i.Mode()&os.ModeCharDevice != 0}
}

// Shown tells whether anybody sees it.
func (b *Bar) Shown() bool { return b.shown }

const barWidth = 30

// Show draws how far it is, over what stood there.
func (b *Bar) Show(p Progress) {
	if !b.shown {
		return
	}
	line := drawn(p)
	fmt.Fprintf(b.out, "\r%s%s", line, strings.Repeat(" ", max(0, b.wide-len(line)))) //nolint:errcheck // a terminal that is gone is no reason to stop
	b.wide = len(line)
}

func drawn(p Progress) string {
	full := 0
	if p.Total > 0 {
		full = min(barWidth, barWidth*max(0, p.Done)/p.Total)
	}
	line := fmt.Sprintf("%-17s [%s%s] %d/%d", p.Phase, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), max(0, p.Done), p.Total)
	if p.Steps > 0 {
		line += fmt.Sprintf("  %d steps", p.Steps)
	}
	if p.Errors > 0 {
		line += fmt.Sprintf(", %d errors", p.Errors)
	}
	return line
}

// Clear takes the bar away.
func (b *Bar) Clear() {
	if b.shown {
		fmt.Fprintf(b.out, "\r%s\r", strings.Repeat(" ", b.wide)) //nolint:errcheck // as above
	}
}
