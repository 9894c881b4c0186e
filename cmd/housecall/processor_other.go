//go:build !unix

package main

import "time"

var started = time.Now()

// processorTime is the time that has passed: this system does not tell how long a process was busy.
func processorTime() time.Duration { return time.Since(started) }
