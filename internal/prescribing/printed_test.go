package prescribing_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/paper"
	"housecall/internal/phi"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

// published is the list of keys as anybody has it.
func (w *world) published() paper.Keys {
	w.t.Helper()
	keys, err := w.PublicKeys(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := json.Marshal(keys)
	if err != nil {
		w.t.Fatal(err)
	}
	if keys, err = paper.ReadKeys(raw); err != nil {
		w.t.Fatal(err)
	}
	return keys
}

func (w *world) paperOf(rx id.Prescription, language string) []byte {
	w.t.Helper()
	p, err := w.Paper(w.t.Context(), asPatient(), rx, language)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.PDF
}

func (w *world) lookup(shown string) prescribing.PublicState {
	w.t.Helper()
	state, err := w.Lookup(w.t.Context(), shown)
	if err != nil {
		w.t.Fatal(err)
	}
	return state
}

func codesOf(rx *prescribing.Prescription, language string) string {
	return strings.Join(paper.Codes(rx.Signature.Papers[language]), "\n")
}

func TestASignedPrescriptionIsPrintedInBothLanguagesAndChecksOffLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.know(func(f *prescribing.Facts) { f.Present = []safety.Medicine{{INN: "naproxen", From: "told at intake"}} })
	written := sheet(ibuprofen())
	written.Items[0].Indication, written.Items[0].NoSubstitution = "back pain", true
	draft := w.draft(written)
	for _, f := range draft.Findings {
		written.Reasons = append(written.Reasons, prescribing.WrittenReason{Finding: f.ID, Words: phi.Text("naproxen stopped today, " + strings.Repeat("x", 200))})
	}
	_, err := w.Edit(t.Context(), asDoctor(), draft.ID, 1, written)
	ok(t, err)
	challenge, err := w.BeginSigning(t.Context(), asDoctor(), draft.ID)
	ok(t, err)
	signed, err := w.Sign(t.Context(), asDoctor(), challenge.ID, freshCode())
	ok(t, err)
	rx := signed[0]

	for language, want := range map[string]struct{ medicine, name string }{
		paper.English: {"Ibuprofen 200 mg tablet", "Mei Lin"}, paper.Chinese: {"布洛芬片 200 mg（ibuprofen tablet）", "Mei Lin"},
	} {
		pdf := w.paperOf(rx.ID, language)

		got := paper.CheckFile(pdf, w.published(), w.clock.Now())

		if got.Verdict != paper.Genuine {
			t.Fatalf("%s: %s, %s", language, got.Verdict, got.Why)
		}
		c, l := got.Card, got.Card.Lines[0]
		if l.Medicine != want.medicine || c.Patient.Name.Reveal() != want.name || c.Prescriber.Licence != "110 2210 4471" || c.Prescriber.Country != "China" {
			t.Errorf("%s: %+v of %+v by %+v", language, l, c.Patient, c.Prescriber)
		}
		if c.Diagnosis != "back pain" || !l.NoSubstitution || l.Count != rx.Items[0].Quantity.Count || c.Zone != 480 {
			t.Errorf("%s: %q, %+v, zone %d", language, c.Diagnosis.Reveal(), l, c.Zone)
		}
		if len(l.Findings) == 0 || !strings.Contains(l.Findings[0].Reveal(), "naproxen stopped") || len([]rune(l.Findings[0].Reveal())) > 300 {
			t.Errorf("%s: findings %d, want each warning with its reason, shortened", language, len(l.Findings))
		}
	}
}

func TestADraftIsNeverDownloadedAndOthersHaveNoPaper(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft, rx := w.draft(sheet(amlodipine())), w.claimed()

	for name, c := range map[string]struct {
		who access.Actor
		rx  id.Prescription
		ok  bool
	}{
		"the doctor of a draft":            {asDoctor(), draft.ID, false},
		"the patient of a draft":           {asPatient(), draft.ID, false},
		"the doctor":                       {asDoctor(), rx.ID, true},
		"the patient":                      {asPatient(), rx.ID, true},
		"the pharmacist who fills it":      {asPharmacist(), rx.ID, true},
		"another doctor":                   {asStranger(), rx.ID, false},
		"another patient":                  {access.Actor{Account: "acc_other", Role: access.Patient, Patient: "pat_other"}, rx.ID, false},
		"a pharmacist of another pharmacy": {access.Actor{Account: "acc_p2", Role: access.Pharmacist, Pharmacy: "phm_other"}, rx.ID, false},
		"a courier":                        {access.Actor{Account: "acc_c", Role: access.Courier}, rx.ID, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := w.Paper(t.Context(), c.who, c.rx, paper.English)

			if c.ok != (err == nil) || c.ok != bytes.HasPrefix(p.PDF, []byte("%PDF-")) {
				t.Errorf("answered %d bytes, %v", len(p.PDF), err)
			}
		})
	}
	if _, err := w.Paper(t.Context(), asDoctor(), rx.ID, "fr"); !fault.Is(err, fault.Invalid) {
		t.Errorf("in French: %v, want invalid", err)
	}
}

