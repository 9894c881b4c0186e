package identity_test

import (
	"slices"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// give has a patient invite an address, and the one who has it accept.
func (w *world) give(patient access.Actor, address phi.Text, holder access.Actor, until time.Time, scopes ...access.Scope) *identity.Grant {
	w.t.Helper()
	grant, err := w.GiveGrant(w.t.Context(), patient, identity.Give{Patient: patient.Patient, Address: address, Scopes: scopes, Until: until})
	if err != nil {
		w.t.Fatalf("give: %v", err)
	}
	grant, err = w.AnswerGrant(w.t.Context(), holder, grant.ID, identity.AcceptGrant)
	if err != nil {
		w.t.Fatalf("accept: %v", err)
	}
	return grant
}

func (w *world) mayRead(holder access.Actor, patient id.Patient) bool {
	w.t.Helper()
	_, err := w.Person(w.t.Context(), holder, patient)
	if err != nil && !fault.Is(err, fault.NotFound) {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestDaughterSeesHerMothersRecordOnlyAfterSheAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	grant, err := w.GiveGrant(t.Context(), mother, identity.Give{
		Patient: mother.Patient, Address: "Daughter@example.org",
		Scopes: []access.Scope{access.See, access.Book, access.Attend},
	})
	if err != nil {
		t.Fatal(err)
	}

	if w.mayRead(daughter, mother.Patient) {
		t.Error("the daughter reads the record before she accepted")
	}
	_, invitations, err := w.GrantsHeld(t.Context(), daughter)
	if err != nil || len(invitations) != 1 || invitations[0].ID != grant.ID {
		t.Fatalf("invitations = %v, %v, want the mother's", invitations, err)
	}
	if _, err := w.AnswerGrant(t.Context(), daughter, grant.ID, identity.AcceptGrant); err != nil {
		t.Fatal(err)
	}
	if !w.mayRead(daughter, mother.Patient) || w.mayRead(mother, daughter.Patient) {
		t.Error("want the daughter to read the mother's record, and not the other way round")
	}
	scopes, err := w.circle.Scopes(t.Context(), mother.Patient, daughter.Account)
	if err != nil || len(scopes) != 3 || slices.Contains(scopes, access.Pay) {
		t.Errorf("scopes = %v, %v, want see, book and attend alone", scopes, err)
	}
	if w.mayRead(daughter, daughter.Patient) != true {
		t.Error("the daughter can't read her own record")
	}
}

func TestStrangerCanNotAcceptAnothersInvitation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	stranger, _ := w.patient("mallory@example.org")
	grant, err := w.GiveGrant(t.Context(), mother, identity.Give{Patient: mother.Patient, Address: "daughter@example.org", Scopes: []access.Scope{access.See}})
	if err != nil {
		t.Fatal(err)
	}

	_, err = w.AnswerGrant(t.Context(), stranger, grant.ID, identity.AcceptGrant)

	if !fault.Is(err, fault.NotFound) || w.mayRead(stranger, mother.Patient) {
		t.Errorf("accept: %v, want not found and no rights", err)
	}
}

func TestInvitingAnAddressTellsNothingOfWhetherItHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	w.patient("known@example.org")
	give := func(address phi.Text) *identity.Grant {
		g, err := w.GiveGrant(t.Context(), mother, identity.Give{Patient: mother.Patient, Address: address, Scopes: []access.Scope{access.See}})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}

	known, unknown := give("known@example.org"), give("unknown@example.org")

	if known.State != unknown.State || known.Holder != unknown.Holder || w.post.last(t).Template != "invitation" {
		t.Errorf("a known address answers %s to %q, an unknown one %s to %q", known.State, known.Holder, unknown.State, unknown.Holder)
	}
}

func TestRevokedGrantTakesEffectAtOnceHereAndOnOtherNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	grant := w.give(mother, "daughter@example.org", daughter, time.Time{}, access.See)
	other, circle := w.node()
	if !w.mayRead(daughter, mother.Patient) {
		t.Fatal("the grant does not hold")
	}
	if scopes, err := circle.Scopes(t.Context(), mother.Patient, daughter.Account); err != nil || len(scopes) != 1 {
		t.Fatalf("scopes on the other node = %v, %v", scopes, err)
	}

	if _, err := w.RevokeGrant(t.Context(), mother, grant.ID); err != nil {
		t.Fatal(err)
	}
	for _, word := range w.words.words {
		other.Heard(word)
	}

	scopes, err := circle.Scopes(t.Context(), mother.Patient, daughter.Account)
	if w.mayRead(daughter, mother.Patient) || err != nil || len(scopes) != 0 {
		t.Errorf("the grant still holds here or on the other node (%v, %v)", scopes, err)
	}
}

func TestCaregiverCanLeaveAndAStrangerCanRevokeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	stranger, _ := w.patient("mallory@example.org")
	grant := w.give(mother, "daughter@example.org", daughter, time.Time{}, access.See)

	_, byStranger := w.RevokeGrant(t.Context(), stranger, grant.ID)
	_, byHolder := w.RevokeGrant(t.Context(), daughter, grant.ID)
	_, twice := w.RevokeGrant(t.Context(), mother, grant.ID)

	wantKind(t, byStranger, fault.NotFound, "")
	if byHolder != nil {
		t.Errorf("by the holder: %v", byHolder)
	}
	wantKind(t, twice, fault.Conflict, "illegal-transition")
}

func TestGrantEndsOnItsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	w.give(mother, "daughter@example.org", daughter, w.clock.Now().Add(time.Hour), access.See)

	before := w.mayRead(daughter, mother.Patient)
	w.clock.Advance(time.Hour)
	after := w.mayRead(daughter, mother.Patient)
	held, _, err := w.GrantsHeld(t.Context(), daughter)

	if !before || after || err != nil || len(held) != 0 {
		t.Errorf("before %v, after %v, held %d (%v), want it to hold until its day and no longer", before, after, len(held), err)
	}
}

