package bus_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"housecall/internal/bus"
	"housecall/internal/clock"
	"housecall/internal/docstore/sqlite"
)

func TestFolderThatARunningEngineUsesIsRefusedAndFreeAfterwards(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	dir := t.TempDir()
	start := func() (*bus.Bus, error) {
		return bus.Start(t.Context(), bus.Config{Dir: dir}, bus.Deps{Store: store, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler)})
	}
	first, err := start()
	if err != nil {
		t.Fatal(err)
	}

	_, inUse := start()
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	third, free := start()

	if !errors.Is(inUse, bus.ErrInUse) {
		t.Errorf("second start = %v, want that the folder is in use", inUse)
	}
	if free != nil {
		t.Fatalf("start after the stop = %v, want none", free)
	}
	if err := third.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
