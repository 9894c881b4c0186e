package signaling

import "time"

// Entry is one line of the chat: a text or a file that was offered.
type Entry struct {
	N    int       `json:"n"`
	ID   string    `json:"id"`
	From string    `json:"from"`
	Text string    `json:"text,omitempty"`
	File *Offered  `json:"file,omitempty"`
	At   time.Time `json:"at"`
}

// Offered is a file uploaded elsewhere; Ref is what the product finds it by.
type Offered struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"`
	Ref  string `json:"ref"`
}
