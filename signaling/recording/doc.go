// Package recording keeps what people say and show in a room while everybody present consents.
//
// A recording is one stretch in which everybody present consented; who comes or withdraws ends it. What each
// seat sends is written as it comes, after loss recovery, into chunks of less than a second, each sealed
// with a key of this recording and put into the store at once: a server that is killed has lost what was
// not in it yet. After the end the chunks of a seat become one seekable WebM, sealed in parts, with a
// manifest that says what is missing; then the chunks are deleted. Who may see a recording is the
// product's to say: this package knows seats, a store and a book.
package recording
