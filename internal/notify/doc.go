// Package notify tells people what has happened, by mail or by text message.
//
// Most messages follow an event: a table says which event is told with which words to whom, a directory
// (declared here, known elsewhere) says how that one is reached and in which language. The message is a
// document with a life of its own: queued, sent or failed; when the gateway does not take it, a timer tries
// again, six times within two hours. What is older than two hours is not told any more.
//
// One-time codes and links are different: they are sent at once, never stored, never part of an event,
// and never tried later; who asks again gets a new one. The document then says only that there was one.
//
// Words are data (templates/en.json, zh.json). They name no drug and no illness, since a locked screen
// shows them to whoever stands by; what they are about is behind the link, after signing in.
//
// Where nothing is sent, as in the demo, an Outbox takes the place of both gateways.
package notify
