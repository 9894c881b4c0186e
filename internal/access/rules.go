package access

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"
)

// Rules is the policy, with every answer asked of Casbin once, at start: a question costs a look in
// a table.
type Rules struct {
	allowed map[question]bool
	ever    map[ever]bool
	granted map[Action]bool
	actions []Action
}

type question struct {
	role     Role
	action   Action
	relation Relation
}

type ever struct {
	role   Role
	action Action
}

// NewRules loads a Casbin model and rows of the form "p, role, action, relation" and
// "g, role, role". A row that Casbin can't read, a name that nobody knows or a row said twice is an error with
// its line: a broken policy never loads silently.
func NewRules(modelText, rows string) (*Rules, error) {
	byAction, groups, err := parse(rows)
	if err != nil {
		return nil, err
	}
	r := &Rules{allowed: map[question]bool{}, ever: map[ever]bool{}, granted: map[Action]bool{}}
	for action, lines := range byAction {
		if err := r.fill(modelText, action, append(lines, groups...)); err != nil {
			return nil, fmt.Errorf("rules of %s: %w", action, err)
		}
		r.actions = append(r.actions, action)
	}
	slices.Sort(r.actions)
	return r, nil
}

// Allow answers for one role, action and relation.
func (r *Rules) Allow(role Role, action Action, relation Relation) bool {
	return r.allowed[question{role, action, relation}]
}

// Ever answers whether the role may do this to any record at all.
func (r *Rules) Ever(role Role, action Action) bool { return r.ever[ever{role, action}] }

// Actions lists every action that has a rule, sorted.
func (r *Rules) Actions() []Action { return slices.Clone(r.actions) }

func (r *Rules) needsGrant(action Action) bool { return r.granted[action] }

// fill asks an enforcer that holds the rows of one action alone for every answer it can give.
func (r *Rules) fill(modelText string, action Action, lines []string) error {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return fmt.Errorf("read model: %w", err)
	}
	for _, line := range lines {
		if err := persist.LoadPolicyLine(line, m); err != nil {
			return fmt.Errorf("row %q: %w", line, err)
		}
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return fmt.Errorf("start enforcer: %w", err)
	}
	if err := e.BuildRoleLinks(); err != nil {
		return fmt.Errorf("link roles: %w", err)
	}
	named := names(lines)
	for _, role := range Roles {
		for _, relation := range Relations {
			if !named[string(role)] || !named[string(relation)] {
				continue // the model compares names: what no row names, no row allows
			}
			ok, err := e.Enforce(string(role), string(action), string(relation))
			if err != nil {
				return fmt.Errorf("ask for %s, %s: %w", role, relation, err)
			}
			if !ok {
				continue
			}
			r.allowed[question{role, action, relation}] = true
			r.ever[ever{role, action}] = true
			if strings.HasPrefix(string(relation), "granted:") {
				r.granted[action] = true
			}
		}
	}
	return nil
}

func names(lines []string) map[string]bool {
	found := map[string]bool{}
	for _, line := range lines {
		for _, cell := range strings.Split(line, ", ") {
			found[cell] = true
		}
	}
	return found
}

// parse sorts rows by action and refuses what Casbin would drop or accept without a word.
func parse(rows string) (map[Action][]string, []string, error) {
	byAction, groups, seen := map[Action][]string{}, []string(nil), map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(rows))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, ",")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		line = strings.Join(cells, ", ")
		if before := seen[line]; before > 0 {
			return nil, nil, fmt.Errorf("line %d says again what line %d says: %s", n, before, line)
		}
		seen[line] = n
		switch {
		case len(cells) == 4 && cells[0] == "p" && known(cells[1], Roles) && known(cells[3], Relations) && strings.Contains(cells[2], "."):
			byAction[Action(cells[2])] = append(byAction[Action(cells[2])], line)
		case len(cells) == 3 && cells[0] == "g" && known(cells[1], Roles) && known(cells[2], Roles):
			groups = append(groups, line)
		default:
			return nil, nil, fmt.Errorf("line %d is no rule (want p, role, action, relation or g, role, role; with known names): %s", n, line)
		}
	}
	return byAction, groups, lines.Err()
}

func known[T ~string](name string, all []T) bool { return slices.Contains(all, T(name)) }
