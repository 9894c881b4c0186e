// Package blobtest says what every keeper of files must do. Each adapter's tests call Run.
package blobtest

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/blob"
	"housecall/internal/clock"
	"housecall/internal/fault"
)

// Kept is a store under test.
type Kept struct {
	Store blob.Store
	Do    func(*http.Request) (*http.Response, error) // follows a signed address
	Pass  func(time.Duration)                         // has signed addresses grow older
	// Lifetime of an address in the story of one that expires; 0: two minutes.
	Lifetime time.Duration
}

// Run tests a store that open makes, empty each time.
func Run(t *testing.T, open func(t *testing.T, c *clock.Fake) Kept) {
	t.Helper()
	for name, story := range map[string]func(*testing.T, Kept){
		"what was put is got whole":                      putAndGet,
		"a file that is not there is not found":          notThere,
		"an upload is settled and then readable":         uploadAndSettle,
		"an upload must keep to what was signed":         uploadRefusals,
		"an address does not outlive its time":           expiry,
		"an address can't be turned to another file":     foreignAddress,
		"nobody reads what is in quarantine":             quarantineIsClosed,
		"settling refuses what is not what it says":      settleRefusals,
		"settling twice answers the same":                settleTwice,
		"settling takes out of a picture where it was":   settleStrips,
		"a key can't lead out of the store":              strangeKeys,
		"the first upload counts, whatever comes after":  uploadTwice,
		"an upload that breaks off leaves nothing":       brokenUpload,
		"a file over the limit is refused and not there": tooLarge,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, open(t, clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))))
		})
	}
}

var types = []string{"image/jpeg", "image/png", "application/pdf"}

// Photo is a small JPEG with a position in its Exif segment.
func Photo() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 16, 8))
	img.Set(3, 3, color.RGBA{200, 10, 10, 255})
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	exif := append([]byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"), Position...)
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, byte((len(exif) + 2) >> 8), byte(len(exif) + 2)}, exif...)
	return append(out, b.Bytes()[2:]...)
}

// Position stands in Photo and must not stand in what is read.
const Position = "GPS 31.2304N 121.4737E"

const pdf = "%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"

func putAndGet(t *testing.T, k Kept) {
	put, err := k.Store.Put(t.Context(), "receipts/a.pdf", "application/pdf", strings.NewReader(pdf))
	must(t, err)
	_, err = k.Store.Put(t.Context(), "receipts/b.pdf", "application/pdf", strings.NewReader("other"))
	must(t, err)

	body, info := read(t, k, "receipts/a.pdf")
	stat, err := k.Store.Stat(t.Context(), "receipts/a.pdf")
	must(t, err)
	if string(body) != pdf || info != put || stat != put || info.Size != int64(len(pdf)) || info.Type != "application/pdf" || len(info.SHA256) != 64 {
		t.Errorf("got %d bytes, %+v; put answered %+v", len(body), info, put)
	}
	must(t, k.Store.Delete(t.Context(), "receipts/a.pdf"))
	must(t, k.Store.Delete(t.Context(), "receipts/a.pdf"))
	wantFault(t, fault.NotFound, statErr(t, k, "receipts/a.pdf"))
	read(t, k, "receipts/b.pdf")
}

func notThere(t *testing.T, k Kept) {
	_, _, err := k.Store.Get(t.Context(), "x/y")
	wantFault(t, fault.NotFound, err)
	wantFault(t, fault.NotFound, statErr(t, k, "x/y"))
	url, err := k.Store.SignGet(t.Context(), "x/y", "", time.Minute)
	must(t, err)
	if status := follow(t, k, http.MethodGet, url, "", nil); status != http.StatusNotFound {
		t.Errorf("status %d, want 404", status)
	}
}

func uploadAndSettle(t *testing.T, k Kept) {
	upload(t, k, "quarantine/att_1", "application/pdf", []byte(pdf))

	info, err := k.Store.Settle(t.Context(), "quarantine/att_1", "attachments/att_1", types)
	must(t, err)

	body, got := read(t, k, "attachments/att_1")
	if string(body) != pdf || got != info || info.Type != "application/pdf" {
		t.Errorf("read %q, %+v; settled %+v", body, got, info)
	}
	url, err := k.Store.SignGet(t.Context(), "attachments/att_1", "referral.pdf", time.Minute)
	must(t, err)
	res := request(t, k, http.MethodGet, url, "", nil)
	defer func() { _ = res.Body.Close() }()
	served, _ := io.ReadAll(res.Body)
	if string(served) != pdf || res.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(res.Header.Get("Content-Disposition"), "referral.pdf") {
		t.Errorf("served %d %q with %v", res.StatusCode, served, res.Header)
	}
}

