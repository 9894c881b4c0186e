package paper

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Key is one public signing key as it is published: a JWK with the times between which its
// signatures count.
type Key struct {
	Kty     string     `json:"kty"`
	Crv     string     `json:"crv"`
	Use     string     `json:"use"`
	Alg     string     `json:"alg"`
	Kid     string     `json:"kid"`
	X       string     `json:"x"`
	Y       string     `json:"y"`
	Since   time.Time  `json:"since"`
	Retired *time.Time `json:"retired,omitempty"` // another took over; older signatures stay good
	Revoked *time.Time `json:"revoked,omitempty"` // what claims to be signed from then on is forged
}

// Keys is the published list, a JWK Set.
type Keys struct {
	Keys []Key `json:"keys"`
}

// ReadKeys reads a JWK Set. A key that can't be one refuses the whole.
func ReadKeys(raw []byte) (Keys, error) {
	var all Keys
	if err := json.Unmarshal(raw, &all); err != nil {
		return all, fmt.Errorf("read keys: %w", err)
	}
	if len(all.Keys) == 0 {
		return all, errors.New("read keys: there is no key in this file")
	}
	for i, k := range all.Keys {
		if _, err := k.public(); err != nil {
			return all, fmt.Errorf("read keys: key %d: %w", i+1, err)
		}
	}
	return all, nil
}

func (k Key) public() (*ecdsa.PublicKey, error) {
	x, errX := base64url.DecodeString(k.X)
	y, errY := base64url.DecodeString(k.Y)
	if k.Kty != "EC" || k.Crv != "P-256" || errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("is no P-256 key")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("is no point of P-256")
	}
	return key, nil
}

// Fits tells whether this key made the signature (r and s, 32 bytes each) of a message.
func (k Key) Fits(message, signature []byte) bool {
	public, err := k.public()
	if err != nil || len(signature) != 64 {
		return false
	}
	sum := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(public, sum[:], r, s)
}

// Made tells whether this key made the signature of a JWS.
func (k Key) Made(jws string) bool {
	dot := strings.LastIndexByte(jws, '.')
	if dot < 0 {
		return false
	}
	signature, err := base64url.DecodeString(jws[dot+1:])
	return err == nil && k.Fits([]byte(jws[:dot]), signature)
}

func (all Keys) find(kid string) (Key, bool) {
	for _, k := range all.Keys {
		if k.Kid == kid {
			return k, true
		}
	}
	return Key{}, false
}

// overlap is how long a signing that began under a key may end after another took over.
const overlap = 15 * time.Minute

// At tells why a signature of this key at this moment does not count; "" when it does.
func (k Key) At(signed time.Time) string {
	switch {
	case signed.Before(k.Since):
		return "it claims a time before its key was made"
	case k.Revoked != nil && !signed.Before(*k.Revoked):
		return "its key was revoked before it was signed"
	case k.Retired != nil && signed.After(k.Retired.Add(overlap)):
		return "its key had been replaced before it was signed"
	}
	return ""
}
