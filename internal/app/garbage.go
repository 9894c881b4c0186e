package app

import (
	"os"
	"runtime/debug"
)

// collectEvery is how far the heap grows before its garbage is collected, in percent of what lives. A service
// holds some 20 MB: at Go's 100 it would be collected after each thousand requests, and that was a seventh of all work.
const collectEvery = 200

// collectLess gives memory for time, once the tables are read. GOGC and GOMEMLIMIT say otherwise.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectEvery)
	}
}
