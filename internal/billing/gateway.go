package billing

import (
	"context"

	"housecall/internal/money"
)

// Gateway is who moves the money. Every call is idempotent by its reference: asked again, it answers
// as the first time and does nothing. Any error but *Declined means that it is not known what came of
// it, and that the same will be asked again.
type Gateway interface {
	// Authorise holds the sum. A *Declined error is the answer no.
	Authorise(ctx context.Context, h Hold) error
	// Capture takes up to the sum held, once for a reference; the rest is let go. *Declined: the hold is gone.
	Capture(ctx context.Context, reference string, amount money.Amount) error
	// Void lets go of what is held. A reference that was never authorised is voided too, and an
	// Authorise that comes later is declined.
	Void(ctx context.Context, reference string) error
	// Refund gives part of a capture back, once for each cause.
	Refund(ctx context.Context, reference, cause string, amount money.Amount) error
}

// Hold is what the gateway is asked to hold.
type Hold struct {
	Reference string
	Amount    money.Amount
	Method    string // the gateway's own token of a card or wallet
}

// Declined is the gateway's no.
type Declined struct{ Reason string }

// Error implements error.
func (d *Declined) Error() string { return "payment declined: " + d.Reason }
