package sqlite

import "time"

// crowd tells how long a group of writes is worth holding open, from what came of it lately.
type crowd struct {
	answered int           // the size of the group before
	standing int           // how many came while that one was written; none of them is of it
	back     float64       // the share of those answered who came back within the patience, lately
	took     time.Duration // what a commit took, lately
}

const (
	leastPatience = 100 * time.Microsecond
	mostPatience  = 2 * time.Millisecond
)

func (c *crowd) stood(standing int) { c.standing = standing }

// expected answers how many will be in this group, and how long to wait for them: one more than came lately,
// which is how it learns that more would; and at most half of what a commit takes, so that a group which
// waits in vain takes half as long again. Who writes alone is never kept waiting.
func (c *crowd) expected() (int, time.Duration) {
	back := min(int(c.back*float64(c.answered))+1, c.answered)
	return c.standing + back, min(max(c.took/2, leastPatience), mostPatience)
}

// came learns how many are in the group that is closed now: at once when they are more, slowly when fewer.
func (c *crowd) came(group int) {
	if c.answered == 0 {
		return
	}
	share := min(1, float64(group-c.standing)/float64(c.answered))
	c.back = max(share, c.back+(share-c.back)/4)
}

func (c *crowd) committed(group int, took time.Duration) {
	c.answered = group
	c.took += (took - c.took) / 8
}
