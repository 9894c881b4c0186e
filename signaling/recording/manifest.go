package recording

import "time"

// Manifest says what a recording holds, and what it does not.
type Manifest struct {
	Began time.Time
	Files []File
	// Broken says that pieces could not be read: they were changed, or are gone.
	Broken bool
}

// File is a WebM: what one seat said and showed, or the screen that it shared.
type File struct {
	Seat, Role string
	Screen     bool
	Offset     time.Duration // from the recording's beginning to the file's
	Length     time.Duration
	Size       int64
	Parts      int
	Gaps       []Gap
}

// Gap is a stretch of a file that nothing is kept of.
type Gap struct {
	Kind        string // sound, picture, screen
	From, Until time.Duration
	Packets     int
}
