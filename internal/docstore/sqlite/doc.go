// Package sqlite keeps documents in one SQLite file, with no cgo and no server: the store that
// housecall has inside it.
//
// One goroutine writes. Whoever writes hands it a write and waits; it takes all that wait, runs them
// in one transaction, and answers each after the one sync to disk that they share. Every write checks
// its own condition, so one that is refused leaves nothing and takes nothing from the others. A few
// connections read beside it and never wait for it (WAL).
//
// An index is rows in a table of their own, (index, equal, order, id), so a page is one walk along
// it however many documents there are. Events and timers have tables of their own, too; they change
// in the transaction of their document. docs.keys and docs.timers say what a document has in those
// tables, so that a change touches only the rows that differ.
package sqlite
