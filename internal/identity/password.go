package identity

import (
	"context"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"housecall/internal/fault"
	"housecall/internal/phi"
)

// Cost is what one hash of a password takes.
type Cost struct {
	Time      uint32 `json:"time"`
	MemoryKiB uint32 `json:"memory_kib"`
	Threads   uint8  `json:"threads"`
}

// FullCost is the second choice of RFC 9106 (64 MiB, three passes), what `serve` always uses.
func FullCost() Cost { return Cost{Time: 3, MemoryKiB: 64 << 10, Threads: 4} }

// LightCost is for tests and the demo alone, where dozens of accounts are made at once.
func LightCost() Cost { return Cost{Time: 1, MemoryKiB: 64, Threads: 1} }

// Password is a password as it is kept: hashed with argon2id, with the parameters used.
type Password struct {
	Cost Cost   `json:"cost"`
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"`
}

// hasher hashes passwords, a few at a time: each takes the memory of its cost.
type hasher struct {
	cost  Cost
	slots chan struct{}
}

const (
	hashesAtOnce = 3
	hashLength   = 32
)

func newHasher(c Cost) *hasher { return &hasher{cost: c, slots: make(chan struct{}, hashesAtOnce)} }

func (h *hasher) make(ctx context.Context, password phi.Text) (*Password, error) {
	p := &Password{Cost: h.cost, Salt: random(16)}
	hash, err := h.hash(ctx, p, password)
	p.Hash = hash
	return p, err
}

// matches takes as long for no password at all (nil) as for a wrong one.
func (h *hasher) matches(ctx context.Context, p *Password, password phi.Text) (bool, error) {
	if p == nil || len(p.Hash) != hashLength {
		nothing := &Password{Cost: h.cost, Salt: make([]byte, 16)}
		_, err := h.hash(ctx, nothing, password)
		return false, err
	}
	hash, err := h.hash(ctx, p, password)
	return err == nil && same(hash, p.Hash), err
}

func (h *hasher) hash(ctx context.Context, p *Password, password phi.Text) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password.Reveal()), p.Salt, p.Cost.Time, p.Cost.MemoryKiB, p.Cost.Threads, hashLength), nil
}

// checkPassword holds the rules for a new password: long, and not the address.
func checkPassword(password phi.Text, a Address) error {
	text := password.Reveal()
	name, _, _ := strings.Cut(a.Text.Reveal(), "@")
	lower := strings.ToLower(text)
	switch {
	case utf8.RuneCountInString(text) < 12:
		return fault.InvalidField("/password", "Use 12 characters or more. A few words in a row are easy to remember.")
	case len(text) > 512:
		return fault.InvalidField("/password", "This is longer than 512 bytes. Use a shorter one.")
	case strings.Contains(lower, a.Text.Reveal()), len(name) > 3 && strings.Trim(lower, "0123456789!.-_ ") == name:
		return fault.InvalidField("/password", "Your address is the first thing anybody would try. Use something else.")
	case distinct(text) < 5:
		return fault.InvalidField("/password", "Use at least five different characters.")
	}
	return nil
}

func distinct(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}
