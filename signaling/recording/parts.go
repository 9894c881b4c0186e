package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// partSize is how much of a file is sealed in one piece.
const partSize = 1 << 20

// parts seals a file as it is written. The first part is kept back until the end: its beginning says how
// long all is.
type parts struct {
	ctx   context.Context //nolint:containedctx // of the one file that it is made for
	store Store
	seals sealer
	id    string
	file  int
	first []byte
	now   []byte
	n     int
	size  int64
}

// Write implements target.
func (p *parts) Write(b []byte) (int, error) {
	p.now = append(p.now, b...)
	p.size += int64(len(b))
	for len(p.now) >= partSize {
		if err := p.put(p.now[:partSize]); err != nil {
			return 0, err
		}
		p.now = append([]byte(nil), p.now[partSize:]...)
	}
	return len(b), nil
}

func (p *parts) put(b []byte) error {
	n := p.n
	p.n++
	if n == 0 {
		p.first = append([]byte(nil), b...)
		return nil
	}
	return p.keep(n, b)
}

func (p *parts) keep(n int, b []byte) error {
	name := partKey(p.id, p.file, n)
	return p.store.Put(p.ctx, name, p.seals.seal(name, b))
}

func (p *parts) patch(at int, b []byte) {
	if p.n == 0 {
		copy(p.now[at:], b)
		return
	}
	copy(p.first[at:], b)
}

// end seals what is left, and at last the beginning.
func (p *parts) end() error {
	if len(p.now) > 0 || p.n == 0 {
		if err := p.put(p.now); err != nil {
			return err
		}
	}
	return p.keep(0, p.first)
}

// Open answers a file of a recording, to be read from anywhere.
func (r *Recorder) Open(ctx context.Context, id string, file int, size int64) (io.ReadSeeker, error) {
	seals, err := newSealer(r.Key, id)
	return &reader{ctx: ctx, store: r.Store, seals: seals, id: id, file: file, size: size, have: -1}, err
}

type reader struct {
	ctx   context.Context //nolint:containedctx // of the request that reads
	store Store
	seals sealer
	id    string
	file  int
	size  int64
	at    int64
	have  int64 // which part is open
	part  []byte
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("recording: sought before the beginning")
	}
	r.at = offset
	return offset, nil
}

// Read implements io.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if n := r.at / partSize; n != r.have {
		name := partKey(r.id, r.file, int(n))
		sealed, err := r.store.Get(r.ctx, name)
		if err != nil {
			return 0, fmt.Errorf("read part %d of recording %s: %w", n, r.id, err)
		}
		if r.part, err = r.seals.open(name, sealed); err != nil {
			return 0, err
		}
		r.have = n
	}
	from := r.at % partSize
	if from >= int64(len(r.part)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, r.part[from:])
	r.at += int64(n)
	return n, nil
}
