//go:build !linux

package sfu

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// datagrams reads and writes a UDP socket.
type datagrams struct{ conn *net.UDPConn }

func newDatagrams(conn *net.UDPConn) (*datagrams, error) { return &datagrams{conn}, nil }

// read hands over what arrives until the socket is closed: then it answers why.
func (d *datagrams) read(handle func(from netip.AddrPort, packet []byte, at time.Time), batched func(at time.Time)) error {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil {
			continue // an ICMP answer to something we sent
		}
		at := time.Now()
		handle(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buf[:n], at)
		batched(at)
	}
}

// write sends one datagram. A lost one is what UDP does anyway: loss recovery is the receiver's.
func (d *datagrams) write(packet []byte, to netip.AddrPort) {
	_, _ = d.conn.WriteToUDPAddrPort(packet, to)
}
