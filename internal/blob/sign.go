package blob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"housecall/internal/fault"
)

// Path is where signed addresses begin, below the base.
const Path = "/blob/"

// permit is what a signature stands for.
type permit struct {
	method, key, contentType, filename string
	size                               int64
	until                              time.Time
}

// SignPut implements Store.
func (f *Folder) SignPut(_ context.Context, key, contentType string, size int64, ttl time.Duration) (string, error) {
	if err := checkUpload(key, contentType, size); err != nil {
		return "", err
	}
	return f.address(permit{method: "PUT", key: key, contentType: contentType, size: size, until: f.clock.Now().Add(ttl)}), nil
}

// SignGet implements Store.
func (f *Folder) SignGet(_ context.Context, key, filename string, ttl time.Duration) (string, error) {
	if err := checkDownload(key, filename); err != nil {
		return "", err
	}
	return f.address(permit{method: "GET", key: key, filename: filename, until: f.clock.Now().Add(ttl)}), nil
}

// checkUpload refuses what may not be uploaded.
func checkUpload(key, contentType string, size int64) error {
	switch {
	case CheckKey(key) != nil:
		return fmt.Errorf("sign upload: the key has a shape that is not allowed")
	case !typeShape.MatchString(contentType):
		return wrongType()
	case size <= 0:
		return fault.InvalidField("/size", "This file is empty. Choose another.")
	case size > MaxSize:
		return tooLarge()
	}
	return nil
}

// checkDownload refuses what nobody may read, and a name that may describe somebody.
func checkDownload(key, filename string) error {
	if CheckKey(key) != nil || inQuarantine(key) {
		return notFound()
	}
	if filename != "" && !nameShape.MatchString(filename) {
		return errors.New("sign download: the file name must be a plain word that describes nobody")
	}
	return nil
}

func (f *Folder) address(p permit) string {
	q := url.Values{"e": {strconv.FormatInt(p.until.Unix(), 10)}, "s": {f.signature(p)}}
	if p.method == "PUT" {
		q.Set("t", p.contentType)
		q.Set("l", strconv.FormatInt(p.size, 10))
	}
	if p.filename != "" {
		q.Set("f", p.filename)
	}
	return f.base + Path + p.key + "?" + q.Encode()
}

func (f *Folder) signature(p permit) string {
	mac := hmac.New(sha256.New, f.secret)
	_, _ = fmt.Fprintf(mac, "housecall-blob-1\n%s\n%s\n%s\n%d\n%d\n%s", p.method, p.key, p.contentType, p.size, p.until.Unix(), p.filename)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// AcceptPut takes what was sent to an address that SignPut made: exactly that type and length, in time.
// A foreign or expired address is not found.
func (f *Folder) AcceptPut(ctx context.Context, key string, query url.Values, contentType string, length int64, body io.Reader) (Info, error) {
	p, err := f.permitted("PUT", key, query)
	if err != nil {
		return Info{}, err
	}
	if !strings.EqualFold(strings.TrimSpace(contentType), p.contentType) {
		return Info{}, fault.New(fault.WrongType, "Send this file as "+p.contentType+", as was said.").Coded("file-wrong-type")
	}
	short := fault.New(fault.Invalid, "The file has another length than was said. Send it again, whole.").Coded("file-wrong-length")
	if length != p.size {
		return Info{}, short
	}
	info, data, err := f.writeData(key, p.contentType, io.LimitReader(body, p.size+1))
	if err != nil {
		return Info{}, err
	}
	if info.Size != p.size {
		return Info{}, errors.Join(short, f.drop(data))
	}
	return f.once(ctx, info, data)
}

// once keeps the first upload to a key: the same bytes again change nothing, others are refused.
func (f *Folder) once(_ context.Context, info Info, data string) (Info, error) {
	was, err := f.label(info.Key)
	if fault.Is(err, fault.NotFound) {
		return info, f.attach(label{Info: info, Data: data})
	}
	if err == nil && was.SHA256 != info.SHA256 {
		err = fault.New(fault.Conflict, "Another file was uploaded here. Ask for a new address.").Coded("uploaded-already")
	}
	return was.Info, errors.Join(err, f.drop(data))
}

// AcceptGet opens what an address that SignGet made stands for. Close what it answers. The name is what a
// browser saves it under, "" for the key's own.
func (f *Folder) AcceptGet(ctx context.Context, key string, query url.Values) (file io.ReadSeekCloser, info Info, filename string, err error) {
	p, err := f.permitted("GET", key, query)
	if err != nil {
		return nil, Info{}, "", err
	}
	file, info, err = f.Get(ctx, key)
	return file, info, p.filename, err
}

func (f *Folder) permitted(method, key string, query url.Values) (permit, error) {
	until, err := strconv.ParseInt(query.Get("e"), 10, 64)
	if err != nil || CheckKey(key) != nil {
		return permit{}, notFound()
	}
	p := permit{method: method, key: key, contentType: query.Get("t"), filename: query.Get("f"), until: time.Unix(until, 0)}
	if l := query.Get("l"); l != "" {
		if p.size, err = strconv.ParseInt(l, 10, 64); err != nil {
			return permit{}, notFound()
		}
	}
	if !hmac.Equal([]byte(f.signature(p)), []byte(query.Get("s"))) || !f.clock.Now().Before(p.until) {
		return permit{}, notFound()
	}
	return p, nil
}
