package blob

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
	"github.com/minio/minio-go/v7/pkg/sse"
)

// encrypted has the server encrypt every file it takes, those that people upload too. It asks once; a
// bucket whose rules somebody has made already keeps them.
func (b *Bucket) encrypted(ctx context.Context, cfg BucketConfig) error {
	if cfg.Plain {
		return nil
	}
	now, err := b.inner.GetBucketEncryption(ctx, b.name)
	if err == nil && len(now.Rules) > 0 {
		return nil
	}
	if err != nil && minio.ToErrorResponse(err).Code != "ServerSideEncryptionConfigurationNotFoundError" {
		return refused(cfg, "ask whether files are encrypted", err)
	}
	if err := b.inner.SetBucketEncryption(ctx, b.name, sse.NewConfigurationSSES3()); err != nil {
		return fmt.Errorf("files at %s can't be encrypted: give the server a key (MINIO_KMS_SECRET_KEY, or a key service), "+
			"or say files.encryption: disk if its disks are encrypted: %w", cfg.URL, err)
	}
	return nil
}

// Ours among the rules of a bucket begin with this.
const rulePrefix = "housecall-"

// ruled has the bucket end by itself what nobody may need any more: uploads that nobody settled, old versions,
// marks of what is gone. Rules of others stay.
func (b *Bucket) ruled(ctx context.Context, cfg BucketConfig) error {
	now, err := b.inner.GetBucketLifecycle(ctx, b.name)
	if err != nil && minio.ToErrorResponse(err).Code != "NoSuchLifecycleConfiguration" {
		return refused(cfg, "read the rules of the bucket", err)
	}
	if now == nil {
		now = lifecycle.NewConfiguration()
	}
	want := lifecycle.NewConfiguration()
	for _, r := range now.Rules {
		if !strings.HasPrefix(r.ID, rulePrefix) {
			want.Rules = append(want.Rules, r)
		}
	}
	want.Rules = append(want.Rules, rules(cfg.Keep)...)
	if sameRules(now, want) {
		return nil
	}
	if err := b.inner.SetBucketLifecycle(ctx, b.name, want); err != nil {
		return refused(cfg, "set the rules of the bucket", err)
	}
	return nil
}

func rules(keep time.Duration) []lifecycle.Rule {
	days := lifecycle.ExpirationDays(max(1, keep/(24*time.Hour)))
	return []lifecycle.Rule{
		{
			ID: rulePrefix + "quarantine", Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: Quarantine},
			Expiration:                  lifecycle.Expiration{Days: 1},
			NoncurrentVersionExpiration: lifecycle.NoncurrentVersionExpiration{NoncurrentDays: 1},
		},
		{
			ID: rulePrefix + "old", Status: "Enabled", RuleFilter: lifecycle.Filter{},
			Expiration:                  lifecycle.Expiration{DeleteMarker: true},
			NoncurrentVersionExpiration: lifecycle.NoncurrentVersionExpiration{NoncurrentDays: days},
		},
	}
}

func sameRules(a, b *lifecycle.Configuration) bool {
	one, err := xml.Marshal(a.Rules)
	two, err2 := xml.Marshal(b.Rules)
	return err == nil && err2 == nil && string(one) == string(two)
}

// serviceKey is the file that says whose bucket this is.
const serviceKey = "housecall/service"

// ErrForeign says that another service keeps its files here.
var ErrForeign = errors.New("another housecall")

// Claim marks the bucket as that of a service, or answers ErrForeign: two services in one bucket would
// overwrite each other's files, and neither would notice.
func (b *Bucket) Claim(ctx context.Context, service string) error {
	first := minio.PutObjectOptions{ContentType: "text/plain"}
	first.SetMatchETagExcept("*")
	_, err := b.inner.PutObject(ctx, b.name, serviceKey, strings.NewReader(service), int64(len(service)), first)
	if err == nil {
		return nil
	}
	if minio.ToErrorResponse(err).StatusCode != http.StatusPreconditionFailed {
		return answered("mark the bucket", err)
	}
	file, err := b.inner.GetObject(ctx, b.name, serviceKey, minio.GetObjectOptions{})
	if err != nil {
		return answered("ask whose bucket this is", err)
	}
	defer func() { _ = file.Close() }()
	whose, err := io.ReadAll(io.LimitReader(file, 200))
	if err != nil {
		return answered("ask whose bucket this is", err)
	}
	if string(whose) != service {
		return fmt.Errorf("the bucket %s holds the files of %w (its documents are in another database): name another by files.bucket, or correct store", b.name, ErrForeign)
	}
	return nil
}
