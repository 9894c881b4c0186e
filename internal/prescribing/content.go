package prescribing

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gowebpki/jcs"

	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/safety"
)

// Signature is a doctor's signature under one prescription.
type Signature struct {
	Challenge id.Challenge `json:"challenge"`
	Hash      string       `json:"hash"` // of the content that was on screen
	Key       string       `json:"key"`
	At        time.Time    `json:"at"`
	Value     string       `json:"value"` // ES256 over the signed form, base64url
	Zone      int          `json:"zone"`  // minutes east of UTC where the patient was, for the dates on paper

	// Papers are the signed cards that are printed, by language.
	Papers map[string]string `json:"papers"`
}

// content is what is on the doctor's screen and under the signature. Adding a field changes every
// hash made after it: a stored prescription is verified with the form that its version says.
type content struct {
	Form         int              `json:"form"`
	Prescription id.Prescription  `json:"prescription"`
	Visit        id.Visit         `json:"visit"`
	Doctor       id.Account       `json:"doctor"`
	Patient      id.Patient       `json:"patient"`
	Subject      Subject          `json:"subject"`
	Prescriber   Prescriber       `json:"prescriber"`
	Weight       string           `json:"weight,omitempty"` // kg, as it was known
	Jurisdiction string           `json:"jurisdiction"`
	Items        []Item           `json:"items"`
	ValidDays    int              `json:"valid_days"`
	Repeats      int              `json:"repeats"`
	EveryDays    int              `json:"every_days"`
	Replaces     id.Prescription  `json:"replaces"`
	Findings     []safety.Finding `json:"findings"`
	Reasons      []Reason         `json:"reasons"`
	Edition      string           `json:"edition"`
}

// signed is what the signature covers: the content, when and by which challenge, so that neither a
// date nor a signature can be moved to another prescription.
type signed struct {
	Content   content      `json:"content"`
	SignedAt  string       `json:"signed_at"`
	Challenge id.Challenge `json:"challenge"`
}

func (rx *Prescription) content() content {
	return content{
		Form: 2, Prescription: rx.ID, Visit: rx.Visit, Doctor: rx.Doctor, Patient: rx.Patient, Subject: rx.Subject,
		Prescriber: rx.Prescriber, Weight: rx.weight(),
		Jurisdiction: rx.Jurisdiction, Items: rx.Items, ValidDays: rx.ValidDays, Repeats: rx.Repeats, EveryDays: rx.EveryDays,
		Replaces: rx.Replaces, Findings: rx.Findings, Reasons: rx.Reasons, Edition: rx.Basis.Edition,
	}
}

// canonical is the RFC 8785 form: the same bytes for the same content, on every machine.
func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write content: %w", err)
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("write canonical content: %w", err)
	}
	return out, nil
}

// hash names the content of a prescription as it stands.
func (rx *Prescription) hash() (string, error) {
	raw, err := canonical(rx.content())
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// sections names the parts of a sheet by their hash, so that a refusal can say which of them changed.
func (rx *Prescription) sections() (map[string]string, error) {
	out := map[string]string{}
	for name, v := range map[string]any{
		"items": rx.Items, "findings": rx.Findings, "reasons": rx.Reasons, "subject": []any{rx.Subject, rx.Prescriber, rx.weight()},
		"validity": []any{rx.ValidDays, rx.Repeats, rx.EveryDays, rx.Replaces},
	} {
		raw, err := canonical(map[string]any{"": v})
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		out[name] = hex.EncodeToString(sum[:8])
	}
	return out, nil
}

// changedSince refuses a sheet that is no longer what the challenge names, and says what changed.
func (rx *Prescription) changedSince(sheet Sheet) error {
	hash, err := rx.hash()
	if err != nil || hash == sheet.Hash {
		return err
	}
	refused := fault.New(fault.Conflict, "The prescription was changed after it was shown for signing. Nothing was signed. Look at it again and begin a new signing.").
		Coded("rx-changed")
	now, err := rx.sections()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if now[name] != sheet.Sections[name] {
			refused = refused.With("/prescriptions/"+string(rx.ID)+"/"+name, "changed")
		}
	}
	return refused
}

func (rx *Prescription) signedForm(at time.Time, challenge id.Challenge) ([]byte, error) {
	return canonical(signed{rx.content(), at.UTC().Format(time.RFC3339Nano), challenge})
}

