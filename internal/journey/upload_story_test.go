package journey_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/apptest"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/onboarding"
	"housecall/internal/order"
	"housecall/internal/upload"
)

// picture is a small JPEG.
func picture(w *apptest.Town) []byte {
	var b bytes.Buffer
	w.Must(jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil))
	return b.Bytes()
}

// sends uploads bytes for a purpose and answers the file, not settled yet.
func sends(ctx context.Context, t *testing.T, w *apptest.Town, who access.Actor, p upload.Purpose, body []byte) id.Attachment {
	t.Helper()
	place, err := w.Upload.Begin(ctx, w.As(who), p, "image/jpeg", int64(len(body)))
	w.Must(err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, address(w, place.URL), bytes.NewReader(body))
	w.Must(err)
	r.Header.Set("Content-Type", "image/jpeg")
	answer, err := http.DefaultClient.Do(r)
	w.Must(err)
	said, err := io.ReadAll(answer.Body)
	w.Must(err)
	w.Must(answer.Body.Close())
	if answer.StatusCode >= 300 {
		t.Fatalf("upload: %s: %s", answer.Status, said)
	}
	return place.Attachment
}

// address is a signed URL on the town's own server.
func address(w *apptest.Town, signed string) string {
	at := len("http://localhost")
	if len(signed) > at && signed[:at] == "http://localhost" {
		signed = signed[at:]
	}
	return "http://" + w.Addr() + signed
}

func TestAnApplicantUploadsAPaperThatOnlyTheOperatorAndTheyCanRead(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	file := sends(ctx, t, w, w.Locum, upload.Paper, picture(w))
	paper := onboarding.NewPaper{Kind: onboarding.Other, Attachment: file, ValidUntil: apptest.Noon.AddDate(1, 0, 0)}
	app := w.Papers[w.Locum.Account]
	_, unlooked := w.Onboarding.AddPaper(ctx, w.As(w.Locum), app, paper)
	_, hidden := w.Upload.Open(ctx, w.As(w.Locum), file)
	_, err := w.Upload.Settle(ctx, w.As(w.Locum), file)
	w.Must(err)
	_, foreign := w.Onboarding.AddPaper(ctx, w.As(w.Doctor), w.Papers[w.Doctor.Account], paper)
	_, err = w.Onboarding.AddPaper(ctx, w.As(w.Locum), app, paper)
	w.Must(err)

	w.Refuses("a paper that nobody has looked at", unlooked, fault.Invalid)
	w.Refuses("reading what nobody has looked at", hidden, fault.NotFound)
	w.Refuses("another's file", foreign, fault.Invalid)
	url, err := w.Upload.Open(ctx, w.As(w.Operator), file)
	w.Must(err)
	if got := get(t, address(w, url)); len(got) == 0 {
		t.Error("the operator reads nothing")
	}
	for name, who := range map[string]access.Actor{"another doctor": w.Doctor, "a patient": w.Mother, "support": w.Support} {
		if _, err := w.Upload.Open(ctx, w.As(who), file); err == nil {
			t.Errorf("%s can read the paper", name)
		}
	}
}

func TestAFileThatIsNotWhatItSaysIsRefusedForGood(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	file := sends(t.Context(), t, w, w.Locum, upload.Paper, []byte("<script>alert(1)</script>"))
	_, first := w.Upload.Settle(t.Context(), w.As(w.Locum), file)
	u, err := w.Upload.Settle(t.Context(), w.As(w.Locum), file)
	w.Must(err)

	if first == nil || u.State != upload.Refused || u.Why == "" || u.History[0].Why != u.Why {
		t.Errorf("settled with %v: %+v, want it refused and the reason kept", first, u)
	}
	_, read := w.Upload.Open(t.Context(), w.As(w.Locum), file)
	w.Refuses("reading it", read, fault.NotFound)
}

func TestAnUploadThatNobodySettlesIsThrownAwayAfterAnHour(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	file := sends(t.Context(), t, w, w.Locum, upload.Paper, picture(w))
	w.Pass(time.Hour)

	u, err := w.Upload.Settle(t.Context(), w.As(w.Locum), file)
	if err != nil || u.State != upload.Abandoned {
		t.Errorf("the upload is %+v, %v; want it thrown away", u, err)
	}
}

func TestACourierSendsAPhotoWithADeliveryThatFailed(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	ctx := t.Context()
	o, _, c := w.OnItsWay()
	photo := sends(ctx, t, w, c, upload.Photo, picture(w))
	_, notCouriers := w.Upload.Begin(ctx, w.As(w.Doctor), upload.Photo, "image/jpeg", 10)
	job, st := w.Step(o)
	_, unlooked := w.Delivery.Fail(ctx, w.As(c), job, st, "nobody_home", photo)
	_, err := w.Upload.Settle(ctx, w.As(c), photo)
	w.Must(err)
	_, invented := w.Delivery.Fail(ctx, w.As(c), job, st, "nobody_home", "att_invented")
	_, err = w.Delivery.Fail(ctx, w.As(c), job, st, "nobody_home", photo)
	w.Must(err)
	w.TakesBack(o, c)

	w.Refuses("a doctor's photo of a delivery", notCouriers, fault.Invalid)
	w.Refuses("a photo that nobody has looked at", unlooked, fault.Invalid)
	w.Refuses("a photo that is not there", invented, fault.Invalid)
	w.In(o, order.Undelivered)
	if j := w.JobNow(o, 1); j.Failure == nil || j.Failure.Photo != photo {
		t.Errorf("failure = %+v, want the photo with it", j.Failure)
	}
}
