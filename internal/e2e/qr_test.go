package e2e_test

import (
	"bytes"
	"context"
	"image/png"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"housecall/internal/sim"
)

// scanned is what another phone reads from this screen.
func (b *browser) scanned() string {
	b.t.Helper()
	b.sees("qr")
	b.eval(test("qr")+`.scrollIntoView({block: 'center'}), true`, nil)
	b.settle()
	ctx, stop := context.WithTimeout(b.ctx, within)
	defer stop()
	raw, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		b.t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bits, nil)
	if err != nil {
		b.t.Fatalf("%s: no phone reads the code: %v", b.who, err)
	}
	return read.GetText()
}

func TestCodesAtBothHandOversAreReadFromTheOthersScreenInBothLooks(t *testing.T) {
	x, r := onTheRoad(t, "Quinn Square", "courier3@lampford.example")
	r.canScan()
	r.reload()
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	r.press("accept-offer")
	r.press("step-arrive")
	code := r.text("code")
	for _, look := range []string{"light", "dark"} {
		r.prefers("look", look)
		if got := r.scanned(); got != code {
			t.Errorf("in the %s look the counter reads %q from the courier's phone, want %q", look, got, code)
		}
	}
	r.shot("courier-code-qr")
	f := deskOf(t, "the pharmacist")
	f.canScan()
	f.signInStaff(market)
	f.visit("/p/order/" + x.fill)
	packs(x, f)
	f.press("labelled")
	f.types("seal", "qr-12")
	if got := f.scanned(); got != "QR-12" {
		t.Errorf("the label of the seal says %q", got)
	}
	f.shot("pharmacy-seal-label")
	f.press("ready")
	f.sees("fill-ready")
	f.reads("scan-code", code, "code")
	f.press("hand-over")
	f.sees("fill-collected")

	r.stands(doorAt)
	r.press("step-at-door")
	p.visit("/order/" + x.order)
	p.press("show-pin")
	pin := p.text("pin")
	if got := p.scanned(); got != pin {
		t.Errorf("the courier reads %q from the patient's phone, want %q", got, pin)
	}
	p.shot("order-pin-qr")
	r.reads("scan-pin", pin, "pin")
	r.press("hand-over")
	p.state(within, "order", "state", "delivered")
}

// packs fills the check list in by what is on the shelf.
func packs(x *tale, f *browser) {
	x.t.Helper()
	fill := x.must(x.pharmacist.Get(x.t.Context(), "/fills/"+x.fill))
	batch, expiry := x.shelf(fill.Text("lines.0.product"))
	f.types("batch-0", batch)
	f.types("expiry-0", expiry)
	f.press("pack")
}

// reads has the camera see a code, and something else before it.
func (b *browser) reads(button, text, field string) {
	b.t.Helper()
	b.eval(`sessionStorage.setItem('before the camera', `+quoted(text)+`), true`, nil)
	b.press(button)
	b.until("the code in its field", test(field)+`?.value === `+quoted(text))
	b.until("the camera put away", `!document.querySelector('dialog[open] video')`)
}

// canScan gives the browser the eye that Chromium has on a phone and not on a desk: the device tells the page what its
// camera sees. All that the page does with it is the app's own.
func (b *browser) canScan() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			window.BarcodeDetector = class {
				looks = 0;
				async detect(video) {
					if (!video.videoWidth) return [];
					return [{ rawValue: this.looks++ ? sessionStorage.getItem('before the camera') ?? '' : 'https://example.org/not-a-code' }];
				}
			};`})
		return err
	}))
}

func TestPatientWhoFetchesTheMedicineShowsACodeThatTheCounterReads(t *testing.T) {
	x := taleOf(t, "Polly Fetch").isSeen()
	x.pharmacist = x.staff(market)
	x.order = x.post(x.patient, "/orders", sim.JSON{"part": x.part, "pharmacy": pharmacyNamed(x, marketPlace), "fulfilment": "pickup"}).Text("id")
	x.until(x.patient, "/orders/"+x.order, func(a sim.Answer) bool { return a.At("held") == true })
	x.pharmacy = x.must(x.patient.Get(t.Context(), "/orders/"+x.order)).Text("pharmacy")
	x.pays().isReviewed().isAccepted().isPacked("FETCH-1")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.visit("/order/" + x.order)
	p.state(within, "order", "state", "ready")

	p.press("pickup-code")
	code := p.text("code")
	if got := p.scanned(); got != code || len(strings.TrimSpace(code)) != 6 {
		t.Errorf("the counter reads %q, the patient %q", got, code)
	}
	p.shot("order-pickup-code")
	x.post(x.pharmacist, "/fills/"+x.fill+"/hand-over", sim.JSON{"code": code})
	p.state(within, "order", "state", "delivered")
}
