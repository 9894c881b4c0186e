package app

import (
	"net"
	"net/http"
	"sync"
)

// newcomers are connections on which nothing was asked yet: browsers and load balancers open some before they
// need them. A stop would give each of them five seconds, and answers nothing that they ask by then.
type newcomers struct {
	mu      sync.Mutex // guards what follows
	silent  map[net.Conn]struct{}
	leaving bool
}

// see is told by the server what becomes of a connection.
func (n *newcomers) see(c net.Conn, s http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case s != http.StateNew:
		delete(n.silent, c)
	case n.leaving:
		go func() { _ = c.Close() }()
	default:
		n.silent[c] = struct{}{}
	}
}

// sendAway hangs up on all of them, and on those who still come.
func (n *newcomers) sendAway() {
	n.mu.Lock()
	n.leaving = true
	all := n.silent
	n.silent = map[net.Conn]struct{}{}
	n.mu.Unlock()
	for c := range all {
		_ = c.Close()
	}
}
