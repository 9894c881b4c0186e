package main

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"housecall/internal/sim"
	"housecall/signaling/signalingtest"
)

// roomOverNodes joins a room at one node, is shown there from another, and moves when the node is drained.
func roomOverNodes(t *testing.T, c *cluster) {
	t.Helper()
	token, _, _ := c.person(t)
	check, err := nodeAPI(c.nodes[0], token).Post(t.Context(), "/call-checks", nil)
	if err != nil {
		t.Fatal(err)
	}
	room := check.Text("room")
	join := func(n *node) (*signalingtest.Client, error) {
		return signalingtest.Join(t.Context(), signalingtest.JoinOptions{URL: "ws://" + n.address + "/api/v1/calls/" + room + "/ws", Ticket: check.Text("token")})
	}
	first, err := join(c.nodes[0])
	if err != nil {
		t.Fatalf("join at the first node: %v (%v)", err, check.Body)
	}
	defer first.Close()

	_, err = join(c.nodes[1])
	var bye signalingtest.ErrBye
	if !errors.As(err, &bye) || bye.Reason != "wrong_node" || !strings.Contains(bye.Node, "n0.localhost") {
		t.Errorf("join at another node = %v, want to be shown to n0", err)
	}
	c.kill(0)
	_, err = sim.Until(t.Context(), 20*time.Second, func() (sim.Answer, error) {
		second, err := join(c.nodes[1]) // once the dead node's lease is over
		if err == nil {
			second.Close()
		}
		return sim.Answer{Body: sim.JSON{"in": err == nil}}, nil
	}, func(a sim.Answer) bool { return a.At("in") == true })
	if err != nil {
		t.Errorf("after the death of the node that the room was on: %v", err)
	}
	c.revive(0)
}

// loadedUnderReplacement replaces nodes while `housecall load` has people order and judges from outside.
func loadedUnderReplacement(t *testing.T, c *cluster) {
	t.Helper()
	cmd := command(t.Context(), "load", "--url", c.balance.url, "--admin-token-file", c.nodes[0].clinic.file("admin", adminToken),
		"--patients", "6", "--callers", "4", "--seconds", "20")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = slices.Concat(cmd.Env, []string{"PATH=" + os.Getenv("PATH")})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var err error
	for i := 0; ; i = (i + 1) % len(c.nodes) {
		select {
		case err = <-ended:
		case <-time.After(2 * time.Second):
			c.replace(i)
			continue
		}
		break
	}
	if err != nil {
		t.Errorf("load ended with %v: %s", err, tail(said.String(), 3000))
	}
	t.Log(tail(said.String(), 1500))
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
