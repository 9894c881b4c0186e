package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"housecall/internal/apptest/engine"
	"housecall/internal/sim"
)

// The stories of several nodes share one set of engines: it takes seconds to start.
func TestSeveralNodesOnRealEngines(t *testing.T) {
	t.Parallel()
	c := openCluster(t, 3)
	for _, story := range []struct {
		name string
		tell func(*testing.T, *cluster)
	}{
		{"an order goes through the whole chain, each request to another node", walkOverNodes},
		{"a session made at one node is good at others, and ended everywhere", sessionOverNodes},
		{"the same key at two nodes makes one thing", keyOverNodes},
		{"what is done at one node is seen on the live feed of another", feedOverNodes},
		{"a photo sent to the bucket is settled at one node and shown by another", fileOverNodes},
		{"nodes are drained and replaced one by one, and nobody sees an error", replacedUnderLoad},
		{"a room lives on one node, others show the way, and it moves when that one dies", roomOverNodes},
		{"nodes are replaced while many people order, and what must hold does", loadedUnderReplacement},
		{"a backup is made while people order, and restored as a service of its own", backedUpWhileServing},
		{"a node whose engines are not fit, or not its own, is refused with what to do", unfitEngines},
		{"a short drill", shortDrill},
	} {
		t.Run(story.name, func(t *testing.T) { story.tell(t, c) })
	}
}

func walkOverNodes(t *testing.T, c *cluster) {
	t.Helper()
	w := sim.Walk{Base: c.balance.url, Operator: c.operator(nil), Out: t.Output(), Patience: 20 * time.Second}

	if r := w.Run(t.Context()); !r.OK {
		t.Error(r.Error)
	}
}

// person enrols a patient by the operator, and answers who they are and their patient's id.
func (c *cluster) person(t *testing.T) (token, patient, address string) {
	t.Helper()
	how := &http.Client{Transport: &stubborn{inner: http.DefaultTransport, within: time.Minute}}
	operator := c.operator(how)
	address = fmt.Sprintf("p%d@nodes.example", time.Now().UnixNano())
	invite, err := operator.Post(t.Context(), "/invites", sim.JSON{"role": "patient", "address": address, "name": "Wu Node", "birth_date": "1950-05-05", "sex": "female"})
	if err != nil {
		t.Fatal(err)
	}
	taken, err := (&sim.Client{Base: c.balance.url, HTTP: how}).Post(t.Context(), "/enrolment/accept", sim.JSON{"token": invite.Text("token")})
	if err != nil {
		t.Fatal(err)
	}
	token = taken.Text("session.token")
	me, err := (&sim.Client{Base: c.balance.url, HTTP: how, Token: token}).Get(t.Context(), "/me")
	if err != nil {
		t.Fatal(err)
	}
	return token, me.Text("patient"), address
}

func sessionOverNodes(t *testing.T, c *cluster) {
	t.Helper()
	token, _, _ := c.person(t)
	for _, n := range c.nodes { // each node has heard of it
		if _, err := nodeAPI(n, token).Get(t.Context(), "/me"); err != nil {
			t.Fatal(err)
		}
	}

	status, _ := send(t, c.nodes[0], token, http.MethodDelete, "/sessions", "", nil)

	if status >= 300 {
		t.Fatalf("end all sessions = %d", status)
	}
	for i, n := range c.nodes {
		_, err := sim.Until(t.Context(), 5*time.Second, func() (sim.Answer, error) {
			_, err := nodeAPI(n, token).Get(t.Context(), "/me")
			return sim.Answer{Body: sim.JSON{"status": float64(sim.StatusOf(err))}}, nil
		}, func(a sim.Answer) bool { return a.At("status") == float64(http.StatusUnauthorized) })
		if err != nil {
			t.Errorf("node %d still takes a session that was ended: %v", i, err)
		}
	}
}

