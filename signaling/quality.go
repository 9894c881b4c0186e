package signaling

import (
	"time"

	"housecall/signaling/sfu"
)

// levelled tells a receiver, and everybody who looks at its sender, what is sent in a slot now.
func (r *room) levelled(s *seat, slot int, level sfu.Level, why string) {
	if s.levels[slot] == level {
		return
	}
	s.levels[slot] = level
	s.say(func(n int) any { return LevelChanged{T: "level", N: n, Slot: slot, Level: string(level), Why: why} })
	for name, at := range s.slots {
		if o := r.seat(name); at == slot && o != nil && o != s {
			// Who sends learns that they are not seen: to them the receiver's level is what arrives of them.
			o.say(func(n int) any {
				p := r.person(s, o)
				p.Level = string(level)
				return PersonChanged{T: "seat", N: n, Seat: p}
			})
		}
	}
}

// measure tells the product how each slot is, and everybody how good each other's network is.
func (r *room) measure() {
	for _, s := range r.seats {
		if s.peer == nil {
			continue
		}
		worst := 4
		for _, m := range s.peer.Stats() {
			of := ""
			for name, n := range s.slots {
				if n == m.Slot {
					of = name
				}
			}
			if of == "" || m.Kind == sfu.Screen {
				continue
			}
			worst = min(worst, grade(m))
			if m.Kind == sfu.Picture || s.ticket.Sound {
				said := s.reports[m.Slot]
				delete(s.reports, m.Slot)
				r.server.measured(Quality{
					Room: r.name, Seat: s.ticket.Seat, Of: of, Slot: m.Slot, Loss: m.Loss, Jitter: m.Jitter, RTT: m.RTT, Bitrate: m.Bitrate,
					Freezes: said.Freezes, Frozen: time.Duration(said.FreezeMS) * time.Millisecond, Level: string(s.level(r.seat(of))), Relayed: s.relayed,
				})
			}
		}
		if worst != s.quality {
			s.quality = worst
			r.changed(s)
			s.say(func(n int) any { return PersonChanged{T: "seat", N: n, Seat: r.person(s, s)} })
		}
	}
	if delay, ok := r.server.Media.Delay(); ok {
		r.server.observe("forwarding_delay", delay)
	}
}

// grade is 4 for good to 1 for hardly usable.
func grade(m sfu.SlotStats) int {
	switch {
	case m.Loss > 0.15 || m.RTT > time.Second:
		return 1
	case m.Loss > 0.08 || m.RTT > 500*time.Millisecond:
		return 2
	case m.Loss > 0.03 || m.RTT > 250*time.Millisecond:
		return 3
	}
	return 4
}

// checked is a second of a device check: what came up, and in one word how good it is.
func (r *room) checked() {
	for _, s := range r.seats {
		if s.peer == nil || s.conn == nil {
			continue
		}
		up := s.peer.Up()
		verdict := "good"
		switch {
		case up.Bitrate == 0:
			verdict = "no_media"
		case up.Loss > 0.05:
			verdict = "lossy"
		case up.RTT > 400*time.Millisecond:
			verdict = "far"
		case up.Bitrate < 150_000 && !s.ticket.Sound && !s.muted.Picture:
			verdict = "slow"
		}
		s.say(func(n int) any {
			return Checked{T: "check", N: n, UpKbps: up.Bitrate / 1000, Loss: up.Loss, RTT: int(up.RTT / time.Millisecond), Verdict: verdict}
		})
	}
}
