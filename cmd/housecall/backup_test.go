package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/sim"
)

// withAdmin is a clinic with an administrator's token, and the key of its backups.
func withAdmin(t *testing.T) (c *clinic, key string) {
	t.Helper()
	c = newClinic(t)
	c.args = append(c.args, "--admin-token-file", c.file("token", adminToken), "--limit-per-second", "0", "--limit-nobody-per-second", "0")
	return c, c.file("key", strings.Repeat("fedcba9876543210", 4))
}

func walkAt(t *testing.T, url string, patience time.Duration) {
	t.Helper()
	w := sim.Walk{Base: url, Operator: &sim.Client{Base: url, Token: adminToken}, Patience: patience}
	if r := w.Run(t.Context()); !r.OK {
		t.Fatal(r.Error)
	}
}

func TestClinicIsBackedUpAndRestoredAndGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	c, key := withAdmin(t)
	s := c.unhurried().serve()
	token, patient := s.patient(c.mail)
	begun := s.ask(token, "POST", "/intakes", map[string]any{"patient": patient}, http.StatusCreated)
	walkAt(t, "http://"+s.address, 0)
	file := filepath.Join(t.TempDir(), "clinic.backup")
	running, code := run(t, append([]string{"backup", file, "--key-file", key}, c.args...)...)
	s.stop()

	said := c.tool("backup", file, "--key-file", key)
	elsewhere := *c
	elsewhere.data = filepath.Join(t.TempDir(), "data")
	elsewhere.args = append(elsewhere.args[:len(elsewhere.args):len(elsewhere.args)], "--data", elsewhere.data)
	restored := elsewhere.tool("restore", file, "--key-file", key)
	again, againCode := run(t, append([]string{"restore", file, "--key-file", key}, elsewhere.args...)...)
	proof := elsewhere.tool("audit", "verify")

	if code == 0 || !strings.Contains(running, "another housecall is running") {
		t.Errorf("backup beside the server: exit code %d: %s", code, running)
	}
	if _, err := os.Stat(file + ".part"); err == nil {
		t.Error("half a backup was left")
	}
	if !strings.Contains(said, "documents") || !strings.Contains(restored, "Restored") {
		t.Errorf("said %s, %s", said, restored)
	}
	if againCode == 0 || !strings.Contains(again, "writes over nothing") {
		t.Errorf("a second restore: exit code %d: %s", againCode, again)
	}
	if !strings.Contains(proof, "is whole") {
		t.Errorf("the audit of what was restored: %s", proof)
	}
	back := elsewhere.serve()
	t.Cleanup(back.stop)
	if got := back.ask(token, "GET", "/intakes/"+begun["id"].(string), nil, http.StatusOK); got["id"] != begun["id"] { //nolint:forcetypeassert // it was answered
		t.Errorf("the patient's session and intake after the restore: %v", got)
	}
	walkAt(t, "http://"+back.address, 0)
}

func TestBackupThatCannotBeMadeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	c, key := withAdmin(t)
	c.serve().stop()
	there := c.file("there", "x")
	for _, tt := range []struct{ args, want []string }{
		{[]string{"backup", there + "2"}, []string{"openssl rand -hex 32"}},
		{[]string{"backup", there + "2", "--key-file", c.file("weak", "weak")}, []string{"--key-file", "openssl rand -hex 32"}},
		{[]string{"backup", there, "--key-file", key}, []string{"is there already"}},
		{[]string{"backup", there + "/x/y", "--key-file", key}, []string{"folder that can be written"}},
		{[]string{"restore", there, "--key-file", key, "--data", filepath.Join(t.TempDir(), "new")}, []string{"no backup of this key"}},
	} {
		said, code := run(t, append(tt.args, filtered(c.args, tt.args)...)...)

		for _, want := range tt.want {
			if code == 0 || !strings.Contains(said, want) {
				t.Errorf("%v: exit code %d, want it to say %q: %s", tt.args, code, want, said)
			}
		}
	}
}

// filtered leaves out of args the flags that are given already.
func filtered(args, given []string) []string {
	var out []string
	for i := 0; i < len(args); i += 2 {
		if !strings.Contains(strings.Join(given, " "), args[i]+" ") {
			out = append(out, args[i], args[i+1])
		}
	}
	return out
}

func backedUpWhileServing(t *testing.T, c *cluster) {
	t.Helper()
	key := c.nodes[0].clinic.file("key", strings.Repeat("fedcba9876543210", 4))
	file := filepath.Join(t.TempDir(), "cluster.backup")
	walked := make(chan struct{})
	go func() { // people go on meanwhile
		defer close(walked)
		w := sim.Walk{Base: c.balance.url, Operator: c.operator(nil), Patience: 30 * time.Second}
		if r := w.Run(t.Context()); !r.OK {
			t.Error(r.Error)
		}
	}()
	said := c.nodes[0].clinic.tool("backup", file, "--key-file", key)
	<-walked
	another := newClinic(t)
	another.args = append(append(another.args, c.common...), "--node", "restored", "--media-node-url", "http://restored.localhost",
		"--store", c.mongo.Database("restored"), "--bus-creds", c.nats.Credentials(t), "--files-bucket", c.minio.Bucket(t))

	t.Log(said, another.tool("restore", file, "--key-file", key))

	mixed := append(another.args[:len(another.args):len(another.args)], "--bus-creds", c.creds)
	if text, code := run(t, append([]string{"restore", file, "--key-file", key}, mixed...)...); code == 0 || !strings.Contains(text, "writes over nothing") {
		t.Errorf("a restore over a service that runs: exit code %d: %s", code, text)
	}
	s := another.serve()
	t.Cleanup(s.stop)
	walkAt(t, "http://"+s.address, 30*time.Second)
	if proof := another.tool("audit", "verify"); !strings.Contains(proof, "is whole") {
		t.Errorf("the audit of what was restored: %s", proof)
	}
}
