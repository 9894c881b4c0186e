package intake

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Change is what a save changes; nil leaves as it is. In the maps an empty value takes an entry out.
type Change struct {
	Where            *geo.Point
	CallBack         *phi.Text
	Consent          *string
	EarlierDiagnosis *EarlierDiagnosis
	Specialty        *string
	Language         *string
	Complaint        *string
	Words            *phi.Text
	Answers          map[string]string
	Symptoms         map[string]string
	Vitals           *[]Vital
	Health           *Health
}

// Save keeps what was typed, on the version that was on screen. Only a draft can be saved.
func (s *Service) Save(ctx context.Context, a access.Actor, intake id.Intake, version int64, c Change) (*Intake, error) {
	if err := s.check(ctx, a, "intake.save", intake); err != nil {
		return nil, err
	}
	if err := s.wrong(c); err != nil {
		return nil, err
	}
	var place *Place
	if c.Where != nil {
		var err error
		if place, err = s.placeOf(ctx, *c.Where); err != nil {
			return nil, err
		}
	}
	return s.intakes.Update(ctx, string(intake), docstore.On{Request: a.Request, Version: version}, func(i *Intake) error {
		if i.State != Draft {
			return fault.New(fault.Conflict, "This intake has been handed in and can't be changed. Tell the doctor in the visit.").Coded("illegal-transition")
		}
		if place != nil {
			i.Place = place
		}
		s.write(i, a, c)
		s.judge(i)
		return nil
	})
}

func (s *Service) placeOf(ctx context.Context, at geo.Point) (*Place, error) {
	place, inside, err := s.Places.At(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("find the zone of a place: %w", err)
	}
	if !inside {
		place = s.Outside
	}
	place.Point = at
	return &place, nil
}

func (s *Service) write(i *Intake, a access.Actor, c Change) {
	set(&i.CallBack, c.CallBack)
	set(&i.Specialty, c.Specialty)
	set(&i.Language, c.Language)
	set(&i.Complaint, c.Complaint)
	set(&i.Words, c.Words)
	set(&i.Vitals, c.Vitals)
	set(&i.Health, c.Health)
	if c.Consent != nil {
		i.Consent = &Consent{Version: *c.Consent, By: a.Account, At: s.Clock.Now()}
	}
	if c.EarlierDiagnosis != nil {
		d := *c.EarlierDiagnosis
		d.Verdict = nil // the doctor's alone
		i.EarlierDiagnosis = &d
	}
	i.Answers = merge(i.Answers, c.Answers)
	i.Symptoms = merge(i.Symptoms, c.Symptoms)
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func merge(into, from map[string]string) map[string]string {
	out := maps.Clone(into)
	for key, value := range from {
		if out == nil {
			out = map[string]string{}
		}
		if out[key] = value; value == "" {
			delete(out, key)
		}
	}
	return out
}

// What may be typed, at most.
const (
	maxWords = 4000
	maxShort = 200
	maxList  = 60
)

var (
	codeForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9 _().,/+-]{0,79}$`)
	callBackForm = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{4,24}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	dayForm      = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$`)
)

// faults gathers what is wrong, so that a person is told all of it at once.
type faults struct{ found *fault.Error }

func (f *faults) add(pointer, message string) {
	if f.found == nil {
		f.found = fault.New(fault.Invalid, "Some of what you wrote can't be used yet. Look at the marked fields; the rest is kept on your screen.")
	}
	f.found = f.found.With(pointer, message)
}

func (f *faults) unless(ok bool, pointer, message string) {
	if !ok {
		f.add(pointer, message)
	}
}

func (f *faults) err() error {
	if f.found == nil {
		return nil
	}
	return f.found
}

