package sim

import (
	"testing"

	"housecall/internal/consult"
	"housecall/internal/prescribing"
)

func TestDoctorsOfTheDemoKnowOnlyWhatTheFormularyHas(t *testing.T) {
	t.Parallel()
	formulary, err := prescribing.House()
	if err != nil {
		t.Fatal(err)
	}
	codes, err := consult.DemoCodes()
	if err != nil {
		t.Fatal(err)
	}

	for _, complaint := range []string{
		"abdominal_pain", "back_pain", "cough", "ear", "eye", "fever", "headache", "skin", "sore_throat", "urinary",
		"vomiting_or_diarrhoea", "other",
	} {
		for _, child := range []bool{false, true} {
			r := remedyFor(complaint, child)
			if len(codes.Search(r.code)) == 0 {
				t.Errorf("%s: diagnosis %s is not in the list", complaint, r.code)
			}
			for _, item := range r.items {
				if _, known := formulary.Product(text(item, "product")); !known {
					t.Errorf("%s: %s is not in the formulary", complaint, text(item, "product"))
				}
			}
		}
	}
}
