package scratch

import "syscall"

// free is how many bytes a folder has room for; none where there is no such folder.
func free(folder string) uint64 {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return 0
	}
	return s.Bavail * uint64(s.Bsize) //nolint:gosec // a size of a block
}
