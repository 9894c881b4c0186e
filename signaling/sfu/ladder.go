package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// Level is what a receiver is sent of a seat.
type Level string

// Levels, best first.
const (
	LevelVideo Level = "video"
	LevelLow   Level = "low"
	LevelAudio Level = "audio"
	LevelChat  Level = "chat"
)

// rank is how far down the ladder a level stands.
func (l Level) rank() int {
	switch l {
	case LevelVideo:
		return 0
	case LevelLow:
		return 1
	case LevelAudio:
		return 2
	case LevelChat:
	}
	return 3
}

var byRank = [...]Level{LevelVideo, LevelLow, LevelAudio, LevelChat}

// Bit rates of the ladder, for one picture.
const (
	rateMost  = 2_500_000
	rateVideo = 350_000 // below it, the low picture
	rateFloor = 150_000 // nobody is asked for less
	rateAudio = 100_000 // below it, sound alone
	rateSound = 40_000
	limits    = 2   // looks in a row that make it true
	enough    = 1.4 // times what flows: the network was not what limited it

	lossless = 0.02 // below it, nothing is lost for want of room
	regrowth = 1.05 // each look, of what a strained network was found to take

	estimateLife = int64(10 * time.Second)
	queueing     = int64(80 * time.Millisecond)   // more on the way than at best: packets wait for each other
	strainLife   = int64(1500 * time.Millisecond) // round trips are told once a second
	climbing     = int64(5 * time.Second)         // of good network before a step up
	climbingMost = int64(60 * time.Second)
	mute         = 5 * time.Second // nothing heard for so long: only chat is left
)

// ladder is how much one receiver can take, and what it is sent for that. It is the beat's goroutine's,
// but for want and share.
type ladder struct {
	level     Level
	goodSince int64
	patience  int64 // before the next step up: longer after each one that failed
	byLoss    float64
	byDelay   float64
	share     float64 // bit/s for each picture
	octets    uint64
	limited   int   // for how many looks the receiver could take less than it was sent
	shortest  int64 // round trip; it grows slowly, as ways change
	strained  int64 // when the network last showed that it had too much to carry
}

// Want sets the best that the receiver wants to have.
func (p *Peer) Want(l Level) { p.want.Store(int32(l.rank())) }

// estimate is how much the receiver can take: what its losses say, and what it says while its network is
// strained. A browser's estimate follows what it gets: it is small at the start of a call, where little has
// come yet, and after every pause of a sender, and limits nobody while nothing is lost or waits on the way.
func (p *Peer) estimate(now int64) (bits, loss float64) {
	l := &p.ladder
	if l.byLoss == 0 {
		l.byLoss, l.byDelay = rateMost, rateMost
	}
	var octets uint64
	for _, s := range p.slots {
		if s == nil {
			continue
		}
		loss = max(loss, float64(s.loss.Load())/256)
		p.tx.Lock()
		octets += uint64(s.octets)
		p.tx.Unlock()
	}
	sent := float64(octets-l.octets) * 8 * float64(time.Second) / float64(climbPace)
	l.octets = octets
	switch {
	case loss > 0.10 && sent > 0:
		l.byLoss = max(min(l.byLoss, sent)*(1-loss/2), rateSound)
	case loss < lossless:
		l.byLoss = min(l.byLoss*regrowth, rateMost)
	}
	l.heed(p, now, sent, loss)
	return min(l.byLoss, l.byDelay), loss
}

// heed takes the receiver's own estimate for true while the network is strained, and less than what flows.
func (l *ladder) heed(p *Peer, now int64, sent, loss float64) {
	if way := p.roundTrip.Load(); way != 0 {
		if l.shortest == 0 || way < l.shortest {
			l.shortest = way
		}
		l.shortest += (way - l.shortest) / 256
		if way > l.shortest+queueing {
			l.strained = now
		}
	}
	if loss >= lossless {
		l.strained = now
	}
	said := float64(p.remb.Load())
	believed := now-l.strained < strainLife && now-p.rembAt.Load() < estimateLife
	if believed && said < sent {
		l.limited++
	} else {
		l.limited = 0
	}
	if l.limited >= limits {
		l.byDelay = max(said, rateSound)
		return
	}
	l.byDelay = min(l.byDelay*regrowth, rateMost)
}

