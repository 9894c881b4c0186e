package intake_test

import (
	"sync"
	"testing"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/intake"
)

func (p *practice) record() *intake.Record {
	p.t.Helper()
	r, err := p.Facts(p.t.Context(), mother, mother.Patient)
	must(p.t, err)
	return r
}

func TestSubmittingAnIntakeFoldsItsFactsIntoTheRecordOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	before := p.record()
	i := p.complete(p.begun(mother))
	i = p.saved(i, intake.Change{Health: &intake.Health{
		Allergies: []intake.Allergy{{Code: "penicillin", Reaction: "anaphylaxis"}},
		Medicines: []intake.Item{{Words: "the little white one"}}, None: []string{"condition"}, WeightKg: "61.5",
	}})
	_, err := p.Submit(ctx, asks(mother, "s"), i.ID)
	must(t, err)
	_, err = p.Submit(ctx, asks(mother, "s"), i.ID)
	must(t, err)
	must(t, p.Fold(ctx, system, i.ID))

	r := p.record()
	if before.Known(intake.KindAllergy) || len(before.Facts) != 0 {
		t.Error("a record that nothing was told of knows something")
	}
	if len(r.Facts) != 3 || len(r.Live(intake.KindAllergy)) != 1 || r.Live(intake.KindMedicine)[0].Words != "the little white one" {
		t.Errorf("%d facts", len(r.Facts))
	}
	if f, known := r.Value(intake.KindWeight); !known || f.Value != "61.5" || f.Source != string(i.ID) || f.By != mother.Account {
		t.Errorf("weight = %+v", f)
	}
	if !r.Known(intake.KindCondition) || !r.Asked[intake.KindCondition].None || r.Known(intake.KindEGFR) {
		t.Error("none is said of conditions, nothing of the kidneys")
	}
}

func TestADraftOrAStoppedIntakeIsNotFolded(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.saved(p.begun(mother), intake.Change{Health: &intake.Health{WeightKg: "61.5"}})

	must(t, p.Fold(t.Context(), system, i.ID))

	if len(p.record().Facts) != 0 {
		t.Error("a draft is in the record")
	}
}

func TestTheSameFactToldAgainIsOneAndANewValueEndsTheOldOne(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, weight := range []string{"61.5", "61.5", "63"} {
		i := p.complete(p.begun(mother))
		i = p.saved(i, intake.Change{Health: &intake.Health{Conditions: []intake.Item{{Code: "asthma"}}, WeightKg: weight}})
		_, err := p.Submit(t.Context(), mother, i.ID)
		must(t, err)
	}

	r := p.record()
	if len(r.Live(intake.KindCondition)) != 1 || len(r.Live(intake.KindWeight)) != 1 || len(r.Facts) != 3 {
		t.Errorf("facts = %d", len(r.Facts))
	}
	if f, _ := r.Value(intake.KindWeight); f.Value != "63" {
		t.Errorf("weight = %s", f.Value)
	}
}

func TestAWrongAllergyIsEndedWithWhoWhenAndWhyNeverErased(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	p.care[lin.Account] = mother.Patient
	r, err := p.AddFact(ctx, mother, mother.Patient, intake.Fact{Kind: intake.KindAllergy, Code: "penicillin", Reaction: "immediate"})
	must(t, err)
	fact := r.Facts[0].ID

	_, silent := p.EndFact(ctx, lin, mother.Patient, fact, "")
	_, other := p.EndFact(ctx, okoye, mother.Patient, fact, "no")
	r, err = p.EndFact(ctx, lin, mother.Patient, fact, "It was a viral rash.")
	must(t, err)
	_, twice := p.EndFact(ctx, lin, mother.Patient, fact, "again")
	_, unknown := p.EndFact(ctx, lin, mother.Patient, "fact_none", "x")

	refused(t, silent, fault.Invalid)
	refused(t, other, fault.NotFound)
	refused(t, twice, fault.Conflict)
	refused(t, unknown, fault.NotFound)
	f := r.Facts[0]
	if len(r.Facts) != 1 || f.Code != "penicillin" || f.Ended.By != lin.Account || f.Ended.Why != "It was a viral rash." || !f.Ended.At.Equal(p.clock.Now()) {
		t.Errorf("fact = %+v", f)
	}
	if len(r.Live(intake.KindAllergy)) != 0 {
		t.Error("an ended allergy holds")
	}
}

func TestTheRecordIsReadByThePersonAndWhoMaySeeItAndThatIsAudited(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	read := func(a access.Actor) error { _, err := p.Facts(ctx, a, mother.Patient); return err }

	for _, a := range []access.Actor{stranger, daughter, lin, support, {Account: "acc_c", Role: access.Courier}} {
		refused(t, read(a), fault.NotFound)
	}
	p.grants[daughter.Account] = []access.Scope{access.See}
	p.care[lin.Account] = mother.Patient
	for _, a := range []access.Actor{mother, daughter, lin, system} {
		must(t, read(a))
	}
	_, adds := p.AddFact(ctx, daughter, mother.Patient, intake.Fact{Kind: intake.KindAllergy, Code: "latex"})

	if len(p.trail.denied) != 5+1 || len(p.trail.seen) != 3 {
		t.Errorf("audit: %d denied, %d seen", len(p.trail.denied), len(p.trail.seen))
	}
	refused(t, adds, fault.NotFound)
}

func TestManyFactsAtOnceAreAllKept(t *testing.T) {
	t.Parallel()
	p := open(t)
	codes := []string{"latex", "egg", "nsaid", "opioid", "heparin", "macrolide", "ppi", "lactose"}
	var wg sync.WaitGroup
	for _, code := range codes {
		wg.Go(func() {
			if _, err := p.AddFact(t.Context(), asks(mother, code), mother.Patient, intake.Fact{Kind: intake.KindAllergy, Code: code}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()

	if n := len(p.record().Live(intake.KindAllergy)); n != len(codes) {
		t.Errorf("%d facts, want %d", n, len(codes))
	}
}

func TestFactsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, f := range map[string]intake.Fact{
		"of no kind":                 {Kind: "mood", Code: "fine"},
		"an allergy to nothing":      {Kind: intake.KindAllergy},
		"an unknown reaction":        {Kind: intake.KindAllergy, Code: "latex", Reaction: "odd"},
		"a medicine with a reaction": {Kind: intake.KindMedicine, Code: "aspirin", Reaction: "immediate"},
		"a condition with a value":   {Kind: intake.KindCondition, Code: "asthma", Value: "5"},
		"a weight of words":          {Kind: intake.KindWeight, Value: "heavy"},
		"no weight":                  {Kind: intake.KindWeight},
		"a height of a mountain":     {Kind: intake.KindHeight, Value: "8848"},
		"a liver of gold":            {Kind: intake.KindLiver, Value: "gold"},
		"a century of pregnancy":     {Kind: intake.KindWeeks, Value: "100"},
	} {
		if _, err := p.AddFact(t.Context(), mother, mother.Patient, f); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(p.record().Facts) != 0 {
		t.Error("a refused fact was kept")
	}
}
