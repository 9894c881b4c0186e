// Package scratch gives tests folders in memory. What a test writes there outlives a killed process as it does
// on a disk, and a power cut in neither: no test cuts the power. On a disk the many small services of the
// stories wait for it most of the time. What tests a disk takes the folder that testing gives.
package scratch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	memory = "/dev/shm"
	begin  = "housecall-test-"
	room   = 2 << 30   // bytes that have to be free: a container may have 64 MB there
	stale  = time.Hour // no test lasts as long: what is older is of one that was killed
)

// Folder is a new empty folder in memory, or that of testing where there is no memory to spare or TMPDIR names
// another place. It goes with the test.
func Folder(tb testing.TB) string {
	tb.Helper()
	if os.Getenv("TMPDIR") != "" || free(memory) < room {
		return tb.TempDir()
	}
	sweep(memory)
	dir, err := os.MkdirTemp(memory, begin)
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("remove the folder of the test: %v", err)
		}
	})
	return dir
}

// sweep removes what killed tests left in a folder: in memory nothing else would, until the machine stops.
func sweep(folder string) {
	left, _ := filepath.Glob(filepath.Join(folder, begin+"*"))
	for _, dir := range left {
		info, err := os.Stat(dir)
		if err == nil && time.Since(info.ModTime()) > stale { //nolint:forbidigo // of the machine's files
			_ = os.RemoveAll(dir)
		}
	}
}
