package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"housecall/internal/sim"
)

// smallDisk gives the folder a small disk of its own, or skips the test where that may not be done.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Getenv("HOUSECALL_TEST_DISK") != "1" {
		t.Skip("not asked for: scripts/test sets HOUSECALL_TEST_DISK=1 where it may mount")
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), "tmpfs", dir).CombinedOutput() //nolint:gosec // our own words
	if err != nil {
		t.Fatalf("mount a small disk: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() }) //nolint:noctx,gosec // after the test
	return dir
}

func TestFullDiskRefusesInWordsLosesNothingAndServesAgainWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	c, _ := withAdmin(t)
	c.data = filepath.Join(smallDisk(t, 96), "data")
	c.args = append(c.args, "--data", c.data)
	s := c.serve()
	t.Cleanup(s.stop)
	token, patient := s.patient(c.mail)
	made := map[string]bool{}
	begin := func(key string) int {
		status, id := beginIntake(t, s, token, patient, key)
		if status == http.StatusCreated {
			made[id] = true
		}
		return status
	}
	if status := begin("first"); status != http.StatusCreated {
		t.Fatalf("before: %d", status)
	}

	filler := filepath.Join(filepath.Dir(c.data), "filler")
	fill(t, filler)
	refused := 0
	for n := range 40 {
		switch status := begin(fmt.Sprint("full-", n)); status {
		case http.StatusCreated:
		case http.StatusServiceUnavailable:
			refused++
		default:
			t.Errorf("on a full disk: status %d", status)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}

	_, err := sim.Until(t.Context(), 5*time.Second, func() (sim.Answer, error) {
		return sim.Answer{Body: sim.JSON{"status": begin("full-39")}}, nil
	}, func(a sim.Answer) bool { return a.At("status") == http.StatusCreated })
	if err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	if refused == 0 {
		t.Error("the disk was never full")
	}
	for id := range made {
		s.ask(token, "GET", "/intakes/"+id, nil, http.StatusOK)
	}
	walkAt(t, "http://"+s.address, 20*time.Second) // events and timers too
	t.Logf("%d refused while the disk was full, %d made in all", refused, len(made))
}

func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path) //nolint:gosec // in a folder of the test
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size >= 1; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 4
		}
	}
	_ = f.Close()
}

func beginIntake(t *testing.T, s *served, token, patient, key string) (status int, id string) {
	t.Helper()
	status, text := send(t, &node{served: s}, token, http.MethodPost, "/intakes", key, sim.JSON{"patient": patient})
	var a struct{ ID string }
	_ = json.Unmarshal(text, &a)
	return status, a.ID
}
