package identity_test

import (
	"path/filepath"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/identity"
)

// What every request pays for its session, and every granted one for its grant, with both in memory.

func BenchmarkAuthenticateFromMemory(b *testing.B) {
	s, _ := benchService(b)
	token, _, err := s.OpenGuestSession(b.Context(), "vis_1", time.Now().Add(time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := s.Authenticate(b.Context(), token); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkScopesFromMemory(b *testing.B) {
	_, circle := benchService(b)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := circle.Scopes(b.Context(), "pat_1", "acc_1"); err != nil {
				b.Error(err)
			}
		}
	})
}

func benchService(b *testing.B) (*identity.Service, *identity.Circle) {
	b.Helper()
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "identity.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	clk := clock.NewReal()
	circle, err := identity.NewCircle(b.Context(), store, clk)
	if err != nil {
		b.Fatal(err)
	}
	policy, err := rules()
	if err != nil {
		b.Fatal(err)
	}
	s, err := identity.New(b.Context(), identity.Deps{
		Store: store, Clock: clk, Guard: access.NewGuard(policy, circle, &trail{}), Circle: circle,
		Sender: &post{}, Broadcast: identity.Alone{}, Key: []byte("a secret key of this test alone!"), Cost: identity.LightCost(), Limits: identity.UsualLimits(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return s, circle
}
