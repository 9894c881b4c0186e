// Package dispatch decides which courier rides where. It is a pure function: the same State gives the
// same Decision, on every node, in the simulator and in a test. It knows no store, no clock and no
// network; the runtime around it is internal/dispatcher.
//
// Plan looks at all open jobs at once: it keeps a sequence of rides for each courier, takes parts of
// it out and puts them back better (ruin and recreate), matches whole sequences to couriers anew, and
// tells only what must be done now: a courier leaves at the last minute that is in time, so that
// whatever is learned before then can still change the plan. A ride collects at one counter or, where State
// allows it, at several, and what is on board may wait for one more on the way while every promise holds. NearestFree is the plain rule it is
// measured against.
package dispatch
