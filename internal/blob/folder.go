package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"housecall/internal/clock"
	"housecall/internal/fault"
)

// Folder is a Store in a folder. A file is two: its bytes under a name made at random, never changed,
// and a label under the hash of its key that says which they are. Writing the label is what makes a
// file exist. No part of a key is ever part of a path.
type Folder struct {
	dir    string
	secret []byte
	clock  clock.Clock
	base   string

	labels sync.Mutex // guards reading a label and writing the next
}

var _ Store = (*Folder)(nil)

type label struct {
	Info
	Data string `json:"data"` // name of the file with the bytes
	From string `json:"from,omitempty"`
}

// New opens the folder, or makes it. The secret signs URLs, which begin with baseURL
// ("https://clinic.example"); an empty one makes them relative.
func New(dir string, secret []byte, clk clock.Clock, baseURL string) (*Folder, error) {
	if len(secret) < 32 {
		return nil, errors.New("the secret that signs file addresses needs 32 bytes or more")
	}
	f := &Folder{dir: dir, secret: secret, clock: clk, base: strings.TrimSuffix(baseURL, "/")}
	for _, sub := range []string{f.labelDir(), f.dataDir()} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of files: %w", err)
		}
	}
	return f, f.sweep()
}

// Ping answers nil when a file would be found now.
func (f *Folder) Ping(context.Context) error {
	if _, err := os.Stat(f.dataDir()); err != nil {
		return fmt.Errorf("look at the folder of files: %w", err)
	}
	return nil
}

func (f *Folder) labelDir() string { return filepath.Join(f.dir, "labels") }
func (f *Folder) dataDir() string  { return filepath.Join(f.dir, "data") }

func (f *Folder) labelPath(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(f.labelDir(), hex.EncodeToString(sum[:])+".json")
}

// Put implements Store.
func (f *Folder) Put(_ context.Context, key, contentType string, r io.Reader) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	info, data, err := f.writeData(key, contentType, r)
	if err != nil {
		return Info{}, err
	}
	return info, f.attach(label{Info: info, Data: data})
}

// Get implements Store.
func (f *Folder) Get(_ context.Context, key string) (io.ReadSeekCloser, Info, error) {
	if err := CheckKey(key); err != nil || inQuarantine(key) {
		return nil, Info{}, notFound()
	}
	return f.open(key)
}

func (f *Folder) open(key string) (io.ReadSeekCloser, Info, error) {
	for try := 0; ; try++ {
		l, err := f.label(key)
		if err != nil {
			return nil, Info{}, err
		}
		file, err := os.Open(filepath.Join(f.dataDir(), l.Data))
		if errors.Is(err, fs.ErrNotExist) && try < 3 {
			continue // it was replaced between the two reads
		}
		if err != nil {
			return nil, Info{}, fmt.Errorf("open file: %w", err)
		}
		return file, l.Info, nil
	}
}

// Stat implements Store.
func (f *Folder) Stat(_ context.Context, key string) (Info, error) {
	if err := CheckKey(key); err != nil || inQuarantine(key) {
		return Info{}, notFound()
	}
	l, err := f.label(key)
	return l.Info, err
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return nil // no file has such a key
	}
	f.labels.Lock()
	defer f.labels.Unlock()
	l, err := f.label(key)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(f.labelPath(key)); err != nil {
		return fmt.Errorf("remove label: %w", err)
	}
	if err := syncDir(f.labelDir()); err != nil {
		return err
	}
	return f.drop(l.Data)
}

// label reads what is known of a key.
func (f *Folder) label(key string) (label, error) {
	var l label
	raw, err := os.ReadFile(f.labelPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return l, notFound()
	}
	if err != nil {
		return l, fmt.Errorf("read label: %w", err)
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, fmt.Errorf("decode label: %w", err)
	}
	return l, nil
}

// writeData writes bytes under a new name, on the disk before it answers.
func (f *Folder) writeData(key, contentType string, r io.Reader) (info Info, name string, err error) {
	if !typeShape.MatchString(contentType) {
		return Info{}, "", wrongType()
	}
	name = rand.Text()
	file, err := os.OpenFile(filepath.Join(f.dataDir(), name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Info{}, "", room(err)
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(r, MaxSize+1))
	if err == nil && size > MaxSize {
		err = tooLarge()
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return Info{}, "", errors.Join(room(err), f.drop(name))
	}
	return Info{Key: key, Type: contentType, Size: size, SHA256: hexOf(sum), At: f.clock.Now()}, name, syncDir(f.dataDir())
}

// attach writes the label, and lets go of the bytes that it named before.
func (f *Folder) attach(l label) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode label: %w", err)
	}
	f.labels.Lock()
	defer f.labels.Unlock()
	old, err := f.label(l.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := replace(f.labelPath(l.Key), raw); err != nil {
		return room(err)
	}
	if old.Data != "" && old.Data != l.Data {
		return f.drop(old.Data)
	}
	return nil
}

func (f *Folder) drop(name string) error {
	err := os.Remove(filepath.Join(f.dataDir(), name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove bytes: %w", err)
	}
	return nil
}

// sweep removes bytes that no label names: what a process that was killed had begun.
func (f *Folder) sweep() error {
	labels, err := os.ReadDir(f.labelDir())
	if err != nil {
		return fmt.Errorf("list labels: %w", err)
	}
	named := make(map[string]bool, len(labels))
	for _, entry := range labels {
		path := filepath.Join(f.labelDir(), entry.Name())
		if filepath.Ext(path) != ".json" {
			_ = os.Remove(path)
			continue
		}
		raw, err := os.ReadFile(path)
		var l label
		if err == nil {
			err = json.Unmarshal(raw, &l)
		}
		if err != nil {
			return fmt.Errorf("read label %s: %w", entry.Name(), err)
		}
		named[l.Data] = true
	}
	data, err := os.ReadDir(f.dataDir())
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	for _, entry := range data {
		if !named[entry.Name()] {
			if err := f.drop(entry.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// replace writes a file whole or not at all.
func replace(path string, body []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(body)
	if err == nil {
		err = tmp.Sync()
	}
	if closed := tmp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename last through a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

func hexOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func sumOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
