package mongo

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// toBSON turns the JSON of a document into BSON: fields keep their order, whole numbers are 64-bit integers. What
// could not be read back as it was is refused. It goes over the text once, since a document is turned with every write.
func toBSON(body []byte) (bson.Raw, error) {
	if !json.Valid(body) {
		return nil, errors.New("the body is not JSON")
	}
	t := &text{rest: body, out: make([]byte, 0, len(body)+len(body)/4+64)}
	if t.peek() != '{' {
		return nil, errors.New("the body is not a JSON object")
	}
	if err := t.object(); err != nil {
		return nil, err
	}
	return t.out, nil
}

// text is JSON that is valid, as it is turned into BSON.
type text struct {
	rest []byte
	out  []byte
}

// peek answers what comes next after white space.
func (t *text) peek() byte {
	for t.rest[0] == ' ' || t.rest[0] == '\n' || t.rest[0] == '\t' || t.rest[0] == '\r' {
		t.rest = t.rest[1:]
	}
	return t.rest[0]
}

// skip passes one that peek has answered.
func (t *text) skip() { t.rest = t.rest[1:] }

func (t *text) object() error {
	begun := t.begin()
	t.skip()
	for t.peek() != '}' {
		if t.peek() == ',' {
			t.skip()
			t.peek()
		}
		name, err := t.quoted()
		if err != nil {
			return err
		}
		if slices.Contains(name, 0) {
			return errors.New("the name of a field has a zero in it")
		}
		t.peek()
		t.skip() // the colon
		if err := t.element(name); err != nil {
			return err
		}
	}
	t.skip()
	t.end(begun)
	return nil
}

func (t *text) array() error {
	begun := t.begin()
	t.skip()
	for n := int64(0); t.peek() != ']'; n++ {
		if t.peek() == ',' {
			t.skip()
		}
		var place [20]byte
		if err := t.element(strconv.AppendInt(place[:0], n, 10)); err != nil {
			return err
		}
	}
	t.skip()
	t.end(begun)
	return nil
}

// begin leaves room for the length of a document, which end fills in.
func (t *text) begin() int {
	t.out = append(t.out, 0, 0, 0, 0)
	return len(t.out) - 4
}

func (t *text) end(begun int) {
	t.out = append(t.out, 0)
	binary.LittleEndian.PutUint32(t.out[begun:], uint32(len(t.out)-begun)) //nolint:gosec // a document has at most 16 MB
}

// element writes the value that comes next, under a name.
func (t *text) element(name []byte) error {
	at := len(t.out)
	t.out = append(append(append(t.out, 0), name...), 0)
	kind, err := t.value()
	t.out[at] = byte(kind)
	return err
}

func (t *text) value() (bson.Type, error) {
	switch t.peek() {
	case '{':
		return bson.TypeEmbeddedDocument, t.object()
	case '[':
		return bson.TypeArray, t.array()
	case '"':
		s, err := t.quoted()
		t.out = binary.LittleEndian.AppendUint32(t.out, uint32(len(s)+1)) //nolint:gosec // as above
		t.out = append(append(t.out, s...), 0)
		return bson.TypeString, err
	case 't':
		t.rest, t.out = t.rest[len("true"):], append(t.out, 1)
		return bson.TypeBoolean, nil
	case 'f':
		t.rest, t.out = t.rest[len("false"):], append(t.out, 0)
		return bson.TypeBoolean, nil
	case 'n':
		t.rest = t.rest[len("null"):]
		return bson.TypeNull, nil
	}
	return t.number()
}

// quoted answers the text between quotes, which come next.
func (t *text) quoted() ([]byte, error) {
	plain := true
	end := 1
	for ; t.rest[end] != '"'; end++ {
		switch {
		case t.rest[end] == '\\':
			plain = false
			end++
		case t.rest[end] >= utf8.RuneSelf:
			plain = false
		}
	}
	whole := t.rest[:end+1]
	t.rest = t.rest[end+1:]
	if plain || utf8.Valid(whole) && !slices.Contains(whole, '\\') {
		return whole[1:end], nil
	}
	var s string
	err := json.Unmarshal(whole, &s)
	return []byte(s), err
}

// number keeps whole numbers whole. A number that neither an int64 nor a float64 holds as it is
// written would come back as another one.
func (t *text) number() (bson.Type, error) {
	end := 0
	for end < len(t.rest) && (t.rest[end] >= '0' && t.rest[end] <= '9' || slices.Contains([]byte("+-.eE"), t.rest[end])) {
		end++
	}
	n := string(t.rest[:end])
	t.rest = t.rest[end:]
	if whole, err := strconv.ParseInt(n, 10, 64); err == nil && n != "-0" {
		t.out = binary.LittleEndian.AppendUint64(t.out, uint64(whole)) //nolint:gosec // its bits
		return bson.TypeInt64, nil
	}
	float, err := strconv.ParseFloat(n, 64)
	if err != nil {
		return 0, err
	}
	written, err := json.Marshal(float)
	if err != nil {
		return 0, err
	}
	if string(written) != n {
		return 0, fmt.Errorf("a number of %d digits does not fit", len(n))
	}
	t.out = binary.LittleEndian.AppendUint64(t.out, math.Float64bits(float))
	return bson.TypeDouble, nil
}
