package blob_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/blob"
	"housecall/internal/blob/blobtest"
	"housecall/internal/clock"
	"housecall/internal/fault"
)

func at(s *engine.MinioServer, name string) blob.BucketConfig {
	return blob.BucketConfig{URL: s.URL, Name: name, AccessKey: s.AccessKey, Secret: s.Secret, Keep: 30 * 24 * time.Hour}
}

func openBucket(t *testing.T, s *engine.MinioServer) (*blob.Bucket, string) {
	t.Helper()
	name := s.Bucket(t)
	b, err := blob.OpenBucket(t.Context(), at(s, name), clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	return b, name
}

func TestBucketOfMinio(t *testing.T) {
	t.Parallel()
	server := engine.Minio(t)
	blobtest.Run(t, func(t *testing.T, c *clock.Fake) blobtest.Kept {
		t.Helper()
		b, err := blob.OpenBucket(t.Context(), at(server, server.Bucket(t)), c)
		if err != nil {
			t.Fatal(err)
		}
		// The engine's own clock goes on by itself.
		wait := func(d time.Duration) { <-time.After(d) }
		return blobtest.Kept{Store: b, Do: http.DefaultClient.Do, Pass: wait, Lifetime: 3 * time.Second}
	})
}

const paper = "%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"

func send(t *testing.T, b *blob.Bucket, key string) {
	t.Helper()
	url, err := b.SignPut(t.Context(), key, "application/pdf", int64(len(paper)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if status := engine.Upload(t, url, []byte(paper)); status != http.StatusOK {
		t.Fatalf("upload = %d", status)
	}
}

func TestFilesLieEncryptedAndOldOnesStayUntilTheirTime(t *testing.T) {
	t.Parallel()
	server := engine.Minio(t)
	b, name := openBucket(t, server)

	send(t, b, "quarantine/a")
	sealed := server.Encrypted(t, name, "quarantine/a")
	if _, err := b.Settle(t.Context(), "quarantine/a", "attachments/a", []string{"application/pdf"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), "attachments/a"); err != nil {
		t.Fatal(err)
	}

	if !sealed {
		t.Error("what a person uploads lies there in plain")
	}
	if n := server.Versions(t, name, "quarantine/a"); n != 0 {
		t.Errorf("%d versions of what was settled are left in quarantine", n)
	}
	if n := server.Versions(t, name, "attachments/a"); n != 1 {
		t.Errorf("%d versions of a deleted file are kept, want 1 until its time", n)
	}
	if ids := server.Rules(t, name); !slices.Equal(ids, []string{"housecall-quarantine", "housecall-old"}) {
		t.Errorf("rules of the bucket: %v", ids)
	}
}

func TestNodesThatSettleAtOnceMakeOneFile(t *testing.T) {
	t.Parallel()
	server := engine.Minio(t)
	b, name := openBucket(t, server)
	send(t, b, "quarantine/a")
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			_, err := b.Settle(context.WithoutCancel(t.Context()), "quarantine/a", "attachments/a", []string{"application/pdf"})
			errs <- err
		}()
	}

	settled := 0
	for range cap(errs) {
		switch err := <-errs; {
		case err == nil:
			settled++
		case !fault.Is(err, fault.Conflict): // somebody else was faster: asked again, it answers
			t.Error(err)
		}
	}

	if _, err := b.Settle(t.Context(), "quarantine/a", "attachments/a", []string{"application/pdf"}); err != nil || settled == 0 {
		t.Errorf("%d settled it; asked again: %v", settled, err)
	}
	if n := server.Versions(t, name, "attachments/a"); n != 1 {
		t.Errorf("%d files were made of one upload", n)
	}
}

func TestBucketThatIsNotFitIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	server := engine.Minio(t)
	good, forgetful := server.Bucket(t), server.ForgetfulBucket(t)
	junk := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		spoil func(*blob.BucketConfig)
		want  string
	}{
		{"no bucket of this name", func(c *blob.BucketConfig) { c.Name = "not-there" }, "mc mb --with-versioning"},
		{"a bucket that keeps no versions", func(c *blob.BucketConfig) { c.Name = forgetful }, "mc version enable"},
		{"another access key", func(c *blob.BucketConfig) { c.AccessKey = "somebody" }, "correct files.access_key"},
		{"another secret", func(c *blob.BucketConfig) { c.Secret = "another-secret" }, "files.secret_file"},
		{"no address", func(c *blob.BucketConfig) { c.URL = "minio:9000" }, "say it like https://"},
		{"no certificate", func(c *blob.BucketConfig) { c.CA = junk }, "files.ca"},
	} {
		c := at(server, good)
		tt.spoil(&c)

		_, err := blob.OpenBucket(t.Context(), c, clock.NewReal())

		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "another-secret") || errors.Is(err, blob.ErrUnreachable) {
			t.Errorf("%s: open = %v, want %q and no secret", tt.name, err, tt.want)
		}
	}
}

func TestServerThatCannotEncryptIsRefusedUnlessItsDisksAre(t *testing.T) {
	t.Parallel()
	server := engine.PlainMinio(t)
	c := at(server, server.Bucket(t))

	_, err := blob.OpenBucket(t.Context(), c, clock.NewReal())
	c.Plain = true
	_, plain := blob.OpenBucket(t.Context(), c, clock.NewReal())

	if err == nil || !strings.Contains(err.Error(), "MINIO_KMS_SECRET_KEY") || plain != nil {
		t.Errorf("open = %v, told that disks are encrypted = %v", err, plain)
	}
}

func TestBucketOfAnotherServiceIsRefused(t *testing.T) {
	t.Parallel()
	b, _ := openBucket(t, engine.Minio(t))
	for range 2 { // its own service comes again at each start
		if err := b.Claim(t.Context(), "svc_1"); err != nil {
			t.Fatal(err)
		}
	}

	err := b.Claim(t.Context(), "svc_2")

	if !errors.Is(err, blob.ErrForeign) || !strings.Contains(err.Error(), "files.bucket") {
		t.Errorf("claim = %v, want it refused", err)
	}
}

func TestServerThatIsGoneIsUnreachableAndServesAgainWhenItIsBack(t *testing.T) {
	t.Parallel()
	server := engine.Minio(t)
	b, name := openBucket(t, server)
	if _, err := b.Put(t.Context(), "receipts/a.pdf", "application/pdf", strings.NewReader(paper)); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)

	_, _, while := b.Get(t.Context(), "receipts/a.pdf")
	_, open := blob.OpenBucket(t.Context(), at(server, name), clock.NewReal())
	server.Start(t)
	_, after := b.Stat(t.Context(), "receipts/a.pdf")

	if !fault.Is(while, fault.Unavailable) || !errors.Is(open, blob.ErrUnreachable) || !strings.Contains(open.Error(), "files.url") || after != nil {
		t.Errorf("while it was gone: get = %v, open = %v; afterwards %v", while, open, after)
	}
}
