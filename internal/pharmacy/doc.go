// Package pharmacy is the counter between a signed prescription and the bag that leaves.
//
// A Pharmacy has a place, opening hours, a pause, and the ways in which it hands over (courier,
// pick-up, parcel). Only a vetted one is quoted, and only a vetted pharmacist accepts.
//
// Stock is one document for each pharmacy and product: a price for a pack, batches with their
// expiry, and the units held for fills. What is held can't be sold twice; an expired batch never
// counts. Stock and prices come from a file, a delivery or a count.
//
// A Fill is one pharmacy's work on one order, attempt n. `reserved`: its stock is held while the
// patient pays, and the pharmacy does not see it yet; of one that is paid for and comes by appointment it is told
// beforehand what and when (Coming), nothing of the person. `offered`: it stands in the work list with a
// budget clock. `reviewing`: a pharmacist reads the prescription and what the safety engine says of it today,
// may ask the doctor or propose a substitute, and accepts or refuses. `preparing`: each line is
// packed with its batch, the bag is labelled and sealed. `ready`, then `collected`: it left with
// the courier, the carrier or the patient. It ends early as `released`, `refused` or `expired`,
// its stock back on the shelf; a bag that came back is `returned`, and restocked or destroyed.
//
// Holding stock touches several documents and there is no transaction: the fill is written first
// and says what is owed to the shelf (Fill.Shelf); each stock document then changes once for each
// fill; the fill is marked last. Whoever repeats the act, or the timer that was written with it,
// ends what a crash left half done.
//
// What the prescription says, who is vetted, what a zone asks and how long a ride takes, it asks
// of others through the interfaces in Deps. The order, the courier and the money follow its events.
package pharmacy
