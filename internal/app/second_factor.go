package app

import (
	"context"
	"encoding/json"

	"housecall/internal/access"
	"housecall/internal/identity"
	"housecall/internal/prescribing"
)

// secondFactor is identity as prescribing asks it: a code, or a passkey over what is signed.
type secondFactor struct{ *identity.Service }

// AskPasskey implements prescribing.SecondFactor.
func (f secondFactor) AskPasskey(ctx context.Context, a access.Actor, purpose string, covered []byte) (json.RawMessage, error) {
	return f.BeginPasskeyConfirmation(ctx, a, purpose, covered)
}

// ConfirmByPasskey implements prescribing.SecondFactor.
func (f secondFactor) ConfirmByPasskey(ctx context.Context, a access.Actor, purpose string, covered, answer []byte) (*prescribing.Shown, error) {
	proof, err := f.Service.ConfirmByPasskey(ctx, a, purpose, covered, answer)
	if err != nil {
		return nil, err
	}
	shown := prescribing.Shown(*proof)
	return &shown, nil
}
