package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/httpapi"
	"housecall/internal/id"
	"housecall/policies"
)

// decision is one row of policies/decisions.csv: what the product promises.
type decision struct {
	line      int
	route     string // "GET /orders/{id}"
	role      access.Role
	situation string
	expected  string
}

// String names a decision in a failure.
func (d decision) String() string {
	return fmt.Sprintf("decisions.csv:%d: %s, %s, %s", d.line, d.route, d.role, d.situation)
}

// scope is what a caregiver of the row holds; "" for any other row.
func (d decision) scope() access.Scope {
	scope, _ := strings.CutPrefix(d.situation, "granted:")
	if scope == d.situation {
		return ""
	}
	return access.Scope(scope)
}

// askers are the roles that a request can come from.
var askers = slices.DeleteFunc(slices.Clone(access.Roles), func(r access.Role) bool { return r == access.System })

var (
	situations = []string{"own", "granted", "related", "stranger", "any"}
	answers    = []string{"ok", "401", "403", "404"}
	overseers  = []access.Role{access.Support, access.Operator, access.Auditor}
)

// namesRecord are the routes whose record stands in the body, not in the path.
var namesRecord = strings.Split("POST /intakes|POST /visits|POST /visits/offer|POST /orders|POST /quotes|POST /cases|POST /signings|POST /applications", "|")

func hasRecord(route string) bool {
	return strings.Contains(route, "{") || slices.Contains(namesRecord, route)
}

