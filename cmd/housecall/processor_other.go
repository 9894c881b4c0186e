//go:build !unix

package main

import "time"

var started = time.Now() //nolint:forbidigo // a stop watch for the terminal

// processorTime is the time that has passed: this system does not tell how long a process was busy.
func processorTime() time.Duration { return time.Since(started) } //nolint:forbidigo // as above