func TestAnybodyLearnsOneWordOfAPaperTheyHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reach func(w *world) *prescribing.Prescription
		want  prescribing.PublicState
	}{
		"signed":    {func(w *world) *prescribing.Prescription { return w.signed(sheet(amoxicillin())) }, prescribing.PublicValid},
		"claimed":   {(*world).claimed, prescribing.PublicValid},
		"dispensed": {illegal[3].reach, prescribing.PublicDispensed},
		"cancelled": {illegal[4].reach, prescribing.PublicCancelled},
		"expired":   {illegal[5].reach, prescribing.PublicExpired},
		"replaced":  {illegal[6].reach, prescribing.PublicCancelled},
		"cancelled too late": {func(w *world) *prescribing.Prescription {
			rx := w.claimed()
			ok(w.t, w.Cancel(w.t.Context(), asDoctor(), rx.ID, "changed-mind"), w.Dispensed(w.t.Context(), asJourney(), rx.Parts[0].ID, order))
			return rx
		}, prescribing.PublicDispensed},
		"out of time before the timer": {func(w *world) *prescribing.Prescription {
			rx := w.signed(sheet(amoxicillin()))
			w.clock.Advance(60 * 24 * time.Hour)
			return rx
		}, prescribing.PublicExpired},
		"forged in the store": {func(w *world) *prescribing.Prescription {
			rx := w.signed(sheet(amoxicillin()))
			w.forge(rx.ID, func(rx *prescribing.Prescription) { rx.Items[0].Quantity.Count = 400 })
			return rx
		}, prescribing.PublicForged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			rx := w.stands(c.reach(w).ID)

			english, chinese := w.lookup(codesOf(rx, paper.English)), w.lookup(codesOf(rx, paper.Chinese))
			typed := w.lookup(strings.ToLower(prescribing.Sheet{Hash: rx.Signature.Hash}.Fingerprint()))

			if english != c.want || chinese != c.want || typed != c.want {
				t.Errorf("told %s, %s and by the fingerprint %s, want %s", english, chinese, typed, c.want)
			}
		})
	}
}

func TestAPaperThatNobodyHereSignedIsForged(t *testing.T) {
	t.Parallel()
	w, elsewhere := newWorld(t), newWorld(t)
	mine, other := w.signed(sheet(amoxicillin())), w.signed(sheet(amlodipine()))
	theirs := elsewhere.signed(sheet(amoxicillin()))
	c, kid, err := paper.Read(mine.Signature.Papers[paper.English])
	ok(t, err)
	c.Until += int64(time.Hour / time.Millisecond)
	redated, err := paper.Message(kid, c)
	ok(t, err)
	jws := mine.Signature.Papers[paper.English]
	signature := jws[strings.LastIndexByte(jws, '.'):]
	backdated, err := w.keys.Sign(t.Context(), doctor, kid, []byte(redated)) // by who has stolen the key
	ok(t, err)

	for name, shown := range map[string]string{
		"of another housecall":            theirs.Signature.Papers[paper.English],
		"re-dated":                        redated + signature,
		"re-dated with the stolen key":    paper.Assemble(redated, backdated),
		"the signature of another":        jws[:strings.LastIndexByte(jws, '.')] + other.Signature.Papers[paper.English][strings.LastIndexByte(other.Signature.Papers[paper.English], '.'):],
		"a fingerprint that is nobody's":  "0000-0000-0000",
		"a JWS that is none":              "eyJ.a.b",
		"the JWS of a prescription alone": "x",
	} {
		if got := w.lookup(shown); got != prescribing.PublicForged {
			t.Errorf("%s: told %s, want forged", name, got)
		}
	}
	if _, err := w.Lookup(t.Context(), "hcrx:/1/2/56"); !fault.Is(err, fault.Invalid) {
		t.Errorf("half of its codes: %v, want invalid", err)
	}
}

