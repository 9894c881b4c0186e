package intake

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ages is a span of age; both ends are included ("3-5 mo" is three months to the day before six).
type ages struct {
	from, until span // until is the first age that no longer belongs; zero: no end
}

// span is an age in calendar units.
type span struct{ years, months, days int }

var (
	ageRange = regexp.MustCompile(`^([0-9]+)-([0-9]+) (days|mo|y)$`)
	ageFrom  = regexp.MustCompile(`^([0-9]+)\+$`)
	ageUnder = regexp.MustCompile(`^all under ([0-9]+) y$`)
)

func parseAges(text string) (ages, error) {
	if text == "all" {
		return ages{}, nil
	}
	if m := ageFrom.FindStringSubmatch(text); m != nil {
		return ages{from: years(m[1])}, nil
	}
	if m := ageUnder.FindStringSubmatch(text); m != nil {
		return ages{until: years(m[1])}, nil
	}
	m := ageRange.FindStringSubmatch(text)
	if m == nil {
		return ages{}, fmt.Errorf("age %q is not understood", text)
	}
	low, _ := strconv.Atoi(m[1])
	high, _ := strconv.Atoi(m[2])
	if high < low {
		return ages{}, fmt.Errorf("age %q is turned round", text)
	}
	switch m[3] {
	case "days":
		return ages{span{days: low}, span{days: high + 1}}, nil
	case "mo":
		return ages{span{months: low}, span{months: high + 1}}, nil
	}
	return ages{span{years: low}, span{years: high + 1}}, nil
}

func years(text string) span {
	n, _ := strconv.Atoi(text)
	return span{years: n}
}

// include tells whether somebody born then is of this age on the day.
func (g ages) include(born, day time.Time) bool {
	if g == (ages{}) { // most flags are for everybody; a calendar costs more than all the rest
		return !day.Before(born)
	}
	if day.Before(g.from.after(born)) {
		return false
	}
	return g.until == span{} || day.Before(g.until.after(born))
}

func (s span) after(born time.Time) time.Time { return born.AddDate(s.years, s.months, s.days) }

// subject is whom the red flags are asked about.
type subject struct {
	born       time.Time
	sex        string
	pregnancy  string
	weeks      string
	conditions []string
	medicines  []string // codes and words, lower case; never leaves this package
	day        time.Time
}

// groups are the cells of the age column that say more than an age. Who can't be told apart from
// the group, since something is not known of them, is asked.
var groups = map[string]func(subject) bool{
	"12-55 female": func(s subject) bool {
		return s.sex != "male" && ages{span{years: 12}, span{years: 56}}.include(s.born, s.day)
	},
	"male all": func(s subject) bool { return s.sex != "female" },
	"pregnant over 20 wk or 6 wk after birth": func(s subject) bool {
		weeks, err := strconv.Atoi(s.weeks)
		return s.pregnancy == "postpartum" || (s.pregnancy == "yes" && (err != nil || weeks >= 20))
	},
	"diabetes on insulin or gliflozin": func(s subject) bool {
		for _, c := range s.conditions {
			if strings.HasPrefix(c, "diabetes") {
				return true
			}
		}
		for _, m := range s.medicines {
			if strings.Contains(m, "insulin") || strings.Contains(m, "gliflozin") || strings.Contains(m, "胰岛素") || strings.Contains(m, "列净") {
				return true
			}
		}
		return false
	},
	"pregnant or male or under 16 y": func(s subject) bool {
		return s.pregnancy == "yes" || s.sex == "male" || ages{until: span{years: 16}}.include(s.born, s.day)
	},
}
