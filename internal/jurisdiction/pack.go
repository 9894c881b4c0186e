package jurisdiction

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"housecall/policies"
)

// What a rule decides. Block can't be overridden; Redirect ends the visit; Require and Limit hold until
// something is done or a reason is written; Warn needs a reason; Keep forbids to destroy; Record and
// Allow stand in nobody's way.
const (
	Block    = "block"
	Redirect = "redirect"
	Require  = "require"
	Limit    = "limit"
	Expired  = "expired"
	Warn     = "warn"
	Keep     = "keep"
	Record   = "record"
	Allow    = "allow"
)

// The stages at which a rule is asked.
const (
	Intake    = "intake"
	Consult   = "consult"
	Prescribe = "prescribe"
	Sign      = "sign"
	Dispense  = "dispense"
	Deliver   = "deliver"
	Retain    = "retain"
	Operate   = "operate" // what the operator answers for; asked by `policy explain`
)

var (
	decisions = []string{Block, Redirect, Require, Limit, Expired, Warn, Keep, Record, Allow}
	stages    = []string{Intake, Consult, Prescribe, Sign, Dispense, Deliver, Retain, Operate}
)

// Rule is one rule of a pack.
type Rule struct {
	ID         string   `yaml:"id"`
	Stages     []string `yaml:"at"`
	From       string   `yaml:"from"`  // first day it holds; "" is since ever
	Until      string   `yaml:"until"` // last day it holds; "" while it stands
	Predicate  string   `yaml:"when"`
	With       Params   `yaml:"with"`
	Decision   string   `yaml:"decide"`
	Lifts      string   `yaml:"lifts"` // the rule that an Allow takes away
	EN         string   `yaml:"en"`
	ZH         string   `yaml:"zh"`
	Source     string   `yaml:"source"`
	Confidence string   `yaml:"confidence"`

	predicate predicate
}

// Pack is the rules of one place.
type Pack struct {
	Place   string          `yaml:"place"`
	Extends string          `yaml:"extends"`
	Zone    string          `yaml:"zone"` // for whom no zone is known
	Facts   map[string]bool `yaml:"facts"`
	Rules   []Rule          `yaml:"rules"`
}

// Book is every pack.
type Book struct{ packs map[string]*Pack }

// Load reads every pack of a folder. One rule that is not understood refuses the whole.
func Load(files fs.FS) (*Book, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("there are no packs of jurisdictions (%w)", err)
	}
	b := &Book{packs: map[string]*Pack{}}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		p := &Pack{}
		d := yaml.NewDecoder(bytes.NewReader(raw))
		d.KnownFields(true)
		if err := d.Decode(p); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if p.Place+".yaml" != name {
			return nil, fmt.Errorf("%s: its place is %q", name, p.Place)
		}
		b.packs[p.Place] = p
	}
	return b, b.check()
}

// Open loads the packs that come with housecall.
func Open() (*Book, error) {
	files, err := fs.Sub(policies.Jurisdictions, "jurisdictions")
	if err != nil {
		return nil, fmt.Errorf("open the packs: %w", err)
	}
	return Load(files)
}

// check refuses packs that can't be meant.
func (b *Book) check() error {
	if b.packs[House] == nil {
		return fmt.Errorf("the pack of the house is missing")
	}
	seen := map[string]string{}
	for _, p := range b.packs {
		if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "" {
			return fmt.Errorf("%s.yaml: zone %q is no IANA time zone", p.Place, p.Zone)
		}
		if p.Extends != "" && b.packs[p.Extends] == nil {
			return fmt.Errorf("%s.yaml: there is no pack %q to extend", p.Place, p.Extends)
		}
		for name := range p.Facts {
			if !slices.Contains(answers, name) {
				return fmt.Errorf("%s.yaml: there is no fact %q", p.Place, name)
			}
		}
		for i := range p.Rules {
			r := &p.Rules[i]
			if seen[r.ID] != "" {
				return fmt.Errorf("%s.yaml: rule %s stands in %s.yaml too", p.Place, r.ID, seen[r.ID])
			}
			seen[r.ID] = p.Place
			if err := r.check(); err != nil {
				return fmt.Errorf("%s.yaml: rule %s: %w", p.Place, r.ID, err)
			}
		}
	}
	return b.lifts(seen)
}

func (b *Book) lifts(known map[string]string) error {
	for _, p := range b.packs {
		for _, r := range p.Rules {
			if r.Lifts != "" && known[r.Lifts] == "" {
				return fmt.Errorf("%s.yaml: rule %s lifts %s, which is none", p.Place, r.ID, r.Lifts)
			}
		}
	}
	return nil
}

func (r *Rule) check() error {
	r.predicate = predicates[r.Predicate]
	switch {
	case r.ID == "":
		return fmt.Errorf("it has no id")
	case r.predicate == nil:
		return fmt.Errorf("there is no predicate %q", r.Predicate)
	case !slices.Contains(decisions, r.Decision):
		return fmt.Errorf("%q is no decision", r.Decision)
	case len(r.Stages) == 0:
		return fmt.Errorf("it says not when it is asked")
	case r.EN == "" || r.Source == "":
		return fmt.Errorf("it says not what to tell, or names no source")
	case r.Confidence != "high" && r.Confidence != "medium" && r.Confidence != "low":
		return fmt.Errorf("confidence is %q", r.Confidence)
	case (r.Decision == Allow) != (r.Lifts != ""):
		return fmt.Errorf("what allows names the rule it lifts, and nothing else does")
	}
	for _, s := range r.Stages {
		if !slices.Contains(stages, s) {
			return fmt.Errorf("%q is no stage", s)
		}
	}
	for _, day := range []string{r.From, r.Until} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return fmt.Errorf("%q is no day", day)
		}
	}
	if r.From != "" && r.Until != "" && r.Until < r.From {
		return fmt.Errorf("it ends before it begins")
	}
	return r.With.check()
}

// holds tells whether a rule is in force on a day like "2026-11-22".
func (r *Rule) holds(day string) bool {
	return (r.From == "" || r.From <= day) && (r.Until == "" || day <= r.Until)
}

// House is the pack that holds everywhere.
const House = "house"

// Knows tells whether there is a pack of this place.
func (b *Book) Knows(place string) bool { return b.packs[strings.ToLower(place)] != nil }

// Places lists the places with a pack.
func (b *Book) Places() []string {
	var out []string
	for p := range b.packs {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Rules lists every rule that can hold in a place: the house's, those of the pack it extends, its own.
func (b *Book) Rules(place string) []Rule {
	var out []Rule
	for _, p := range b.chain(place) {
		out = append(out, p.Rules...)
	}
	return out
}

// chain lists the packs of a place, the house's first. Nothing is known of an unknown place but the
// house's rules; Decide says so.
func (b *Book) chain(place string) []*Pack {
	out := []*Pack{}
	for p := b.packs[strings.ToLower(place)]; p != nil; p = b.packs[p.Extends] {
		out = append(out, p)
	}
	slices.Reverse(out)
	if len(out) == 0 || out[0].Place != House {
		out = append([]*Pack{b.packs[House]}, out...)
	}
	return out
}

// Day is the day in a place: by the zone of the patient, else by that of the pack.
func (b *Book) Day(place, zone string, now time.Time) string {
	if zone == "" || zone == "UTC" && b.Knows(place) && place != House {
		if p := b.packs[strings.ToLower(place)]; p != nil {
			zone = p.Zone
		}
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return now.In(loc).Format(time.DateOnly)
}
