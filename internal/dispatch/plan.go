package dispatch

import "time"

// DefaultBudget is how many iterations a search makes where State asks for none.
const DefaultBudget = 400

// Plan decides what is to be done now.
func Plan(s State, now time.Time) Decision { return NearestFree(s, now) }
