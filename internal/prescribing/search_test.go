package prescribing_test

import (
	"testing"

	"housecall/internal/prescribing"
)

func TestDoctorFindsAMedicineByAnyOfItsNames(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, c := range []struct{ name, words, want string }{
		{"the generic name", "amoxicillin", "amoxicillin"},
		{"its beginning", "amoxi", "amoxicillin"},
		{"capital letters", "  Ibuprofen ", "ibuprofen"},
		{"another name", "acetaminophen", "paracetamol"},
		{"its Chinese name", "阿莫西林", "amoxicillin"},
		{"the beginning of its Chinese name", "布洛", "ibuprofen"},
		{"its ATC code", "J01CA04", "amoxicillin"},
		{"a letter left out", "amoxicilin", "amoxicillin"},
		{"two letters swapped", "amoxciillin", "amoxicillin"},
		{"a letter wrong", "paracetomol", "paracetamol"},
		{"a later word", "clavulanic", "amoxicillin and clavulanic acid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			hits := f.Search(c.words, 5)

			if len(hits) == 0 || hits[0].Drug.INN != c.want {
				t.Errorf("search %q found %v, want %s first", c.words, hits, c.want)
			}
		})
	}
}

func TestSearchFindsNothingForNonsense(t *testing.T) {
	t.Parallel()
	f := house(t)

	for _, words := range []string{"", "   ", "xqzjkw", "<script>", "\x00\xff"} {
		if hits := f.Search(words, 5); len(hits) != 0 {
			t.Errorf("search %q found %d medicines, want none", words, len(hits))
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	f := house(b)
	for b.Loop() {
		f.Search("paracetomol", 20)
	}
}

func BenchmarkLoadFormulary(b *testing.B) {
	for b.Loop() {
		if _, err := prescribing.House(); err != nil {
			b.Fatal(err)
		}
	}
}
