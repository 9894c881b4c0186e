package prescribing

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/paper"
	"housecall/internal/phi"
	"housecall/internal/safety"
)

// languages are those that every prescription is signed in for print.
var languages = []string{paper.English, paper.Chinese}

// Fingerprint is the short form of a sheet's hash that people compare: "7F3A-21C9-E0B4".
func (s Sheet) Fingerprint() string { return fingerprintOf(s.Hash) }

func fingerprintOf(hash string) string {
	if len(hash) < 12 {
		return ""
	}
	h := strings.ToUpper(hash)
	return h[:4] + "-" + h[4:8] + "-" + h[8:12]
}

func (rx *Prescription) fingerprint() string {
	if rx.Signature == nil {
		return ""
	}
	return fingerprintOf(rx.Signature.Hash)
}

func (rx *Prescription) weight() string {
	if rx.Basis.Patient.Weight == nil {
		return ""
	}
	return rx.Basis.Patient.Weight.String()
}

// zoneOf is how many minutes east of UTC the patient was; a zone that can't be loaded counts as UTC.
func (s *Service) zoneOf(ctx context.Context, visit id.Visit, at time.Time) int {
	v, err := s.visits.Visit(ctx, visit)
	if err != nil || v.Zone == "" {
		return 0
	}
	zone, err := time.LoadLocation(v.Zone)
	if err != nil {
		return 0
	}
	_, east := at.In(zone).Zone()
	return east / 60
}

// card is what a prescription says on paper in one language. It follows from what was signed alone.
func (s *Service) card(rx *Prescription, by *Signature, language string) paper.Card {
	hash, err := hex.DecodeString(by.Hash)
	if err != nil || len(hash) < 16 {
		hash = make([]byte, 16)
	}
	parts := rx.parts(by.At)
	c := paper.Card{
		Version: 1, Issuer: strings.TrimSuffix(s.website, "/"), Number: string(rx.ID), Hash: hash[:16], Language: language, Place: rx.Jurisdiction,
		Zone: by.Zone, SignedAt: by.At.UnixMilli(), Until: parts[len(parts)-1].Until.UnixMilli(),
		Patient:    paper.Patient{Name: rx.Subject.Name, Born: phi.Text(rx.Subject.Born.String()), Sex: rx.Subject.Sex, Weight: phi.Text(rx.weight())},
		Prescriber: paper.Prescriber(rx.Prescriber),
		Repeats:    rx.Repeats, EveryDays: rx.EveryDays, Replaces: string(rx.Replaces),
	}
	var why []string
	for i := range rx.Items {
		it := &rx.Items[i]
		if words := it.Indication.Reveal(); words != "" && !slices.Contains(why, words) {
			why = append(why, words)
		}
		c.Lines = append(c.Lines, rx.printed(it, language))
	}
	c.Diagnosis = phi.Text(strings.Join(why, map[string]string{paper.English: ", ", paper.Chinese: "，"}[language]))
	return c
}

// printed is one medicine as the paper says it.
func (rx *Prescription) printed(it *Item, language string) paper.Line {
	l := paper.Line{
		Medicine: it.named(language), Dosage: it.Sentence.EN, Count: it.Quantity.Count, Quantity: it.Quantity.Text.EN, NoSubstitution: it.NoSubstitution,
	}
	if language == paper.Chinese {
		l.Dosage, l.Quantity = it.Sentence.ZH, it.Quantity.Text.ZH
	}
	var notes []string
	for _, step := range it.Steps {
		if words := step.Note.Reveal(); words != "" {
			notes = append(notes, words)
		}
	}
	l.Note = phi.Text(strings.Join(notes, " "))
	for _, f := range rx.Findings {
		if f.Severity == safety.Warning && slices.Contains(f.Drugs, it.INN) {
			l.Findings = append(l.Findings, rx.answered(f, language))
		}
	}
	return l
}

// named is the medicine by its common name, strength and form; in Chinese with the common name of the
// world behind it, so that any pharmacy can read it.
func (it *Item) named(language string) string {
	if language == paper.Chinese {
		name := it.NameZH
		if !strings.HasSuffix(name, it.FormZH) { // 氯霉素滴眼液 says it already
			name += it.FormZH
		}
		return strings.TrimSpace(name+" "+it.Strength) + "（" + spaced(it.INN, it.Form) + "）"
	}
	return strings.ToUpper(it.INN[:1]) + spaced(it.INN[1:], it.Strength, it.Form)
}

var fingerprintShape = regexp.MustCompile(`^[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$`)

// longReason is how much of a reason in words is printed; the whole stays under the signature and in
// front of the pharmacist.
const longReason = 120

// answered is a warning with the reason that it was signed with.
func (rx *Prescription) answered(f safety.Finding, language string) phi.Text {
	serious, because := "Serious: ", " Reason: "
	if language == paper.Chinese {
		serious, because = "严重：", "理由："
	}
	why := f.Why
	if language == paper.Chinese && f.WhyZH != "" {
		why = f.WhyZH
	}
	text := serious + shortened(why)
	for _, r := range rx.Reasons {
		if r.Finding != f.ID {
			continue
		}
		why := r.Words.Reveal()
		if why == "" {
			why = strings.ReplaceAll(r.Code, "-", " ")
			if zh := reasonsZH[r.Code]; language == paper.Chinese && zh != "" {
				why = zh
			}
		}
		text += because + shortened(why)
	}
	return phi.Text(text)
}

func shortened(words string) string {
	if all := []rune(words); len(all) > longReason {
		return string(all[:longReason-1]) + "…"
	}
	return words
}

