// Package archtest holds the shape of the code: which package may import which, which library stands
// behind which seam, how long a file and a function may be, what may lie at the root. It has no code
// but tests, so that nobody needs a tool to keep the shape.
package archtest
