package audit

import (
	"bytes"
	"encoding/json"
)

// Forge alters a block and makes its hash anew, as somebody would who does not have the key.
func Forge(body []byte, from, to string) ([]byte, error) {
	var b Block
	if err := json.Unmarshal(bytes.ReplaceAll(body, []byte(from), []byte(to)), &b); err != nil {
		return nil, err
	}
	var err error
	if b.Sum, err = b.hash(); err != nil {
		return nil, err
	}
	return json.Marshal(&b)
}
