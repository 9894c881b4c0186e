package identity_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

var nobody = access.Actor{Role: access.Nobody}

func doctorEnrolment(address phi.Text) identity.Enrolment {
	return identity.Enrolment{Role: access.Doctor, Address: address, Profile: identity.Profile{Name: "Doc Marked", Language: "en"}}
}

func TestOperatorEnrolsADoctorWhoSetsAPasswordAndAnAuthenticator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if sent := w.post.last(t); sent.To != "doc@example.org" || !strings.HasSuffix(sent.Data["link"].Reveal(), "/enrol#"+token) {
		t.Errorf("sent %s to somebody else, or without the link", sent.Template)
	}
	if len(w.trail.seen) != 1 || !strings.Contains(w.trail.seen[0], "account.enrol") {
		t.Errorf("audit = %v, want the enrolment", w.trail.seen)
	}

	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
	if err != nil || !strings.HasPrefix(accepted.URL.Reveal(), "otpauth://totp/") {
		t.Fatalf("accept: %v", err)
	}
	_, early := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: password, Code: w.totp(accepted.Secret, 0)})
	opened, err := w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{})
	if err != nil {
		t.Fatalf("confirm: %v", err)
	}

	wantKind(t, early, fault.Unauthenticated, "sign-in-failed")
	doctor := w.actor(opened.Token)
	if doctor.Role != access.Doctor || !doctor.SecondFactor.Equal(w.clock.Now()) {
		t.Errorf("actor = %+v, want a doctor with a fresh second factor", doctor)
	}
	_, replay := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: password, Code: w.totp(accepted.Secret, 0)})
	wantKind(t, replay, fault.Unauthenticated, "sign-in-failed")
	if _, err := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: password, Code: w.totp(accepted.Secret, 1)}); err != nil {
		t.Errorf("sign in with the next code: %v", err)
	}
}

func TestLinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
	if err != nil {
		t.Fatal(err)
	}

	_, second := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: "another long password"})
	_, confirmed := w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{})
	_, again := w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 1), identity.Origin{})
	_, unknown := w.Accept(t.Context(), nobody, identity.Acceptance{Token: "hc_made_up", Password: password})

	wantKind(t, second, fault.NotFound, "link-dead")
	if confirmed != nil {
		t.Errorf("confirm: %v", confirmed)
	}
	wantKind(t, again, fault.NotFound, "link-dead")
	wantKind(t, unknown, fault.NotFound, "link-dead")
}

func TestLinkIsGoodForTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}

	w.clock.Advance(10 * time.Minute)
	_, err = w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})

	wantKind(t, err, fault.NotFound, "link-dead")
}

func TestFirstCodeCanBeGuessedFiveTimesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
	if err != nil {
		t.Fatal(err)
	}

	for i := range 5 {
		_, err := w.ConfirmAccepted(t.Context(), nobody, token, wrong(w.totp(accepted.Secret, 0)), identity.Origin{})
		want := "code-wrong"
		if i == 4 {
			want = "code-dead"
		}
		wantKind(t, err, fault.Invalid, want)
	}
	_, err = w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{})

	wantKind(t, err, fault.NotFound, "link-dead")
}

func TestNobodyIsEnrolledTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patient("june@example.org")

	_, _, existing := w.Enrol(t.Context(), operator(), doctorEnrolment("june@example.org"))
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("race@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	w.patient("race@example.org") // signs up by themselves in the meantime
	_, late := w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{})

	wantKind(t, existing, fault.Conflict, "account-exists")
	wantKind(t, late, fault.Conflict, "account-exists")
}

func TestOperatorEnrolsAPatientAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token, err := w.Enrol(t.Context(), operator(), identity.Enrolment{Role: access.Patient, Address: "+4917012345678", Profile: june})
	if err != nil {
		t.Fatal(err)
	}

	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token})
	if err != nil {
		t.Fatal(err)
	}

	patient := w.actor(accepted.Opened.Token)
	if patient.Role != access.Patient || !w.mayRead(patient, patient.Patient) {
		t.Errorf("actor = %+v, want a patient with a person", patient)
	}
	again, err := w.SignIn(t.Context(), identity.SignIn{Address: "+4917012345678", Code: w.codeFor("+4917012345678")})
	if err != nil || again.Account.ID != patient.Account {
		t.Errorf("sign in with a code: %v, want the same account", err)
	}
}

func TestEnrolmentAskedTwiceIsOneLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := operator()
	op.Request = requestOf("enrol")

	first, one, err := w.Enrol(t.Context(), op, doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	second, two, err := w.Enrol(t.Context(), op, doctorEnrolment("doc@example.org"))

	if err != nil || first.ID != second.ID || one != two {
		t.Errorf("asked twice: %v, want the same link", err)
	}
}

