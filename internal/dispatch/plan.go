package dispatch

import "time"

// DefaultBudget is how many iterations a search makes where State asks for none.
const DefaultBudget = 400

// fullBudget is up to how many jobs a search makes all its iterations.
const fullBudget = 250

// Plan decides what is to be done now.
func Plan(s State, now time.Time) Decision {
	p := newProblem(s, now)
	x := newSearch(p)
	x.match()
	x.start()
	x.improve(iterations(s.Budget, len(p.tasks)))
	x.match()
	return x.decide()
}

// iterations is how many a search of so many jobs makes: few jobs need few, and of very many only the
// first to leave are worth looking at before the next plan.
func iterations(budget, jobs int) int {
	if budget <= 0 {
		budget = DefaultBudget
	}
	if jobs > fullBudget {
		budget = budget * fullBudget / jobs
	}
	return min(budget, 8*jobs)
}
