package blob_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/blob"
	"housecall/internal/blob/blobtest"
	"housecall/internal/clock"
	"housecall/internal/fault"
)

var secret = bytes.Repeat([]byte("s"), 32)

func TestFolder(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, c *clock.Fake) blobtest.Kept {
		t.Helper()
		f, err := blob.New(t.TempDir(), secret, c, "http://files.test")
		if err != nil {
			t.Fatal(err)
		}
		return blobtest.Kept{Store: f, Pass: c.Advance, Do: func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			serve(f, w, r)
			return w.Result(), nil
		}}
	})
}

// serve is what httpapi does at /blob/, without its words.
func serve(f *blob.Folder, w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, blob.Path)
	var err error
	if r.Method == http.MethodPut {
		_, err = f.AcceptPut(r.Context(), key, r.URL.Query(), r.Header.Get("Content-Type"), r.ContentLength, r.Body)
	} else {
		var file io.ReadSeekCloser
		var info blob.Info
		var name string
		if file, info, name, err = f.AcceptGet(r.Context(), key, r.URL.Query()); err == nil {
			defer func() { _ = file.Close() }()
			w.Header().Set("Content-Type", info.Type)
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
			http.ServeContent(w, r, "", info.At, file)
			return
		}
	}
	status := map[fault.Kind]int{fault.NotFound: 404, fault.Conflict: 409, fault.Invalid: 422, fault.TooLarge: 413, fault.WrongType: 415}[fault.KindOf(err)]
	switch {
	case err == nil:
	case status == 0:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		w.WriteHeader(status)
	}
}

func TestFolderForgetsWhatAKilledProcessHadBegun(t *testing.T) {
	t.Parallel()
	dir, clk := t.TempDir(), clock.NewFake(time.Unix(0, 0))
	f, err := blob.New(dir, secret, clk, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put(t.Context(), "a", "application/pdf", strings.NewReader("kept")); err != nil {
		t.Fatal(err)
	}
	for _, half := range []string{"data/half", "labels/new-1"} {
		if err := os.WriteFile(filepath.Join(dir, half), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	f, err = blob.New(dir, secret, clk, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Stat(t.Context(), "a"); err != nil {
		t.Errorf("what was whole: %v", err)
	}
	for _, half := range []string{"data/half", "labels/new-1"} {
		if _, err := os.Stat(filepath.Join(dir, half)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", half, err)
		}
	}
}

func TestFolderRefusesAWeakSecret(t *testing.T) {
	t.Parallel()
	if _, err := blob.New(t.TempDir(), []byte("short"), clock.NewReal(), ""); err == nil {
		t.Error("a secret of five bytes was accepted")
	}
}

func TestAddressForReadingTakesNoNameThatDescribesAnybody(t *testing.T) {
	t.Parallel()
	f, err := blob.New(t.TempDir(), secret, clock.NewReal(), "")
	if err != nil {
		t.Fatal(err)
	}

	if _, err := f.SignGet(t.Context(), "a", "X-ray of Zhang Wei.pdf", time.Minute); err == nil {
		t.Error("a free name was accepted")
	}
}
