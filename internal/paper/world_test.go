package paper_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"housecall/internal/paper"
	"housecall/internal/phi"
)

// pen is a doctor's key with its published half.
type pen struct {
	key  *ecdsa.PrivateKey
	keys paper.Keys
}

var (
	signedOn = time.Date(2026, 11, 22, 13, 17, 0, 0, time.UTC)
	validTo  = signedOn.Add(3 * 24 * time.Hour)
)

func newPen(tb testing.TB) *pen {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := key.PublicKey.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	b64 := base64.RawURLEncoding
	return &pen{key, paper.Keys{Keys: []paper.Key{{
		Kty: "EC", Crv: "P-256", Use: "sig", Alg: "ES256", Kid: "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s",
		X: b64.EncodeToString(raw[1:33]), Y: b64.EncodeToString(raw[33:]), Since: signedOn.Add(-time.Hour),
	}}}}
}

func (p *pen) sign(tb testing.TB, c paper.Card) string {
	tb.Helper()
	message, err := paper.Message(p.keys.Keys[0].Kid, c)
	if err != nil {
		tb.Fatal(err)
	}
	sum := sha256.Sum256([]byte(message))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return paper.Assemble(message, signature)
}

func english() paper.Card {
	return paper.Card{
		Issuer: "https://housecall.example", Number: "rx_01934b2c7f3a7d2e9c41b5a3d8e6f012", Hash: []byte{0x7f, 0x3a, 0x21, 0xc9, 0xe0, 0xb4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		Language: paper.English, Zone: 480, SignedAt: signedOn.UnixMilli(), Until: validTo.UnixMilli(),
		Patient: paper.Patient{Name: "Wang Xiulan", Born: "1955-03-08", Sex: "f", Weight: "58"},
		Prescriber: paper.Prescriber{
			Name: "Dr Chen Yu", Qualification: "general practice", Licence: "110 2210 4471", Clinic: "Riverside Clinic",
			Address: "12 Riverside Road, 200031 Shanghai", Country: "China", Mail: "chen@riverside.example", Phone: "+86 21 5555 0100",
		},
		Diagnosis: "Acute pharyngitis",
		Lines: []paper.Line{
			{Medicine: "Paracetamol 500 mg tablet", Dosage: "Take 1 tablet (500 mg) by mouth every 6 hours as needed for fever, at most 3 tablets (1500 mg) in 24 hours, for 3 days.", Count: 9, Quantity: "9 tablets"},
			{
				Medicine: "Azithromycin 250 mg tablet", Dosage: "Take 2 tablets (500 mg) by mouth once a day for 3 days.", Count: 6, Quantity: "6 tablets", NoSubstitution: true,
				Findings: []phi.Text{"Serious: may disturb the heart rhythm. Reason: no heart history, asked today."},
			},
		},
	}
}

func chinese() paper.Card {
	c := english()
	c.Language = paper.Chinese
	c.Patient.Name = "王秀兰"
	c.Prescriber = paper.Prescriber{
		Name: "陈煜", Qualification: "全科", Licence: "110 2210 4471", Clinic: "河畔诊所", Address: "上海市徐汇区河畔路12号", Country: "中国",
		Mail: "chen@riverside.example", Phone: "+86 21 5555 0100",
	}
	c.Diagnosis = "急性咽炎"
	c.Lines = []paper.Line{
		{Medicine: "对乙酰氨基酚片剂 500 mg（paracetamol）", Dosage: "口服，每次1片（500毫克），发热时每6小时1次，24小时内最多3片（1500毫克），共3天。", Count: 9, Quantity: "9片"},
		{
			Medicine: "阿奇霉素片剂 250 mg（azithromycin）", Dosage: "口服，每次2片（500毫克），每天1次，共3天。", Count: 6, Quantity: "6片", NoSubstitution: true,
			Findings: []phi.Text{"严重：可能影响心律。理由：无心脏病史，今日已询问。"},
		},
	}
	return c
}

// long is a prescription of twenty medicines with reasons.
func long(language string) paper.Card {
	c := english()
	if language == paper.Chinese {
		c = chinese()
	}
	lines := c.Lines
	c.Lines = nil
	for i := range 20 {
		l := lines[i%len(lines)]
		l.Note = phi.Text(fmt.Sprintf("Note %x.", sha256.Sum256([]byte{byte(i)}))) // nothing that deflates
		l.Count = 7 * (i + 1)
		_, unit, _ := strings.Cut(l.Quantity, " ")
		l.Quantity = fmt.Sprintf("%d %s", l.Count, unit)
		if language == paper.Chinese {
			l.Quantity = fmt.Sprintf("%d片", l.Count)
		}
		c.Lines = append(c.Lines, l)
	}
	return c
}
