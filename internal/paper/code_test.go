package paper_test

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	decoder "github.com/makiuchi-d/gozxing/qrcode"
	"github.com/skip2/go-qrcode"

	"housecall/internal/paper"
)

// scan reads a code as a phone does: from one picture after another until one is read. This reader does not find
// the corners of one code in some hundred; the last picture shows nothing but the code, and it need not look.
func scan(t *testing.T, text string) string {
	t.Helper()
	q, err := qrcode.New(text, qrcode.Low)
	if err != nil {
		t.Fatal(err)
	}
	for _, hints := range []map[gozxing.DecodeHintType]any{nil, {gozxing.DecodeHintType_TRY_HARDER: true}, {gozxing.DecodeHintType_PURE_BARCODE: true}} {
		var read string
		if read, err = look(t, q.Image(-3), hints); err == nil {
			return read
		}
	}
	t.Fatalf("scan: %v", err)
	return ""
}

func look(t *testing.T, picture image.Image, hints map[gozxing.DecodeHintType]any) (string, error) {
	t.Helper()
	grey := image.NewGray(picture.Bounds())
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			r, _, _, _ := picture.At(x, y).RGBA()
			grey.SetGray(x, y, color.Gray{Y: uint8(40 + (r>>8)*150/255)}) // a grey copy of a copy
		}
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(grey)
	if err != nil {
		t.Fatal(err)
	}
	read, err := decoder.NewQRCodeReader().Decode(bits, hints)
	if err != nil {
		return "", err
	}
	return read.GetText(), nil
}

func TestAPhoneScansTheCodesAndTheirOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	p := newPen(t)

	for name, c := range map[string]paper.Card{"one code": english(), "Chinese": chinese(), "many codes": long(paper.Chinese)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jws := p.sign(t, c)
			var scanned []string
			for _, text := range paper.Codes(jws) {
				scanned = append(scanned, scan(t, text))
			}
			slices.Reverse(scanned)

			got, err := paper.Gather(strings.Join(scanned, "\n"))

			if err != nil || got != jws {
				t.Errorf("gathered %d characters (%v), want the %d that were signed", len(got), err, len(jws))
			}
		})
	}
}

func TestTheJWSItselfIsTakenToo(t *testing.T) {
	t.Parallel()
	jws := newPen(t).sign(t, english())

	got, err := paper.Gather("  " + jws + "\n")

	if err != nil || got != jws {
		t.Errorf("gathered %q, %v", got, err)
	}
}

func TestACodeThatIsNoneOrNotAllOfItIsRefused(t *testing.T) {
	t.Parallel()
	p := newPen(t)
	first, second := paper.Codes(p.sign(t, long(paper.English))), paper.Codes(p.sign(t, long(paper.Chinese)))

	for name, c := range map[string]struct{ scanned, bodyHas string }{
		"a code of three missing": {strings.Join(first[1:], " "), "missing"},
		"codes of two papers":     {first[0] + " " + second[1], "different"},
		"a code cut short":        {first[0][:len(first[0])-1] + " " + first[1], "to its end"},
		"an address of the web":   {"https://example.com one", "not the code"},
		"letters for digits":      {"hcrx:/56xx", "not the code"},
		"digits of no character":  {"hcrx:/99", "not the code"},
		"a place that can't be":   {"hcrx:/3/2/56", "not the code"},
		"a million of them":       {"hcrx:/1/1000000/56", "not the code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := paper.Gather(c.scanned)

			if err == nil || !strings.Contains(err.Error(), c.bodyHas) {
				t.Errorf("refused with %v, want it to say %q", err, c.bodyHas)
			}
		})
	}
}

func FuzzGather(f *testing.F) {
	f.Add("hcrx:/5676 hcrx:/1/2/56")
	f.Fuzz(func(_ *testing.T, scanned string) { _, _ = paper.Gather(scanned) })
}
