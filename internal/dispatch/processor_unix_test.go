//go:build unix

package dispatch_test

import (
	"syscall"
	"time"
)

// processorTime is how long this process has kept processors busy, whatever else the machine does.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
