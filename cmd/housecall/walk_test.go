package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"housecall/internal/apptest/engine"
	"housecall/internal/sim"
)

func TestWalkStopsWhereItIsAskedToAndKeepsWhoWalkedForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kept")

	said, code := run(t, "walk", "--until", "take seats for the call", "--keep", file)

	if code != 0 || !strings.Contains(said, "Stopped here") || strings.Contains(said, "write the note") {
		t.Errorf("exit code %d: %s", code, said)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the sessions: %v", info.Mode())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept sim.Kept
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"patient", "doctor", "pharmacist", "courier", "support", "operator", "auditor"} {
		if kept.Tokens[role] == "" {
			t.Errorf("there is no session of role %s", role)
		}
	}
	if kept.IDs["visits"] == "" || kept.IDs["orders"] != "" {
		t.Errorf("kept %v, want the visit and no order yet", kept.IDs)
	}
}

func TestWalkToAStepThatIsNoneSaysSo(t *testing.T) {
	t.Parallel()

	said, code := run(t, "walk", "--until", "fly to the moon")

	if code == 0 || !strings.Contains(said, "fly to the moon") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestOwnDemoOnADatabaseLeavesNoFolderBehind(t *testing.T) {
	t.Parallel()
	uri := engine.Mongod(t).Database("own")
	temp := t.TempDir()
	cmd := command(t.Context(), "walk", "--store", uri)
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)

	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("walk: %v: %s", err, said)
	}

	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
