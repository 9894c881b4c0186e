package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/paper"
)

// desk is a pharmacist's desk without network: a prescription and the list of keys.
type desk struct{ jws, keys, folder string }

func newDesk(t *testing.T) desk {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	signedAt := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	b64 := base64.RawURLEncoding
	message, err := paper.Message("k1", paper.Card{
		Number: "rx_1", Hash: make([]byte, 16), Language: paper.English, SignedAt: signedAt.UnixMilli(), Until: signedAt.Add(72 * time.Hour).UnixMilli(),
		Patient: paper.Patient{Name: "Wang Xiulan", Born: "1955-03-08"}, Prescriber: paper.Prescriber{Name: "Dr Chen Yu"},
		Lines: []paper.Line{{Medicine: "Paracetamol 500 mg tablet", Dosage: "Take 1 tablet.", Count: 9, Quantity: "9 tablets"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	keys, err := json.Marshal(paper.Keys{Keys: []paper.Key{{
		Kty: "EC", Crv: "P-256", Kid: "k1", X: b64.EncodeToString(point[1:33]), Y: b64.EncodeToString(point[33:]), Since: signedAt.Add(-time.Hour),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	d := desk{jws: paper.Assemble(message, signature), folder: t.TempDir()}
	d.keys = d.put(t, "jwks.json", keys)
	return d
}

func (d desk) put(t *testing.T, name string, body []byte) string {
	t.Helper()
	file := filepath.Join(d.folder, name)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// verify runs the command and answers what it said and how it ended.
func (d desk) verify(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := root()
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetIn(strings.NewReader(strings.Join(paper.Codes(d.jws), "\n")))
	c.SetArgs(append([]string{"rx", "verify", "--keys", d.keys}, args...))
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestPharmacistChecksAPrescriptionWithoutANetwork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pdf, err := paper.Print(d.jws)
	if err != nil {
		t.Fatal(err)
	}
	file := d.put(t, "rx.pdf", pdf)
	altered := d.put(t, "altered.pdf", append(bytes.Clone(pdf), '\n'))
	text := d.put(t, "code.txt", []byte(paper.Codes(d.jws)[0]+"\n"))
	dot := strings.LastIndexByte(d.jws, '.')

	for _, c := range []struct {
		name    string
		args    []string
		bodyHas string
		code    int
	}{
		{"the file", []string{"--at", "2026-11-23", file}, "GENUINE", 0},
		{"the code, scanned", append([]string{"--at", "2026-11-23"}, paper.Codes(d.jws)...), "Paracetamol 500 mg tablet", 0},
		{"the code, piped in", []string{"--at", "2026-11-23", "-"}, "9 tablets (nine tablets)", 0},
		{"the code, in a file", []string{"--at", "2026-11-23T00:00:00Z", text}, "fingerprint 0000-0000-0000", 0},
		{"too late", []string{"--at", "2026-12-23", file}, "EXPIRED", 2},
		{"a file with a byte more", []string{"--at", "2026-11-23", altered}, "ALTERED", 1},
		{"another signature", []string{"--at", "2026-11-23", d.jws[:dot] + "." + strings.Repeat("A", 86)}, "FORGED", 1},
		{"nonsense", []string{"hcrx:/9"}, "FORGED", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			said, err := d.verify(t, c.args...)

			got := 0
			var code exit
			switch {
			case errors.As(err, &code):
				got = int(code)
			case errors.Is(err, errSaid):
				got = 1
			case err != nil:
				t.Fatal(err)
			}
			if got != c.code || !strings.Contains(said, c.bodyHas) {
				t.Errorf("ended with %d, want %d with %q:\n%s", got, c.code, c.bodyHas, said)
			}
			if c.code == 1 && strings.Contains(c.bodyHas, "FORGED") && strings.Contains(said, "Paracetamol") {
				t.Error("it shows what a forged one says")
			}
		})
	}
}

func TestVerifyingNeedsKeysAFileAndADay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)

	for name, c := range map[string]struct {
		args    []string
		bodyHas string
	}{
		"no such file":       {[]string{"nothing.pdf"}, "neither a code nor a file"},
		"a day that is none": {[]string{"--at", "tomorrow", d.jws}, "no moment"},
		"no keys":            {[]string{"--keys", "", d.jws}, "jwks.json"},
		"keys that are none": {[]string{"--keys", d.put(t, "bad.json", []byte("{}")), d.jws}, "no key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if _, err := d.verify(t, c.args...); err == nil || !strings.Contains(err.Error(), c.bodyHas) {
				t.Errorf("ended with %v, want %q", err, c.bodyHas)
			}
		})
	}
}
