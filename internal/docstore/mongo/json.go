package mongo

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// toJSON turns the BSON of a document into the JSON it was made from. It goes over the bytes once, since a document is
// turned with every read.
func toJSON(doc bson.Raw) ([]byte, error) {
	b := &document{rest: doc, out: make([]byte, 0, len(doc))}
	err := b.embedded('{', '}')
	return b.out, err
}

// document is BSON as it is turned into JSON.
type document struct {
	rest []byte
	out  []byte
}

var errCut = errors.New("the document ends too early")

// embedded writes a document or, in other brackets, an array: that is a document whose names are numbers.
func (b *document) embedded(opens, closes byte) error {
	if _, err := b.next(4); err != nil { // its length: a zero tells where it ends
		return err
	}
	b.out = append(b.out, opens)
	for first := true; ; first = false {
		kind, err := b.next(1)
		if err != nil {
			return err
		}
		if kind[0] == 0 {
			b.out = append(b.out, closes)
			return nil
		}
		end := bytes.IndexByte(b.rest, 0)
		if end < 0 {
			return errCut
		}
		name := b.rest[:end]
		b.rest = b.rest[end+1:]
		if !first {
			b.out = append(b.out, ',')
		}
		if opens == '{' {
			b.text(name)
			b.out = append(b.out, ':')
		}
		if err := b.value(bson.Type(kind[0])); err != nil {
			return err
		}
	}
}

// next answers so many bytes.
func (b *document) next(n int) ([]byte, error) {
	if n < 0 || n > len(b.rest) {
		return nil, errCut
	}
	part := b.rest[:n]
	b.rest = b.rest[n:]
	return part, nil
}

func (b *document) value(kind bson.Type) error {
	switch kind { //nolint:exhaustive // toBSON writes no other
	case bson.TypeEmbeddedDocument:
		return b.embedded('{', '}')
	case bson.TypeArray:
		return b.embedded('[', ']')
	case bson.TypeString:
		return b.written()
	case bson.TypeNull:
		b.out = append(b.out, "null"...)
		return nil
	case bson.TypeBoolean:
		part, err := b.next(1)
		if err == nil {
			b.out = strconv.AppendBool(b.out, part[0] != 0)
		}
		return err
	case bson.TypeInt32: // by hand, in mongosh
		part, err := b.next(4)
		if err == nil {
			b.out = strconv.AppendInt(b.out, int64(int32(binary.LittleEndian.Uint32(part))), 10) //nolint:gosec // its bits
		}
		return err
	case bson.TypeInt64, bson.TypeDouble:
		return b.number(kind)
	}
	return fmt.Errorf("a field of BSON type %s is none of housecall's", kind)
}

func (b *document) number(kind bson.Type) error {
	part, err := b.next(8)
	if err != nil {
		return err
	}
	bits := binary.LittleEndian.Uint64(part)
	if kind == bson.TypeInt64 {
		b.out = strconv.AppendInt(b.out, int64(bits), 10) //nolint:gosec // its bits
		return nil
	}
	written, err := json.Marshal(math.Float64frombits(bits))
	b.out = append(b.out, written...)
	return err
}

func (b *document) written() error {
	length, err := b.next(4)
	if err != nil {
		return err
	}
	part, err := b.next(int(int32(binary.LittleEndian.Uint32(length)))) //nolint:gosec // its bits
	if err != nil || len(part) == 0 {
		return errCut
	}
	b.text(part[:len(part)-1]) // a zero follows
	return nil
}

// text writes as encoding/json does, which has to do with little of it.
func (b *document) text(s []byte) {
	for _, c := range s {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(string(s)) // of a string: never refused
			b.out = append(b.out, quoted...)
			return
		}
	}
	b.out = append(append(append(b.out, '"'), s...), '"')
}
