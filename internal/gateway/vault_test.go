package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/fault"
	"housecall/internal/gateway"
	"housecall/internal/id"
	"housecall/internal/prescribing"
)

// transit is a key service with real P-256 keys, that speaks as Vault's transit engine does.
type transit struct {
	mu    sync.Mutex
	keys  map[string]*ecdsa.PrivateKey
	token string
	spoil string // what it does wrong: "other key", "down", "exportable", "garbage", "redirect"
}

func (s *transit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	part := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/transit/"), "/")
	switch {
	case s.spoil == "down":
		w.WriteHeader(http.StatusServiceUnavailable)
	case s.spoil == "redirect":
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusTemporaryRedirect)
	case r.Header.Get("X-Vault-Token") != s.token:
		w.WriteHeader(http.StatusForbidden)
	case s.spoil == "garbage":
		_, _ = w.Write([]byte("<html>"))
	case part[0] == "keys" && r.Method == http.MethodPost:
		if s.keys[part[1]] == nil {
			s.keys[part[1]], _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		}
		w.WriteHeader(http.StatusNoContent)
	case part[0] == "keys" && s.keys[part[1]] != nil:
		der, _ := x509.MarshalPKIXPublicKey(&s.keys[part[1]].PublicKey)
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{
			"type": "ecdsa-p256", "exportable": s.spoil == "exportable", "keys": map[string]any{
				"1": map[string]string{"public_key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
			},
		}})
	case part[0] == "sign" && len(part) == 3 && part[2] == "sha2-256" && s.keys[part[1]] != nil:
		s.sign(w, r, s.keys[part[1]])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *transit) sign(w http.ResponseWriter, r *http.Request, key *ecdsa.PrivateKey) {
	var in struct {
		Input string `json:"input"`
		As    string `json:"marshaling_algorithm"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.As != "jws" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.spoil == "other key" {
		key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	message, _ := base64.StdEncoding.DecodeString(in.Input)
	sum := sha256.Sum256(message)
	a, b, _ := ecdsa.Sign(rand.Reader, key, sum[:])
	raw := make([]byte, 64)
	a.FillBytes(raw[:32])
	b.FillBytes(raw[32:])
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"signature": "vault:v1:" + base64.RawURLEncoding.EncodeToString(raw)}})
}

func (s *transit) goesWrong(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil = how
}

// inAVault is a book of keys whose keys are in a key service.
func inAVault(t *testing.T) (*prescribing.KeyBook, *transit, string) {
	t.Helper()
	service := &transit{keys: map[string]*ecdsa.PrivateKey{}, token: "s.one"}
	web := httptest.NewServer(service)
	t.Cleanup(web.Close)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s.one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	book, err := prescribing.NewKeyBook(t.Context(), store, clock.NewFake(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	vault, err := gateway.NewVault(gateway.VaultConfig{URL: web.URL, TokenFile: file})
	if err != nil {
		t.Fatal(err)
	}
	book.Into(vault)
	return book, service, file
}

const doctor = id.Account("acc_vale")

// genuine tells whether a signature verifies with the key that everybody may read.
func genuine(t *testing.T, b *prescribing.KeyBook, kid string, message, signature []byte) bool {
	t.Helper()
	_, key, err := b.Public(t.Context(), kid)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := base64.RawURLEncoding.DecodeString(key.X)
	y, _ := base64.RawURLEncoding.DecodeString(key.Y)
	public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)} //nolint:staticcheck // from a JWK
	sum := sha256.Sum256(message)
	return len(signature) == 64 && ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

func TestADoctorsKeyInAKeyServiceSignsAndIsReplaced(t *testing.T) {
	t.Parallel()
	book, service, file := inAVault(t)
	ctx, message := t.Context(), []byte("amoxicillin 500 mg")
	first, _, err := book.Key(ctx, doctor)
	if err != nil {
		t.Fatal(err)
	}

	signature, err := book.Sign(ctx, doctor, first, message)
	if err != nil || !genuine(t, book, first, message, signature) {
		t.Fatalf("signed %x, %v", signature, err)
	}
	if err := book.Rotate(ctx, access.Actor{Account: "acc_op"}, doctor); err != nil {
		t.Fatal(err)
	}
	second, _, err := book.Key(ctx, doctor)
	if err != nil || second == first || len(service.keys) != 2 {
		t.Errorf("after a new key: %s, %d keys in the service, %v", second, len(service.keys), err)
	}
	if _, err := book.Sign(ctx, doctor, first, message); !fault.Is(err, fault.Conflict) {
		t.Errorf("the old key signs on: %v", err)
	}
	if !genuine(t, book, first, message, signature) {
		t.Error("what the old key signed is worthless")
	}

	service.mu.Lock()
	service.token = "s.two"
	service.mu.Unlock()
	if err := os.WriteFile(file, []byte("s.two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if signature, err = book.Sign(ctx, doctor, second, message); err != nil || !genuine(t, book, second, message, signature) {
		t.Errorf("with a new token: %v", err)
	}
}

func TestNothingIsSignedWhenTheKeyServiceFailsOrLies(t *testing.T) {
	t.Parallel()
	book, service, file := inAVault(t)
	kid, _, err := book.Key(t.Context(), doctor)
	if err != nil {
		t.Fatal(err)
	}

	for how, kind := range map[string]fault.Kind{"down": fault.Unavailable, "garbage": fault.Unavailable, "redirect": fault.Unavailable, "other key": fault.Internal} {
		service.goesWrong(how)
		if signature, err := book.Sign(t.Context(), doctor, kid, []byte("x")); err == nil || signature != nil || !fault.Is(err, kind) {
			t.Errorf("%s: signed %x, %v", how, signature, err)
		}
	}
	service.goesWrong("exportable")
	if _, _, err := book.Key(t.Context(), "acc_new"); err == nil {
		t.Error("a key that can be taken out was taken")
	}
	service.goesWrong("")
	if err := os.WriteFile(file, []byte("s.wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Sign(t.Context(), doctor, kid, []byte("x")); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "s.wrong") {
		t.Errorf("with a wrong token: %v", err)
	}
}

func TestAKeyServiceIsAskedOverTLSAlone(t *testing.T) {
	t.Parallel()

	for _, c := range []gateway.VaultConfig{
		{URL: "http://vault.example.org", TokenFile: "t"}, {URL: "vault.example.org", TokenFile: "t"}, {URL: "https://vault.example.org"}, {URL: "", TokenFile: "t"},
	} {
		if _, err := gateway.NewVault(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
