// Package city is a simulated city, event by event: people order, pharmacists review and pack, couriers
// answer, ride, break down and stand before wrong doors, all by chance, but the same chance for the same
// seed whoever plans. What decides in it is the code of the product: dispatch plans, promise counts the
// time to spare, estimate tells the patient what to expect and learns from the events that the product
// would tell, and from nothing else. So a plan is proved before anybody rides by it, and an operator can
// ask how many couriers an evening takes.
//
// It leaves out what does not bear on time: money beyond the couriers' pay, stock, prescriptions.
package city
