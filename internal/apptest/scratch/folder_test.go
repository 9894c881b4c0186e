package scratch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWhatAKilledTestLeftIsSweptAndWhatARunningOneHasStays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	killed, running, foreign := filepath.Join(folder, begin+"1"), filepath.Join(folder, begin+"2"), filepath.Join(folder, "other")
	for _, dir := range []string{killed, running, foreign} {
		if err := os.MkdirAll(filepath.Join(dir, "store"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * stale) //nolint:forbidigo // of the machine's files
	for _, dir := range []string{killed, foreign} {
		if err := os.Chtimes(dir, old, old); err != nil {
			t.Fatal(err)
		}
	}

	sweep(folder)

	left, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(left) != 2 || left[0] != running || left[1] != foreign {
		t.Errorf("left are %q, want %s and %s (%v)", left, running, foreign, err)
	}
}

func TestFolderGoesWithItsTest(t *testing.T) {
	t.Parallel()
	var folder string
	t.Run("a story", func(t *testing.T) {
		folder = Folder(t)
		if err := os.WriteFile(filepath.Join(folder, "x"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	})

	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("stat of the folder = %v, want it gone", err)
	}
}

func TestFolderIsWhereTMPDIRSaysWhenItSaysSo(t *testing.T) {
	place := t.TempDir()
	t.Setenv("TMPDIR", place)
	t.Run("a story", func(t *testing.T) {
		if got := Folder(t); !strings.HasPrefix(got, place) {
			t.Errorf("folder = %s, want one below %s", got, place)
		}
	})
}

func TestAFolderThatIsNotThereHasNoRoom(t *testing.T) {
	t.Parallel()
	if got := free(filepath.Join(t.TempDir(), "nothing")); got != 0 {
		t.Errorf("free = %d, want none", got)
	}
}
