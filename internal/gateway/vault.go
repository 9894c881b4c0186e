package gateway

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"housecall/internal/fault"
)

// VaultConfig names the key service: one that speaks the transit interface of HashiCorp Vault and OpenBao.
type VaultConfig struct {
	URL       string        // https://vault.example.org:8200
	Mount     string        // where its transit engine is; "" is transit
	TokenFile string        // read at each call, so that an agent may replace the token
	Timeout   time.Duration // of one call; 0: 5 s
}

// Vault makes keys and signs with them in a key service; no private key ever comes here. It is what
// prescribing.KeyBook asks of one.
type Vault struct {
	config VaultConfig
	base   string
	client *http.Client
}

// NewVault checks the configuration; it does not connect.
func NewVault(c VaultConfig) (*Vault, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		return nil, errors.New("signing keys: the key service's address must begin with https://")
	}
	if c.TokenFile == "" {
		return nil, errors.New("signing keys: the file with the key service's token is missing")
	}
	if c.Mount == "" {
		c.Mount = "transit"
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	return &Vault{config: c, base: strings.TrimSuffix(c.URL, "/") + "/v1/" + strings.Trim(c.Mount, "/"), client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a token goes nowhere else
	}}, nil
}

// labels are what keys are called there: letters, digits and dashes, so that none is another path.
var labels = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,120}$`)

// Make makes a P-256 key that can't be taken out, and answers its public half. A label that is there already is
// the same key.
func (v *Vault) Make(ctx context.Context, label string) (*ecdsa.PublicKey, error) {
	if !labels.MatchString(label) {
		return nil, errors.New("make signing key: the label can't be one")
	}
	err := v.call(ctx, http.MethodPost, "/keys/"+label, map[string]any{"type": "ecdsa-p256", "exportable": false, "allow_plaintext_backup": false}, nil)
	if err != nil {
		return nil, err
	}
	return v.public(ctx, label)
}

func (v *Vault) public(ctx context.Context, label string) (*ecdsa.PublicKey, error) {
	var out struct {
		Data struct {
			Type       string `json:"type"`
			Exportable bool   `json:"exportable"`
			Keys       map[string]struct {
				PublicKey string `json:"public_key"`
			} `json:"keys"`
		} `json:"data"`
	}
	if err := v.call(ctx, http.MethodGet, "/keys/"+label, nil, &out); err != nil {
		return nil, err
	}
	if out.Data.Type != "ecdsa-p256" || out.Data.Exportable || len(out.Data.Keys) != 1 {
		return nil, errors.New("read signing key: the key service answered one that is not P-256, can be taken out, or has several versions")
	}
	block, _ := pem.Decode([]byte(out.Data.Keys["1"].PublicKey))
	if block == nil {
		return nil, errors.New("read signing key: the key service answered no public key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if key, ok := parsed.(*ecdsa.PublicKey); err == nil && ok && key.Curve == elliptic.P256() {
		return key, nil
	}
	return nil, errors.New("read signing key: the key service's public key is no P-256 key")
}

// Sign signs a message with ES256: r and s, 32 bytes each. What does not verify with the key that was made is
// refused: a wrong signature must not be found out by a patient.
func (v *Vault) Sign(ctx context.Context, label string, public *ecdsa.PublicKey, message []byte) ([]byte, error) {
	if !labels.MatchString(label) {
		return nil, errors.New("sign: the label can't be one")
	}
	var out struct {
		Data struct {
			Signature string `json:"signature"`
		} `json:"data"`
	}
	err := v.call(ctx, http.MethodPost, "/sign/"+label+"/sha2-256", map[string]any{
		"input": base64.StdEncoding.EncodeToString(message), "marshaling_algorithm": "jws", "key_version": 1,
	}, &out)
	if err != nil {
		return nil, err
	}
	encoded, found := strings.CutPrefix(out.Data.Signature, "vault:v1:")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if !found || err != nil || len(raw) != 64 {
		return nil, errors.New("sign: the key service answered no signature")
	}
	sum := sha256.Sum256(message)
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		return nil, errors.New("sign: the key service's signature does not go with the doctor's key")
	}
	return raw, nil
}

// call asks the key service. What it writes about an error stays there: it may name what it was asked.
func (v *Vault) call(ctx context.Context, method, path string, in, out any) error {
	token, err := os.ReadFile(v.config.TokenFile)
	if err != nil || len(bytes.TrimSpace(token)) == 0 {
		return unreachable("its token can't be read")
	}
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write to the key service: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(ctx, v.config.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return errors.New("ask the key service: its address is not one")
	}
	req.Header.Set("X-Vault-Token", string(bytes.TrimSpace(token)))
	req.Header.Set("X-Vault-Request", "true")
	res, err := v.client.Do(req)
	if err != nil {
		return unreachable("it can't be reached")
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
		return unreachable(fmt.Sprintf("it answered %d", res.StatusCode))
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(out); err != nil {
		return unreachable("its answer can't be read")
	}
	return nil
}

// unreachable: nothing was signed, and trying again may help.
func unreachable(why string) error {
	return fmt.Errorf("ask the key service: %s: %w", why,
		fault.New(fault.Unavailable, "Signing is not possible at this moment. Nothing was signed; try again shortly.").Coded("key-service"))
}
