package intake_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/geo"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

func TestTheLifeOfAnIntakeIsDrawn(t *testing.T) {
	t.Parallel()
	got, path := intake.Moves().Mermaid(), filepath.Join("testdata", "intake.mmd")
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("the life has changed; read it, then go test -update:\n%s", got)
	}
}

func TestIllegalStepsOfAnIntakeAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	submitted, err := p.Submit(ctx, mother, p.complete(p.begun(mother)).ID)
	must(t, err)
	discarded, err := p.Discard(ctx, mother, p.begun(mother).ID)
	must(t, err)
	c := p.whole(p.begun(mother), "cough")
	c.Answers["R001"] = "yes"
	stopped, err := p.Submit(ctx, mother, p.saved(p.begun(mother), c).ID)
	must(t, err)

	for _, i := range []*intake.Intake{submitted, discarded, stopped} {
		_, submit := p.Submit(ctx, mother, i.ID)
		_, discard := p.Discard(ctx, mother, i.ID)
		_, save := p.Save(ctx, mother, i.ID, i.Version, intake.Change{Words: ptr(phi.Text("more"))})
		_, attach := p.Attach(ctx, mother, i.ID, "x.png", "image/png", 10)
		for n, err := range []error{submit, discard, save, attach} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: step %d = %v", i.State, n, err)
			}
		}
		now, err := p.Intake(ctx, mother, i.ID)
		must(t, err)
		if now.Version != i.Version || now.State != i.State {
			t.Errorf("%s changed to %s", i.State, now.State)
		}
	}
}

func TestAnIntakeSaysForWhomAndWhereThatPersonIsNow(t *testing.T) {
	t.Parallel()
	p := open(t)

	i := p.saved(p.begun(mother), intake.Change{Where: &inside})
	far := p.saved(p.begun(mother), intake.Change{Where: &outside})

	if i.Patient != mother.Patient || i.Place.Zone != "zone_a" || i.Place.EmergencyNumber != "120" || i.Place.Jurisdiction != "house" || i.Place.Point != inside {
		t.Errorf("place = %+v", i.Place)
	}
	if far.Place.Zone != "" || far.Place.EmergencyNumber != "112" || far.Place.Point != outside {
		t.Errorf("outside every zone: %+v", far.Place)
	}
	if i.Language != "zh" {
		t.Errorf("language = %s, want the person's", i.Language)
	}
}

func TestAnIntakeIsSavedAsItIsTypedAndNothingTypedIsEverLost(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i := p.begun(mother)
	old := i.Version

	i = p.saved(i, intake.Change{Words: ptr(phi.Text("since Monday"))})
	i = p.saved(i, intake.Change{Answers: map[string]string{"R001": "no"}})
	i = p.saved(i, intake.Change{Answers: map[string]string{"R002": "no"}, Vitals: &[]intake.Vital{{Kind: "temperature", Value: "38.5", Unit: "Cel"}}})
	_, stale := p.Save(ctx, mother, i.ID, old, intake.Change{Words: ptr(phi.Text(""))})
	_, wrong := p.Save(ctx, mother, i.ID, i.Version, intake.Change{Words: ptr(phi.Text("new")), Complaint: ptr("hiccups")})
	now, err := p.Intake(ctx, mother, i.ID)
	must(t, err)

	if now.Words != "since Monday" || len(now.Answers) != 2 || len(now.Vitals) != 1 {
		t.Error("something typed was lost")
	}
	refused(t, stale, fault.Stale)
	refused(t, wrong, fault.Invalid)
}

func TestOfManySavesOnOneVersionOneWins(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for n := range errs {
		wg.Go(func() {
			_, errs[n] = p.Save(t.Context(), mother, i.ID, i.Version, intake.Change{Words: ptr(phi.Text("x"))})
		})
	}
	wg.Wait()

	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, fault.Stale)
		}
	}
	if won != 1 {
		t.Errorf("%d saves won", won)
	}
}

func TestConsentIsToThePresentVersion(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)

	_, old := p.Save(t.Context(), mother, i.ID, i.Version, intake.Change{Consent: ptr("2025-01")})
	i = p.saved(i, intake.Change{Consent: ptr("2026-11")})

	refused(t, old, fault.Invalid)
	if i.Consent.Version != "2026-11" || i.Consent.By != mother.Account || !i.Consent.At.Equal(monday) {
		t.Errorf("consent = %+v", i.Consent)
	}
}

func TestWhatIsMissingIsSaidWithAPointerToEachField(t *testing.T) {
	t.Parallel()
	p := open(t)

	_, err := p.Submit(t.Context(), mother, p.begun(mother).ID)

	refused(t, err, fault.Invalid)
	got := pointers(err)
	for _, want := range []string{"/where", "/call_back", "/consent", "/complaint", "/answers/R001", "/answers/R018"} {
		if !slices.Contains(got, want) {
			t.Errorf("pointers %v lack %s", got, want)
		}
	}
}

