package paper

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"housecall/internal/phi"
)

// Card is a signed prescription as it is printed, in one language. The names are short, for they stand
// in the QR code.
type Card struct {
	Version    int        `json:"v"`
	Issuer     string     `json:"iss,omitempty"` // where to ask what became of it
	Number     string     `json:"n"`             // the prescription's id
	Hash       []byte     `json:"h"`             // the first 16 bytes of the hash of the whole content that was signed
	Language   string     `json:"l"`             // en or zh
	Place      string     `json:"pl,omitempty"`  // whose rules hold
	Zone       int        `json:"z"`             // minutes east of UTC, for the dates that are printed
	SignedAt   int64      `json:"at"`            // milliseconds since 1970
	Until      int64      `json:"un"`
	Patient    Patient    `json:"p"`
	Prescriber Prescriber `json:"d"`
	Diagnosis  phi.Text   `json:"dx,omitempty"`
	Lines      []Line     `json:"m"`
	Repeats    int        `json:"r,omitempty"`
	EveryDays  int        `json:"e,omitempty"`
	Replaces   string     `json:"x,omitempty"`
}

// Patient is the person as the paper names them.
type Patient struct {
	Name   phi.Text `json:"n"`
	Born   phi.Text `json:"b"`
	Sex    string   `json:"s,omitempty"` // f or m
	Weight phi.Text `json:"w,omitempty"` // kg
}

// Prescriber is the doctor as Directive 2012/52/EU wants them named: who, qualified as what, reached
// how, working where.
type Prescriber struct {
	Name          phi.Text `json:"n"`
	Qualification string   `json:"q,omitempty"`
	Licence       phi.Text `json:"l,omitempty"`
	Clinic        string   `json:"c,omitempty"`
	Address       string   `json:"a,omitempty"`
	Country       string   `json:"k,omitempty"`
	Mail          string   `json:"e,omitempty"`
	Phone         string   `json:"t,omitempty"`
}

// Line is one medicine of the paper.
type Line struct {
	Medicine       string     `json:"m"` // common name, strength and form
	Dosage         string     `json:"d"`
	Note           phi.Text   `json:"o,omitempty"`
	Count          int        `json:"c"`
	Quantity       string     `json:"q"` // the count with its unit, as it is said
	NoSubstitution bool       `json:"x,omitempty"`
	Findings       []phi.Text `json:"f,omitempty"` // each warning with the reason it was signed with
}

// English and Chinese are the languages of a paper.
const (
	English = "en"
	Chinese = "zh"
)

const version = 1

// check refuses a card that can't be printed or means nothing.
func (c *Card) check() error {
	switch {
	case c.Version != version:
		return errors.New("the card is of a form that this housecall does not know")
	case c.Language != English && c.Language != Chinese:
		return errors.New("the card is in no known language")
	case c.Number == "" || len(c.Hash) != hashBytes || len(c.Lines) == 0:
		return errors.New("the card is not whole")
	case c.SignedAt <= 0 || c.Until <= c.SignedAt || c.Zone < -14*60 || c.Zone > 14*60:
		return errors.New("the card's dates can't be")
	}
	return nil
}

const hashBytes = 16

// Fingerprint is the short form of the hash that people compare: "7F3A-21C9-E0B4".
func (c *Card) Fingerprint() string {
	if len(c.Hash) < 6 {
		return ""
	}
	h := strings.ToUpper(hex.EncodeToString(c.Hash[:6]))
	return h[:4] + "-" + h[4:8] + "-" + h[8:]
}

// ShortNumber is what the paper is called by: "HC-RX 7F3A-21C9".
func (c *Card) ShortNumber() string { return "HC-RX " + c.Fingerprint()[:9] }

// Signed is when the doctor signed, in the zone of the place.
func (c *Card) Signed() time.Time { return c.local(c.SignedAt) }

// ValidUntil is when it runs out, in the zone of the place.
func (c *Card) ValidUntil() time.Time { return c.local(c.Until) }

// Text is what the card says, line by line, for who compares a paper with it. Only who holds the paper
// may see it.
func (c *Card) Text() []string {
	d := c.Prescriber
	out := []string{
		"",
		"  " + c.ShortNumber() + ", fingerprint " + c.Fingerprint(),
		"  signed " + c.Signed().Format("2006-01-02 15:04 -07:00") + ", valid until " + c.ValidUntil().Format("2006-01-02 15:04 -07:00"),
		"  for    " + said(", ", c.Patient.Name.Reveal(), c.Patient.Born.Reveal(), c.Patient.Sex),
		"  by     " + said(", ", d.Name.Reveal(), d.Qualification, d.Licence.Reveal(), d.Clinic, d.Address, d.Country, d.Mail, d.Phone),
	}
	for i, l := range c.Lines {
		out = append(out, fmt.Sprintf("  %d. %s", i+1, l.Medicine), "     "+l.Dosage, "     "+l.Quantity+" ("+quantityWords(l, c.Language)+")")
		if l.NoSubstitution {
			out = append(out, "     "+wordsOf[c.Language].noSubstitute)
		}
	}
	if c.Repeats > 0 {
		out = append(out, fmt.Sprintf("  filled again %d times, %d days apart", c.Repeats, c.EveryDays))
	}
	return out
}

func (c *Card) local(ms int64) time.Time {
	return time.UnixMilli(ms).In(time.FixedZone("", c.Zone*60))
}
