package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"housecall/internal/docstore"
	"housecall/internal/id"
)

// Block is a run of entries that were written together, chained to the block before it.
type Block struct {
	ID            id.AuditBlock `json:"id"`
	docstore.Meta `json:"meta"`
	Chain         string    `json:"chain"`
	N             int64     `json:"n"`
	Prev          string    `json:"prev"` // Sum of block N-1; empty for the first
	At            time.Time `json:"at"`
	Entries       []Entry   `json:"entries"`
	Sum           string    `json:"sum"`  // SHA-256 of canonical
	Seal          string    `json:"seal"` // HMAC of Sum with the audit key
}

// DocID implements docstore.Document.
func (b *Block) DocID() string { return string(b.ID) }

func blockID(chain string, n int64) id.AuditBlock {
	return id.AuditBlock(fmt.Sprintf("aud_%s_%d", chain, n))
}

// canonical is what the hash covers: the same bytes whichever store has kept the block.
func (b *Block) canonical() ([]byte, error) {
	body, err := json.Marshal(struct {
		Chain   string    `json:"chain"`
		N       int64     `json:"n"`
		Prev    string    `json:"prev"`
		At      time.Time `json:"at"`
		Entries []Entry   `json:"entries"`
	}{b.Chain, b.N, b.Prev, b.At.UTC(), utc(b.Entries)})
	if err != nil {
		return nil, fmt.Errorf("encode block %s: %w", b.ID, err)
	}
	return body, nil
}

func utc(entries []Entry) []Entry {
	out := make([]Entry, len(entries))
	for i, e := range entries {
		e.At = e.At.UTC()
		out[i] = e
	}
	return out
}

func (b *Block) hash() (string, error) {
	body, err := b.canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// Head is how far a chain has reached. It may lag behind by a second, never run ahead.
type Head struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	Chain         string `json:"chain"`
	N             int64  `json:"n"`
	Sum           string `json:"sum"`
	Seal          string `json:"seal"`
	Indexed       int64  `json:"indexed"` // blocks whose entries can be searched; not sealed, can be made again
}

// DocID implements docstore.Document.
func (h *Head) DocID() string { return h.ID }

func headID(chain string) string { return "audhead_" + chain }

// seal proves that who wrote this held the audit key.
func seal(key []byte, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil))
}

func sealed(key []byte, have string, parts ...string) bool {
	return hmac.Equal([]byte(have), []byte(seal(key, parts...)))
}

func headParts(chain string, n int64, sum string) []string {
	return []string{"head", chain, fmt.Sprint(n), sum}
}
