// Package apptest is a small town on the real housecall, for stories: documents in SQLite, events in
// JetStream, the sandbox for money, one clock that stands still until a story moves it on. Its people are
// there from the start; its verbs read like sentences and wait until all that happened has had its effects.
package apptest
