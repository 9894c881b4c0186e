package main

import (
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
	l := c.startLoad(t, "", "--patients", "6", "--callers", "4", "--seconds", "20")
	for i := 0; ; i = (i + 1) % len(c.nodes) {
		select {
		case <-l.ended:
			l.judge(t)
			return
		case <-time.After(2 * time.Second):
			c.replace(i)
		}
	}
}

// loading is a `housecall load` on a cluster, which goes on beside what else happens.
type loading struct {
	ended <-chan struct{}
	err   error // once it has ended
	said  said
}

// startLoad has a program, this one where none is named, put a load on the nodes by way of their balancer.
func (c *cluster) startLoad(t *testing.T, program string, how ...string) *loading {
	t.Helper()
	cmd := command(t.Context(), append([]string{"load", "--url", c.balance.url, "--admin-token-file", c.nodes[0].clinic.file("admin", adminToken)}, how...)...)
	cmd.Env = slices.Concat(cmd.Env, []string{"PATH=" + os.Getenv("PATH")})
	if program != "" {
		cmd.Path, cmd.Args[0] = program, program
	}
	ended := make(chan struct{})
	l := &loading{ended: ended}
	cmd.Stdout, cmd.Stderr = &l.said, &l.said
	must(t, cmd.Start())
	go func() { defer close(ended); l.err = cmd.Wait() }()
	return l
}

// judge waits for its end, and wants no error and every invariant.
func (l *loading) judge(t *testing.T) {
	t.Helper()
	<-l.ended
	if l.err != nil {
		t.Errorf("load ended with %v: %s", l.err, tail(l.said.String(), 6000))
		return
	}
	t.Log(tail(l.said.String(), 1500))
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