func uploadRefusals(t *testing.T, k Kept) {
	_, err := k.Store.SignPut(t.Context(), "quarantine/a", "image/png", blob.MaxSize+1, time.Minute)
	wantFault(t, fault.TooLarge, err)
	_, err = k.Store.SignPut(t.Context(), "quarantine/a", "image/png", 0, time.Minute)
	wantFault(t, fault.Invalid, err)
	url, err := k.Store.SignPut(t.Context(), "quarantine/a", "application/pdf", int64(len(pdf)), time.Minute)
	must(t, err)

	for name, status := range map[string]int{
		"another type":   follow(t, k, http.MethodPut, url, "image/png", []byte(pdf)),
		"a longer body":  follow(t, k, http.MethodPut, url, "application/pdf", []byte(pdf+"x")),
		"a shorter body": follow(t, k, http.MethodPut, url, "application/pdf", []byte(pdf[1:])),
		"a read":         follow(t, k, http.MethodGet, url, "", nil),
	} {
		if status < 400 || status >= 500 {
			t.Errorf("%s was answered with %d", name, status)
		}
	}
	_, err = k.Store.Settle(t.Context(), "quarantine/a", "attachments/a", types)
	wantFault(t, fault.Conflict, err)
}

func expiry(t *testing.T, k Kept) {
	_, err := k.Store.Put(t.Context(), "a", "application/pdf", strings.NewReader(pdf))
	must(t, err)
	life := cmp.Or(k.Lifetime, 2*time.Minute)
	put, err := k.Store.SignPut(t.Context(), "quarantine/a", "application/pdf", int64(len(pdf)), life)
	must(t, err)
	get, err := k.Store.SignGet(t.Context(), "a", "", life)
	must(t, err)
	if status := follow(t, k, http.MethodGet, get, "", nil); status != http.StatusOK {
		t.Errorf("in time: %d", status)
	}

	k.Pass(life * 3 / 2)

	if status := follow(t, k, http.MethodGet, get, "", nil); status < 400 {
		t.Errorf("read too late: %d", status)
	}
	if status := follow(t, k, http.MethodPut, put, "application/pdf", []byte(pdf)); status < 400 {
		t.Errorf("written too late: %d", status)
	}
}

func foreignAddress(t *testing.T, k Kept) {
	for _, key := range []string{"att_1", "att_2"} {
		_, err := k.Store.Put(t.Context(), key, "application/pdf", strings.NewReader(pdf))
		must(t, err)
	}
	url, err := k.Store.SignGet(t.Context(), "att_1", "", time.Minute)
	must(t, err)

	if status := follow(t, k, http.MethodGet, strings.Replace(url, "att_1", "att_2", 1), "", nil); status < 400 {
		t.Errorf("another file by this address: %d", status)
	}
	if status := follow(t, k, http.MethodPut, url, "application/pdf", []byte(pdf)); status < 400 {
		t.Errorf("written by an address for reading: %d", status)
	}
}

func quarantineIsClosed(t *testing.T, k Kept) {
	upload(t, k, "quarantine/a", "application/pdf", []byte(pdf))

	_, _, err := k.Store.Get(t.Context(), "quarantine/a")
	wantFault(t, fault.NotFound, err)
	wantFault(t, fault.NotFound, statErr(t, k, "quarantine/a"))
	_, err = k.Store.SignGet(t.Context(), "quarantine/a", "", time.Minute)
	wantFault(t, fault.NotFound, err)
}

func settleRefusals(t *testing.T, k Kept) {
	for i, row := range []struct {
		name, said string
		body       []byte
		want       fault.Kind
	}{
		{"a page of a website that says it is a picture", "image/png", []byte("<html><script>alert(1)</script></html>"), fault.WrongType},
		{"a picture that says it is a document", "application/pdf", Photo(), fault.WrongType},
		{"a kind that is not taken", "image/gif", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), fault.WrongType},
		{"a damaged picture", "image/jpeg", Photo()[:60], fault.Invalid},
	} {
		key := "quarantine/" + string(rune('a'+i))
		upload(t, k, key, row.said, row.body)
		_, err := k.Store.Settle(t.Context(), key, "attachments/x", types)
		if !fault.Is(err, row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
		if _, err = k.Store.Settle(t.Context(), key, "attachments/x", types); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s is still there: %v", row.name, err)
		}
	}
	wantFault(t, fault.NotFound, statErr(t, k, "attachments/x"))
}

func settleTwice(t *testing.T, k Kept) {
	upload(t, k, "quarantine/a", "application/pdf", []byte(pdf))
	upload(t, k, "quarantine/b", "application/pdf", []byte(pdf+" "))
	first, err := k.Store.Settle(t.Context(), "quarantine/a", "attachments/a", types)
	must(t, err)

	again, err := k.Store.Settle(t.Context(), "quarantine/a", "attachments/a", types)

	if err != nil || again != first {
		t.Errorf("again: %+v, %v; first %+v", again, err, first)
	}
	_, err = k.Store.Settle(t.Context(), "quarantine/b", "attachments/a", types)
	wantFault(t, fault.Conflict, err)
}

