package consult

import "time"

// HouseRules are the rules of a visit until the policy packs are asked.
type HouseRules struct{}

// guardianAge is the age below which a guardian has to be present everywhere.
const guardianAge = 6

// NeedsGuardian implements Rules: a child under six needs a guardian present; in China by CN-C04,
// elsewhere by the house.
func (HouseRules) NeedsGuardian(jurisdiction string, born, day time.Time) (string, bool) {
	rule := "HOUSE-C01"
	if jurisdiction == "cn" {
		rule = "CN-C04"
	}
	return rule, day.Before(born.AddDate(guardianAge, 0, 0))
}