// wrong checks the form of what was typed, before anything is loaded.
func (s *Service) wrong(c Change) error {
	var f faults
	if c.Where != nil {
		f.unless(c.Where.Valid() && !c.Where.IsZero(), "/where", "Say where the person is now, as latitude and longitude.")
	}
	if c.CallBack != nil {
		f.unless(*c.CallBack == "" || callBackForm.MatchString(c.CallBack.Reveal()), "/call_back", "Write a telephone number such as +44 20 7946 0000.")
	}
	if c.Consent != nil {
		f.unless(*c.Consent == s.Consent, "/consent", "The consent text has changed. Read the present one and agree again.")
	}
	if c.Complaint != nil {
		f.unless(slices.Contains(s.flags.complaints, *c.Complaint), "/complaint", "Choose a complaint from the list, or other.")
	}
	if c.Specialty != nil {
		f.unless(codeForm.MatchString(*c.Specialty), "/specialty", "Choose a specialty from the list.")
	}
	if c.Language != nil {
		f.unless(languageForm.MatchString(*c.Language), "/language", "Write a language code such as en or zh.")
	}
	if c.Words != nil {
		f.unless(utf8.RuneCountInString(c.Words.Reveal()) <= maxWords, "/words", "Keep it under 4000 characters.")
	}
	for key, answer := range c.Answers {
		f.unless(s.flags.has(key), "/answers/"+key, "This question does not exist.")
		f.unless(answer == "" || answer == "yes" || answer == "no", "/answers/"+key, "Answer yes or no.")
	}
	f.unless(len(c.Symptoms) <= maxList, "/symptoms", "That is more than fits here.")
	for key, value := range c.Symptoms {
		f.unless(codeForm.MatchString(key) && utf8.RuneCountInString(value) <= maxShort, "/symptoms/"+key, "Keep it short.")
	}
	s.wrongDiagnosis(&f, c.EarlierDiagnosis)
	s.wrongVitals(&f, c.Vitals)
	if c.Health != nil {
		wrongHealth(&f, *c.Health)
	}
	return f.err()
}

func (s *Service) wrongDiagnosis(f *faults, d *EarlierDiagnosis) {
	if d == nil {
		return
	}
	f.unless(utf8.RuneCountInString(d.Words.Reveal()) <= maxWords, "/earlier_diagnosis/words", "Keep it under 4000 characters.")
	f.unless(utf8.RuneCountInString(d.Where.Reveal()) <= maxShort, "/earlier_diagnosis/where", "Keep it under 200 characters.")
	f.unless(d.On == "" || dayForm.MatchString(d.On), "/earlier_diagnosis/on", "Write a month or a day, such as 2026-03.")
}

func (s *Service) wrongVitals(f *faults, vitals *[]Vital) {
	if vitals == nil {
		return
	}
	f.unless(len(*vitals) <= maxList, "/vitals", "That is more than fits here.")
	for n, v := range *vitals {
		if _, _, err := v.canonical(); err != nil {
			f.add(fmt.Sprintf("/vitals/%d", n), "This measurement can't be used: "+err.Error()+".")
		}
		f.unless(v.At == nil || !v.At.After(s.Clock.Now().Add(5*time.Minute)), fmt.Sprintf("/vitals/%d/at", n), "It can't have been measured in the future.")
	}
}

