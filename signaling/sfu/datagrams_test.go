package sfu

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

// many is as many as are read at once.
const many = 16

// mailbox reads a socket of ours, and answers every packet to where it came from.
func mailbox(t *testing.T, network string, at *net.UDPAddr) (*net.UDPAddr, chan string) {
	t.Helper()
	udp, err := net.ListenUDP(network, at)
	if err != nil {
		t.Skipf("no %s here: %v", network, err)
	}
	d, err := newDatagrams(udp)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 4*many)
	go func() {
		_ = d.read(func(from netip.AddrPort, packet []byte, _ time.Time) {
			got <- fmt.Sprintf("%s %s", from, packet)
			d.write(bytes.ToUpper(packet), from)
		}, func(time.Time) {})
	}()
	t.Cleanup(func() { _ = udp.Close() })
	return udp.LocalAddr().(*net.UDPAddr), got
}

func TestABurstOfDatagramsIsReadWholeAndAnsweredToWhereEachCameFrom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, network string
		listen        net.IP
		from          string
	}{
		{"IPv4 alone", "udp4", net.IPv4(127, 0, 0, 1), "127.0.0.1"},
		{"IPv4 on a port of both", "udp", nil, "127.0.0.1"},
		{"IPv6 on a port of both", "udp", nil, "::1"},
		{"IPv6 alone", "udp6", net.IPv6loopback, "::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at, got := mailbox(t, tt.network, &net.UDPAddr{IP: tt.listen})
			client, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.ParseIP(tt.from), Port: at.Port})
			if err != nil {
				t.Skipf("no way there: %v", err)
			}
			defer func() { _ = client.Close() }()
			me := client.LocalAddr().(*net.UDPAddr).AddrPort()
			const burst = 3*many + 1

			for n := range burst {
				if _, err := client.Write(fmt.Appendf(nil, "packet %d", n)); err != nil {
					t.Fatal(err)
				}
			}

			for n := range burst {
				want := fmt.Sprintf("%s packet %d", netip.AddrPortFrom(me.Addr().Unmap(), me.Port()), n)
				if text := <-got; text != want {
					t.Fatalf("read %q, want %q", text, want)
				}
			}
			buf := make([]byte, maxPacket)
			_ = client.SetReadDeadline(time.Now().Add(10 * time.Second))
			for n := range burst {
				size, err := client.Read(buf)
				if want := fmt.Sprintf("PACKET %d", n); err != nil || string(buf[:size]) != want {
					t.Fatalf("answered %q, %v, want %q", buf[:size], err, want)
				}
			}
		})
	}
}

func TestReadingEndsWhenTheSocketIsClosedAndNothingIsWrittenAfterIt(t *testing.T) {
	t.Parallel()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDatagrams(udp)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- d.read(func(netip.AddrPort, []byte, time.Time) {}, func(time.Time) {})
	}()

	_ = udp.Close()

	select {
	case err := <-ended:
		if err == nil {
			t.Error("reading ended without saying why")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("reading goes on")
	}
	d.write([]byte("late"), udp.LocalAddr().(*net.UDPAddr).AddrPort())
}

func TestAFloodDoesNotKeepAClosedSocketOpen(t *testing.T) {
	t.Parallel()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDatagrams(udp)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.DialUDP("udp4", nil, udp.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	flooded, ended := make(chan struct{}), make(chan error, 1)
	var seen int
	go func() {
		ended <- d.read(func(netip.AddrPort, []byte, time.Time) {
			for range 2 { // for each that is read two more come
				_, _ = client.Write([]byte("flood"))
			}
			if seen++; seen == 10*many {
				close(flooded)
			}
		}, func(time.Time) {})
	}()
	_, _ = client.Write([]byte("flood"))
	<-flooded

	_ = udp.Close()

	select {
	case err := <-ended:
		if err == nil {
			t.Error("reading ended without saying why")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("reading goes on")
	}
}

func TestADatagramToAnAddressOfAnotherFamilyIsLost(t *testing.T) {
	t.Parallel()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	d, err := newDatagrams(udp)
	if err != nil {
		t.Fatal(err)
	}

	d.write([]byte("to nowhere"), netip.MustParseAddrPort("[2001:db8::1]:9"))
	d.write(nil, netip.MustParseAddrPort("127.0.0.1:9"))
}