func TestEnrolmentCutOffAfterItsFirstWriteGoesOnWithTheSameRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	who := nobody
	who.Request = requestOf("confirm")

	first, err := w.ConfirmAccepted(t.Context(), who, token, w.totp(accepted.Secret, 0), identity.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.ConfirmAccepted(t.Context(), who, token, w.totp(accepted.Secret, 0), identity.Origin{})

	if err != nil || second.Token != first.Token || second.Account.ID != first.Account.ID {
		t.Errorf("asked twice: %v, want the same session", err)
	}
}

func TestEnrolmentsThatCanNotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := identity.Profile{Name: "Sam"}
	for what, e := range map[string]identity.Enrolment{
		"a guest":                     {Role: access.Guest, Address: "a@example.org", Profile: name},
		"the system":                  {Role: access.System, Address: "a@example.org", Profile: name},
		"no name":                     {Role: access.Doctor, Address: "a@example.org"},
		"no address":                  {Role: access.Doctor, Profile: name},
		"a pharmacist without a shop": {Role: access.Pharmacist, Address: "a@example.org", Profile: name},
		"a doctor in a pharmacy":      {Role: access.Doctor, Address: "a@example.org", Profile: name, Pharmacy: "phm_1"},
		"a patient not yet born":      {Role: access.Patient, Address: "a@example.org", Profile: identity.Profile{Name: "Sam", Sex: "male", BirthDate: "2099-01-01"}},
	} {
		if _, _, err := w.Enrol(t.Context(), operator(), e); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", what, err)
		}
	}
	_, _, err := w.Enrol(t.Context(), access.Actor{Account: "acc_1", Role: access.Support, Session: "ses_1"}, doctorEnrolment("a@example.org"))
	wantKind(t, err, fault.NotFound, "")
}

func TestWithdrawnLinkIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invite, token, err := w.Enrol(t.Context(), operator(), doctorEnrolment("doc@example.org"))
	if err != nil {
		t.Fatal(err)
	}

	if _, err := w.WithdrawInvite(t.Context(), operator(), invite.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})

	wantKind(t, err, fault.NotFound, "link-dead")
	page, err := w.Invites(t.Context(), operator(), "", 0)
	if err != nil || len(page.Items) != 1 || page.Items[0].State != identity.InviteIsWithdrawn {
		t.Errorf("invites = %v, %v, want the withdrawn one", page.Items, err)
	}
}

// recover has an operator ask for a way back for the doctor, and answers who asked.
func (w *world) askRecovery(acc id.Account) *identity.Recovery {
	w.t.Helper()
	recovery, err := w.AskRecovery(w.t.Context(), operator(), acc, identity.Lost{Reason: "lost-phone"})
	if err != nil {
		w.t.Fatal(err)
	}
	return recovery
}

func TestLostSecondFactorComesBackThroughTwoOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor := w.staff(access.Doctor, "doc@example.org")
	old, _ := w.signInStaff("doc@example.org")
	recovery := w.askRecovery(doctor.ID)
	if w.post.last(t).Template != "recovery-begun" {
		t.Error("the owner was not told")
	}

	_, _, alone := w.ApproveRecovery(t.Context(), operator(), recovery.ID)
	second := access.Actor{Account: "acc_second", Role: access.Operator, Session: "ses_2"}
	_, token, err := w.ApproveRecovery(t.Context(), second, recovery.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, session := w.Authenticate(t.Context(), old.Token)
	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: "a new long password"})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{})
	if err != nil {
		t.Fatal(err)
	}

	wantKind(t, alone, fault.Conflict, "second-operator")
	wantKind(t, session, fault.Unauthenticated, "sign-in")
	if opened.Account.ID != doctor.ID || w.actor(opened.Token).Role != access.Doctor {
		t.Errorf("account = %s, want the same as before", opened.Account.ID)
	}
	w.clock.Advance(time.Minute)
	_, before := w.SignInStaff(t.Context(), identity.Credentials{Address: "doc@example.org", Password: password, Code: w.totp(secret, 0)})
	wantKind(t, before, fault.Unauthenticated, "sign-in-failed")
}

func TestOneOperatorAloneWaitsADayToRestoreASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doctor := w.staff(access.Doctor, "doc@example.org")
	recovery := w.askRecovery(doctor.ID)

	w.clock.Advance(24 * time.Hour)
	_, token, err := w.ApproveRecovery(t.Context(), operator(), recovery.ID)
	if err != nil || token == "" {
		t.Fatalf("approve a day later: %v", err)
	}
	w.clock.Advance(time.Hour) // the link ran out
	_, again, err := w.ApproveRecovery(t.Context(), operator(), recovery.ID)

	if err != nil || again == token {
		t.Errorf("approve again: %v, want another link", err)
	}
	_, first := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
	wantKind(t, first, fault.NotFound, "link-dead")
}

func TestWithdrawnRecoveryLeadsNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.staff(access.Doctor, "doc@example.org")
	recovery := w.askRecovery(account.ID)
	_, doctor := w.signInStaff("doc@example.org")

	if _, err := w.WithdrawRecovery(t.Context(), doctor, recovery.ID); err != nil {
		t.Fatal(err)
	}

	_, _, err := w.ApproveRecovery(t.Context(), access.Actor{Account: "acc_second", Role: access.Operator}, recovery.ID)
	wantKind(t, err, fault.Conflict, "illegal-transition")
}

func TestLinkOfAWithdrawnRecoveryChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.staff(access.Doctor, "doc@example.org")
	recovery := w.askRecovery(account.ID)
	_, token, err := w.ApproveRecovery(t.Context(), access.Actor{Account: "acc_second", Role: access.Operator}, recovery.ID)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: "a new long password"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WithdrawRecovery(t.Context(), operator(), recovery.ID); err != nil {
		t.Fatal(err)
	}

	_, err = w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{})

	wantKind(t, err, fault.NotFound, "link-dead")
	w.signInStaff("doc@example.org")
}

func TestFirstOperatorIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	first, one, err := w.EnsureOperator(t.Context(), "op@example.org", password, "")
	if err != nil || one == "" {
		t.Fatal(err)
	}
	second, two, err := w.EnsureOperator(t.Context(), "op@example.org", "another long password", "")

	if err != nil || second.ID != first.ID || two != "" {
		t.Errorf("made again: %v, want the same operator and no secret", err)
	}
	if _, err := w.SignInStaff(t.Context(), identity.Credentials{Address: "op@example.org", Password: password, Code: w.totp(one, 0)}); err != nil {
		t.Errorf("sign in: %v", err)
	}
}

func TestOneAddressNeverBelongsToTwoAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	found := make(chan id.Account, 8)
	for range 8 {
		all.Go(func() {
			account, _, err := w.Seed(t.Context(), identity.SeedAccount{Password: password, Enrolment: doctorEnrolment("doc@example.org")})
			if err == nil {
				found <- account.ID
			}
		})
	}
	all.Wait()
	close(found)

	seen := map[id.Account]bool{}
	for acc := range found {
		seen[acc] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d accounts have one address, want 1", len(seen))
	}
}

func TestLivesAreDrawn(t *testing.T) {
	t.Parallel()
	for name, drawing := range identity.Moves() {
		golden(t, name+".mmd", drawing)
	}
}

func TestPatientWhoLostTheirPhoneComesBackWithANewNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	june, old := w.patient("+4917011111111")
	recovery, err := w.AskRecovery(t.Context(), operator(), june.Account, identity.Lost{Reason: "lost-phone", Address: "+4917022222222"})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := w.ApproveRecovery(t.Context(), access.Actor{Account: "acc_second", Role: access.Operator}, recovery.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, session := w.Authenticate(t.Context(), old.Token)

	accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	back := w.actor(accepted.Opened.Token)
	finder, _ := w.patient("+4917011111111") // the number is somebody else's now

	wantKind(t, session, fault.Unauthenticated, "sign-in")
	if back.Account != june.Account || back.Patient != june.Patient {
		t.Errorf("account = %s of %s, want the same as before", back.Account, back.Patient)
	}
	if finder.Account == june.Account || finder.Patient == june.Patient || w.mayRead(finder, june.Patient) {
		t.Error("who has the old number now got into the account")
	}
}

func TestOperatorEnrolsSomebodyOfAnyRole(t *testing.T) {
	t.Parallel()
	for _, role := range []access.Role{
		access.Patient, access.Doctor, access.Pharmacist, access.PharmacyStaff, access.Courier, access.Support, access.Operator, access.Auditor,
	} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := identity.Enrolment{Role: role, Address: "sam@example.org", Profile: june}
			if role == access.Pharmacist || role == access.PharmacyStaff {
				e.Pharmacy = "phm_1"
			}
			_, token, err := w.Enrol(t.Context(), operator(), e)
			if err != nil {
				t.Fatal(err)
			}
			accepted, err := w.Accept(t.Context(), nobody, identity.Acceptance{Token: token, Password: password})
			if err != nil {
				t.Fatal(err)
			}
			opened := accepted.Opened
			if role != access.Patient {
				if opened, err = w.ConfirmAccepted(t.Context(), nobody, token, w.totp(accepted.Secret, 0), identity.Origin{}); err != nil {
					t.Fatal(err)
				}
			}

			if a := w.actor(opened.Token); a.Role != role || a.Pharmacy != e.Pharmacy {
				t.Errorf("enrolled as a %s of %q, want a %s", a.Role, a.Pharmacy, role)
			}
			if len(w.trail.seen) == 0 || !strings.Contains(w.trail.seen[0], "account.enrol") {
				t.Errorf("audit = %v, want the enrolment", w.trail.seen)
			}
		})
	}
}
