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
	"slices"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/event"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/paper"
)

// KeyBook keeps each doctor's P-256 signing keys, sealed with the service's key. A doctor's first
// signature makes the first key; a new one takes over without making old signatures worthless.
type KeyBook struct {
	clock clock.Clock
	seal  cipher.AEAD
	vault Vault // nil: keys are made and sealed here
	books *docstore.Collection[doctorKeys, *doctorKeys]
	byKey *docstore.Collection[publicKey, *publicKey]
}

// Vault is a hardware module or a key service that makes keys, keeps them and signs with them: r and s of
// ES256, 32 bytes each.
type Vault interface {
	Make(ctx context.Context, label string) (*ecdsa.PublicKey, error)
	Sign(ctx context.Context, label string, public *ecdsa.PublicKey, message []byte) ([]byte, error)
}

// Into has new keys made and kept in a vault. Doctors who have a key sealed here sign with it until it is
// replaced.
func (b *KeyBook) Into(v Vault) { b.vault = v }

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
	Label  string    `json:"label,omitempty"`  // of the key in the vault; then nothing is sealed here
	Sealed []byte    `json:"sealed,omitempty"` // nonce, then AES-GCM of the PKCS #8 key, bound to key id and doctor
	Since  time.Time `json:"since"`
}

// publicKey lets anybody check a signature by its key id alone.
type publicKey struct {
	KID           string `json:"kid"`
	docstore.Meta `json:"meta"`
	Doctor        id.Account `json:"doctor"`
	X             string     `json:"x"` // base64url, as in a JWK
	Y             string     `json:"y"`
	Since         time.Time  `json:"since"`
	Retired       time.Time  `json:"retired,omitzero"`
	Revoked       time.Time  `json:"revoked,omitzero"` // nothing signed from then on counts
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
	b.byKey, err = docstore.Open[publicKey](ctx, store, clk, docstore.Spec[publicKey]{
		Name: "public_keys", Indexes: map[string]func(*publicKey) (docstore.Key, bool){
			"published": func(k *publicKey) (docstore.Key, bool) { return docstore.Key{Order: docstore.ByTime(k.Since)}, true },
			"doctor": func(k *publicKey) (docstore.Key, bool) {
				return docstore.Key{Equal: string(k.Doctor), Order: docstore.ByTime(k.Since)}, true
			},
		},
	})
	return b, err
}

// Key implements Signer: the doctor's newest key, made at first use.
func (b *KeyBook) Key(ctx context.Context, doctor id.Account) (string, time.Time, error) {
	newest, err := b.newest(ctx, doctor)
	return newest.KID, newest.Since, err
}

