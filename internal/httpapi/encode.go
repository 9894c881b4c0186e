package httpapi

import (
	"bytes"
	"io"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// self is an answer that knows a shorter way to its JSON.
type self interface {
	writeJSON(to *bytes.Buffer) error
}

// maxKept is the largest buffer that is kept for another answer.
const maxKept = 64 << 10

// formats is how answers are written. One that bears text which is the same for everybody writes itself.
func formats() map[string]huma.Format {
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	write := func(w io.Writer, v any) error {
		b := buffers.Get().(*bytes.Buffer)
		b.Reset()
		err := writeJSON(b, v)
		if err == nil {
			_, err = w.Write(b.Bytes())
		}
		if b.Cap() <= maxKept {
			buffers.Put(b)
		}
		return err
	}
	f := huma.Format{Marshal: write, Unmarshal: decode}
	return map[string]huma.Format{"application/json": f, "json": f}
}

func writeJSON(b *bytes.Buffer, v any) error {
	if s, knows := v.(self); knows {
		return s.writeJSON(b)
	}
	return encode(b, v)
}

// asBefore writes what encoding/json writes, but for <, > and &, which stay as they are.
var asBefore = json.JoinOptions(jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false))

func encode(b *bytes.Buffer, v any) error {
	err := json.MarshalWrite(b, v, asBefore)
	b.WriteByte('\n')
	return err
}

// decode reads what a schema has judged, or is about to: readBody has refused what is not strict JSON.
func decode(body []byte, to any) error { return json.Unmarshal(body, to) }

// spelt remembers the JSON of values of which there are few, as those of a table in the program.
type spelt[T comparable] struct {
	known atomic.Pointer[map[T][]byte]
	mu    sync.Mutex // one adds at a time
}

// maxSpelt is far above what any table holds; whoever comes after is spelt each time.
const maxSpelt = 4096

func (s *spelt[T]) json(v T) ([]byte, error) {
	known := s.known.Load()
	if known != nil {
		if text, found := (*known)[v]; found {
			return text, nil
		}
	}
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return nil, err
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	s.mu.Lock()
	defer s.mu.Unlock()
	more := map[T][]byte{v: text}
	if known = s.known.Load(); known != nil {
		maps.Copy(more, *known)
	}
	if len(more) <= maxSpelt {
		s.known.Store(&more)
	}
	return text, nil
}