var reasonsZH = map[string]string{
	"benefit-outweighs": "获益大于风险", "tolerated-before": "既往可耐受", "monitored": "有监测", "specialist-advice": "专科意见",
	"short-course": "短期使用", "no-alternative": "无替代药", "checked-by-hand": "已人工核对",
}

// papersFit holds the signed cards against what was signed: they say the same, and the same key made
// them.
func (s *Service) papersFit(rx *Prescription, key paper.Key) error {
	if len(rx.Signature.Papers) != len(languages) {
		return errors.New("a paper is missing or too many")
	}
	for _, language := range languages {
		jws := rx.Signature.Papers[language]
		c, kid, err := paper.Read(jws)
		if err != nil {
			return fmt.Errorf("read the %s paper: %w", language, err)
		}
		want := s.card(rx, rx.Signature, language)
		want.Issuer = c.Issuer // the service may have moved since
		if kid != rx.Signature.Key || !reflect.DeepEqual(c, want) {
			return fmt.Errorf("the %s paper says something else", language)
		}
		if !key.Made(jws) {
			return fmt.Errorf("the signature of the %s paper does not fit", language)
		}
	}
	return nil
}

// Paper is a signed prescription as a file to print.
type Paper struct {
	Name string // of the file; tells nothing about anybody
	PDF  []byte
}

// Paper prints a signed prescription in English (en) or Chinese (zh), with its signature checked; a
// draft has no paper.
func (s *Service) Paper(ctx context.Context, a access.Actor, rxID id.Prescription, language string) (Paper, error) {
	if !slices.Contains(languages, language) {
		return Paper{}, fault.InvalidField("/language", "Choose en or zh.")
	}
	rx, err := s.prescriptions.Get(ctx, string(rxID))
	if err != nil {
		return Paper{}, err
	}
	facts, err := s.readable(ctx, rx)
	if err != nil {
		return Paper{}, err
	}
	if err := s.guard.Read(ctx, a, DownloadAction, facts); err != nil {
		return Paper{}, err
	}
	if err := s.verified(ctx, rx); err != nil {
		return Paper{}, err
	}
	pdf, err := paper.Print(rx.Signature.Papers[language])
	if err != nil {
		return Paper{}, fmt.Errorf("print %s: %w", rxID, err)
	}
	return Paper{Name: "HC-RX-" + rx.fingerprint()[:9] + "-" + language + ".pdf", PDF: pdf}, nil
}

// PublicKeys lists every signing key with its times, for anybody.
func (s *Service) PublicKeys(ctx context.Context) (paper.Keys, error) { return s.public.Published(ctx) }

// PublicState is what anybody may know of a prescription whose paper they hold.
type PublicState string

// The public states. Forged is also what nobody here has signed: whether a prescription exists is
// nobody's to learn without its paper.
const (
	PublicValid     PublicState = "valid"
	PublicCancelled PublicState = "cancelled"
	PublicDispensed PublicState = "dispensed"
	PublicExpired   PublicState = "expired"
	PublicForged    PublicState = "forged"
)

// Lookup tells what became of the prescription on a paper: by the text of its QR codes, or by its
// fingerprint. It answers one word and nothing that stands on the paper.
func (s *Service) Lookup(ctx context.Context, shown string) (PublicState, error) {
	rx, err := s.lookedUp(ctx, strings.TrimSpace(shown))
	if err != nil || rx == nil {
		return PublicForged, err
	}
	switch err := s.verified(ctx, rx); {
	case fault.Is(err, fault.Conflict):
		return PublicForged, nil
	case err != nil:
		return PublicForged, err
	}
	return rx.publicState(s.clock.Now()), nil
}

// lookedUp finds the prescription that a paper is of; nil when it is nobody's.
func (s *Service) lookedUp(ctx context.Context, shown string) (*Prescription, error) {
	if print := strings.ToUpper(shown); fingerprintShape.MatchString(print) {
		found, err := s.prescriptions.All(ctx, docstore.Query{Index: "fingerprint", Equal: print}, 2)
		if err != nil || len(found) != 1 {
			return nil, err
		}
		return found[0], nil
	}
	jws, err := paper.Gather(shown)
	if err != nil {
		return nil, fault.InvalidField("/code", "This can't be read: "+err.Error()+".")
	}
	card, kid, err := paper.Read(jws)
	if err != nil {
		return nil, nil //nolint:nilerr // what is no prescription is a forged one
	}
	rx, err := s.prescriptions.Get(ctx, card.Number)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil || rx.Signature == nil || rx.Signature.Key != kid {
		return nil, err
	}
	_, key, err := s.public.Public(ctx, kid)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ours, _, err := paper.Read(rx.Signature.Papers[card.Language])
	if err != nil || !key.Made(jws) || !reflect.DeepEqual(ours, card) {
		return nil, nil //nolint:nilerr // as above
	}
	return rx, nil
}

// publicState is one word for what is left of a prescription: any part that can still be filled makes
// it valid.
func (rx *Prescription) publicState(now time.Time) PublicState {
	out := PublicExpired
	if rx.State == Cancelled || rx.State == Replaced {
		out = PublicCancelled
	}
	for _, p := range rx.Parts {
		switch {
		case p.State == Claimed && rx.live(), p.State == Signed && now.Before(p.Until):
			return PublicValid
		case p.State == Dispensed && (out == PublicExpired || len(rx.Parts) == 1): // a cancel came too late for it
			out = PublicDispensed
		}
	}
	return out
}