func decisions(t *testing.T) []decision {
	t.Helper()
	file, err := os.Open("../../policies/decisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	var all []decision
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.Split(line, ", ")
		if len(c) != 5 {
			t.Fatalf("decisions.csv:%d: want method, path, role, situation, expected: %s", n, line)
		}
		all = append(all, decision{n, c[0] + " " + c[1], access.Role(c[2]), c[3], c[4]})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// table is every route's action, by "GET /orders/{id}".
func table() map[string]access.Action {
	out := map[string]access.Action{}
	for _, routes := range resources() {
		for _, r := range routes {
			out[r.Method+" "+r.Path] = r.Action
		}
	}
	return out
}

func TestEveryDecisionNamesWhatThereIsAndStandsOnce(t *testing.T) {
	t.Parallel()
	routes, before := table(), map[decision]int{}
	for _, d := range decisions(t) {
		if routes[d.route] == "" {
			t.Errorf("%s: there is no such route", d)
		}
		if !slices.Contains(askers, d.role) {
			t.Errorf("%s: there is no such role", d)
		}
		if !slices.Contains(situations, d.situation) && !slices.Contains(access.Scopes, d.scope()) {
			t.Errorf("%s: there is no such situation", d)
		}
		if !slices.Contains(answers, d.expected) {
			t.Errorf("%s: there is no such answer as %s", d, d.expected)
		}
		key := decision{route: d.route, role: d.role, situation: d.situation}
		if before[key] > 0 {
			t.Errorf("%s: line %d says it already", d, before[key])
		}
		before[key] = d.line
	}
}

func TestEveryRouteIsDecidedForEveryRoleAndSituation(t *testing.T) {
	t.Parallel()
	rows := map[string]map[access.Role]map[string]string{}
	for _, d := range decisions(t) {
		if rows[d.route] == nil {
			rows[d.route] = make(map[access.Role]map[string]string)
		}
		if rows[d.route][d.role] == nil {
			rows[d.route][d.role] = map[string]string{}
		}
		rows[d.route][d.role][d.situation] = d.expected
	}
	for route := range table() {
		for _, role := range askers {
			if gap := missing(route, role, rows[route][role]); gap != "" {
				t.Errorf("%s, %s: %s", route, role, gap)
			}
		}
	}
}

// missing tells which row a route lacks for a role; "" none.
func missing(route string, role access.Role, rows map[string]string) string {
	granted := slices.ContainsFunc(access.Scopes, func(s access.Scope) bool { return rows["granted:"+string(s)] != "" })
	switch answer, open := rows["any"]; {
	case len(rows) == 0:
		return "no row"
	case open && len(rows) > 1:
		return "has an answer for any record and others for some"
	case role == access.Nobody && !open:
		return "who has not signed in stands in no relation: want any"
	case open && (answer == "404" || (answer == "401") != (role == access.Nobody && answer != "ok")):
		return "refuses any record with " + answer
	case open, !hasRecord(route):
		return ""
	case slices.Contains(overseers, role) && rows["related"] != "" && rows["stranger"] == "":
		return "" // they watch over all
	case rows["stranger"] != "404":
		return "no row says that a stranger's record is not found"
	case role == access.Patient && rows["own"] == "":
		return "no row for their own record"
	case role == access.Patient && !granted && rows["granted"] != "404":
		return "no row for a caregiver"
	case role == access.Patient && granted && rows["granted"] != "":
		return "a caregiver is refused whatever they hold, and is not"
	}
	return ""
}

const (
	theirPatient  id.Patient  = "pat_asker"
	theirPharmacy id.Pharmacy = "phm_asker"
	theirVisit    id.Visit    = "vis_asker"
	theirAccount  id.Account  = "acc_asker"
)

func asker(role access.Role) access.Actor {
	a := access.Actor{Role: role}
	if role != access.Nobody {
		a.Account, a.Session = theirAccount, "ses_asker"
	}
	switch role {
	case access.Patient:
		a.Patient = theirPatient
	case access.Pharmacist, access.PharmacyStaff:
		a.Pharmacy = theirPharmacy
	case access.Guest:
		a.Visit = theirVisit
	case access.Nobody, access.Doctor, access.Courier, access.Support, access.Operator, access.Auditor, access.System:
	}
	return a
}

// facts are those of a record that somebody of this role meets in this situation. Whatever else there
// is to know of the record is others'.
func facts(role access.Role, situation string) access.Facts {
	f := access.Facts{
		Record: "rec_1", Patient: "pat_other", Owner: "acc_other", Doctor: "acc_doctor", Pharmacy: "phm_other", Courier: "acc_courier", Visit: "vis_other",
	}
	switch {
	case situation == "own" && role == access.Patient:
		f.Patient = theirPatient
	case situation == "own":
		f.Owner = theirAccount
	case situation == "related" && role == access.Doctor:
		f.Doctor = theirAccount
	case situation == "related" && (role == access.Pharmacist || role == access.PharmacyStaff):
		f.Pharmacy = theirPharmacy
	case situation == "related" && role == access.Courier:
		f.Courier = theirAccount
	case situation == "related" && role == access.Guest:
		f.Visit = theirVisit
	}
	return f
}

// theirs are the facts of what is not named since it is the asker's: their session, their shift, their counter.
func theirs(a access.Actor) access.Facts {
	return access.Facts{Record: "rec_1", Patient: a.Patient, Owner: a.Account, Pharmacy: a.Pharmacy}
}

// holds is a circle in which the asker holds one scope from the patient of the record.
type holds access.Scope

func (h holds) Scopes(_ context.Context, patient id.Patient, holder id.Account) ([]access.Scope, error) {
	if h == "" || patient != "pat_other" || holder != theirAccount {
		return nil, nil
	}
	return []access.Scope{access.Scope(h)}, nil
}

// alsoAsks are the actions that a route's service asks for beside the route's own, of the same record.
var alsoAsks = map[string][]access.Action{
	"POST /quotes": {"prescription.read"}, // what to quote stands on the prescription
}

// narrowed are the routes where the policy only says that the role may, on what is theirs, and the service
// finds no other record than those the asker has to do with: stories of consult prove it.
var narrowed = map[string]string{
	"POST /visits/{id}/admit": "a doctor on duty finds only who waits for them or for anybody like them",
}

func TestPolicyAnswersWhatTheProductPromises(t *testing.T) {
	t.Parallel()
	routes, scopes, guards := table(), promisedScopes(t), guardsOf(t)
	for _, d := range decisions(t) {
		action := routes[d.route]
		switch {
		case action == "":
			continue // said by another test
		case d.situation == "granted": // whatever they hold
			for _, s := range access.Scopes {
				guards.expect(t, d, action, s, d.expected)
			}
		case d.scope() != "":
			guards.expect(t, d, action, d.scope(), d.expected)
		default:
			guards.expect(t, d, action, "", d.expected)
		}
		if d.role == access.Patient && d.situation == "own" && hasRecord(d.route) {
			for _, s := range access.Scopes { // a caregiver with one right that is not the one promised
				if !scopes[d.route][s] {
					d.situation = "granted:" + string(s)
					guards.expect(t, d, action, s, "404")
				}
			}
		}
	}
}

func promisedScopes(t *testing.T) map[string]map[access.Scope]bool {
	t.Helper()
	out := map[string]map[access.Scope]bool{}
	for _, d := range decisions(t) {
		if out[d.route] == nil {
			out[d.route] = make(map[access.Scope]bool)
		}
		if d.scope() != "" {
			out[d.route][d.scope()] = true
		}
	}
	return out
}

// guards are the policy for an asker who holds this one scope; "" none.
type guards map[access.Scope]*access.Guard

func guardsOf(t *testing.T) guards {
	t.Helper()
	rules, _ := realGuard(t, noGrants{})
	out := make(guards)
	for _, s := range append([]access.Scope{""}, access.Scopes...) {
		out[s] = access.NewGuard(rules, holds(s), noGrants{})
	}
	return out
}

func (g guards) expect(t *testing.T, d decision, action access.Action, held access.Scope, want string) {
	t.Helper()
	guard, a := g[held], asker(d.role)
	got := answerOf(guard.Route(a, action))
	if got == "ok" {
		f := facts(d.role, d.situation)
		switch {
		case d.situation == "any" && !hasRecord(d.route):
			f = theirs(a)
		case narrowed[d.route] != "":
			f = theirs(a)
			want = "ok" // as far as the policy can tell
		}
		for _, action := range append([]access.Action{action}, alsoAsks[d.route]...) {
			if got == "ok" {
				got = answerOf(guard.Check(t.Context(), a, action, f))
			}
		}
	}
	if got != want {
		t.Errorf("%s: %s answers %s, want %s", d, action, got, want)
	}
}

func answerOf(err error) string {
	switch fault.KindOf(err) {
	case fault.Unauthenticated:
		return "401"
	case fault.Denied:
		return "403"
	case fault.NotFound:
		return "404"
	default:
		if err != nil {
			return err.Error()
		}
		return "ok"
	}
}

// rule is one row of rules.csv.
type rule struct {
	role     access.Role
	action   access.Action
	relation access.Relation
}

func ruleRows() []rule {
	var all []rule
	for line := range strings.Lines(policies.Rules) {
		if c := strings.Split(strings.TrimSpace(line), ", "); c[0] == "p" {
			all = append(all, rule{access.Role(c[1]), access.Action(c[2]), access.Relation(c[3])})
		}
	}
	return all
}

// behindRoutes are the rules that no route asks: what the parts of housecall ask each other for, and what
// is judged by a signed address.
var behindRoutes = map[string]string{
	"support message.list any": "support reads messages as evidence of a case",
	"file.get":                 "the signature in the address is the permission",
	"file.put":                 "the signature in the address is the permission",
	"fhir.describe":            "what can be asked of any server of FHIR; it says nothing of anybody",
	"call.connect":             "the ticket in the websocket's first message is the permission",
}

func TestEveryRuleIsHeldAgainstADecision(t *testing.T) {
	t.Parallel()
	routes, exercised := table(), map[rule]bool{}
	for _, d := range decisions(t) {
		if d.expected == "ok" {
			for _, r := range relationsOf(d) {
				exercised[rule{d.role, routes[d.route], r}] = true
			}
		}
	}
	for _, r := range ruleRows() {
		name := fmt.Sprintf("%s %s %s", r.role, r.action, r.relation)
		if exercised[r] || behindRoutes[name] != "" || behindRoutes[string(r.action)] != "" || slices.Contains(byHouse, name) {
			continue
		}
		t.Errorf("rule %s: no decision promises it. Take it away, or say in decisions.csv who is promised it", name)
	}
}

// without are relations that the rules give for the sake of other routes, and a record of this one never has.
var without = map[string]string{
	"GET /patients/{id}/cases": "the path names a patient; what is a doctor's, a courier's or a counter's own is at /me/cases",
}

// A right that no row of a route tells of would be a hole that nobody has looked at.
func TestEveryRouteTellsOfEveryRightThatRulesGive(t *testing.T) {
	t.Parallel()
	rules, _ := realGuard(t, noGrants{})
	told := map[string]bool{}
	for _, d := range decisions(t) {
		if d.expected == "ok" {
			for _, r := range relationsOf(d) {
				told[fmt.Sprint(d.route, d.role, r)] = true
			}
		}
	}
	for route, action := range table() {
		for _, role := range askers {
			for _, r := range access.Relations {
				over := r != access.Any && rules.Allow(role, action, access.Any) // the row for any record tells
				if rules.Allow(role, action, r) && !over && !told[fmt.Sprint(route, role, r)] && without[route] == "" {
					t.Errorf("%s, %s: the rules give %s to who is %s, and no row tells", route, role, action, r)
				}
			}
		}
	}
}

// relationsOf lists the relations that a decision may stand on.
func relationsOf(d decision) []access.Relation {
	switch d.situation {
	case "any":
		return access.Relations // nothing is named, so no relation tells people apart
	case "own":
		return []access.Relation{access.Own, access.Any}
	case "related":
		out := []access.Relation{access.Any, access.Treating, access.Filling, access.Riding, access.Seated}
		if narrowed[d.route] != "" {
			out = append(out, access.Own)
		}
		return out
	default:
		return []access.Relation{access.Relation(d.situation), access.Any}
	}
}

func TestEveryActionHasRulesAndIsAskedBySomebody(t *testing.T) {
	t.Parallel()
	rules, _ := realGuard(t, noGrants{})
	asked := map[access.Action]bool{}
	for route, action := range table() {
		asked[action] = true
		if !slices.Contains(rules.Actions(), action) {
			t.Errorf("%s: nobody may %s", route, action)
		}
	}
	for _, m := range slices.Concat(httpapi.FileMounts(nil), httpapi.OutboxMounts(nil), httpapi.PaperMounts(nil), httpapi.CallMounts(nil), httpapi.RecordingMounts(nil, nil), httpapi.FHIRMounts(httpapi.Keepers{}, "")) {
		asked[m.Action] = true
	}
	for _, r := range ruleRows() {
		name := fmt.Sprintf("%s %s %s", r.role, r.action, r.relation)
		if !asked[r.action] && behindRoutes[name] == "" && !slices.Contains(byHouse, name) {
			t.Errorf("rule %s: no route asks it, and it is not in the list of what housecall asks itself", name)
		}
	}
}

// byHouse is all that housecall itself may do, on an event or a timer.
var byHouse = strings.Split(strings.TrimSpace(`
system application.read any
system billing.advance any
system delivery.advance any
system fill.advance any
system fill.parcel_delivered any
system fill.read any
system fill.return any
system health_record.add any
system health_record.read any
system intake.read any
system onboarding.advance any
system order.advance any
system order.reattempt any
system payment.read any
system person.read any
system pharmacy.create any
system pharmacy.employ any
system pharmacy.list any
system pharmacy.read any
system prescribing.advance any
system prescription.cancel any
system prescription.read any
system quote.list any
system stock.edit any
system stock.import any
system stock.read any
system support.advance any
system upload.advance any
system visit.advance any
system visit.read any
`), "\n")

func TestHouseMayDoNothingThatIsNotListed(t *testing.T) {
	t.Parallel()
	for _, r := range ruleRows() {
		if name := fmt.Sprintf("%s %s %s", r.role, r.action, r.relation); r.role == access.System && !slices.Contains(byHouse, name) {
			t.Errorf("rule %s: housecall gets a right of its own; list it here with a reason to", name)
		}
	}
	for _, name := range byHouse {
		c := strings.Fields(name)
		if r := (rule{access.Role(c[0]), access.Action(c[1]), access.Relation(c[2])}); !slices.Contains(ruleRows(), r) {
			t.Errorf("%s is listed and no rule", name)
		}
	}
}
