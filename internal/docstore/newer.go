package docstore

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// newer is a document as a newer housecall wrote it, which works beside this one while nodes are replaced. What
// we don't know of it must still be there when we have changed what we know.
type newer struct {
	whole []byte // as it was read
	known []byte // what we understood of it
}

// keepUnknown answers now, our changed document, with all that was in whole and that we did not understand.
func (n *newer) keepUnknown(now []byte) ([]byte, error) {
	var parts [3]any
	for i, text := range [][]byte{n.whole, n.known, now} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&parts[i]); err != nil {
			return nil, err
		}
	}
	return json.Marshal(withUnknown(parts[0], parts[1], parts[2]))
}

func withUnknown(whole, known, now any) any {
	switch now := now.(type) {
	case map[string]any:
		whole, ok1 := whole.(map[string]any)
		known, ok2 := known.(map[string]any)
		if !ok1 || !ok2 {
			return now
		}
		for name, value := range whole {
			was, understood := known[name]
			is, still := now[name]
			switch {
			case !understood:
				now[name] = value
			case still:
				now[name] = withUnknown(value, was, is)
			}
		}
		return now
	case []any:
		whole, ok1 := whole.([]any)
		known, ok2 := known.([]any)
		if !ok1 || !ok2 || len(whole) != len(known) {
			return now
		}
		return itemsWithUnknown(whole, known, now)
	}
	return now
}

// itemsWithUnknown takes the items of a list for the same ones while it only grows; of one that lost items, each
// that is as it was.
func itemsWithUnknown(whole, known, now []any) any {
	for i := range now {
		if len(now) >= len(known) {
			if i < len(known) {
				now[i] = withUnknown(whole[i], known[i], now[i])
			}
			continue
		}
		for j := range known {
			if reflect.DeepEqual(known[j], now[i]) {
				now[i] = withUnknown(whole[j], known[j], now[i])
				break
			}
		}
	}
	return now
}
