package prescribing

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/paper"
)

// SigningKeys lists a doctor's public keys with their times, the oldest first, to who keeps them.
func (s *Service) SigningKeys(ctx context.Context, a access.Actor, doctor id.Account) ([]paper.Key, error) {
	if err := s.guard.Check(ctx, a, KeysAction, access.Facts{Record: string(doctor)}); err != nil {
		return nil, err
	}
	return s.public.OfDoctor(ctx, doctor)
}

// ReplaceKey gives a doctor who has signed before a new signing key from now on. What the old one signed
// stays genuine. Announces signing_key.replaced.
func (s *Service) ReplaceKey(ctx context.Context, a access.Actor, doctor id.Account) ([]paper.Key, error) {
	keys, err := s.SigningKeys(ctx, a, doctor)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fault.New(fault.Conflict, "This account has never signed, so it has no key to replace.").Coded("no-key")
	}
	if err := s.keeper.Rotate(ctx, a, doctor); err != nil {
		return nil, err
	}
	return s.public.OfDoctor(ctx, doctor)
}

// RevokeKey makes every signature of a key from a moment on worthless, here and off line with the newest
// list of keys; a zero moment is now. The doctor signs with a new one. Announces signing_key.revoked.
func (s *Service) RevokeKey(ctx context.Context, a access.Actor, kid string, from time.Time, reason string) ([]paper.Key, error) {
	if err := s.guard.Check(ctx, a, KeysAction, access.Facts{Record: kid}); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if from.IsZero() {
		from = now
	}
	switch {
	case reason == "":
		return nil, fault.InvalidField("/reason", "Say why, for the audit.")
	case from.After(now):
		return nil, fault.InvalidField("/from", "A key is revoked from now, or from when it was lost. Not from later.")
	}
	doctor, _, err := s.public.Public(ctx, kid)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.Revoke(ctx, a, kid, from.UTC().Truncate(time.Millisecond), reason); err != nil {
		return nil, err
	}
	return s.public.OfDoctor(ctx, doctor)
}
