// Package caselist reads the case lists of pharmacists: a person, what they take, what is new. It
// matches plain words to the codes of the clinical lists, asks the safety engine and the rules of the
// place, and answers what a doctor would have been shown. It keeps nothing.
package caselist
