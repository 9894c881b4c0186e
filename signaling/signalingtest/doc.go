// Package signalingtest is a client of calls made of Pion, for tests and for `housecall load`: it sends a
// synthetic picture and sound, marked with who sent them when, and counts what it is shown; and a relay
// that loses and delays UDP on the way.
package signalingtest
