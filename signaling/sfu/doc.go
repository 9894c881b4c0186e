// Package sfu carries media between seats: one UDP port (and ICE-TCP on the same number) for everybody,
// one connection for each peer, and for each packet that arrives one pass from the socket through
// decryption and the ring of its track into the slots of those who watch. It is built from Pion's parts
// (dtls, srtp, stun, sdp, rtp, rtcp, the TWCC recorder); adr/0022 says why not from its PeerConnection.
package sfu
