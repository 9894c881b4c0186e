// Package app puts housecall together: it opens the engines, builds each capability with what it
// needs of the others, sets the journeys and loops going, and serves HTTP. Files named for_<capability>.go
// hold what that capability asks of its siblings, in its own words.
package app