func TestAnEarlierDiagnosisIsAskedForWhereTheRulesOfThePlaceAsk(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i := p.complete(p.begun(mother))
	i = p.saved(i, intake.Change{Where: &china})

	_, without := p.Submit(ctx, mother, i.ID)
	i = p.saved(i, intake.Change{EarlierDiagnosis: &intake.EarlierDiagnosis{Words: "asthma", On: "2026-03", Verdict: &intake.Verdict{Answer: "qualifies"}}})
	mine := i.EarlierDiagnosis.Verdict
	i, err := p.Submit(ctx, mother, i.ID)
	must(t, err)
	_, other := p.JudgeDiagnosis(ctx, lin, i.ID, "qualifies")
	p.care[lin.Account] = mother.Patient
	i, err = p.JudgeDiagnosis(ctx, lin, i.ID, "qualifies")
	must(t, err)

	refused(t, without, fault.Invalid)
	if !slices.Equal(pointers(without), []string{"/earlier_diagnosis"}) {
		t.Errorf("pointers = %v", pointers(without))
	}
	if mine != nil {
		t.Error("a patient ticked for the doctor")
	}
	refused(t, other, fault.NotFound)
	if v := i.EarlierDiagnosis.Verdict; v.Answer != "qualifies" || v.By != lin.Account {
		t.Errorf("verdict = %+v", v)
	}
}

func TestIdentityIsShownOnceAndTickedByWhoSawIt(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i := p.begun(mother)
	p.care[lin.Account] = mother.Patient

	_, self := p.ShowIdentity(ctx, mother, i.ID, "passport")
	_, odd := p.ShowIdentity(ctx, lin, i.ID, "library card")
	i, err := p.ShowIdentity(ctx, lin, i.ID, "passport")
	must(t, err)
	again, err := p.ShowIdentity(ctx, support, i.ID, "id_card")
	must(t, err)

	refused(t, self, fault.NotFound)
	refused(t, odd, fault.Invalid)
	if again.IdentityShown.By != lin.Account || again.IdentityShown.Document != "passport" {
		t.Errorf("identity = %+v", again.IdentityShown)
	}
}

func TestAnIntakeIsReadByThePatientsSideAndTheTreatingDoctorAndThatIsAudited(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i := p.begun(mother)
	read := func(a access.Actor) error { _, err := p.Intake(ctx, a, i.ID); return err }

	for _, a := range []access.Actor{stranger, daughter, lin, {Role: access.Guest, Visit: "vis_1"}, {Account: "acc_c", Role: access.Courier}, {Role: access.Nobody}} {
		refused(t, read(a), fault.NotFound)
	}
	denied := len(p.trail.denied)
	p.care[lin.Account] = mother.Patient
	p.grants[daughter.Account] = []access.Scope{access.See}
	must(t, read(mother))
	must(t, read(lin))
	must(t, read(daughter))
	_, saves := p.Save(ctx, daughter, i.ID, i.Version, intake.Change{Words: ptr(phi.Text("x"))})
	p.trail.broken = fault.New(fault.Unavailable, "no room")

	if denied != 6 || len(p.trail.seen) != 3 {
		t.Errorf("audit: %d denied, %d seen", denied, len(p.trail.seen))
	}
	refused(t, saves, fault.NotFound)
	refused(t, read(mother), fault.Unavailable)
}

func TestACaregiverFillsInTheIntakeForWhoGrantedIt(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	start := intake.Start{Patient: mother.Patient}
	_, before := p.Begin(ctx, daughter, start)
	p.grants[daughter.Account] = []access.Scope{access.Book}

	i, err := p.Begin(ctx, daughter, start)
	must(t, err)
	i, err = p.Save(ctx, daughter, i.ID, i.Version, intake.Change{Consent: ptr("2026-11")})
	must(t, err)

	refused(t, before, fault.NotFound)
	if i.By != daughter.Account || i.Consent.By != daughter.Account {
		t.Errorf("by %s, consent by %s", i.By, i.Consent.By)
	}
}

func TestBegunTwiceByOneRequestIsOneIntake(t *testing.T) {
	t.Parallel()
	p := open(t)
	start := intake.Start{Patient: mother.Patient}

	first, err := p.Begin(t.Context(), asks(mother, "k"), start)
	must(t, err)
	second, err := p.Begin(t.Context(), asks(mother, "k"), start)
	must(t, err)
	a := asks(mother, "k")
	a.Request.Body = "another"
	_, reused := p.Begin(t.Context(), a, start)

	if first.ID != second.ID {
		t.Errorf("%s and %s", first.ID, second.ID)
	}
	refused(t, reused, fault.Conflict)
}

