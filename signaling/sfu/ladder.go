package sfu

// Level is what a receiver is sent of a seat.
type Level string

// Levels, best first.
const (
	LevelVideo Level = "video"
	LevelLow   Level = "low"
	LevelAudio Level = "audio"
	LevelChat  Level = "chat"
)

type ladder struct{}

func (p *Peer) climb(int64) {}

type delays struct{}
