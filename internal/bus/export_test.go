package bus

// Vanish takes the connection away, as the death of a process does.
func (b *Bus) Vanish() { b.conn.Close() }
