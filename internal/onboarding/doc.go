// Package onboarding sees to it that nobody acts unvetted.
//
// A doctor, a pharmacy, a pharmacist or a courier hands in an Application: licence number,
// specialties, languages, jurisdictions, and papers with the day each runs out. An operator reviews
// it and approves, refuses with a coded reason, or asks for more papers. What is approved holds until
// the first of its papers runs out: the applicant is reminded thirty and seven days before, then it
// expires by itself. An operator may suspend it, with a reason, and reinstate it.
//
// A new paper can be handed in at any time; while the application is approved it counts once an
// operator has accepted it.
//
// There is one application for each subject (an account, or a pharmacy): its id is derived from the
// subject's. Standing answers all other parts of the service, at the cost of a look in memory, whether
// a subject may act now, in which specialties, languages and places.
//
// Accounts are left to identity, what a pharmacy sells to pharmacy, the files of papers to upload.
package onboarding