func keyOverNodes(t *testing.T, c *cluster) {
	t.Helper()
	token, patient, _ := c.person(t)
	made := make([]string, 6)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			status, text := send(t, c.nodes[i%3], token, http.MethodPost, "/intakes", "one-key", sim.JSON{"patient": patient})
			var a struct{ ID string }
			_ = json.Unmarshal(text, &a)
			if made[i] = a.ID; status != http.StatusCreated {
				t.Errorf("node %d: %d %s", i%3, status, text)
			}
		})
	}
	all.Wait()

	for _, id := range made {
		if id == "" || id != made[0] {
			t.Errorf("one key made %v", made)
			break
		}
	}
}

// send asks one node, with a key.
func send(t *testing.T, n *node, token, method, path, key string, body any) (int, []byte) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+n.address+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Error(err)
	}
	return w.StatusCode, text
}

func feedOverNodes(t *testing.T, c *cluster) {
	t.Helper()
	giver, patient, _ := c.person(t)
	_, _, address := c.person(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.nodes[2].address+"/api/v1/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+giver)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()

	if _, err := nodeAPI(c.nodes[0], giver).Post(t.Context(), "/patients/"+patient+"/grants", sim.JSON{"address": address, "scopes": []string{"see"}}); err != nil {
		t.Fatal(err)
	}

	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data:") && strings.Contains(lines.Text(), "grant.") {
			return
		}
	}
	t.Errorf("the feed at another node showed nothing: %v", ctx.Err())
}

func fileOverNodes(t *testing.T, c *cluster) {
	t.Helper()
	token, patient, _ := c.person(t)
	paper := []byte("%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n")
	a, err := nodeAPI(c.nodes[0], token).Post(t.Context(), "/intakes", sim.JSON{"patient": patient})
	if err != nil {
		t.Fatal(err)
	}
	path := "/intakes/" + a.Text("id") + "/attachments"
	up, err := nodeAPI(c.nodes[0], token).Post(t.Context(), path, sim.JSON{"name": "letter.pdf", "type": "application/pdf", "size": len(paper)})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(up.Text("url"), c.minio.URL) {
		t.Errorf("people upload to %s, want the bucket itself", up.Text("url"))
	}
	for _, wrong := range [][]byte{append(paper, 'x'), nil} {
		if status := engine.Upload(t, up.Text("url"), wrong); status < 400 {
			t.Errorf("%d bytes in place of %d were taken: %d", len(wrong), len(paper), status)
		}
	}
	if status := engine.Upload(t, up.Text("url"), paper); status != http.StatusOK {
		t.Fatalf("upload = %d", status)
	}

	if _, err := nodeAPI(c.nodes[1], token).Post(t.Context(), path+"/"+up.Text("attachment")+"/settle", nil); err != nil {
		t.Fatal(err)
	}
	shown, err := nodeAPI(c.nodes[2], token).Get(t.Context(), path+"/"+up.Text("attachment"))
	if err != nil {
		t.Fatal(err)
	}

	w, err := http.Get(shown.Text("url")) //nolint:noctx // an address of the test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	if text, _ := io.ReadAll(w.Body); !bytes.Equal(text, paper) || w.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("shown %d %q", w.StatusCode, text)
	}
}

func replacedUnderLoad(t *testing.T, c *cluster) {
	t.Helper()
	over := c.walkers(t)
	for i := range c.nodes {
		c.replace(i)
	}
	over()
}

// walkers take orders through the whole chain, none of whose requests is sent again: an error would be seen. They
// end when they are told to.
func (c *cluster) walkers(t *testing.T) (over func()) {
	t.Helper()
	var all sync.WaitGroup
	done := make(chan struct{})
	var walked atomic.Int64
	for range 2 {
		all.Go(func() {
			for open := true; open; {
				w := sim.Walk{Base: c.balance.url, Operator: c.operator(nil), Patience: 30 * time.Second}
				if r := w.Run(t.Context()); !r.OK {
					t.Error(r.Error)
					return
				}
				walked.Add(1)
				select {
				case <-done:
					open = false
				default:
				}
			}
		})
	}
	return func() {
		close(done)
		all.Wait()
		t.Logf("%d orders went through the whole chain meanwhile", walked.Load())
	}
}

func shortDrill(t *testing.T, c *cluster) {
	t.Helper()
	d := newDrill(t, c, 1)
	d.run(killNode, killPrimary, killEvents, pauseNode, killFiles, jumpClock)
}
