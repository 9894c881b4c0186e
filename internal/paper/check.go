package paper

import (
	"bytes"
	"time"
)

// Verdict is what can be told of a paper off line.
type Verdict string

// The verdicts.
const (
	Genuine   Verdict = "genuine"
	Expired   Verdict = "expired"   // genuine, and its time is over
	Altered   Verdict = "altered"   // the signature fits, the page around it says something else
	Forged    Verdict = "forged"    // the signature does not fit, or its key does not count
	Unchecked Verdict = "unchecked" // the signature fits; the page was printed by another edition and can't be compared
)

// Finding is a verdict with its reason and, when the signature fits, what was signed.
type Finding struct {
	Verdict Verdict
	Why     string
	Card    *Card
}

// skew is how far a clock may be ahead of the one that signed.
const skew = 5 * time.Minute

// Check tells of a JWS whether it is genuine, forged or expired at a moment.
func Check(jws string, keys Keys, at time.Time) Finding {
	card, kid, err := Read(jws)
	if err != nil {
		return Finding{Verdict: Forged, Why: err.Error()}
	}
	key, known := keys.find(kid)
	if !known {
		return Finding{Verdict: Forged, Why: "its key is not in the list of keys"}
	}
	if !key.Made(jws) {
		return Finding{Verdict: Forged, Why: "the signature does not fit what it says"}
	}
	if why := key.At(card.Signed()); why != "" {
		return Finding{Verdict: Forged, Why: why}
	}
	if card.Signed().After(at.Add(skew)) {
		return Finding{Verdict: Forged, Why: "it claims to be signed in the future"}
	}
	if !at.Before(card.ValidUntil()) {
		return Finding{Verdict: Expired, Why: "its time is over", Card: &card}
	}
	return Finding{Verdict: Genuine, Card: &card}
}

// CheckFile tells the same of a PDF, and whether its page says what was signed.
func CheckFile(pdf []byte, keys Keys, at time.Time) Finding {
	jws, edition, err := inside(pdf)
	if err != nil {
		return Finding{Verdict: Forged, Why: err.Error()}
	}
	f := Check(jws, keys, at)
	if f.Verdict == Forged {
		return f
	}
	again, err := Print(jws)
	switch {
	case err != nil:
		return Finding{Verdict: Altered, Why: "the page can't be printed again", Card: f.Card}
	case bytes.Equal(again, pdf):
		return f
	case edition != Edition:
		return Finding{Verdict: Unchecked, Why: "the file was made by another edition of housecall; go by the words below, not by the page", Card: f.Card}
	}
	return Finding{Verdict: Altered, Why: "the file is not as it was printed; the words below were signed", Card: f.Card}
}
