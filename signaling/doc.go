// Package signaling holds the rooms of calls: who has which seat, what they tell each other over a
// websocket, and when they are away, back or gone. It knows seats, tickets and tracks, and no medicine;
// media is forwarded by signaling/sfu. protocol.md is the contract with every client.
//
// A seat is a person's place, not a connection: connections come and go under it, the newest has it.
// One goroutine owns each room with its seats, its chat and its recording; websockets post to it. What
// the product wants to say or know stands in the interfaces of seams.go.
package signaling
