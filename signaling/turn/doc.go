// Package turn relays media for those whose network lets nothing through but TCP or TLS: a TURN server
// on pion/turn that goes to one place only, the media address of this node.
//
// A seat gets a credential of ten minutes with its ticket. It is judged when an allocation is made and
// never again: pion/turn asks at every refresh, and a call outlives its credential. What is relayed is
// pinned: permissions name addresses alone, so the socket of each allocation itself refuses to write to,
// and drops what it reads from, anything but the media address with its port. The relay is therefore of
// no use to anybody who wants to reach something else through it.
//
// It listens where its owner says: UDP, TCP, and connections whose TLS somebody else has ended. Check
// goes through it as a client would, and finds out at start, and whenever asked, whether it still works.
package turn
