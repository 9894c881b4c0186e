//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime is how long this process has kept processors busy: with GOMAXPROCS=1 that is how long one core
// takes for something, whatever else the machine does meanwhile.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
