// Package upload takes in files that belong to no record yet: the papers of somebody who is to be vetted,
// and the photo of a delivery that failed.
//
// Who uploads says what it is for, its type and its length, and is answered a signed address under
// quarantine/, where nobody can read. Asked to settle it, the service looks at the first bytes, strips where
// a photo was taken and moves the file to its key; or it refuses it for good and says why. Only then can the
// file be named on an application or a delivery, by who uploaded it. What nobody settles within an hour is
// thrown away by a timer.
//
// What the file proves is left to onboarding and delivery; the files of an intake are intake's own.
package upload
