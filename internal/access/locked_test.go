package access_test

import (
	"testing"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/policies"
)

func TestLockedCounterMayOnlyUnlockOrLeave(t *testing.T) {
	t.Parallel()
	rules, err := access.NewRules(policies.Model, "p, pharmacist, fill.read, any\np, pharmacist, session.unlock, own\np, pharmacist, session.end, own\np, pharmacist, session.lock, own")
	if err != nil {
		t.Fatal(err)
	}
	guard := access.NewGuard(rules, nil, nil)
	locked := access.Actor{Account: "acc_1", Role: access.Pharmacist, Locked: true}

	for action, want := range map[access.Action]fault.Kind{"fill.read": fault.Unauthenticated, "session.unlock": 0, "session.end": 0, "session.lock": 0} {
		if err := guard.Route(locked, action); err != nil && fault.KindOf(err) != want || err == nil && want != 0 {
			t.Errorf("route %s of a locked session = %v, want kind %v", action, err, want)
		}
	}
}
