package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// keys are the secrets of identity, each derived from the service's key for one use alone.
type keys struct {
	address []byte // hashes addresses into login ids
	code    []byte // hashes one-time codes
	token   []byte // makes tokens that a repeated request must be answered with again
	sealer  cipher.AEAD
}

func deriveKeys(secret []byte) (keys, error) {
	k := keys{}
	var seal []byte
	for use, into := range map[string]*[]byte{"address": &k.address, "code": &k.code, "token": &k.token, "seal": &seal} {
		key, err := hkdf.Key(sha256.New, secret, nil, "housecall identity "+use, 32)
		if err != nil {
			return keys{}, fmt.Errorf("derive key for %s: %w", use, err)
		}
		*into = key
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return keys{}, fmt.Errorf("derive sealing key: %w", err)
	}
	k.sealer, err = cipher.NewGCM(block)
	return k, err
}

// seal encrypts what only this service may read, bound to the document that holds it.
func (k keys) seal(plain, owner string) []byte {
	nonce := random(k.sealer.NonceSize())
	return k.sealer.Seal(nonce, nonce, []byte(plain), []byte(owner))
}

func (k keys) unseal(sealed []byte, owner string) (string, error) {
	n := k.sealer.NonceSize()
	if len(sealed) < n {
		return "", errors.New("sealed secret is too short")
	}
	plain, err := k.sealer.Open(nil, sealed[:n], sealed[n:], []byte(owner))
	if err != nil {
		return "", fmt.Errorf("unseal secret of %s: %w", owner, err)
	}
	return string(plain), nil
}

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(parts, "\x1f")))
	return h.Sum(nil)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}

// newToken makes an opaque token of 256 bits.
func newToken() string { return "hc_" + base64.RawURLEncoding.EncodeToString(random(32)) }

// tokenFor makes the one token that belongs to these parts, for requests that may be repeated and
// must be answered the same. With an empty key it is random.
func (k keys) tokenFor(requestKey string, parts ...string) string {
	if requestKey == "" {
		return newToken()
	}
	return "hc_" + base64.RawURLEncoding.EncodeToString(mac(k.token, append(parts, requestKey)...))
}

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
