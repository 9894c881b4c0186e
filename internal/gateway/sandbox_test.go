package gateway_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"housecall/internal/billing"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
	"housecall/internal/gateway"
	"housecall/internal/money"
)

func openSandbox(t *testing.T, path string) *gateway.Sandbox {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s, err := gateway.NewSandbox(t.Context(), store, clock.NewFake(time.Unix(0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sandbox(t *testing.T) *gateway.Sandbox {
	t.Helper()
	return openSandbox(t, filepath.Join(t.TempDir(), "x.db"))
}

func cny(minor int64) money.Amount { return money.Of(minor, "CNY") }

func hold(ref, method string) billing.Hold {
	return billing.Hold{Reference: ref, Amount: cny(8640), Method: method}
}

func declined(err error) string {
	var d *billing.Declined
	if errors.As(err, &d) {
		return d.Reason
	}
	return ""
}

func TestSandboxAnswersEachMethodAsItIsNamed(t *testing.T) {
	t.Parallel()
	s := sandbox(t)
	for method, want := range map[string]string{gateway.CardOK: "", gateway.CardRefused: "card-refused", "cash": "unknown-method", "": "unknown-method"} {
		for range 2 { // asked again, it answers as the first time
			err := s.Authorise(t.Context(), hold("ref "+method, method))
			if declined(err) != want || want == "" && err != nil {
				t.Errorf("%q: %v", method, err)
			}
		}
	}
	if err := s.Authorise(t.Context(), hold("r", gateway.CardCaptureFailed)); err != nil {
		t.Error(err)
	}
	if err := s.Capture(t.Context(), "r", cny(1)); declined(err) != "hold-gone" {
		t.Errorf("capture: %v", err)
	}
}

func TestSandboxCapturesAndRefundsOnceAndNeverMoreThanItHas(t *testing.T) {
	t.Parallel()
	s := sandbox(t)
	must(t, s.Authorise(t.Context(), hold("r", gateway.CardOK)))
	if err := s.Capture(t.Context(), "r", cny(9000)); declined(err) != "more-than-held" {
		t.Errorf("too much: %v", err)
	}
	must(t, s.Capture(t.Context(), "r", cny(8000)))
	must(t, s.Capture(t.Context(), "r", cny(8000)))

	must(t, s.Refund(t.Context(), "r", "late", cny(600)))
	must(t, s.Refund(t.Context(), "r", "late", cny(600)))
	if err := s.Refund(t.Context(), "r", "case", cny(7401)); declined(err) != "more-than-captured" {
		t.Errorf("more than is left: %v", err)
	}
	must(t, s.Refund(t.Context(), "r", "case", cny(7400)))
	if err := s.Void(t.Context(), "r"); declined(err) != "captured" {
		t.Errorf("void after capture: %v", err)
	}
}

func TestSandboxLetsGoOfWhatIsHeldAndOfWhatIsStillToCome(t *testing.T) {
	t.Parallel()
	s := sandbox(t)
	must(t, s.Authorise(t.Context(), hold("r", gateway.CardOK)))
	must(t, s.Void(t.Context(), "r"))
	must(t, s.Void(t.Context(), "r"))
	must(t, s.Void(t.Context(), "not yet asked"))

	for _, ref := range []string{"r", "not yet asked"} {
		if err := s.Authorise(t.Context(), hold(ref, gateway.CardOK)); declined(err) != "voided" {
			t.Errorf("%s: %v", ref, err)
		}
		if err := s.Capture(t.Context(), ref, cny(1)); declined(err) != "voided" {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if err := s.Capture(t.Context(), "never", cny(1)); declined(err) != "not-held" {
		t.Errorf("never: %v", err)
	}
}

func TestSandboxForgetsNothingInARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := openSandbox(t, path)
	must(t, s.Authorise(t.Context(), hold("r", gateway.CardOK)))
	must(t, s.Capture(t.Context(), "r", cny(8640)))

	s = openSandbox(t, path)

	must(t, s.Refund(t.Context(), "r", "case", cny(8640)))
}

func TestSandboxCanBeToldToFail(t *testing.T) {
	t.Parallel()
	s := sandbox(t)
	down := errors.New("gateway down")
	s.Fail(down)

	err := s.Authorise(t.Context(), hold("r", gateway.CardOK))
	s.Fail(nil)

	if !errors.Is(err, down) || declined(s.Capture(t.Context(), "r", cny(1))) != "not-held" {
		t.Errorf("error = %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
