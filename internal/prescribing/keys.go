package prescribing

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
)

// KeyBook keeps each doctor's P-256 signing keys, sealed with the service's key. A doctor's first
// signature makes the first key; a new one takes over without making old signatures worthless.
type KeyBook struct {
	clock clock.Clock
	seal  cipher.AEAD
	books *docstore.Collection[doctorKeys, *doctorKeys]
	byKey *docstore.Collection[publicKey, *publicKey]
}

// doctorKeys is one doctor's keys, the newest last.
type doctorKeys struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Doctor        id.Account  `json:"doctor"`
	Keys          []sealedKey `json:"keys"`
}

// DocID implements docstore.Document.
func (k *doctorKeys) DocID() string { return k.ID }

type sealedKey struct {
	KID    string    `json:"kid"`
	Sealed []byte    `json:"sealed"` // nonce, then AES-GCM of the PKCS #8 key, bound to key id and doctor
	Since  time.Time `json:"since"`
}

// publicKey lets anybody check a signature by its key id alone.
type publicKey struct {
	KID           string `json:"kid"`
	docstore.Meta `json:"meta"`
	Doctor        id.Account `json:"doctor"`
	X             string     `json:"x"` // base64url, as in a JWK
	Y             string     `json:"y"`
	Revoked       time.Time  `json:"revoked,omitzero"`
}

// DocID implements docstore.Document.
func (k *publicKey) DocID() string { return k.KID }

// NewKeyBook opens the keys. The service key is 32 bytes from a secret file.
func NewKeyBook(ctx context.Context, store docstore.Store, clk clock.Clock, serviceKey []byte) (*KeyBook, error) {
	if len(serviceKey) != 32 {
		return nil, errors.New("prescribing: the service key must have 32 bytes")
	}
	block, err := aes.NewCipher(serviceKey)
	if err != nil {
		return nil, fmt.Errorf("read service key: %w", err)
	}
	b := &KeyBook{clock: clk}
	if b.seal, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("read service key: %w", err)
	}
	if b.books, err = docstore.Open[doctorKeys](ctx, store, clk, docstore.Spec[doctorKeys]{Name: "signing_keys"}); err != nil {
		return nil, err
	}
	b.byKey, err = docstore.Open[publicKey](ctx, store, clk, docstore.Spec[publicKey]{Name: "public_keys"})
	return b, err
}

// Sign implements Signer with ES256: r and s, 32 bytes each.
func (b *KeyBook) Sign(ctx context.Context, doctor id.Account, message []byte) (string, []byte, error) {
	kid, key, err := b.current(ctx, doctor)
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", nil, fmt.Errorf("sign with key %s: %w", kid, err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return kid, out, nil
}

// Verify implements Signer. A key that was revoked verifies nothing any more.
func (b *KeyBook) Verify(ctx context.Context, doctor id.Account, kid string, message, signature []byte) error {
	doc, err := b.byKey.Get(ctx, kid)
	if fault.Is(err, fault.NotFound) {
		return errors.New("no such key")
	}
	if err != nil {
		return err
	}
	if doc.Doctor != doctor {
		return errors.New("the key is another doctor's")
	}
	if !doc.Revoked.IsZero() {
		return errors.New("the key was revoked")
	}
	key, err := doc.key()
	if err != nil {
		return err
	}
	if len(signature) != 64 {
		return errors.New("not an ES256 signature")
	}
	sum := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, sum[:], r, s) {
		return errors.New("the signature does not fit")
	}
	return nil
}

// Rotate gives a doctor a new key from now on. Old signatures stay good.
func (b *KeyBook) Rotate(ctx context.Context, doctor id.Account) error {
	if _, _, err := b.current(ctx, doctor); err != nil {
		return err
	}
	fresh, err := b.make(ctx, doctor)
	if err != nil {
		return err
	}
	_, err = b.books.Update(ctx, bookID(doctor), docstore.On{}, func(k *doctorKeys) error {
		k.Keys = append(k.Keys, fresh)
		return nil
	})
	return err
}

