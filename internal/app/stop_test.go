package app_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"housecall/internal/config"
)

func TestStopWaitsForNobodyWhoHasAskedForNothing(t *testing.T) {
	t.Parallel()
	a, stop := watched(t, func(c *config.Config) { c.StopWithin = 30 * time.Second })
	for range 3 { // browsers open connections before they need them
		silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", a.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = silent.Close() })
	}
	asks(t, a, http.MethodGet, "/healthz", "") // by now the server has taken them

	begun := time.Now()
	stop()

	if took := time.Since(begun); took > 4*time.Second { // net/http alone gives them five
		t.Errorf("the stop took %s", took)
	}
}

func TestStopTwiceIsOneStop(t *testing.T) {
	t.Parallel()
	a, stop := watched(t, func(*config.Config) {})
	first := make(chan error, 2)

	for range 2 {
		go func() { first <- a.Stop(context.WithoutCancel(t.Context())) }()
	}

	for range 2 {
		if err := <-first; err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := a.Wait(); err != nil {
		t.Errorf("serving ended with %v", err)
	}
	if _, err := http.Get("http://" + a.Addr()); err == nil || !strings.Contains(err.Error(), "refused") { //nolint:noctx,bodyclose // nobody is there
		t.Errorf("somebody still answers: %v", err)
	}
}