// Verify answers whether the stored prescription is what its doctor signed: a Conflict coded
// "rx-forged" when the content, the signature, a date or a part was altered, or when it is a draft.
func (s *Service) Verify(ctx context.Context, rx id.Prescription) error {
	doc, err := s.prescriptions.Get(ctx, string(rx))
	if err != nil {
		return err
	}
	return s.verified(ctx, doc)
}

func (s *Service) verified(ctx context.Context, rx *Prescription) error {
	if rx.State == Draft || rx.Signature == nil {
		return draftOnly()
	}
	if err := s.genuine(ctx, rx); err != nil {
		if errors.Is(err, errKeyUnread) { // whoever could not look must not say that it is forged
			return err
		}
		return fault.New(fault.Conflict, "The signature under this prescription does not fit it. Don't use it; tell the operator.").
			Coded("rx-forged").Because(err)
	}
	return nil
}

var errKeyUnread = errors.New("the key could not be read")

func (s *Service) genuine(ctx context.Context, rx *Prescription) error {
	form, err := rx.signedForm(rx.Signature.At, rx.Signature.Challenge)
	if err != nil {
		return err
	}
	value, err := base64.RawURLEncoding.DecodeString(rx.Signature.Value)
	if err != nil {
		return fmt.Errorf("read signature of %s: %w", rx.ID, err)
	}
	owner, key, err := s.public.Public(ctx, rx.Signature.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("verify %s: %w: %w", rx.ID, errKeyUnread, err)
	}
	if err != nil {
		return fmt.Errorf("verify %s: %w", rx.ID, err)
	}
	if owner != rx.Doctor {
		return errors.New("the key is another doctor's")
	}
	if why := key.At(rx.Signature.At); why != "" {
		return errors.New(why)
	}
	if !key.Fits(form, value) {
		return errors.New("the signature does not fit")
	}
	if err := s.papersFit(rx, key); err != nil {
		return err
	}
	return rx.partsFit()
}

// partsFit holds the parts against what was signed: their dates and quantities follow from it.
func (rx *Prescription) partsFit() error {
	want := rx.parts(rx.Signature.At)
	if len(rx.Parts) < len(want) || !rx.ValidUntil.Equal(want[len(want)-1].Until) {
		return errors.New("a part or the validity was changed")
	}
	for i, p := range rx.Parts {
		var of *Part
		switch {
		case i < len(want):
			of = &want[i]
			if !p.Earliest.Equal(of.Earliest) || !slices.Equal(p.Lines, of.Lines) {
				return errors.New("the dates or quantities of a part were changed")
			}
		default:
			of = rx.restOf(&rx.Parts[i])
			if of == nil {
				return errors.New("a part was added")
			}
		}
		if p.ID != id.PartOf(rx.ID, i+1) || !p.Until.Equal(of.Until) {
			return errors.New("a part was changed")
		}
	}
	return nil
}

// restOf is the partly dispensed part that p holds the rest of; nil when it holds anything else.
func (rx *Prescription) restOf(p *Part) *Part {
	of, err := rx.part(p.RestOf)
	if err != nil || of.N >= p.N || of.State != Dispensed {
		return nil
	}
	for _, other := range rx.Parts { // the rest of one part is issued once
		if other.N != p.N && other.RestOf == p.RestOf {
			return nil
		}
	}
	rest, err := of.rest(of.Given)
	if err != nil || !slices.Equal(rest, p.Lines) {
		return nil
	}
	return of
}

// parts makes the parts as they stand at the moment of signing: the first at once, repeats each so
// many days after the one before.
func (rx *Prescription) parts(at time.Time) []Part {
	lines := make([]Line, len(rx.Items))
	for i, it := range rx.Items {
		lines[i] = Line{Item: i + 1, Product: it.Product, Quantity: it.Quantity.Count, Unit: it.Quantity.Unit}
	}
	out := make([]Part, rx.Repeats+1)
	for i := range out {
		from := at.Add(time.Duration(i*rx.EveryDays) * day)
		out[i] = Part{
			ID: id.PartOf(rx.ID, i+1), N: i + 1, State: Signed, Lines: slices.Clone(lines),
			Earliest: from, Until: from.Add(time.Duration(rx.ValidDays) * day),
		}
	}
	return out
}

const day = 24 * time.Hour
