package sim_test

import (
	"log/slog"
	"os"
	"testing"

	"housecall/internal/app"
	"housecall/internal/apptest/engine"
	"housecall/internal/apptest/scratch"
	"housecall/internal/clock"
	"housecall/internal/config"
	"housecall/internal/notify"
	"housecall/internal/sim"
)

func TestOneOrderGoesThroughTheWholeChainOnAServedDefault(t *testing.T) { walkOn(t, "") }

func TestOneOrderGoesThroughTheWholeChainOnMongoDB(t *testing.T) {
	walkOn(t, engine.Mongod(t).Database("walk"))
}

// walkOn walks on what serve would start with this store, as a program with the administrator's
// token does.
func walkOn(t *testing.T, store string) {
	t.Helper()
	c := config.Default()
	c.Data, c.Listen, c.Store = scratch.Folder(t), "localhost:0", store
	c.AdminTokenFile = t.TempDir() + "/token"
	if err := os.WriteFile(c.AdminTokenFile, []byte("a token of a test, long enough to be one"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.Start(t.Context(), app.Options{
		Config: c, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Demo: true,
		Outbox: notify.NewOutbox(clock.NewReal()), Secret: []byte("a secret of a test, of more than 32 bytes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(t.Context()); err != nil {
			t.Log(err)
		}
	})
	url := "http://" + a.Addr()
	w := sim.Walk{Base: url, Operator: &sim.Client{Base: url, Token: "a token of a test, long enough to be one"}, Out: t.Output()}

	r := w.Run(t.Context())

	if !r.OK {
		t.Fatal(r.Error)
	}
}
