package intake

import (
	"slices"
	"strings"
	"time"
)

// Question is one that has to be answered with yes or no before an intake can be submitted.
type Question struct {
	ID     string `json:"id"`
	Text   *Text  `json:"text"` // of the table of red flags, and the same one for everybody
	Answer string `json:"answer,omitempty" enum:"yes,no"`
}

// Alert is a red flag that is raised: what to tell the person.
type Alert struct {
	ID      string `json:"id"`
	Tell    Text   `json:"tell"`
	Urgency string `json:"urgency" enum:"call_emergency_now,emergency_department_today,see_in_person"`
	Source  string `json:"source"`
}

// Judgement is what the red flags say of an intake as it stands.
type Judgement struct {
	Questions []Question // what is asked of this person
	Raised    []Alert    // the most urgent first
}

// Judge asks every red flag that goes with the complaint and the age.
func (f *Flags) Judge(i *Intake, now time.Time) Judgement {
	s, vitals := i.subject(f.today(i, now)), i.measured()
	flags := f.asked(i.Complaint)
	j := Judgement{Questions: make([]Question, 0, min(len(flags), 8))}
	for _, flag := range flags {
		if !flag.about(s) {
			continue
		}
		text, asks, raised := flag.judge(s, vitals, i.Answers[flag.ID])
		if asks {
			j.Questions = append(j.Questions, Question{flag.ID, text, i.Answers[flag.ID]})
		}
		if raised {
			j.Raised = append(j.Raised, Alert{flag.ID, flag.Tell, flag.Urgency, flag.Source})
		}
	}
	slices.SortStableFunc(j.Raised, func(a, b Alert) int {
		return slices.Index(byUrgency, a.Urgency) - slices.Index(byUrgency, b.Urgency)
	})
	return j
}

var byUrgency = []string{"call_emergency_now", "emergency_department_today", "see_in_person"}

// judge answers whether the flag asks something (and what), and whether it is raised.
func (f *Flag) judge(s subject, vitals map[string]int64, answer string) (text *Text, asks, raised bool) {
	for n := range f.trigger.alternatives {
		alt := &f.trigger.alternatives[n]
		if alt.ages != nil && !alt.ages.include(s.born, s.day) {
			continue
		}
		switch {
		case alt.group:
			raised = true
		case alt.answer:
			text, asks = &f.Question, true
			raised = raised || (answer == "yes" && !refuted(alt.limits, vitals))
		case !within(alt.limits, vitals):
		case alt.ask == nil, alt.unless != "" && !alt.spares(s, vitals):
			raised = true
		default:
			text, asks = alt.ask, true
			raised = raised || answer == "yes"
		}
	}
	return text, asks, raised
}

// spares tells whether a condition lets the person live with this value, so that they are asked.
func (alt *alternative) spares(s subject, vitals map[string]int64) bool {
	return slices.Contains(s.conditions, alt.unless) && within(alt.exempt, vitals)
}

// refuted tells whether a measured value contradicts a limit that goes with an answer. One that
// nobody measured does not: who has no thermometer and says yes to "fever under chemotherapy" is
// sent to the emergency department.
func refuted(limits []limit, vitals map[string]int64) bool {
	return slices.ContainsFunc(limits, func(l limit) bool {
		v, measured := vitals[l.vital]
		return measured && (v < l.low || v > l.high)
	})
}

// Unanswered lists the questions that still keep the intake from being submitted.
func (j Judgement) Unanswered() []Question {
	return slices.DeleteFunc(slices.Clone(j.Questions), func(q Question) bool { return q.Answer != "" })
}

func (j Judgement) raisedIDs() []string {
	ids := make([]string, 0, len(j.Raised))
	for _, a := range j.Raised {
		ids = append(ids, a.ID)
	}
	return ids
}

// subject gathers whom the flags are asked about on a day.
func (i *Intake) subject(day time.Time) subject {
	s := subject{sex: i.Sex, pregnancy: i.Health.Pregnancy, weeks: i.Health.Weeks, day: day}
	s.born, _ = time.Parse(time.DateOnly, i.Born)
	for _, c := range i.Health.Conditions {
		s.conditions = append(s.conditions, c.Code)
	}
	for _, m := range i.Health.Medicines {
		s.medicines = append(s.medicines, strings.ToLower(m.Code+" "+m.Words.Reveal()))
	}
	return s
}

// today is the day at the place where the person is.
func (f *Flags) today(i *Intake, now time.Time) time.Time {
	if i.Place != nil {
		now = now.In(f.zone(i.Place.TimeZone))
	}
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
}

// zone keeps time zones once read: reading one costs more than judging an intake.
func (f *Flags) zone(name string) *time.Location {
	if known, ok := f.zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC
	}
	f.zones.Store(name, zone)
	return zone
}

// measured is the newest value of each vital sign.
func (i *Intake) measured() map[string]int64 {
	if len(i.Vitals) == 0 {
		return nil
	}
	out := make(map[string]int64, len(i.Vitals))
	for _, v := range i.Vitals {
		if name, milli, err := v.canonical(); err == nil {
			out[name] = milli // later ones stand further down
		}
	}
	return out
}