func wrongHealth(f *faults, h Health) {
	f.unless(len(h.Allergies) <= maxList && len(h.Medicines) <= maxList && len(h.Conditions) <= maxList, "/health", "That is more than fits here.")
	for n, x := range h.Allergies {
		wrongItem(f, fmt.Sprintf("/health/allergies/%d", n), Item{x.Code, x.Words})
		f.unless(slices.Contains(Reactions, x.Reaction) || x.Reaction == "", fmt.Sprintf("/health/allergies/%d/reaction", n), "Choose how the person reacted.")
	}
	for n, x := range h.Medicines {
		wrongItem(f, fmt.Sprintf("/health/medicines/%d", n), x)
	}
	for n, x := range h.Conditions {
		wrongItem(f, fmt.Sprintf("/health/conditions/%d", n), x)
	}
	listed := map[string]int{"allergy": len(h.Allergies), "medicine": len(h.Medicines), "condition": len(h.Conditions)}
	for _, none := range h.None {
		n, known := listed[none]
		f.unless(known && n == 0, "/health/none", "None can't be said of what is listed.")
	}
	f.unless(between(h.WeightKg, 300, 400_000), "/health/weight_kg", "Write the weight in kilograms, such as 62.5.")
	f.unless(between(h.HeightCm, 20_000, 260_000), "/health/height_cm", "Write the height in centimetres, such as 171.")
	f.unless(between(h.EGFR, 1_000, 200_000), "/health/egfr", "Write the eGFR in mL/min/1.73 m2, such as 85.")
	f.unless(slices.Contains([]string{"", "normal", "mild", "moderate", "severe"}, h.Liver), "/health/liver", "Choose normal, mild, moderate or severe.")
	f.unless(slices.Contains([]string{"", "no", "yes", "unsure", "postpartum"}, h.Pregnancy), "/health/pregnancy", "Choose no, yes, unsure or postpartum.")
	f.unless(slices.Contains([]string{"", "no", "yes"}, h.Lactation), "/health/lactation", "Choose yes or no.")
	weeks, err := strconv.Atoi(or(h.Weeks, "0"))
	f.unless(err == nil && weeks >= 0 && weeks <= 45 && (h.Weeks == "" || h.Pregnancy == "yes"), "/health/weeks", "Write the week of the pregnancy, 0 to 45.")
}

// Reactions lists how somebody may react to what they are allergic to.
var Reactions = []string{"anaphylaxis", "immediate", "severe_delayed", "non_severe", "unknown"}

func wrongItem(f *faults, pointer string, x Item) {
	f.unless(x.Code != "" || x.Words != "", pointer, "Name it.")
	f.unless(x.Code == "" || codeForm.MatchString(x.Code), pointer+"/code", "Choose one of the list, or write it in words.")
	f.unless(utf8.RuneCountInString(x.Words.Reveal()) <= maxShort, pointer+"/words", "Keep it under 200 characters.")
}

// between tells whether decimal text is empty or within thousandths.
func between(text string, low, high int64) bool {
	if text == "" {
		return true
	}
	n, err := parseMilli(text)
	return err == nil && n >= low && n <= high
}

func (f *Flags) has(flag string) bool {
	return slices.ContainsFunc(f.flags, func(x Flag) bool { return x.ID == flag })
}

// missing lists what an intake must hold before it can be submitted.
func (s *Service) missing(i *Intake, j Judgement) error {
	var f faults
	f.unless(i.Born != "", "/patient", "The birth date of this person is not known. Add it in their details first.")
	f.unless(i.Place != nil, "/where", "Say where the person is now: it decides whom to call in an emergency.")
	f.unless(i.CallBack != "", "/call_back", "Leave a number to call back when the picture fails.")
	f.unless(i.Consent != nil && i.Consent.Version == s.Consent, "/consent", "Read the consent text and agree to it.")
	f.unless(i.Complaint != "", "/complaint", "Say what the matter is.")
	for _, q := range j.Unanswered() {
		f.add("/answers/"+q.ID, "Answer yes or no: "+q.Text.EN)
	}
	if i.Place != nil && s.Rules.NeedsEarlierDiagnosis(i.Place.Jurisdiction, s.flags.today(i, s.Clock.Now())) {
		f.unless(i.EarlierDiagnosis != nil && i.EarlierDiagnosis.Words != "", "/earlier_diagnosis",
			"Where you are, a doctor may see you here only after an earlier diagnosis. Add it.")
	}
	for _, x := range i.Attachments {
		f.unless(x.State != Awaited, "/attachments/"+string(x.ID), "This file has not arrived yet. Wait, or take it away.")
	}
	return f.err()
}
