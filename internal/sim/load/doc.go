// Package load puts a city's worth of people on a running housecall, through the public API alone, and
// judges from outside whether everything came out right.
//
// A Run draws zones of its own, enrols pharmacies, pharmacists, couriers and doctors as an operator
// does, and has so many patients go through the whole chain over and over: intake, visit, prescription,
// order, door. Everybody but the doctors follows a live feed, which is cut off at random and taken up
// again where it broke off; nobody polls but when a feed stays silent. Each request goes through a meter
// that lets a fixed number be under way, goes to another node when one does not answer, and asks again
// with the same Idempotency-Key.
//
// At the end stands a Report: durable steps a second, how long each endpoint took, how long an order
// stood as placed before the dispatcher saw its job, and the invariants. They are asked of the API, never
// of the store: no order lost, doubled or stuck; every prescription dispensed at most once; stock never
// negative and nothing off the shelf but what was collected; the ledger at zero; no event of a feed lost
// or doubled.
package load