func TestGrantGivenAgainIsTheSameGrantWithOtherRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	first := w.give(mother, "daughter@example.org", daughter, time.Time{}, access.See)

	second, err := w.GiveGrant(t.Context(), mother, identity.Give{Patient: mother.Patient, Address: "daughter@example.org", Scopes: []access.Scope{access.Pay}})

	if err != nil || second.ID != first.ID || second.State != identity.GrantActive || w.mayRead(daughter, mother.Patient) {
		t.Errorf("grant = %+v, %v, want the first with the right to pay alone", second, err)
	}
}

func TestGrantsThatCanNotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	see := []access.Scope{access.See}
	for name, give := range map[string]identity.Give{
		"no rights":      {Address: "a@example.org"},
		"unknown right":  {Address: "a@example.org", Scopes: []access.Scope{"everything"}},
		"a day gone by":  {Address: "a@example.org", Scopes: see, Until: w.clock.Now()},
		"no address":     {Scopes: see},
		"to oneself":     {Address: "mother@example.org", Scopes: see},
		"to own account": {Holder: mother.Account, Scopes: see},
	} {
		give.Patient = mother.Patient
		if _, err := w.GiveGrant(t.Context(), mother, give); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

func TestNobodyGrantsRightsOverAnothersRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	w.give(mother, "daughter@example.org", daughter, time.Time{}, access.Scopes...)

	_, err := w.GiveGrant(t.Context(), daughter, identity.Give{Patient: mother.Patient, Address: "friend@example.org", Scopes: []access.Scope{access.See}})

	wantKind(t, err, fault.NotFound, "")
}

func TestGuardianHoldsEveryRightOverADependantWithoutAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent, _ := w.patient("parent@example.org")
	aunt, _ := w.patient("aunt@example.org")
	parent.Request = requestOf("add a child")
	child, err := w.AddDependant(t.Context(), parent, identity.Profile{Name: "Child Marked", BirthDate: "2022-01-02", Sex: "male"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.AddDependant(t.Context(), parent, identity.Profile{Name: "Child Marked", BirthDate: "2022-01-02", Sex: "male"})
	if err != nil || again.ID != child.ID {
		t.Errorf("asked twice: %v, %v, want the same child", again, err)
	}

	scopes, err := w.circle.Scopes(t.Context(), child.ID, parent.Account)
	if err != nil || len(scopes) != len(access.Scopes) || !w.mayRead(parent, child.ID) || w.mayRead(aunt, child.ID) {
		t.Errorf("scopes = %v, %v, want all of them for the parent and none for the aunt", scopes, err)
	}
	parent.Request = id.Request{}
	grant, err := w.GiveGrant(t.Context(), parent, identity.Give{Patient: child.ID, Holder: aunt.Account, Scopes: []access.Scope{access.See}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AnswerGrant(t.Context(), aunt, grant.ID, identity.AcceptGrant); err != nil || !w.mayRead(aunt, child.ID) {
		t.Errorf("accept: %v, want the aunt to read", err)
	}
	given, err := w.GrantsGiven(t.Context(), parent, child.ID)
	if err != nil || len(given) != 2 {
		t.Fatalf("given = %d, %v, want the guardian's and the aunt's", len(given), err)
	}
	for _, g := range given {
		_, byAunt := w.RevokeGrant(t.Context(), aunt, g.ID)
		if g.Guardian != fault.Is(byAunt, fault.NotFound) {
			t.Errorf("guardian's %v: revoked by the aunt: %v", g.Guardian, byAunt)
		}
	}
	edited, err := w.EditPerson(t.Context(), parent, child.ID, child.Version, identity.Profile{Name: "Kid Marked", BirthDate: "2022-01-02", Sex: "male", Language: "zh"})
	if err != nil || edited.Name != "Kid Marked" {
		t.Errorf("edit: %v", err)
	}
	_, err = w.EditPerson(t.Context(), parent, child.ID, child.Version, identity.Profile{Name: "X", BirthDate: "2022-01-02", Sex: "male"})
	wantKind(t, err, fault.Stale, "stale")
	list, err := w.Dependants(t.Context(), parent)
	if err != nil || len(list) != 1 {
		t.Errorf("dependants = %d, %v, want one", len(list), err)
	}
}

func TestOperatorCanTakeAGuardiansRightsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent, _ := w.patient("parent@example.org")
	child, err := w.AddDependant(t.Context(), parent, identity.Profile{Name: "Child", BirthDate: "2022-01-02", Sex: "male"})
	if err != nil {
		t.Fatal(err)
	}
	given, err := w.GrantsGiven(t.Context(), parent, child.ID)
	if err != nil || len(given) != 1 {
		t.Fatalf("given = %d, %v", len(given), err)
	}

	if _, err := w.RevokeGrant(t.Context(), operator(), given[0].ID); err != nil {
		t.Fatal(err)
	}

	if w.mayRead(parent, child.ID) {
		t.Error("the former guardian still reads the record")
	}
}

func TestFollowersOfAPersonAreOwnerGuardiansAndWhoMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mother, _ := w.patient("mother@example.org")
	daughter, _ := w.patient("daughter@example.org")
	payer, _ := w.patient("payer@example.org")
	w.give(mother, "daughter@example.org", daughter, time.Time{}, access.See)
	w.give(mother, "payer@example.org", payer, time.Time{}, access.Pay)

	all, err := w.Followers(t.Context(), mother.Patient)

	if err != nil || !slices.Equal(all, []id.Account{mother.Account, daughter.Account}) {
		t.Errorf("followers = %v, %v, want mother and daughter", all, err)
	}
}