func TestANewIntakeTakesOverWhatWasTypedButNotWhatIsOfTheMoment(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	old := p.complete(p.begun(mother))
	old = p.saved(old, intake.Change{Words: ptr(phi.Text("since Monday")), Health: &intake.Health{Allergies: []intake.Allergy{{Code: "penicillin"}}}})

	i, err := p.Begin(ctx, mother, intake.Start{Patient: mother.Patient, From: old.ID})
	must(t, err)
	_, foreign := p.Begin(ctx, stranger, intake.Start{Patient: stranger.Patient, From: old.ID})

	if i.Words != "since Monday" || i.Complaint != "cough" || len(i.Health.Allergies) != 1 || i.CallBack == "" {
		t.Error("what was typed is gone")
	}
	if i.Place != nil || i.Consent != nil || len(i.Answers) != 0 {
		t.Error("place, consent and answers are of the moment")
	}
	refused(t, foreign, fault.NotFound)
}

func TestWhatCannotBeIsRefusedWithItsPointer(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	long := phi.Text(strings.Repeat("长", 4001))
	future := monday.Add(time.Hour)
	tests := map[string]intake.Change{
		"/where":                       {Where: &geo.Point{Lat: 91}},
		"/call_back":                   {CallBack: ptr(phi.Text("call me"))},
		"/complaint":                   {Complaint: ptr("hiccups")},
		"/words":                       {Words: &long},
		"/language":                    {Language: ptr("<en>")},
		"/specialty":                   {Specialty: ptr("DROP TABLE")},
		"/answers/R999":                {Answers: map[string]string{"R999": "no"}},
		"/answers/R001":                {Answers: map[string]string{"R001": "perhaps"}},
		"/symptoms/since":              {Symptoms: map[string]string{"since": strings.Repeat("x", 201)}},
		"/vitals/0":                    {Vitals: &[]intake.Vital{{Kind: "temperature", Value: "385", Unit: "Cel"}}},
		"/vitals/1":                    {Vitals: &[]intake.Vital{{Kind: "heart_rate", Value: "80", Unit: "/min"}, {Kind: "heart_rate", Value: "80", Unit: "Cel"}}},
		"/vitals/0/at":                 {Vitals: &[]intake.Vital{{Kind: "heart_rate", Value: "80", Unit: "/min", At: &future}}},
		"/earlier_diagnosis/on":        {EarlierDiagnosis: &intake.EarlierDiagnosis{On: "last year"}},
		"/health/allergies/0":          {Health: &intake.Health{Allergies: []intake.Allergy{{}}}},
		"/health/allergies/0/reaction": {Health: &intake.Health{Allergies: []intake.Allergy{{Code: "penicillin", Reaction: "bad"}}}},
		"/health/medicines/0/words":    {Health: &intake.Health{Medicines: []intake.Item{{Words: phi.Text(strings.Repeat("x", 201))}}}},
		"/health/conditions/0/code":    {Health: &intake.Health{Conditions: []intake.Item{{Code: "<script>"}}}},
		"/health/none":                 {Health: &intake.Health{None: []string{"allergy"}, Allergies: []intake.Allergy{{Code: "penicillin"}}}},
		"/health/weight_kg":            {Health: &intake.Health{WeightKg: "6000"}},
		"/health/height_cm":            {Health: &intake.Health{HeightCm: "1.71"}},
		"/health/egfr":                 {Health: &intake.Health{EGFR: "-5"}},
		"/health/liver":                {Health: &intake.Health{Liver: "bad"}},
		"/health/pregnancy":            {Health: &intake.Health{Pregnancy: "maybe"}},
		"/health/weeks":                {Health: &intake.Health{Pregnancy: "yes", Weeks: "60"}},
		"/health/lactation":            {Health: &intake.Health{Lactation: "maybe"}},
	}
	for pointer, change := range tests {
		_, err := p.Save(t.Context(), mother, i.ID, i.Version, change)
		if !fault.Is(err, fault.Invalid) || !slices.Contains(pointers(err), pointer) {
			t.Errorf("%s: %v at %v", pointer, err, pointers(err))
		}
	}
	now, err := p.Intake(t.Context(), mother, i.ID)
	must(t, err)
	if now.Version != i.Version {
		t.Error("a refused save changed something")
	}
}

func TestEventsOfAnIntakeCarryNoPersonalWords(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.complete(p.begun(mother))
	i = p.saved(i, intake.Change{Words: ptr(phi.Text("marked words")), Health: &intake.Health{Allergies: []intake.Allergy{{Code: "penicillin"}}, WeightKg: "61.5"}})
	_, err := p.Submit(t.Context(), mother, i.ID)
	must(t, err)

	waiting, err := p.store.Waiting(t.Context(), 100)
	must(t, err)
	if len(waiting) != 3 {
		t.Errorf("%d events, want submitted and two facts", len(waiting))
	}
	for _, w := range waiting {
		for key, value := range w.Event.Data {
			for _, secret := range []string{"marked", "penicillin", "61.5", "cough", "5555"} {
				if strings.Contains(value, secret) {
					t.Errorf("%s tells %s=%s", w.Event.Kind, key, value)
				}
			}
		}
	}
}