// Sign implements Signer with ES256: r and s, 32 bytes each.
func (b *KeyBook) Sign(ctx context.Context, doctor id.Account, kid string, message []byte) ([]byte, error) {
	newest, err := b.newest(ctx, doctor)
	if err != nil {
		return nil, err
	}
	if newest.KID != kid {
		return nil, fault.New(fault.Conflict, "Your signing key has just been replaced. Begin the signing again.").Coded("key-replaced")
	}
	if newest.Label != "" {
		return b.afar(ctx, newest, message)
	}
	key, err := b.open(doctor, newest)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return nil, fmt.Errorf("sign with key %s: %w", kid, err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out, nil
}

// Public implements PublicKeys.
func (b *KeyBook) Public(ctx context.Context, kid string) (id.Account, paper.Key, error) {
	doc, err := b.byKey.Get(ctx, kid)
	if err != nil {
		return "", paper.Key{}, err
	}
	return doc.Doctor, doc.published(), nil
}

// Published implements PublicKeys: every key that ever signed, the oldest first, so that an old paper can
// be checked.
func (b *KeyBook) Published(ctx context.Context) (paper.Keys, error) {
	out := paper.Keys{Keys: []paper.Key{}}
	docs, err := b.byKey.All(ctx, docstore.Query{Index: "published"}, maxKeys)
	if err != nil {
		return out, fmt.Errorf("read public keys: %w", err)
	}
	for _, k := range docs {
		out.Keys = append(out.Keys, k.published())
	}
	return out, nil
}

// announce tells of a change of a key. Its subject is the doctor.
func (k *publicKey) announce(a access.Actor, kind event.Kind, reason string) {
	data := map[string]string{"doctor": string(k.Doctor), "key": k.KID}
	if reason != "" {
		data["reason"] = reason
	}
	k.Emit(event.Event{Kind: kind, By: string(a.Account), Data: data, To: []string{string(k.Doctor), event.ToOperators}})
}

const maxKeys = 100_000

func (k *publicKey) published() paper.Key {
	out := paper.Key{Kty: "EC", Crv: "P-256", Use: "sig", Alg: "ES256", Kid: k.KID, X: k.X, Y: k.Y, Since: k.Since}
	if !k.Retired.IsZero() {
		out.Retired = &k.Retired
	}
	if !k.Revoked.IsZero() {
		out.Revoked = &k.Revoked
	}
	return out
}

// OfDoctor implements PublicKeys: a doctor's keys, the oldest first.
func (b *KeyBook) OfDoctor(ctx context.Context, doctor id.Account) ([]paper.Key, error) {
	docs, err := b.byKey.All(ctx, docstore.Query{Index: "doctor", Equal: string(doctor)}, maxKeys)
	if err != nil {
		return nil, fmt.Errorf("read keys of %s: %w", doctor, err)
	}
	out := make([]paper.Key, len(docs))
	for i, k := range docs {
		out[i] = k.published()
	}
	return out, nil
}

// Rotate implements KeyKeeper: the doctor has a new key from now on. Old signatures stay good. Announces
// signing_key.replaced.
func (b *KeyBook) Rotate(ctx context.Context, a access.Actor, doctor id.Account) error {
	old, err := b.newest(ctx, doctor)
	if err != nil {
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
	if err != nil {
		return err
	}
	_, err = b.byKey.Update(ctx, old.KID, docstore.On{}, func(k *publicKey) error {
		if k.Retired.IsZero() {
			k.Retired = b.clock.Now()
			k.announce(a, KindKeyReplaced, "")
		}
		return nil
	})
	return err
}

// Revoke makes every signature of a key from this moment on worthless, for a key that somebody else
// may have had since; what was signed before stays genuine. An earlier moment than one told before
// counts, a later does not. The doctor signs with a new key from now on. Implements KeyKeeper; announces
// signing_key.revoked.
func (b *KeyBook) Revoke(ctx context.Context, a access.Actor, kid string, from time.Time, reason string) error {
	revoked, err := b.byKey.Update(ctx, kid, docstore.On{}, func(k *publicKey) error {
		if k.Revoked.IsZero() || from.Before(k.Revoked) {
			k.Revoked = from
			k.announce(a, KindKeyRevoked, reason)
		}
		return nil
	})
	if err != nil {
		return err
	}
	newest, err := b.newest(ctx, revoked.Doctor)
	if err != nil || newest.KID != kid {
		return err
	}
	return b.Rotate(ctx, a, revoked.Doctor)
}

// newest is the doctor's key of today, made at first use. Two first signatures at once keep one.
func (b *KeyBook) newest(ctx context.Context, doctor id.Account) (sealedKey, error) {
	book, err := b.books.Get(ctx, bookID(doctor))
	if fault.Is(err, fault.NotFound) {
		book, err = b.first(ctx, doctor)
	}
	if err != nil {
		return sealedKey{}, fmt.Errorf("read signing keys of %s: %w", doctor, err)
	}
	return book.Keys[len(book.Keys)-1], nil
}

// open unseals a key.
func (b *KeyBook) open(doctor id.Account, key sealedKey) (*ecdsa.PrivateKey, error) {
	if len(key.Sealed) < b.seal.NonceSize() {
		return nil, fmt.Errorf("open key %s: too short", key.KID)
	}
	nonce, sealed := key.Sealed[:b.seal.NonceSize()], key.Sealed[b.seal.NonceSize():]
	der, err := b.seal.Open(nil, nonce, sealed, []byte(key.KID+string(doctor)))
	if err != nil {
		return nil, fmt.Errorf("open key %s: %w", key.KID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", key.KID, err)
	}
	ec, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read key %s: not an EC key", key.KID)
	}
	return ec, nil
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

// afar has the vault sign, and holds its answer against the published key.
func (b *KeyBook) afar(ctx context.Context, key sealedKey, message []byte) ([]byte, error) {
	if b.vault == nil {
		return nil, fault.New(fault.Unavailable, "Signing is not possible at this moment: the key service is not set up.").Coded("key-service")
	}
	doc, err := b.byKey.Get(ctx, key.KID)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", key.KID, err)
	}
	public, err := doc.ecdsa()
	if err != nil {
		return nil, err
	}
	signature, err := b.vault.Sign(ctx, key.Label, public, message)
	if err != nil {
		return nil, fmt.Errorf("sign with key %s: %w", key.KID, err)
	}
	return signature, nil
}

// ecdsa is the key as it was published.
func (k *publicKey) ecdsa() (*ecdsa.PublicKey, error) {
	x, errX := base64.RawURLEncoding.DecodeString(k.X)
	y, errY := base64.RawURLEncoding.DecodeString(k.Y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err := errors.Join(errX, errY, err); err != nil {
		return nil, fmt.Errorf("read key %s: %w", k.KID, err)
	}
	return key, nil
}

// madeAfar has the vault make a key under a name that says nothing about whose it is.
func (b *KeyBook) madeAfar(ctx context.Context, doctor id.Account) (sealedKey, error) {
	label := "housecall-" + strings.ReplaceAll(string(id.New[id.Event]()), "_", "-")
	key, err := b.vault.Make(ctx, label)
	if err != nil {
		return sealedKey{}, fmt.Errorf("make signing key: %w", err)
	}
	public, err := publish(key, doctor, b.clock.Now())
	if err != nil {
		return sealedKey{}, err
	}
	return sealedKey{KID: public.KID, Since: public.Since, Label: label}, b.byKey.Insert(ctx, id.Request{}, public)
}

// make makes a key and publishes its public half first, so that no signature is ever unverifiable.
func (b *KeyBook) make(ctx context.Context, doctor id.Account) (sealedKey, error) {
	if b.vault != nil {
		return b.madeAfar(ctx, doctor)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return sealedKey{}, fmt.Errorf("make signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return sealedKey{}, fmt.Errorf("write signing key: %w", err)
	}
	public, err := publish(&key.PublicKey, doctor, b.clock.Now())
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
		KID: public.KID, Since: public.Since,
		Sealed: b.seal.Seal(nonce, nonce, der, []byte(public.KID+string(doctor))),
	}, nil
}

// publish names a key by its JWK thumbprint (RFC 7638).
func publish(key *ecdsa.PublicKey, doctor id.Account, since time.Time) (*publicKey, error) {
	raw, err := key.Bytes() // 4 | X | Y
	if err != nil || len(raw) != 65 {
		return nil, fmt.Errorf("write public key: %w", err)
	}
	x, y := base64.RawURLEncoding.EncodeToString(raw[1:33]), base64.RawURLEncoding.EncodeToString(raw[33:])
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return &publicKey{KID: base64.RawURLEncoding.EncodeToString(sum[:]), Doctor: doctor, X: x, Y: y, Since: since}, nil
}

func bookID(doctor id.Account) string { return "keys_" + string(doctor) }
