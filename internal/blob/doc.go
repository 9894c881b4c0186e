// Package blob keeps files: photos, documents, receipts. Folder keeps them in a folder of the machine, Bucket
// in MinIO or any S3; blobtest says what both must do.
//
// A person uploads straight to a quarantine key, by a signed URL that fixes length, type and time. What
// lies there can't be read by anybody. Settle looks at what it really is, refuses what is not what it
// says, takes out of pictures where, when and with what they were made, and moves it to its final key.
// Reading goes by signed URLs that soon expire. No URL carries anything that describes a person: keys
// are ids, and a file's own name stays in the document that refers to it.
package blob
