// Package mdrp runs the dispatch engine on the public Meal Delivery Routing Problem instances
// (github.com/grubhub/mdrplib): read a restaurant as a pharmacy and a meal as a packed medicine. A day
// is played minute by minute; the engine learns of an order when it is placed and not before, and the
// world obeys its decisions only as far as the rules of the benchmark allow. What came of it is written
// as the three files that the benchmark's own evaluator reads, and a checker that shares no code with
// the simulation reads them back and finds every breach.
package mdrp
