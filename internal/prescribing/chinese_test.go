package prescribing_test

import (
	"strings"
	"testing"
	"unicode"

	"housecall/internal/access"
	"housecall/internal/safety"
)

func TestEveryRuleOfTheListsIsKnownInChinese(t *testing.T) {
	t.Parallel()
	f := house(t)
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	var all []safety.Finding
	for _, r := range f.Rules.Interactions {
		all = append(all, safety.Finding{ID: r.ID, Why: r.Effect + ". " + r.Mechanism + ".", Do: r.Management + "."})
	}
	for _, r := range f.Rules.Conditions {
		all = append(all, safety.Finding{ID: r.ID, Why: r.Effect + ".", Do: r.Management + "."})
	}
	for _, r := range f.Rules.Allergies {
		if r.Message != "" && r.Drug != "none" && r.Action != "none" {
			all = append(all, safety.Finding{ID: r.ID, Why: r.Message, Do: "Choose another medicine."})
		}
	}

	for _, x := range f.InChinese(all) {
		if !han(x.WhyZH) || !han(x.DoZH) {
			t.Errorf("%s: %q, %q is told %q, %q", x.ID, x.Why, x.Do, x.WhyZH, x.DoZH)
		}
	}
}

func TestAFindingIsKeptInBothLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.facts.Present = []safety.Medicine{{INN: "warfarin", From: "told at intake"}}

	rx := w.draft(sheet(ibuprofen()))

	for _, f := range rx.Findings {
		if f.Kind == safety.KindInteraction {
			if f.WhyZH != "严重出血。" || f.FactZH != "正在服用华法林。" || f.DoZH == "" {
				t.Errorf("told %q, %q, %q", f.FactZH, f.WhyZH, f.DoZH)
			}
			return
		}
	}
	t.Errorf("nothing is found between warfarin and ibuprofen: %+v", rx.Findings)
}

func TestEveryProductIsCalledSomethingInChineseByWhoReadsOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	medicines, forms, err := w.NamesZH(t.Context(), asPatient())
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range []map[string]string{medicines, forms} {
		for code, name := range names {
			if !strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s is called %q in Chinese", code, name)
			}
		}
	}
	if medicines["amoxicillin"] != "阿莫西林" || forms["capsule"] != "胶囊" {
		t.Errorf("amoxicillin capsules are called %s %s", medicines["amoxicillin"], forms["capsule"])
	}
	if _, _, err := w.NamesZH(t.Context(), access.Actor{Account: "acc_rider", Role: access.Courier}); err == nil {
		t.Error("a courier, who carries a closed bag, reads names of medicines")
	}
}
