// Package journey is the only code that knows what follows what in housecall: one file for each
// journey, a table of event and call. Capabilities announce what happened and never import each
// other; here an event of one becomes a step of the next.
//
// Every call is made as housecall itself, for the request of the event, so that an event that comes
// twice does its work once. What can't be done now (a store that is away) is answered with an error,
// and the bus brings the event again; what has been overtaken by life does nothing.
package journey
