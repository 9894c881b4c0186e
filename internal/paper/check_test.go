package paper_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"housecall/internal/paper"
)

func TestAnybodyChecksAPaperOffLine(t *testing.T) {
	t.Parallel()
	p := newPen(t)
	jws := p.sign(t, english())

	now := paper.Check(jws, p.keys, signedOn.Add(time.Hour))
	later := paper.Check(jws, p.keys, validTo)

	if now.Verdict != paper.Genuine || now.Card.Patient.Name != "Wang Xiulan" || now.Card.Fingerprint() != "7F3A-21C9-E0B4" {
		t.Errorf("checked in time: %+v", now)
	}
	if later.Verdict != paper.Expired || later.Card == nil {
		t.Errorf("checked too late: %+v, want expired, with what was signed", later)
	}
}

// reworded is a JWS with its content written anew under the old signature.
func reworded(t *testing.T, jws string, change func(*paper.Card)) string {
	t.Helper()
	c, kid, err := paper.Read(jws)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	message, err := paper.Message(kid, c)
	if err != nil {
		t.Fatal(err)
	}
	return message + jws[strings.LastIndexByte(jws, '.'):]
}

func TestAForgedAlteredOrRedatedPaperIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	p, stranger := newPen(t), newPen(t)
	jws := p.sign(t, english())
	other := p.sign(t, chinese())
	dot := strings.LastIndexByte(jws, '.')
	none, err := json.Marshal(map[string]string{"alg": "none", "kid": p.keys.Keys[0].Kid, "typ": "hcrx", "zip": "DEF"})
	if err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct{ jws, why string }{
		"another dose":                          {reworded(t, jws, func(c *paper.Card) { c.Lines[0].Dosage = "Take 9 tablets." }), "does not fit"},
		"another quantity":                      {reworded(t, jws, func(c *paper.Card) { c.Lines[0].Count = 90 }), "does not fit"},
		"another patient":                       {reworded(t, jws, func(c *paper.Card) { c.Patient.Name = "Somebody Else" }), "does not fit"},
		"re-dated":                              {reworded(t, jws, func(c *paper.Card) { c.SignedAt += 1000 }), "does not fit"},
		"valid for longer":                      {reworded(t, jws, func(c *paper.Card) { c.Until += 1000 }), "does not fit"},
		"the signature of another":              {jws[:dot] + other[strings.LastIndexByte(other, '.'):], "does not fit"},
		"signed by a key that is not published": {strings.Replace(stranger.sign(t, english()), "", "", 1), "does not fit"},
		"a signature of zeros":                  {jws[:dot+1] + base64.RawURLEncoding.EncodeToString(make([]byte, 64)), "does not fit"},
		"a signature cut short":                 {jws[:len(jws)-4], "does not fit"},
		"no signature":                          {jws[:dot], "no signed prescription"},
		"the algorithm none":                    {base64.RawURLEncoding.EncodeToString(none) + jws[strings.IndexByte(jws, '.'):], "header"},
		"nothing":                               {"", "no signed prescription"},
		"nonsense":                              {"a.b.c", "header"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := paper.Check(c.jws, p.keys, signedOn.Add(time.Hour))

			if got.Verdict != paper.Forged || !strings.Contains(got.Why, c.why) || got.Card != nil {
				t.Errorf("found %+v, want forged because it %s, and nothing of what it says", got, c.why)
			}
		})
	}
}

func TestTheTimesOfAKeyDecideWhichOfItsSignaturesCount(t *testing.T) {
	t.Parallel()
	p := newPen(t)
	jws := p.sign(t, english())
	before, after := signedOn.Add(-time.Minute), signedOn.Add(time.Minute)

	for name, c := range map[string]struct {
		change func(*paper.Key)
		at     time.Time
		want   paper.Verdict
	}{
		"revoked after it signed":           {func(k *paper.Key) { k.Revoked = &after }, validTo.Add(-time.Hour), paper.Genuine},
		"revoked before it signed":          {func(k *paper.Key) { k.Revoked = &before }, validTo.Add(-time.Hour), paper.Forged},
		"replaced after it signed":          {func(k *paper.Key) { k.Retired = &after }, validTo.Add(-time.Hour), paper.Genuine},
		"replaced long before it signed":    {func(k *paper.Key) { long := before.Add(-time.Hour); k.Retired = &long }, validTo.Add(-time.Hour), paper.Forged},
		"made after it claims to be signed": {func(k *paper.Key) { k.Since = after }, validTo.Add(-time.Hour), paper.Forged},
		"signed in the future":              {func(*paper.Key) {}, signedOn.Add(-time.Hour), paper.Forged},
		"of another name":                   {func(k *paper.Key) { k.Kid = "other" }, validTo.Add(-time.Hour), paper.Forged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := paper.Keys{Keys: []paper.Key{p.keys.Keys[0]}}
			c.change(&keys.Keys[0])

			got := paper.Check(jws, keys, c.at)

			if got.Verdict != c.want {
				t.Errorf("found %s (%s), want %s", got.Verdict, got.Why, c.want)
			}
		})
	}
}

func TestAListOfKeysThatCannotBeOneIsRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "{}", `{"keys":[]}`, `[1]`, `{"keys":[{"kty":"RSA","kid":"a"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AAAA","y":"AAAA"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}]}`,
	} {
		if _, err := paper.ReadKeys([]byte(raw)); err == nil {
			t.Errorf("%.40q was taken for a list of keys", raw)
		}
	}
}

func TestASmallTextUnpacksToNoMountain(t *testing.T) {
	t.Parallel()
	c := english()
	c.Lines[0].Dosage = strings.Repeat("a", 4<<20)
	jws := newPen(t).sign(t, c)

	_, _, err := paper.Read(jws)

	if err == nil || len(jws) > 20_000 {
		t.Errorf("read %d characters of 4 MB: %v, want a refusal", len(jws), err)
	}
}

func FuzzRead(f *testing.F) {
	p := newPen(f)
	f.Add(p.sign(f, english()))
	f.Add("..")
	f.Fuzz(func(t *testing.T, jws string) {
		if found := paper.Check(jws, paper.Keys{}, signedOn); found.Verdict != paper.Forged {
			t.Errorf("without a key it is %s", found.Verdict)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	p := newPen(b)
	jws := p.sign(b, english())
	for b.Loop() {
		if paper.Check(jws, p.keys, signedOn).Verdict != paper.Genuine {
			b.Fatal("not genuine")
		}
	}
}
