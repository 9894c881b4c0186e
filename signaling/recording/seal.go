package recording

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// errSealed is what was changed, cut, or put in another's place.
var errSealed = errors.New("recording: this is not what was sealed here")

// sealer seals pieces of one recording, each bound to its name.
type sealer struct{ aead cipher.AEAD }

// newSealer derives the key of one recording from the service's.
func newSealer(key []byte, recording string) (sealer, error) {
	own, err := hkdf.Key(sha256.New, key, nil, "recording "+recording, 32)
	if err != nil {
		return sealer{}, fmt.Errorf("make the key of a recording: %w", err)
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

// seal puts a nonce made at random in front: a piece may be written again under its name.
func (s sealer) seal(name string, plain []byte) []byte {
	out := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	_, _ = rand.Read(out) // never fails
	return s.aead.Seal(out, out, plain, []byte(name))
}

func (s sealer) open(name string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(name))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}
