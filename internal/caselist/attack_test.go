package caselist_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"housecall/internal/caselist"
	"housecall/internal/safety"
)

// row is one case of attack.txt or plain.txt, with what a pharmacist would expect.
type row struct {
	line, outcome, kind string
	n                   int
	asked               object
}

// rowsOf reads a list: who and what is known of them, present, new, outcome, kind, reference.
func rowsOf(tb testing.TB, file string) []row {
	tb.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var out []row
	for n, line := range strings.Split(string(raw), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 6 || cells[5] == "" {
			tb.Fatalf("%s, line %d has no six cells", file, n+1)
		}
		out = append(out, row{line, cells[3], cells[4], n + 1, toldCase(cells)})
	}
	return out
}

// toldCase makes a case of the first three cells. What a row does not name is known and harmless.
func toldCase(cells []string) object {
	p := object{"pregnancy": "no", "lactating": false, "liver": "normal", "egfr": json.Number("95"), "allergies": []any{}, "conditions": []any{}, "weight_kg": json.Number("70")}
	c := object{"id": "x", "date": "2026-11-22", "patient": p, "present": medicinesOf(cells[1]), "new": medicinesOf(cells[2])}
	for i, fact := range strings.Split(cells[0], ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(fact), "=")
		if i == 0 {
			at := strings.LastIndex(k, " ")
			p["age"], p["sex"] = k[:at], k[at+1:]
			continue
		}
		tell(c, p, k, v)
	}
	return c
}

func tell(c, p object, k, v string) {
	key := map[string]string{"w": "weight_kg", "preg": "pregnancy"}[k]
	if key == "" {
		key = k
	}
	switch {
	case v == "null":
		delete(p, key)
	case k == "place":
		c["place"] = v
	case k == "lact":
		p["lactating"] = true
	case k == "cond":
		p["conditions"] = append(p["conditions"].([]any), v)
	case k == "allergy":
		name, reaction, _ := strings.Cut(v, ":")
		p["allergies"] = append(p["allergies"].([]any), object{"allergen": name, "reaction": reaction})
	case k == "w" || k == "egfr":
		p[key] = json.Number(v)
	default:
		p[key] = v
	}
}

func medicinesOf(cell string) []any {
	out := []any{}
	for _, s := range strings.Split(cell, ";") {
		s, strength, _ := strings.Cut(s, "strength=")
		if strings.TrimSpace(s) == "" {
			continue
		}
		m := medicineOf(s)
		if strength != "" {
			m["strength"] = strength
		}
		if m["as_needed"] == "y" {
			m["as_needed"] = true
		}
		out = append(out, m)
	}
	return out
}

// said tells the findings of an answer in one line, for who reads a failure.
func said(a caselist.Answer) string {
	var out []string
	for _, f := range a.Findings {
		out = append(out, string(f.Severity)+" "+string(f.Kind)+" "+strings.Join(f.Drugs, "+")+" ("+f.Fact+" "+f.Why+")")
	}
	return strings.Join(out, "; ")
}

func TestWhatAPharmacistWouldCatchIsCaught(t *testing.T) {
	t.Parallel()
	l, rows := lister(t), rowsOf(t, "testdata/attack.txt")

	for _, r := range rows {
		got := ask(t, l, r.asked)

		named := slices.ContainsFunc(got.Findings, func(f safety.Finding) bool {
			return string(f.Kind) == r.kind && string(f.Severity) == r.outcome
		})
		if got.Outcome != r.outcome || !named {
			t.Errorf("line %d: %s\n   is %s: %s", r.n, r.line, got.Outcome, said(got))
		}
	}
	if len(rows) < 250 {
		t.Errorf("only %d rows were read", len(rows))
	}
}

func TestPlainPrescriptionsStayQuiet(t *testing.T) {
	t.Parallel()
	l, rows := lister(t), rowsOf(t, "testdata/plain.txt")

	for _, r := range rows {
		if got := ask(t, l, r.asked); got.Outcome != "none" && got.Outcome != "info" {
			t.Errorf("line %d: %s\n   is %s: %s", r.n, r.line, got.Outcome, said(got))
		}
	}
	if len(rows) < 250 {
		t.Errorf("only %d rows were read", len(rows))
	}
}
