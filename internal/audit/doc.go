// Package audit keeps who saw what and who was refused, so that it can't be altered unseen.
//
// A Trail is what the access guard writes to. A read of a person's record is in the audit before the
// answer leaves: Seen returns once its entry is durable, one entry for each session, record and
// window of five minutes, so that the repeated read costs a look in a table and no write. A refusal
// (Denied) is queued and written soon; when more come than can be written they are counted, and the
// count is an entry itself. Whatever else must be kept (an enrolment, a revealed number, a refund, a
// signature) comes by Record, or as an event by Heard.
//
// Entries that wait share one write: a Block. The blocks of one node form a chain, `aud_<chain>_<n>`;
// each carries the hash of the one before, its own hash over canonical bytes, and a seal, an HMAC with
// the service's audit key. n is part of the id, so that one writer wins a number under any race. The
// Head of a chain says how far it reached, so that blocks cut off the end are missed too. Verify walks
// every chain and names the first block that is altered, removed, moved or cut off.
//
// Searching is not done in blocks: each entry is copied to a Line, a read model behind the chain,
// found by patient, record, account or time. A Line proves nothing; the blocks do.
//
// Entries hold ids, actions, codes and hashes; never a name, nor anything of the record itself. What
// the people behind the ids are called is asked of others when a patient reads the list.
package audit
