// Package backup takes everything a service keeps into one encrypted file and puts it back into empty
// engines, whichever they are: a clinic may outgrow SQLite by restoring into MongoDB.
//
// A backup is of one moment: documents are read as they stood then, each with its place in the indexes, its live
// timers and the events that waited in it. Events that were announced before and not yet handled by everybody
// come along; who had handled one handles it again, which does nothing new. Timers stand in their documents: a
// start on new engines sets all of them again. Files are read last: what a document names was there before
// it.
//
// The file is a tar (head, documents, events, files, end), compressed, then sealed in segments with AES-256-GCM
// under a key that is not in it. One that was cut off or changed is refused. The service's own secret is not in
// it either: keep both apart from it, without them it opens nothing.
package backup
