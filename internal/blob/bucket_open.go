package blob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"housecall/internal/clock"
)

// BucketConfig says where a bucket is.
type BucketConfig struct {
	URL       string // "https://minio.example:9000", as this node reaches it
	PublicURL string // as people reach it; empty: URL
	Name      string
	AccessKey string
	Secret    string
	CA        string // file with the certificates to trust beside the system's; may be empty
	Region    string // empty: us-east-1, which is MinIO's own
	// Plain takes a bucket whose server can't encrypt what it keeps: its disks are encrypted instead.
	Plain bool
	// Keep is how long a file that was deleted or replaced stays as an old version; whole days, one or more.
	Keep time.Duration
}

// ErrUnreachable says that nobody answered: what was asked may be right. Try again later.
var ErrUnreachable = errors.New("nobody answered")

// OpenBucket connects to a bucket, looks whether it is fit for files of people, and sets its rules. A
// bucket that is not there, keeps no versions, does not encrypt, or refuses the keys, is refused with what to do;
// of one that nobody answers for the error is ErrUnreachable.
func OpenBucket(ctx context.Context, cfg BucketConfig, clk clock.Clock) (*Bucket, error) {
	b := &Bucket{name: cfg.Name, clock: clk}
	var err error
	if b.inner, err = cfg.client(cfg.URL); err != nil {
		return nil, fmt.Errorf("files.url: %w", err)
	}
	b.outer = b.inner
	if cfg.PublicURL != "" {
		if b.outer, err = cfg.client(cfg.PublicURL); err != nil {
			return nil, fmt.Errorf("files.public_url: %w", err)
		}
	}
	for _, look := range []func(context.Context, BucketConfig) error{b.exists, b.versioned, b.encrypted, b.ruled} {
		if err := look(ctx, cfg); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (cfg BucketConfig) client(address string) (*minio.Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q: say it like https://minio.example.org:9000", address)
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		return nil, err
	}
	if err := trust(transport, cfg.CA); err != nil {
		return nil, err
	}
	region := cfg.Region
	if region == "" {
		region = "us-east-1"
	}
	return minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.Secret, ""), Secure: u.Scheme == "https", Transport: transport,
		Region: region, MaxRetries: 3, BucketLookup: minio.BucketLookupAuto,
	})
}

// trust adds the certificates of a file to the system's.
func trust(t *http.Transport, file string) error {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("files.ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("files.ca: no certificate in %s", file)
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.RootCAs = pool
	return nil
}

func (b *Bucket) exists(ctx context.Context, cfg BucketConfig) error {
	there, err := b.inner.BucketExists(ctx, b.name)
	if err != nil {
		return refused(cfg, "look for the bucket", err)
	}
	if !there {
		return fmt.Errorf("there is no bucket %s at %s: make it with `mc mb --with-versioning ALIAS/%s`, or correct files.bucket", b.name, cfg.URL, b.name)
	}
	return nil
}

func (b *Bucket) versioned(ctx context.Context, cfg BucketConfig) error {
	v, err := b.inner.GetBucketVersioning(ctx, b.name)
	if err != nil {
		return refused(cfg, "ask whether the bucket keeps versions", err)
	}
	if !v.Enabled() {
		return fmt.Errorf("the bucket %s keeps no versions, so that one mistake would end a file for good: turn them on with `mc version enable ALIAS/%s`", b.name, b.name)
	}
	return nil
}

// refused says what an operator can do about a server that does not do what it is asked.
func refused(cfg BucketConfig, what string, err error) error {
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable, answer.Code == "":
		var wrongCertificate *tls.CertificateVerificationError
		if errors.As(err, &wrongCertificate) {
			return fmt.Errorf("the certificate of %s is not trusted: name the file with its authority by files.ca: %w", cfg.URL, err)
		}
		return fmt.Errorf("%w for files at %s: start it, or correct files.url: %w", ErrUnreachable, cfg.URL, err)
	case answer.Code == "InvalidAccessKeyId", answer.Code == "SignatureDoesNotMatch":
		return fmt.Errorf("files at %s: the access key or its secret is refused; correct files.access_key and files.secret_file: %w", cfg.URL, err)
	case answer.StatusCode == http.StatusForbidden:
		return fmt.Errorf("files at %s: the access key may not %s: give it the right to all of the bucket %s: %w", cfg.URL, what, cfg.Name, err)
	}
	return fmt.Errorf("files at %s: %s: %w", cfg.URL, what, err)
}
