package caselist_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"housecall/internal/caselist"
	"housecall/internal/jurisdiction"
	"housecall/internal/prescribing"
	"housecall/internal/safety"
)

var day = safety.MustDate("2026-11-22")

// shared is one list reader for all tests: it is only read.
var shared = sync.OnceValues(func() (*caselist.List, error) {
	f, err := prescribing.House()
	if err != nil {
		return nil, err
	}
	b, err := jurisdiction.Open()
	if err != nil {
		return nil, err
	}
	return caselist.New(f, caselist.Packs{Book: b, Rules: f.Rules}, day), nil
})

func lister(tb testing.TB) *caselist.List {
	tb.Helper()
	l, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func ask(tb testing.TB, l *caselist.List, c any) caselist.Answer {
	tb.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	return l.Answer(raw)
}

// medicineOf reads "ibuprofen 400 mg 3 days=5 route=oral".
func medicineOf(s string) object {
	m := object{"as_needed": false, "route": "oral", "days": nil}
	w := strings.Fields(s)
	for len(w) > 0 && strings.Contains(w[len(w)-1], "=") {
		k, v, _ := strings.Cut(w[len(w)-1], "=")
		m[k] = v
		if k == "days" {
			m[k] = json.Number(v)
		}
		w = w[:len(w)-1]
	}
	at := slices.IndexFunc(w, func(x string) bool { _, err := strconv.ParseFloat(x, 64); return err == nil || x == "null" })
	if at < 0 {
		m["inn"] = strings.Join(w, " ")
		return m
	}
	m["inn"] = strings.Join(w[:at], " ")
	if w[at] != "null" {
		m["dose"] = json.Number(w[at])
	}
	if len(w) > at+1 && w[at+1] != "null" {
		m["unit"] = w[at+1]
	}
	if len(w) > at+2 && w[at+2] != "null" {
		m["doses_per_24h"] = json.Number(w[at+2])
	}
	return m
}

// caseOf reads a row of pharmacists.txt.
func caseOf(cells []string) object {
	p := object{"pregnancy": "no", "lactating": false, "liver": "normal", "egfr": 95, "allergies": []any{}, "conditions": []any{}, "weight_kg": 70}
	who, cond, _ := strings.Cut(cells[0], "cond=")
	if cond != "" {
		p["conditions"] = []any{strings.TrimSpace(cond)}
	}
	who, preg, _ := strings.Cut(who, "preg=")
	if preg != "" {
		preg, lact := strings.CutSuffix(strings.TrimSpace(preg), "lact")
		p["pregnancy"], p["lactating"] = strings.TrimSpace(preg), lact
	}
	w := strings.Fields(who)
	p["age"], p["sex"] = w[0]+" "+w[1], w[2]
	if strings.HasSuffix(p["age"].(string), "mo") || strings.TrimSuffix(w[0], "y") < "18" && len(w[0]) < 3 && w[1] == "y" && mustInt(w[0]) < 15 {
		delete(p, "weight_kg")
	}
	where := ""
	for _, x := range w[3:] {
		k, v, eq := strings.Cut(x, "=")
		switch {
		case strings.HasSuffix(x, "kg"):
			p["weight_kg"] = json.Number(strings.TrimSuffix(x, "kg"))
		case k == "allergy":
			name, reaction, _ := strings.Cut(v, ":")
			p["allergies"] = []any{object{"allergen": name, "reaction": reaction}}
		case k == "place":
			where = v
		case v == "null":
			delete(p, k)
		case eq && k == "egfr":
			p[k] = json.Number(v)
		case eq:
			p[k] = v
		}
	}
	c := object{"id": "x", "place": where, "date": "2026-11-22", "patient": p, "new": medicineOf(cells[2])}
	present := []any{}
	for _, s := range strings.Split(cells[1], ";") {
		if strings.TrimSpace(s) != "" {
			present = append(present, medicineOf(s))
		}
	}
	c["present"] = present
	return c
}

func mustInt(s string) int { n, _ := strconv.Atoi(s); return n }

func TestThePharmacistsListIsAnsweredAsTheReferencesSay(t *testing.T) {
	t.Parallel()
	l := lister(t)
	raw, err := os.ReadFile("testdata/pharmacists.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0

	for n, line := range strings.Split(string(raw), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 6 {
			t.Fatalf("line %d has %d cells", n+1, len(cells))
		}
		rows++
		got := ask(t, l, caseOf(cells))

		same := got.Outcome == cells[3] || cells[3] == "none" && got.Outcome == "info"
		named := cells[3] == "none" || slices.ContainsFunc(got.Findings, func(f safety.Finding) bool {
			return string(f.Kind) == cells[4] && string(f.Severity) == cells[3]
		})
		if !same || !named {
			var said []string
			for _, f := range got.Findings {
				said = append(said, string(f.Severity)+" "+string(f.Kind)+" "+strings.Join(f.Drugs, "+")+" ("+f.Why+")")
			}
			t.Errorf("line %d: %s\n   is %s: %s", n+1, line, got.Outcome, strings.Join(said, "; "))
		}
	}
	if rows < 200 {
		t.Errorf("only %d rows were read", rows)
	}
}

func TestAThousandPlainPrescriptionsRaiseFewAlarms(t *testing.T) {
	t.Parallel()
	l := lister(t)
	count := map[string]int{}

	for _, line := range bytes.Split(bytes.TrimSpace(frozen(t)), []byte("\n")) {
		count[l.Answer(line).Outcome]++
	}

	total := count["none"] + count["info"] + count["warning"] + count["hard_stop"]
	t.Logf("of %d: %v", total, count)
	if total != 1000 || count["hard_stop"] >= 50 || count["warning"] >= 150 {
		t.Errorf("of %d plain prescriptions %d were stopped (under 50 are allowed) and %d warned of (under 150)", total, count["hard_stop"], count["warning"])
	}
}
