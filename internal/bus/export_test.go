package bus

// Vanish takes the connection away, as the death of a process does.
func (b *Bus) Vanish() { b.conn.Close() }

// KeepAtHand has the fan keep only so many copies for those who resume.
func (b *Bus) KeepAtHand(n int) {
	b.fan.mu.Lock()
	defer b.fan.mu.Unlock()
	b.fan.atHand = n
}
