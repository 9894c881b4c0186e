package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// MinioServer is a MinIO of a test's own, with a key to encrypt with.
type MinioServer struct {
	*process
	// URL reaches it; AccessKey and Secret open everything.
	URL, AccessKey, Secret string

	binary, folder, host string
	encrypts             bool
	buckets              atomic.Int64
}

// Minio starts a MinIO, or skips the test where it was not asked for or there is none. It ends with the test.
func Minio(tb testing.TB) *MinioServer {
	tb.Helper()
	return startMinio(tb, true)
}

// PlainMinio starts one that has no key and so can't encrypt.
func PlainMinio(tb testing.TB) *MinioServer {
	tb.Helper()
	return startMinio(tb, false)
}

func startMinio(tb testing.TB, encrypts bool) *MinioServer {
	tb.Helper()
	s := &MinioServer{
		AccessKey: "housecall", Secret: "only-in-tests-on-loopback", binary: minioServer.find(tb), folder: tb.TempDir(), host: freeAddress(tb), encrypts: encrypts,
	}
	s.URL = "http://" + s.host
	s.Start(tb)
	return s
}

// Start starts it again after Kill, with what it has kept, and waits until it answers.
func (s *MinioServer) Start(tb testing.TB) {
	tb.Helper()
	env := []string{"MINIO_ROOT_USER=" + s.AccessKey, "MINIO_ROOT_PASSWORD=" + s.Secret, "MINIO_BROWSER=off", "MINIO_CI_CD=on", "MINIO_UPDATE=off"}
	if s.encrypts {
		env = append(env, "MINIO_KMS_SECRET_KEY=tests:"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	}
	s.process = start(tb, s.folder, s.binary, env, sideOf(s.host), "server", "--quiet", "--address", s.host, s.folder+"/disk")
	ctx, cancel := context.WithTimeout(tb.Context(), startTime)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/minio/health/ready", nil)
		if err != nil {
			tb.Fatal(err)
		}
		w, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = w.Body.Close()
			if w.StatusCode == http.StatusOK {
				return
			}
		}
		if ctx.Err() != nil {
			tb.Fatalf("MinIO is not ready: %v\n%s", err, s.said())
		}
		pause(20 * time.Millisecond)
	}
}

// Bucket makes a new bucket that keeps versions.
func (s *MinioServer) Bucket(tb testing.TB) string {
	tb.Helper()
	name := s.ForgetfulBucket(tb)
	if err := s.client(tb).EnableVersioning(tb.Context(), name); err != nil {
		tb.Fatal(err)
	}
	return name
}

// ForgetfulBucket makes a new bucket that keeps no versions.
func (s *MinioServer) ForgetfulBucket(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("files-%d", s.buckets.Add(1))
	if err := s.client(tb).MakeBucket(tb.Context(), name, minio.MakeBucketOptions{}); err != nil {
		tb.Fatal(err)
	}
	return name
}

// Encrypted tells whether the file lies encrypted.
func (s *MinioServer) Encrypted(tb testing.TB, bucket, key string) bool {
	tb.Helper()
	info, err := s.client(tb).StatObject(tb.Context(), bucket, key, minio.StatObjectOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return info.Headers.Get("X-Amz-Server-Side-Encryption") != ""
}

// Rules lists the ids of the rules by which a bucket ends files.
func (s *MinioServer) Rules(tb testing.TB, bucket string) (ids []string) {
	tb.Helper()
	c, err := s.client(tb).GetBucketLifecycle(tb.Context(), bucket)
	if err != nil {
		tb.Fatal(err)
	}
	for _, r := range c.Rules {
		ids = append(ids, r.ID)
	}
	return ids
}

// Versions counts what is kept of a key, marks of its deletion not counted.
func (s *MinioServer) Versions(tb testing.TB, bucket, key string) (n int) {
	tb.Helper()
	for v := range s.client(tb).ListObjects(tb.Context(), bucket, minio.ListObjectsOptions{Prefix: key, WithVersions: true, Recursive: true}) {
		if v.Err != nil {
			tb.Fatal(v.Err)
		}
		if !v.IsDeleteMarker {
			n++
		}
	}
	return n
}

func (s *MinioServer) client(tb testing.TB) *minio.Client {
	tb.Helper()
	c, err := minio.New(s.host, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.Secret, ""), Region: "us-east-1"})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Upload sends a PDF to a signed address as people's programs do, and answers the status.
func Upload(tb testing.TB, url string, body []byte) int {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/pdf")
	r.Header.Set("If-None-Match", "*")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	_ = w.Body.Close()
	return w.StatusCode
}
