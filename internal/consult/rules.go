package consult

import "time"

// HouseRules are the rules of a visit until the policy packs are asked.
type HouseRules struct{}

// guardianAge is the age below which a guardian has to be present everywhere.
const guardianAge = 6

// Licence implements Rules: the place itself; in the United States a state, by US-L01.
func (HouseRules) Licence(jurisdiction, state string, _ time.Time) (string, string) {
	if jurisdiction != "us" {
		return jurisdiction, ""
	}
	if state == "" {
		return "", "US-L01"
	}
	return "us-" + state, ""
}

// NeedsGuardian implements Rules: a child under six needs a guardian present; in China by CN-C04,
// elsewhere by the house.
func (HouseRules) NeedsGuardian(jurisdiction string, born, day time.Time) (string, bool) {
	rule := "HOUSE-C01"
	if jurisdiction == "cn" {
		rule = "CN-C04"
	}
	return rule, day.Before(born.AddDate(guardianAge, 0, 0))
}

// KeepCalls implements Rules: three years in China by CN-R02, elsewhere nothing forbids to destroy.
func (HouseRules) KeepCalls(jurisdiction string, _ time.Time) (int, string) {
	if jurisdiction == "cn" {
		return 3, "CN-R02"
	}
	return 0, ""
}
