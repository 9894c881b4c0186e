//go:build !linux

package engine

import "os/exec"

// dieWithParent does nothing where the system has no such thing.
func dieWithParent(*exec.Cmd) {}

// runAs does nothing either: nobody's network is cut there.
func runAs(*exec.Cmd, uint32) {}
