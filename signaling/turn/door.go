package turn

import (
	"net"
	"sync"
	"time"
)

// mostConnections is how many connections one listener holds; a new one over that is closed.
const mostConnections = 4096

// door is a listener that knows its connections, so that they can be closed: pion/turn leaves them open.
type door struct {
	net.Listener
	mu   sync.Mutex // guards open, shut
	open map[*visitor]struct{}
	shut bool
	gone sync.WaitGroup
}

func newDoor(l net.Listener) *door {
	return &door{Listener: l, open: map[*visitor]struct{}{}}
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if v := d.enter(c); v != nil {
			return v, nil
		}
		_ = c.Close()
	}
}

func (d *door) enter(c net.Conn) *visitor {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut || len(d.open) >= mostConnections {
		return nil
	}
	v := &visitor{Conn: c, door: d}
	d.open[v] = struct{}{}
	d.gone.Add(1)
	return v
}

// closeAll closes every connection and waits until its reader has gone.
func (d *door) closeAll() {
	d.mu.Lock()
	d.shut = true
	var all []*visitor
	for v := range d.open {
		all = append(all, v)
	}
	d.mu.Unlock()
	for _, v := range all {
		_ = v.Conn.Close() // its reader sees the end, and closes the visitor
	}
	d.gone.Wait()
}

// visitor is one connection, closed when it says nothing for long.
type visitor struct {
	net.Conn
	door *door
	once sync.Once
}

// Read implements net.Conn.
func (v *visitor) Read(b []byte) (int, error) {
	if err := v.SetReadDeadline(wallNow().Add(silentFor)); err != nil {
		return 0, err
	}
	return v.Conn.Read(b)
}

// Close implements net.Conn.
func (v *visitor) Close() error {
	err := v.Conn.Close()
	v.once.Do(func() {
		v.door.mu.Lock()
		defer v.door.mu.Unlock()
		delete(v.door.open, v)
		v.door.gone.Done()
	})
	return err
}

func wallNow() time.Time {
	return time.Now() //nolint:forbidigo // deadlines of sockets go by the machine's clock
}
