// Package bus carries what happened from the documents to whoever acts on it, on NATS with
// JetStream: inside the process (no port opened) or on a cluster, by one setting.
//
// The story of an event: a capability writes it with its change, in the document's outbox. The relay
// is woken, publishes what waits (at least once, in order for each document), and takes it out of the
// document when the stream has it on disk. Consumers are durable: each has its place in the stream,
// handles the events of one document one after the other, tries again with growing pauses, and after
// the last try puts the event into the dead letters, from where an operator has it handled again. An
// event that names people also goes to the live feed of each of them.
//
// A timer is an event with a time. It is a message schedule of JetStream under its own subject, so that
// setting it again moves it and purging the subject takes it away. When it fires it is forwarded to the
// events and is from then on one of them. A live timer stands in its document too: where the stream that
// keeps time is new or lost, all of them are set again.
//
// Streams: EVENTS (ev.<kind>, again.<consumer>), FEED (feed.<topic>, 24 hours), TIMERS (set.<timer>,
// fired.<kind>), DEAD (dead.<consumer>). Leases are keys of a bucket with a time to live.
package bus
