// Package sim plays people. A Demo is housecall with an invented town in it, Lampford, whose doctors,
// pharmacies and couriers act by themselves over the public HTTP API, each with a session of their own,
// unless somebody is signed in as them. A Walk is one order through the whole chain over the same API,
// in a place of its own, on a demo or on a served housecall.
//
// Nothing here reaches past the API but the seeding of the demo (demo_seed.go), which uses the
// services directly so that the town stands within seconds, and the outbox page that is the demo's own.
package sim
