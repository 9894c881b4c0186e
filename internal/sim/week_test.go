package sim_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"housecall/internal/app"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/notify"
	"housecall/internal/sim"
)

func TestAWeeksPatientsAreServedByARunningDemo(t *testing.T) {
	t.Parallel()
	d := startDemo(t, sim.DemoOptions{Speed: 30, OpenAllNight: true})
	defer stopDemo(t, d)
	var said strings.Builder
	week := sim.Week{OrdersPerHour: 60, Lasts: 6 * time.Minute, Seed: 3, Out: &said}

	got, err := week.Run(t.Context(), d.URL, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}

	if got.Patients == 0 || got.Delivered != got.Patients || got.Failed > 0 {
		t.Errorf("of %d patients %d got their medicine, %d failed (%s)", got.Patients, got.Delivered, got.Failed, got.Why)
	}
	if !strings.Contains(said.String(), "30 times") || !strings.Contains(said.String(), "delivered") {
		t.Errorf("it said %q", said.String())
	}
}

func TestAWeekGoesToADemoThatRunsFastAndToNobodyElse(t *testing.T) {
	t.Parallel()
	slow := startDemo(t, sim.DemoOptions{Quiet: true})
	defer stopDemo(t, slow)
	nothing := httptest.NewServer(http.NotFoundHandler())
	nothing.Close()
	for name, tt := range map[string]struct{ url, says string }{
		"a server that is no demo":             {noDemo(t), "no demo"},
		"some web site":                        {site(t), "no demo"},
		"a demo that runs at the world's pace": {slow.URL, "--speed"},
		"nobody":                               {nothing.URL, "nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			week := sim.Week{OrdersPerHour: 6, Lasts: time.Hour}

			got, err := week.Run(t.Context(), tt.url, http.DefaultClient)

			if err == nil || !strings.Contains(err.Error(), tt.says) || got.Patients > 0 {
				t.Errorf("error = %v after %d patients, want one that says %q before the first", err, got.Patients, tt.says)
			}
		})
	}
}

// site answers every question with a page.
func site(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	t.Cleanup(s.Close)
	return s.URL
}

// noDemo is a housecall that is no demo.
func noDemo(t *testing.T) string {
	t.Helper()
	c := config.Default()
	c.Data, c.Listen = scratch.Folder(t), "localhost:0"
	a, err := app.Start(t.Context(), app.Options{
		Config: c, Log: slog.New(slog.DiscardHandler), Outbox: notify.NewOutbox(clock.NewReal()), Secret: []byte("a secret of a test, of more than 32 bytes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return "http://" + a.Addr()
}
