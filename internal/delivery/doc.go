// Package delivery brings the bag to the door: the zones that housecall covers, the couriers on
// shift, and one delivery job for each attempt of an order.
//
// A job is planned when its order is placed, long before the bag is packed. The dispatcher offers
// it to one courier at a time; who accepts rides to the counter, where the pharmacy types the code
// on the courier's screen, and on to the door, where the courier types the patient's PIN. A code
// counts only when the service has checked it, five times at most; it is derived from the job and
// the side that shows it, and stored nowhere. Until the bag is collected a job can go back to
// planned: declined, unanswered, silent, matched again. After that it ends at the door, or fails
// and is brought back to the counter.
//
// A courier may hold up to three jobs as one ride: of one pharmacy or, unless the zone keeps to one counter, of
// two, and one more when bags are on board already. Cooled, controlled and other bags ride apart.
//
// A shift is the one document of a courier: off, on or finishing, where they were last seen, and
// which jobs they hold. Offer writes the shift first and the job second, under the version read
// before, so that two nodes that both believe they run a zone can't give one courier two jobs or
// one job to two couriers.
//
// Positions are evidence and a live map, never events: the last stands in the shift, those of a
// job in its track. Nobody learns a courier's position outside their own order.
//
// What follows from a job's events (stock, money, the order's state) is the business of journey;
// who is offered what, of dispatch and dispatcher.
package delivery
