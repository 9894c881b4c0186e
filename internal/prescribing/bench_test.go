package prescribing_test

import (
	"testing"
)

func BenchmarkDraftAndSign(b *testing.B) {
	w := newWorld(b)
	for b.Loop() {
		rx, err := w.Create(b.Context(), asDoctor(), visit, sheet(amoxicillin()))
		if err != nil {
			b.Fatal(err)
		}
		c, err := w.BeginSigning(b.Context(), asDoctor(), rx.ID)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Sign(b.Context(), asDoctor(), c.ID, freshCode()); err != nil {
			b.Fatal(err)
		}
		if err := w.Cancel(b.Context(), asDoctor(), rx.ID, "bench"); err != nil { // else the next one doubles it
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	rx := w.signed(sheet(amoxicillin()))
	for b.Loop() {
		if err := w.Verify(b.Context(), rx.ID); err != nil {
			b.Fatal(err)
		}
	}
}
