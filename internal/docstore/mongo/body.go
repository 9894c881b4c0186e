package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// toBSON turns the JSON of a document into BSON token by token: fields keep their order, whole
// numbers are 64-bit integers. What could not be read back as it was is refused.
func toBSON(body []byte) (bson.D, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	value, err := next(d)
	if err != nil {
		return nil, err
	}
	doc, ok := value.(bson.D)
	if !ok {
		return nil, errors.New("the body is not a JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the body")
	}
	return doc, nil
}

func next(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Number:
		return number(t)
	case json.Delim:
		if t == '{' {
			return object(d)
		}
		return array(d)
	}
	return token, nil // string, bool, nil
}

func object(d *json.Decoder) (bson.D, error) {
	doc := bson.D{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := next(d)
		if err != nil {
			return nil, err
		}
		doc = append(doc, bson.E{Key: name.(string), Value: value}) // the decoder lets nothing else through
	}
	_, err := d.Token()
	return doc, err
}

func array(d *json.Decoder) (bson.A, error) {
	list := bson.A{}
	for d.More() {
		value, err := next(d)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := d.Token()
	return list, err
}

// number keeps whole numbers whole. A number that neither an int64 nor a float64 holds as it is
// written would come back as another one.
func number(n json.Number) (any, error) {
	if whole, err := n.Int64(); err == nil && n != "-0" {
		return whole, nil
	}
	float, err := n.Float64()
	if err != nil {
		return nil, err
	}
	written, err := json.Marshal(float)
	if err != nil {
		return nil, err
	}
	if string(written) != n.String() {
		return nil, fmt.Errorf("a number of %d digits does not fit", len(n))
	}
	return float, nil
}

// toJSON turns the BSON of a document into the JSON it was made from.
func toJSON(doc bson.Raw) ([]byte, error) {
	return appendObject(make([]byte, 0, len(doc)), doc)
}

func appendObject(out []byte, doc bson.Raw) ([]byte, error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, err
	}
	out = append(out, '{')
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendText(out, e.Key()); err != nil {
			return nil, err
		}
		out = append(out, ':')
		if out, err = appendValue(out, e.Value()); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func appendArray(out []byte, list bson.RawArray) ([]byte, error) {
	values, err := list.Values()
	if err != nil {
		return nil, err
	}
	out = append(out, '[')
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendValue(out, v); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendValue(out []byte, v bson.RawValue) ([]byte, error) {
	switch v.Type { //nolint:exhaustive // toBSON writes no other
	case bson.TypeString:
		return appendText(out, v.StringValue())
	case bson.TypeInt64:
		return strconv.AppendInt(out, v.Int64(), 10), nil
	case bson.TypeInt32: // by hand, in mongosh
		return strconv.AppendInt(out, int64(v.Int32()), 10), nil
	case bson.TypeDouble:
		text, err := json.Marshal(v.Double())
		return append(out, text...), err
	case bson.TypeBoolean:
		return strconv.AppendBool(out, v.Boolean()), nil
	case bson.TypeNull:
		return append(out, "null"...), nil
	case bson.TypeEmbeddedDocument:
		return appendObject(out, v.Document())
	case bson.TypeArray:
		return appendArray(out, v.Array())
	}
	return nil, fmt.Errorf("a field of BSON type %s is none of housecall's", v.Type)
}

func appendText(out []byte, text string) ([]byte, error) {
	quoted, err := json.Marshal(text)
	return append(out, quoted...), err
}
