package e2e_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// photograph is a picture of a door, as a camera gives it: larger than what is sent.
func photograph(t *testing.T) string {
	t.Helper()
	door := image.NewRGBA(image.Rect(0, 0, 2400, 1800))
	for y := range 1800 {
		for x := range 2400 {
			door.Set(x, y, color.RGBA{uint8(x / 10), uint8(y / 8), 90, 255}) //nolint:gosec // both are under 256
		}
	}
	file := filepath.Join(t.TempDir(), "door.jpg")
	f, err := os.Create(file) //nolint:gosec // in a folder of the test
	if err == nil {
		err = jpeg.Encode(f, door, nil)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// picks chooses a file in a field for files, as the camera or the file dialogue does.
func (b *browser) picks(name, file string) {
	b.t.Helper()
	b.until(name, test(name)+" !== null")
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		found, err := cdp.Call(ctx, tab, cdpruntime.Evaluate, cdpruntime.EvaluateParams{Expression: test(name)})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, ObjectID: found.Result.ObjectID})
		return err
	}))
}

func TestCourierTakesAPhotoOfTheDoorThatStaysShutAndTheOperatorSeesIt(t *testing.T) {
	x, r := carries(t, "Paula Shutt", "courier11@lampford.example", "SHUT-1")
	o := operator(t)
	o.sees("map")
	r.press("step-at-door")
	r.sees("pin")
	r.press("problem")
	r.press("fail-nobody_home")
	r.picks("fail-photo", photograph(t))
	r.until("the photo in the sheet", `document.querySelector('[data-test="could-not"] img.thumb')?.naturalWidth > 0`)
	r.shot("courier-could-not-photo")

	r.press("fail-sure")

	r.sees("step-turn-back")
	job := x.until(x.staff(sim.DemoOperator), "/jobs/"+x.job, is("failed"))
	if job.Text("failure.photo") == "" || job.Text("failure.reason") != "nobody_home" {
		t.Errorf("the job says %v, want the reason and the photo", job.At("failure"))
	}
	row := fmt.Sprintf(`[...document.querySelectorAll('[data-test^="job-"]')].find((e) => e.innerText.includes(%q))`, "HC-"+strings.ToUpper(x.order[len(x.order)-4:]))
	o.until("the job", `(document.querySelector('[data-test="more-fine"][aria-expanded="false"]')?.click(), `+row+` !== undefined)`)
	o.until("its story", `(`+shown("one-job")+` || `+row+`?.click(), `+shown("failed")+`)`)
	o.until("the photo", test("door-photo")+`?.naturalWidth > 0`)
	o.shot("operator-door-photo")

	r.press("step-turn-back")
	code := r.text("code")
	x.post(x.pharmacist, "/jobs/"+x.job+"/take-back", sim.JSON{"code": code})
	r.told(time.Now(), "that the bag is back", shown("end-shift"))
}

func TestSupportTypesThePinThatIsReadOutAndGivesACoupon(t *testing.T) {
	x, r := carries(t, "Rita Phone", "courier1@lampford.example", "PHONE-1")
	about := x.post(x.patient, "/cases", sim.JSON{"category": "other", "text": "My screen is broken, I can't see the PIN.", "subject": x.order}).Text("id")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.visit("/order/" + x.order)
	p.state(within, "order", "state", "collected")
	p.marks()
	s := deskOf(t, "support")
	s.signInStaff("support@lampford.example")
	s.visit("/o/case/" + about)
	s.until("nobody at the door yet", test("by-phone")+`?.dataset.there === 'false'`)
	s.marks()

	r.press("step-at-door")
	s.told(time.Now(), "the courier at the door", test("by-phone")+`?.dataset.there === 'true'`)
	s.told(time.Now(), "it in the evidence", `/at the door/i.test(`+test("evidence")+`?.innerText ?? '')`)
	pin := x.must(x.patient.Get(t.Context(), "/jobs/"+x.job+"/pin")).Text("code")
	s.types("phone-pin", wrong(pin))
	s.press("phone-hand-over")
	s.sees("trouble")
	s.shot("support-wrong-pin")
	s.types("phone-pin", pin)
	s.press("phone-hand-over")

	s.sees("phone-done")
	handed := time.Now()
	p.told(handed, "that it is delivered", isState("order", "delivered"))
	r.told(handed, "that there is nothing to do", shown("end-shift"))
	job := x.must(x.pharmacist.Get(t.Context(), "/jobs/"+x.job))
	if job.Text("proof") != "pin_by_phone" {
		t.Errorf("the proof is %q, want that the PIN came by telephone", job.Text("proof"))
	}

	s.press("take")
	s.press("coupon")
	s.types("coupon-amount", "12.00")
	s.shot("support-coupon")
	s.press("coupon-sure")
	s.sees("action-done")
	s.seesText("¥12.00")
	s.shot("support-coupon-given")
}

// wrong is another code of six figures.
func wrong(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

func TestSupportHasABagBroughtAgain(t *testing.T) {
	x, r := carries(t, "Della Again", "courier2@lampford.example", "AGAIN-1")
	r.press("step-at-door")
	r.sees("pin")
	r.press("problem")
	r.press("fail-wrong_address")
	r.press("fail-sure")
	r.press("step-turn-back")
	code := r.text("code")
	x.post(x.pharmacist, "/jobs/"+x.job+"/take-back", sim.JSON{"code": code})
	x.until(x.patient, "/orders/"+x.order, is("undelivered"))
	about := x.post(x.patient, "/cases", sim.JSON{"category": "not_delivered", "text": "It is number 5, not 3.", "subject": x.order}).Text("id")
	p := phoneOf(t, "the patient")
	p.signIn(x.address)
	p.state(within, "home", "row", "not_delivered")
	p.marks()
	s := deskOf(t, "support")
	s.signInStaff("support@lampford.example")
	s.visit("/o/case/" + about)
	s.press("take")

	s.press("redeliver")
	s.shot("support-redeliver")
	s.press("redeliver-sure")

	s.sees("action-done")
	p.told(time.Now(), "that it comes again", `!['not_delivered', undefined].includes(`+test("home")+`?.dataset.row)`)
}