// Revoke makes every signature of a key worthless, for a key that somebody else may have.
func (b *KeyBook) Revoke(ctx context.Context, kid string) error {
	_, err := b.byKey.Update(ctx, kid, docstore.On{}, func(k *publicKey) error {
		if k.Revoked.IsZero() {
			k.Revoked = b.clock.Now()
		}
		return nil
	})
	return err
}

// current opens the doctor's newest key, made at first use. Two first signatures at once keep one.
func (b *KeyBook) current(ctx context.Context, doctor id.Account) (string, *ecdsa.PrivateKey, error) {
	book, err := b.books.Get(ctx, bookID(doctor))
	if fault.Is(err, fault.NotFound) {
		book, err = b.first(ctx, doctor)
	}
	if err != nil {
		return "", nil, fmt.Errorf("read signing keys of %s: %w", doctor, err)
	}
	newest := book.Keys[len(book.Keys)-1]
	if len(newest.Sealed) < b.seal.NonceSize() {
		return "", nil, fmt.Errorf("open key %s: too short", newest.KID)
	}
	nonce, sealed := newest.Sealed[:b.seal.NonceSize()], newest.Sealed[b.seal.NonceSize():]
	der, err := b.seal.Open(nil, nonce, sealed, []byte(newest.KID+string(doctor)))
	if err != nil {
		return "", nil, fmt.Errorf("open key %s: %w", newest.KID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return "", nil, fmt.Errorf("read key %s: %w", newest.KID, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return "", nil, fmt.Errorf("read key %s: not an EC key", newest.KID)
	}
	return newest.KID, key, nil
}

func (b *KeyBook) first(ctx context.Context, doctor id.Account) (*doctorKeys, error) {
	fresh, err := b.make(ctx, doctor)
	if err != nil {
		return nil, err
	}
	book := &doctorKeys{ID: bookID(doctor), Doctor: doctor, Keys: []sealedKey{fresh}}
	err = b.books.Insert(ctx, id.Request{}, book)
	if errors.Is(err, docstore.ErrExists) {
		return b.books.Get(ctx, bookID(doctor))
	}
	return book, err
}

// make makes a key and publishes its public half first, so that no signature is ever unverifiable.
func (b *KeyBook) make(ctx context.Context, doctor id.Account) (sealedKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return sealedKey{}, fmt.Errorf("make signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return sealedKey{}, fmt.Errorf("write signing key: %w", err)
	}
	public, err := publish(&key.PublicKey, doctor)
	if err != nil {
		return sealedKey{}, err
	}
	if err := b.byKey.Insert(ctx, id.Request{}, public); err != nil {
		return sealedKey{}, err
	}
	nonce := make([]byte, b.seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return sealedKey{}, fmt.Errorf("make nonce: %w", err)
	}
	return sealedKey{
		KID: public.KID, Since: b.clock.Now(),
		Sealed: b.seal.Seal(nonce, nonce, der, []byte(public.KID+string(doctor))),
	}, nil
}

// publish names a key by its JWK thumbprint (RFC 7638).
func publish(key *ecdsa.PublicKey, doctor id.Account) (*publicKey, error) {
	raw, err := key.Bytes() // 4 | X | Y
	if err != nil || len(raw) != 65 {
		return nil, fmt.Errorf("write public key: %w", err)
	}
	x, y := base64.RawURLEncoding.EncodeToString(raw[1:33]), base64.RawURLEncoding.EncodeToString(raw[33:])
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return &publicKey{KID: base64.RawURLEncoding.EncodeToString(sum[:]), Doctor: doctor, X: x, Y: y}, nil
}

func (k *publicKey) key() (*ecdsa.PublicKey, error) {
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	if err := errors.Join(errX, errY); err != nil {
		return nil, fmt.Errorf("read key %s: %w", k.KID, err)
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
}

func bookID(doctor id.Account) string { return "keys_" + string(doctor) }