// climb looks at the network of one receiver and moves it on the ladder; as a sender it is told how much
// its receivers can take.
func (p *Peer) climb(now int64) {
	if !p.Agreed() {
		return
	}
	l := &p.ladder
	bits, loss := p.estimate(now)
	pictures := 0
	for _, s := range p.slots {
		if f := s.shown(); f != nil && f.kind != Sound && f.high.Load() != nil && !f.muted.Load() {
			pictures++
		}
	}
	l.share = bits
	if pictures > 0 {
		l.share = max(0, bits-rateSound) / float64(pictures)
	}
	p.move(now, p.target(loss))
	p.ask()
}

// target is the level that the network bears.
func (p *Peer) target(loss float64) Level {
	l := &p.ladder
	switch {
	case p.Silent() > mute:
		return LevelChat
	case loss > 0.40:
		return LevelAudio
	case l.share < rateAudio:
		return LevelAudio
	case l.share < rateVideo:
		return LevelLow
	}
	return LevelVideo
}

// move goes down at once, and up one step at a time when the network has been good for a while.
func (p *Peer) move(now int64, target Level) {
	l := &p.ladder
	if l.level == "" {
		l.level, l.patience = LevelVideo, climbing
	}
	why := "network"
	wanted := byRank[p.want.Load()]
	if target.rank() < wanted.rank() {
		target, why = wanted, "wanted"
	}
	at := l.level.rank()
	switch {
	case target.rank() > at:
		if why == "network" && now-l.goodSince < 2*l.patience && l.goodSince != 0 {
			l.patience = min(2*l.patience, climbingMost)
		}
		l.goodSince = 0
		p.to(target, why)
	case at == LevelAudio.rank() && wanted.rank() < at && target == LevelAudio && l.share >= rateAudio/3:
		// With sound alone no receiver learns that it could take more: only trying tells.
		p.rise(now, at, why)
	case target.rank() < at:
		p.rise(now, at, why)
	default:
		l.goodSince = 0
	}
}

func (p *Peer) rise(now int64, at int, why string) {
	l := &p.ladder
	if l.goodSince == 0 {
		l.goodSince = now
	}
	if now-l.goodSince < l.patience {
		return
	}
	l.goodSince = now
	l.byLoss = max(l.byLoss, 2*rateFloor)
	p.to(byRank[at-1], why)
}

// to sends the receiver this level in every slot, and says so.
func (p *Peer) to(level Level, why string) {
	if p.ladder.level == level {
		return
	}
	p.ladder.level = level
	said := [4]bool{}
	for _, s := range p.slots {
		if s == nil || s.line.kind == Sound {
			continue
		}
		s.level(level == LevelLow && s.line.kind == Picture, level.rank() >= LevelAudio.rank())
		if n := s.line.slot; s.line.kind == Picture && s.shown() != nil && !said[n] {
			said[n] = true
			p.handler.Levels(n, level, why)
		}
	}
}

// ask tells the sender of a picture the smallest that its receivers can take. Who is sent the low encoding
// holds nobody back.
func (p *Peer) ask() {
	t := p.seat.feeds[Picture].high.Load()
	if t == nil || t.peer != p {
		return
	}
	least := float64(rateMost)
	for _, s := range *t.feed.watching.Load() {
		w := &s.peer.ladder
		if w.level.rank() >= LevelAudio.rank() && w.level != "" || w.level == LevelLow && t.feed.low.Load() != nil || w.share == 0 {
			continue
		}
		least = min(least, w.share)
	}
	p.rx.Lock()
	flows := t.bitrate
	p.rx.Unlock()
	if least > enough*flows {
		least *= enough // a browser's estimate follows what it gets: such a one is no limit
	}
	least = min(max(least, rateFloor), rateMost) + rateSound // the browser's limit is for all it sends
	if t.feed.low.Load() != nil {
		least += rateFloor
	}
	p.sendRTCP(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(least), SSRCs: []uint32{t.ssrc}})
}

// shown is the feed in a slot, if it has one.
func (s *slot) shown() *Feed {
	if s == nil {
		return nil
	}
	return s.feed.Load()
}
