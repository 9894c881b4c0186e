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

// KeepFor implements Rules: in China three years for what was said, shown and written by CN-R02, fifteen for the
// medical record by CN-R01; elsewhere nothing forbids to destroy.
func (HouseRules) KeepFor(jurisdiction, record string, _ time.Time) (int, string) {
	switch {
	case jurisdiction != "cn":
		return 0, ""
	case record == "medical":
		return 15, "CN-R01"
	}
	return 3, "CN-R02"
}
