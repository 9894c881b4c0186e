package dispatch

import "time"

// DefaultBudget is how many iterations a search makes where State asks for none.
const DefaultBudget = 400

// Plan decides what is to be done now.
func Plan(s State, now time.Time) Decision {
	p := newProblem(s, now)
	x := newSearch(p)
	x.match()
	x.start()
	budget := s.Budget
	if budget <= 0 {
		budget = DefaultBudget
	}
	x.improve(min(budget, 8*len(p.tasks)))
	x.match()
	return x.decide()
}
