package main

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/docstore"
	"housecall/internal/docstore/sqlite"
)

func TestEngineThatDoesNotAnswerEndsTheStartWithACodeThatSaysTryLater(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	begun := time.Now()

	said, code := run(t, append(append([]string{"serve"}, c.args...), "--store", "mongodb://127.0.0.1:1/housecall?serverSelectionTimeoutMS=300", "--start-within", "2s")...)

	if code != tryLater || !strings.Contains(said, "can't be reached; start it, or correct the store's URI") || !strings.Contains(said, "engine did not answer") {
		t.Errorf("exit code %d, want %d after having tried again: %s", code, tryLater, said)
	}
	if time.Since(begun) > time.Minute {
		t.Errorf("it took %s", time.Since(begun))
	}
}

func TestNodeThatStartsBeforeItsDatabaseWaitsForIt(t *testing.T) {
	t.Parallel()
	server := engine.Mongod(t)
	server.Kill(t)
	c := newClinic(t)
	c.args = append(c.args, "--store", server.Database("later")+"&serverSelectionTimeoutMS=300", "--start-within", "1m")
	back := make(chan struct{})
	go func() { defer close(back); <-time.After(2 * time.Second); server.Start(t) }()

	s := c.serve()

	<-back
	t.Cleanup(s.stop)
	s.patient(c.mail)
	if !strings.Contains(s.log.String(), "engine did not answer") {
		t.Error("it did not have to wait")
	}
}

func TestDatabaseOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.serve().stop()
	store, err := sqlite.Open(t.Context(), filepath.Join(c.data, "housecall.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = store.Insert(t.Context(), "service", docstore.Record{ID: "schema.intakes", Version: 1, Body: []byte(`{"schema":9,"since":9}`)})
	if err = errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}

	said, code := run(t, append([]string{"serve"}, c.args...)...)

	if code == 0 || code == tryLater || !strings.Contains(said, "newer housecall: intakes is of schema 9") || !strings.Contains(said, "restore a backup") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// unfitEngines starts nodes on engines that are not fit, or not theirs, beside a service that goes on.
func unfitEngines(t *testing.T, c *cluster) {
	t.Helper()
	files := c.nodes[0].clinic
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a NATS account without JetStream", []string{"--bus-creds", c.nats.BareCredentials()}, "has no JetStream"},
		{"credentials that are none", []string{"--bus-creds", files.file("creds", "x")}, "bus_creds"},
		{"nobody vouches for NATS", []string{"--bus-ca", ""}, "bus_ca"},
		{"a bucket that keeps no versions", []string{"--files-bucket", c.minio.ForgetfulBucket(t)}, "mc version enable"},
		{"no bucket", []string{"--files-bucket", "nowhere"}, "mc mb --with-versioning"},
		{"another secret for files", []string{"--files-secret-file", files.file("secret2", "another")}, "files.secret_file"},
		{"another service's events", []string{"--store", c.mongo.Database("other")}, "another housecall"},
		{"another service's files", []string{"--store", c.mongo.Database("third"), "--bus-creds", c.nats.Credentials(t)}, "name another by files.bucket"},
		{"a store that is none", []string{"--store", "postgres://x"}, "say mongodb://"},
		{"no shared files", []string{"--files-url", ""}, "files.url is not set"},
	} {
		home := newClinic(t)
		args := append(append(append([]string{"serve"}, home.args...), c.common...), "--media-node-url", "http://x.localhost", "--node", "unfit", "--start-within", "5s")

		said, code := run(t, append(args, tt.args...)...)

		if code == 0 || !strings.Contains(said, tt.want) || strings.Contains(said, "panic") || strings.Contains(said, c.minio.Secret) {
			t.Errorf("%s: exit code %d, want it to say %q: %s", tt.name, code, tt.want, said)
		}
	}
	for i, n := range c.nodes {
		if w, err := http.Get("http://" + n.address + "/readyz"); err != nil || w.StatusCode != http.StatusOK { //nolint:noctx,bodyclose // a node of the test's own
			t.Errorf("node %d is not ready afterwards: %v", i, err)
		}
	}
}