func settleStrips(t *testing.T, k Kept) {
	photo := Photo()
	upload(t, k, "quarantine/a", "image/jpeg", photo)

	info, err := k.Store.Settle(t.Context(), "quarantine/a", "attachments/a", types)
	must(t, err)

	body, _ := read(t, k, "attachments/a")
	if bytes.Contains(body, []byte(Position)) || info.Size != int64(len(body)) {
		t.Errorf("the position is still in it: %q", body[:80])
	}
	if _, err := jpeg.Decode(bytes.NewReader(body)); err != nil {
		t.Errorf("the picture can't be shown any more: %v", err)
	}
}

func strangeKeys(t *testing.T, k Kept) {
	for _, key := range []string{"", "/", "../x", "a/../../x", "a//b", ".hidden", "a/", "A", "a b", "a\x00", "a\\b", "%2e%2e/x", strings.Repeat("a", 300)} {
		if _, err := k.Store.Put(t.Context(), key, "application/pdf", strings.NewReader(pdf)); !fault.Is(err, fault.NotFound) {
			t.Errorf("put %q: %v", key, err)
		}
		if _, _, err := k.Store.Get(t.Context(), key); !fault.Is(err, fault.NotFound) {
			t.Errorf("get %q: %v", key, err)
		}
		if _, err := k.Store.SignPut(t.Context(), key, "application/pdf", 1, time.Minute); err == nil {
			t.Errorf("sign %q went well", key)
		}
	}
}

func uploadTwice(t *testing.T, k Kept) {
	url := upload(t, k, "quarantine/a", "application/pdf", []byte(pdf))

	// An engine of others can't tell the same from another: it says that there is one, which is as good.
	if status := follow(t, k, http.MethodPut, url, "application/pdf", []byte(pdf)); status != http.StatusOK && status != http.StatusPreconditionFailed {
		t.Errorf("the same again: %d", status)
	}
	other := slices.Concat([]byte("%PDF-1.5"), []byte(pdf)[8:])
	if status := follow(t, k, http.MethodPut, url, "application/pdf", other); status != http.StatusConflict && status != http.StatusPreconditionFailed {
		t.Errorf("another file: %d", status)
	}
	_, err := k.Store.Settle(t.Context(), "quarantine/a", "attachments/a", types)
	must(t, err)
	if body, _ := read(t, k, "attachments/a"); string(body) != pdf {
		t.Errorf("kept %q", body)
	}
}

func brokenUpload(t *testing.T, k Kept) {
	_, err := k.Store.Put(t.Context(), "a", "application/pdf", io.MultiReader(strings.NewReader(pdf), broken{}))

	if err == nil {
		t.Error("half a file was taken")
	}
	wantFault(t, fault.NotFound, statErr(t, k, "a"))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func tooLarge(t *testing.T, k Kept) {
	_, err := k.Store.Put(t.Context(), "a", "application/pdf", io.LimitReader(zeros{}, blob.MaxSize+1))

	wantFault(t, fault.TooLarge, err)
	wantFault(t, fault.NotFound, statErr(t, k, "a"))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func upload(t *testing.T, k Kept, key, contentType string, body []byte) string {
	t.Helper()
	url, err := k.Store.SignPut(t.Context(), key, contentType, int64(len(body)), time.Minute)
	must(t, err)
	if status := follow(t, k, http.MethodPut, url, contentType, body); status != http.StatusOK {
		t.Fatalf("upload of %s: status %d", key, status)
	}
	return url
}

func follow(t *testing.T, k Kept, method, url, contentType string, body []byte) int {
	t.Helper()
	res := request(t, k, method, url, contentType, body)
	_ = res.Body.Close()
	return res.StatusCode
}

func request(t *testing.T, k Kept, method, url, contentType string, body []byte) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	must(t, err)
	if method == http.MethodPut {
		req.Header.Set(blob.First, "*")
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := k.Do(req)
	must(t, err)
	return res
}

func read(t *testing.T, k Kept, key string) ([]byte, blob.Info) {
	t.Helper()
	r, info, err := k.Store.Get(t.Context(), key)
	must(t, err)
	defer func() { _ = r.Close() }()
	body, err := io.ReadAll(r)
	must(t, err)
	return body, info
}

func statErr(t *testing.T, k Kept, key string) error {
	t.Helper()
	_, err := k.Store.Stat(t.Context(), key)
	return err
}

func wantFault(t *testing.T, kind fault.Kind, err error) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("error = %v, want a fault of kind %d", err, kind)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
