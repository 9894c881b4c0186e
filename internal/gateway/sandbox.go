package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"housecall/internal/billing"
	"housecall/internal/clock"
	"housecall/internal/docstore"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/money"
)

// The methods of payment that the sandbox knows. Any other is declined.
const (
	CardOK            = "card_ok"
	CardRefused       = "card_refused"         // the bank says no
	CardCaptureFailed = "card_capture_refused" // can be held, not captured
)

// Sandbox is a billing.Gateway that moves no money. What it was asked is kept in documents, so that a
// restart forgets nothing and asking twice does nothing twice.
type Sandbox struct {
	holds *docstore.Collection[sandboxHold, *sandboxHold]

	mu   sync.Mutex // guards fail
	fail error
}

var _ billing.Gateway = (*Sandbox)(nil)

type sandboxState string

const (
	sandboxHeld     sandboxState = "held"
	sandboxCaptured sandboxState = "captured"
	sandboxVoided   sandboxState = "voided"
	sandboxDeclined sandboxState = "declined"
)

// sandboxHold is what became of one reference.
type sandboxHold struct {
	ID            string `json:"id"`
	docstore.Meta `json:"meta"`
	State         sandboxState            `json:"state"`
	Amount        money.Amount            `json:"amount"`
	Method        string                  `json:"method"`
	Captured      money.Amount            `json:"captured"`
	Refunds       map[string]money.Amount `json:"refunds,omitempty"` // by cause
	Reason        string                  `json:"reason,omitempty"`
}

// DocID implements docstore.Document.
func (h *sandboxHold) DocID() string { return h.ID }

// NewSandbox opens the sandbox.
func NewSandbox(ctx context.Context, store docstore.Store, clk clock.Clock) (*Sandbox, error) {
	holds, err := docstore.Open[sandboxHold](ctx, store, clk, docstore.Spec[sandboxHold]{Name: "sandbox_payments"})
	if err != nil {
		return nil, fmt.Errorf("open payment sandbox: %w", err)
	}
	return &Sandbox{holds: holds}, nil
}

// Fail has every call answer err from now on, before anything is done; nil ends it. For tests and drills.
func (s *Sandbox) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *Sandbox) failing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fail
}

func holdID(reference string) string {
	sum := sha256.Sum256([]byte(reference))
	return "sbx_" + hex.EncodeToString(sum[:16])
}

// Authorise implements billing.Gateway.
func (s *Sandbox) Authorise(ctx context.Context, h billing.Hold) error {
	if err := s.failing(); err != nil {
		return err
	}
	hold := &sandboxHold{ID: holdID(h.Reference), State: sandboxHeld, Amount: h.Amount, Method: h.Method}
	switch {
	case h.Amount.Minor < 0:
		hold.State, hold.Reason = sandboxDeclined, "negative-amount"
	case h.Method == CardRefused:
		hold.State, hold.Reason = sandboxDeclined, "card-refused"
	case h.Method != CardOK && h.Method != CardCaptureFailed:
		hold.State, hold.Reason = sandboxDeclined, "unknown-method"
	}
	err := s.holds.Insert(ctx, id.Request{}, hold)
	if errors.Is(err, docstore.ErrExists) {
		hold, err = s.holds.Get(ctx, hold.ID)
	}
	if err != nil {
		return fmt.Errorf("authorise: %w", err)
	}
	return hold.declined()
}

func (h *sandboxHold) declined() error {
	switch h.State {
	case sandboxDeclined:
		return &billing.Declined{Reason: h.Reason}
	case sandboxVoided:
		return &billing.Declined{Reason: "voided"}
	case sandboxHeld, sandboxCaptured:
	}
	return nil
}

// Capture implements billing.Gateway.
func (s *Sandbox) Capture(ctx context.Context, reference string, amount money.Amount) error {
	return s.change(ctx, "capture", reference, func(h *sandboxHold) error {
		switch {
		case h.declined() != nil:
			return h.declined()
		case h.Method == CardCaptureFailed:
			return &billing.Declined{Reason: "hold-gone"}
		case h.State == sandboxCaptured:
			return nil
		case amount.Currency != h.Amount.Currency || amount.Minor < 0 || amount.Minor > h.Amount.Minor:
			return &billing.Declined{Reason: "more-than-held"}
		}
		h.State, h.Captured = sandboxCaptured, amount
		return nil
	})
}

// Void implements billing.Gateway.
func (s *Sandbox) Void(ctx context.Context, reference string) error {
	if err := s.failing(); err != nil {
		return err
	}
	err := s.holds.Insert(ctx, id.Request{}, &sandboxHold{ID: holdID(reference), State: sandboxVoided})
	if err == nil || !errors.Is(err, docstore.ErrExists) {
		return err
	}
	return s.change(ctx, "void", reference, func(h *sandboxHold) error {
		if h.State == sandboxCaptured {
			return &billing.Declined{Reason: "captured"}
		}
		if h.State == sandboxHeld {
			h.State = sandboxVoided
		}
		return nil
	})
}

// Refund implements billing.Gateway.
func (s *Sandbox) Refund(ctx context.Context, reference, cause string, amount money.Amount) error {
	return s.change(ctx, "refund", reference, func(h *sandboxHold) error {
		if _, done := h.Refunds[cause]; done {
			return nil
		}
		left := h.Captured
		for _, given := range h.Refunds {
			left = left.Minus(given)
		}
		if h.State != sandboxCaptured || amount.Currency != left.Currency || amount.Minor < 0 || amount.Minor > left.Minor {
			return &billing.Declined{Reason: "more-than-captured"}
		}
		if h.Refunds == nil {
			h.Refunds = map[string]money.Amount{}
		}
		h.Refunds[cause] = amount
		return nil
	})
}

func (s *Sandbox) change(ctx context.Context, verb, reference string, change func(*sandboxHold) error) error {
	if err := s.failing(); err != nil {
		return err
	}
	_, err := s.holds.Update(ctx, holdID(reference), docstore.On{}, change)
	var declined *billing.Declined
	switch {
	case fault.Is(err, fault.NotFound):
		return &billing.Declined{Reason: "not-held"}
	case errors.As(err, &declined):
		return declined
	case err != nil:
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}
