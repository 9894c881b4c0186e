package engine

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the server end when the test process is killed and no cleanup runs.
func dieWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// runAs has the server run as a group of its own.
func runAs(c *exec.Cmd, group uint32) { c.SysProcAttr.Credential = &syscall.Credential{Gid: group} }
