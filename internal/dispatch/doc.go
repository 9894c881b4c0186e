// Package dispatch decides which courier is offered which job. It is a pure function: the same
// State gives the same Decision, on every node, in the simulator and in a test. It knows no store,
// no clock and no network; the runtime around it is internal/dispatcher.
//
// This first plan gives each job, the tightest deadline first, to the nearest free courier who can
// carry it, and says in words why, or why nobody is sent yet.
package dispatch
