package paper

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// header is the protected header of the JWS, as SMART Health Cards have it.
type header struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
	Zip string `json:"zip"`
}

const (
	algorithm = "ES256"
	kind      = "hcrx"
	deflated  = "DEF"
)

// Message is what the key kid has to sign for a card: the JWS without its signature.
func Message(kid string, c Card) (string, error) {
	c.Version = version
	if err := c.check(); err != nil {
		return "", err
	}
	head, err := json.Marshal(header{algorithm, kid, kind, deflated})
	if err != nil {
		return "", fmt.Errorf("write header: %w", err)
	}
	body, err := plain(c)
	if err != nil {
		return "", err
	}
	var small bytes.Buffer
	w, err := flate.NewWriter(&small, flate.BestCompression)
	if err != nil {
		return "", fmt.Errorf("deflate card: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return "", fmt.Errorf("deflate card: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("deflate card: %w", err)
	}
	return base64url.EncodeToString(head) + "." + base64url.EncodeToString(small.Bytes()), nil
}

// plain is JSON without the escapes that are only for web pages.
func plain(c Card) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		return nil, fmt.Errorf("write card: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// Assemble puts the signature of a message (r and s, 32 bytes each) behind it.
func Assemble(message string, signature []byte) string {
	return message + "." + base64url.EncodeToString(signature)
}

var base64url = base64.RawURLEncoding.Strict()

// Read takes a JWS apart without asking whether its signature fits: the card, and the key it names.
func Read(jws string) (c Card, kid string, err error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return c, "", errors.New("this is no signed prescription")
	}
	head, err := base64url.DecodeString(parts[0])
	if err != nil {
		return c, "", errors.New("the header can't be read")
	}
	var h header
	if err := strictly(head, &h); err != nil || h.Alg != algorithm || h.Typ != kind || h.Zip != deflated || h.Kid == "" {
		return c, "", errors.New("the header is none of a prescription")
	}
	small, err := base64url.DecodeString(parts[1])
	if err != nil {
		return c, "", errors.New("the content can't be read")
	}
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(small)), mostBytes+1))
	if err != nil || len(body) > mostBytes {
		return c, "", errors.New("the content can't be unpacked")
	}
	if err := strictly(body, &c); err != nil {
		return c, "", errors.New("the content is none of a prescription")
	}
	return c, h.Kid, c.check()
}

// mostBytes bounds what a small text may unpack to.
const mostBytes = 256 << 10

// strictly reads one JSON value with no field that is not known.
func strictly(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}
