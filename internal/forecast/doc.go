// Package forecast looks ahead for people and operators. What patients are told before they pay comes
// from estimate, on what this package keeps of the service's own history, told to it by events: a page
// for each pharmacy, one for each zone. From the same events it counts the orders of each hour, and
// says how many to expect in each hour of the days to come, with error bars, and how many couriers that
// takes for a chosen share in time, found out in a simulated city.
//
// It leaves to others: what a pharmacy has in stock (pharmacy), who is on shift (delivery).
package forecast
