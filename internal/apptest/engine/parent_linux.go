package engine

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the server end when the test process is killed and no cleanup runs.
func dieWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