func TestASignedCardThatIsSwappedOrChangedMakesThePrescriptionForged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.signed(sheet(amlodipine()))

	for name, change := range map[string]func(*prescribing.Prescription){
		"the paper of another": func(rx *prescribing.Prescription) {
			rx.Signature.Papers[paper.English] = other.Signature.Papers[paper.English]
		},
		"no paper": func(rx *prescribing.Prescription) { delete(rx.Signature.Papers, paper.Chinese) },
		"Chinese where English is": func(rx *prescribing.Prescription) {
			rx.Signature.Papers[paper.English] = rx.Signature.Papers[paper.Chinese]
		},
		"another time zone for the dates": func(rx *prescribing.Prescription) { rx.Signature.Zone = 0 },
		"another prescriber":              func(rx *prescribing.Prescription) { rx.Prescriber.Name = "Dr Else" },
	} {
		t.Run(name, func(t *testing.T) {
			rx := w.signed(sheet(amoxicillin()))
			w.forge(rx.ID, change)

			_, err := w.Paper(t.Context(), asPatient(), rx.ID, paper.English)

			is(t, err, "rx-forged")
			is(t, w.Claim(t.Context(), asJourney(), rx.Parts[0].ID, order), "rx-forged")
			w.forge(rx.ID, func(rx *prescribing.Prescription) { rx.State, rx.Parts = prescribing.Cancelled, nil })
		})
	}
}

func TestNothingIsSignedWhenTheClockWasMovedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.draft(sheet(amoxicillin()))
	c, err := w.BeginSigning(t.Context(), asDoctor(), rx.ID)
	ok(t, err)
	w.clock.Advance(-time.Hour)

	_, err = w.Sign(t.Context(), asDoctor(), c.ID, freshCode())

	is(t, err, "clock-back")
	if w.asked != 0 || w.stands(rx.ID).State != prescribing.Draft {
		t.Errorf("the code was asked %d times, it is %s", w.asked, w.stands(rx.ID).State)
	}
}

func TestTheKeysOfADoctorAreTheOperatorsToReplaceAndRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))
	w.clock.Advance(time.Hour)

	keys, err := w.ReplaceKey(t.Context(), asOperator(), doctor)
	ok(t, err)
	_, denied := w.ReplaceKey(t.Context(), asDoctor(), doctor)
	_, never := w.ReplaceKey(t.Context(), asOperator(), stranger)
	_, later := w.RevokeKey(t.Context(), asOperator(), rx.Signature.Key, w.clock.Now().Add(time.Hour), "lost")
	_, silent := w.RevokeKey(t.Context(), asOperator(), rx.Signature.Key, time.Time{}, "")
	_, unknown := w.RevokeKey(t.Context(), asOperator(), "none", time.Time{}, "lost")
	revoked, err := w.RevokeKey(t.Context(), asOperator(), rx.Signature.Key, rx.Signature.At, "lost that day")
	ok(t, err)

	if len(keys) != 2 || keys[0].Retired == nil || keys[1].Retired != nil {
		t.Errorf("keys = %+v, want the old one retired and a new one", keys)
	}
	if denied == nil || !fault.Is(later, fault.Invalid) || !fault.Is(silent, fault.Invalid) || !fault.Is(unknown, fault.NotFound) {
		t.Errorf("by a doctor: %v, from tomorrow: %v, without a reason: %v, unknown: %v", denied, later, silent, unknown)
	}
	is(t, never, "no-key")
	if revoked[0].Revoked == nil || w.lookup(codesOf(rx, paper.English)) != prescribing.PublicForged {
		t.Errorf("revoked since it signed: %+v, told %s", revoked[0], w.lookup(codesOf(rx, paper.English)))
	}
	if got := paper.Check(rx.Signature.Papers[paper.English], w.published(), w.clock.Now()); got.Verdict != paper.Forged {
		t.Errorf("off line it is %s", got.Verdict)
	}
}

func TestTheAuditChainsTheHashThatWasSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rx := w.signed(sheet(amoxicillin()))

	waiting, err := w.store.Waiting(t.Context(), 100)
	ok(t, err)

	for _, o := range waiting {
		if o.Event.Kind == prescribing.KindSigned {
			if o.Event.Data["hash"] != rx.Signature.Hash || o.Event.Data["key"] != rx.Signature.Key || o.Event.At.IsZero() {
				t.Errorf("rx.signed tells %v, want the hash and the key", o.Event.Data)
			}
			return
		}
	}
	t.Error("nothing tells of the signature")
}

// BenchmarkSignWithPaper is a signature of a waiting challenge, to the printed file.
func BenchmarkSignWithPaper(b *testing.B) {
	w := newWorld(b)
	for b.Loop() {
		b.StopTimer()
		rx := w.draft(sheet(amoxicillin(), amlodipine(), loratadine()))
		c, err := w.BeginSigning(b.Context(), asDoctor(), rx.ID)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := w.Sign(b.Context(), asDoctor(), c.ID, freshCode()); err != nil {
			b.Fatal(err)
		}
		w.paperOf(rx.ID, paper.Chinese)
		b.StopTimer()
		if err := w.Cancel(b.Context(), asDoctor(), rx.ID, "bench"); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
