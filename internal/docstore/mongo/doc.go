// Package mongo keeps documents in MongoDB: a stand-alone server, a replica set or a sharded
// cluster. It needs no transaction and no unique index but that of _id, so that all of them behave
// alike.
//
// A document of housecall is one document there, and every write of it is one command or a part of one:
//
//	_id   its id
//	v     its version; a replace matches the version that was read
//	body  the document, field by field and in order, so that mongosh can read it
//	k     index name -> {e: equal, o: order}; each has a compound index (e, o, _id)
//	ob    events that wait, in order; pushed by the write, pulled when published
//	tm    live timers
//
// On a sharded cluster every collection is spread by its hashed _id (ShardKey): a write and a read by id go to
// one shard, a page of an index is asked of all and merged. Declare sees to it there; no other key is needed,
// since nothing but an id must be unique. No router was at hand to try it: a test holds that every write names its
// document. A change of a shard's primary is not heard of behind a router (ADR 48 is for a set).
//
// Reads by id and inserts of one collection that come while one is under way share the next command (ADR 55).
//
// Writes are acknowledged by a majority and in its journals; reads see only what a majority has. The
// events of a deleted document move to the collection `gone` until they are published.
package mongo
