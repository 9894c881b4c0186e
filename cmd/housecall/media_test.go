package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"housecall/signaling"
	"housecall/signaling/signalingtest"
)

func TestMediaNodeMeasuresHowSoonPeopleSeeEachOther(t *testing.T) {
	t.Parallel()
	const key = "a secret of tests, of more than 32 bytes"
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	c := mediaCommand()
	c.SetArgs([]string{"--listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--secret-file", file})
	c.SetOut(in)
	ended := make(chan error, 1)
	go func() { ended <- c.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the node ended with %v", err)
		}
	})
	first, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	address := strings.TrimSpace(strings.TrimPrefix(first, "websocket "))

	for _, seat := range []string{"doctor", "patient"} {
		token, err := signaling.Ticket{Room: "r", Seat: seat, Role: seat, Rights: []string{signaling.Speak}, Expiry: time.Now().Add(time.Minute)}.Sign([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		p, err := signalingtest.Join(ctx, signalingtest.JoinOptions{URL: address, Ticket: token})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		p.Media.Send(1)
	}

	page := "http" + strings.TrimSuffix(strings.TrimPrefix(address, "ws"), "/ws") + "/metrics"
	wants := []string{`housecall_call_seconds_count{what="join_to_keyframe"} 2`, `housecall_call_seconds_count{what="join_to_media"} 2`, "housecall_call_rooms 1", "housecall_call_seats 2"}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		missing := lacks(t, page, wants)
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the page of metrics lacks %v", missing)
		}
	}
}

func lacks(t *testing.T, page string, wants []string) (missing []string) {
	t.Helper()
	r, err := http.Get(page) //nolint:noctx,gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range wants {
		if !strings.Contains(string(text), want) {
			missing = append(missing, want)
		}
	}
	return missing
}
