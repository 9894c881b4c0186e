package access_test

import (
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"

	"housecall/internal/access"
	"housecall/policies"
)

func TestTableOfAnswersIsWhatCasbinAnswers(t *testing.T) {
	t.Parallel()
	rows := []string{"g, operator, support", "p, support, case.read, any", "p, patient, case.read, own", "p, patient, case.read, granted:see"}
	text := rows[0] + "\n" + rows[1] + "\n" + rows[2] + "\n" + rows[3]
	rules, err := access.NewRules(policies.Model, text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.NewModelFromString(policies.Model)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := persist.LoadPolicyLine(row, m); err != nil {
			t.Fatal(err)
		}
	}
	casbin, err := casbin.NewEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := casbin.BuildRoleLinks(); err != nil {
		t.Fatal(err)
	}

	for _, role := range access.Roles {
		for _, relation := range access.Relations {
			want, err := casbin.Enforce(string(role), "case.read", string(relation))
			if err != nil {
				t.Fatal(err)
			}
			if got := rules.Allow(role, "case.read", relation); got != want {
				t.Errorf("%s, %s = %v, Casbin says %v", role, relation, got, want)
			}
		}
	}
}

func TestBrokenRulesNeverLoadSilently(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]string{
		"a misspelt role":      "p, patiant, case.read, own",
		"an unknown relation":  "p, patient, case.read, mine",
		"a row too short":      "p, patient, case.read",
		"an action without .":  "p, patient, read, own",
		"a row said twice":     "p, patient, case.read, own\np,patient,case.read,own",
		"a group of strangers": "g, operator, boss",
	} {
		if _, err := access.NewRules(policies.Model, rows); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}
