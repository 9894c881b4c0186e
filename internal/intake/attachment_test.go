package intake_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/intake"
	"housecall/internal/phi"
)

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 4, 4))))
	return b.Bytes()
}

// located is a JPEG whose EXIF says where it was taken.
func located(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil))
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"), []byte("GPS 31.2N 121.4E")...)
	segment := append([]byte{0xff, 0xe1, byte((len(exif) + 2) >> 8), byte(len(exif) + 2)}, exif...)
	return append(append(append([]byte{}, b.Bytes()[:2]...), segment...), b.Bytes()[2:]...)
}

func TestAFileIsUnreadableUntilTheServerHasLookedAtItStrippedItAndMovedIt(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i, raw := p.begun(mother), located(t)
	up, err := p.Attach(ctx, mother, i.ID, "rash.jpg", "image/jpeg", int64(len(raw)))
	must(t, err)
	_, awaited := p.Open(ctx, mother, i.ID, up.Attachment)
	must(t, p.upload(up.URL, "image/jpeg", raw))
	_, quarantined := p.Open(ctx, mother, i.ID, up.Attachment)

	i, err = p.Settle(ctx, mother, i.ID, up.Attachment)
	must(t, err)
	address, err := p.Open(ctx, mother, i.ID, up.Attachment)
	must(t, err)

	refused(t, awaited, fault.NotFound)
	refused(t, quarantined, fault.NotFound)
	if i.Attachments[0].State != intake.Readable || i.Attachments[0].Type != "image/jpeg" {
		t.Errorf("attachment = %+v", i.Attachments[0])
	}
	u, err := url.Parse(address)
	must(t, err)
	file, _, _, err := p.files.AcceptGet(ctx, strings.TrimPrefix(u.Path, "/blob/"), u.Query())
	must(t, err)
	defer func() { _ = file.Close() }()
	var clean bytes.Buffer
	_, err = clean.ReadFrom(file)
	must(t, err)
	if bytes.Contains(clean.Bytes(), []byte("GPS")) {
		t.Error("the picture still says where it was taken")
	}
	if strings.Contains(address, "rash") {
		t.Error("the name of the file stands in its address")
	}
}

func TestAFileThatIsNotWhatItSaysIsRefusedForGood(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i, raw := p.begun(mother), []byte("<script>alert(1)</script>")
	up, err := p.Attach(ctx, mother, i.ID, "x.png", "image/png", int64(len(raw)))
	must(t, err)
	must(t, p.upload(up.URL, "image/png", raw))

	i, refusedNow := p.Settle(ctx, mother, i.ID, up.Attachment)
	again, err := p.Settle(ctx, mother, i.ID, up.Attachment)
	must(t, err)
	_, read := p.Open(ctx, mother, i.ID, up.Attachment)

	refused(t, refusedNow, fault.WrongType)
	if again.Attachments[0].State != intake.Refused || again.Attachments[0].Why != "wrong_type" {
		t.Errorf("attachment = %+v", again.Attachments[0])
	}
	refused(t, read, fault.NotFound)
	if len(p.told(string(i.ID), intake.AttachmentRefused)) != 1 {
		t.Error("nobody is told")
	}
}

func TestWhatMayBeAttachedIsLimited(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i := p.begun(mother)
	tests := []struct {
		name  string
		file  phi.Text
		kind  string
		size  int64
		fault fault.Kind
	}{
		{"a program", "x.exe", "application/octet-stream", 10, fault.WrongType},
		{"a page", "x.html", "text/html", 10, fault.WrongType},
		{"a drawing with scripts", "x.svg", "image/svg+xml", 10, fault.WrongType},
		{"too large", "x.pdf", "application/pdf", intake.MaxFileSize + 1, fault.TooLarge},
		{"empty", "x.pdf", "application/pdf", 0, fault.Invalid},
		{"no name", "", "application/pdf", 10, fault.Invalid},
	}
	for _, tt := range tests {
		if _, err := p.Attach(ctx, mother, i.ID, tt.file, tt.kind, tt.size); !fault.Is(err, tt.fault) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for range intake.MaxAttachments {
		_, err := p.Attach(ctx, mother, i.ID, "x.pdf", "application/pdf", intake.MaxFileSize)
		must(t, err)
	}
	_, eleventh := p.Attach(ctx, mother, i.ID, "x.pdf", "application/pdf", 10)
	refused(t, eleventh, fault.Conflict)
}

func TestAnUploadIsOfTheLengthAndTypeThatWereSaid(t *testing.T) {
	t.Parallel()
	p := open(t)
	i, raw := p.begun(mother), picture(t)
	up, err := p.Attach(t.Context(), mother, i.ID, "x.png", "image/png", int64(len(raw)))
	must(t, err)

	longer := p.upload(up.URL, "image/png", append(raw, 0))
	other := p.upload(up.URL, "text/html", raw)
	p.clock.Advance(16 * 60e9)
	late := p.upload(up.URL, "image/png", raw)

	for name, err := range map[string]error{"longer": longer, "another type": other, "late": late} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestStrangersCanNeitherAttachNorReadFiles(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i, raw := p.begun(mother), picture(t)
	up, err := p.Attach(ctx, mother, i.ID, "x.png", "image/png", int64(len(raw)))
	must(t, err)
	must(t, p.upload(up.URL, "image/png", raw))
	_, err = p.Settle(ctx, mother, i.ID, up.Attachment)
	must(t, err)

	for _, a := range []access.Actor{stranger, daughter, okoye} {
		_, attach := p.Attach(ctx, a, i.ID, "x.png", "image/png", 10)
		_, open := p.Open(ctx, a, i.ID, up.Attachment)
		_, detach := p.Detach(ctx, a, i.ID, up.Attachment)
		for _, err := range []error{attach, open, detach} {
			refused(t, err, fault.NotFound)
		}
	}
	_, unknown := p.Open(ctx, mother, i.ID, id.Attachment("att_none"))
	refused(t, unknown, fault.NotFound)
}

func TestAnUploadInFlightKeepsTheIntakeADraftAndCanBeTakenAway(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := t.Context()
	i := p.complete(p.begun(mother))
	up, err := p.Attach(ctx, mother, i.ID, "x.png", "image/png", 10)
	must(t, err)

	_, early := p.Submit(ctx, mother, i.ID)
	_, unsent := p.Settle(ctx, mother, i.ID, up.Attachment)
	_, err = p.Detach(ctx, mother, i.ID, up.Attachment)
	must(t, err)
	_, now := p.Submit(ctx, mother, i.ID)

	refused(t, early, fault.Invalid)
	refused(t, unsent, fault.Conflict)
	must(t, now)
}

func TestAttachedTwiceByOneRequestIsOneFile(t *testing.T) {
	t.Parallel()
	p := open(t)
	i := p.begun(mother)
	a := asks(mother, "k")

	first, err := p.Attach(t.Context(), a, i.ID, "x.png", "image/png", 10)
	must(t, err)
	second, err := p.Attach(t.Context(), a, i.ID, "x.png", "image/png", 10)
	must(t, err)
	now, err := p.Intake(t.Context(), mother, i.ID)
	must(t, err)

	if first.Attachment != second.Attachment || len(now.Attachments) != 1 {
		t.Errorf("%d files", len(now.Attachments))
	}
}
