package signaling_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"housecall/signaling/signalingtest"
)

// TestMain lets this binary be the floor's server, too.
func TestMain(m *testing.M) {
	if people := os.Getenv("HOUSECALL_BENCH_FLOOR"); people != "" {
		n, _ := strconv.Atoi(people)
		floorServer(n)
		return
	}
	os.Exit(m.Run())
}

// floorKeys are those of one person of the floor, for one direction.
func floorKeys(person int, way byte) *srtp.Context {
	key, salt := make([]byte, 16), make([]byte, 12)
	binary.BigEndian.PutUint32(key, uint32(person))
	key[15] = way
	c, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		panic(err)
	}
	return c
}

// floorServer reads, decrypts, encrypts for the partner and writes: nothing less can forward a call.
// Person n sends as SSRC 2n and 2n+1, and is the partner of n^1.
func floorServer(people int) {
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintf(os.Stdout, "websocket %s\npid\n", udp.LocalAddr())
	in, out, at := make([]*srtp.Context, people), make([]*srtp.Context, people), make([]netip.AddrPort, people)
	for n := range people {
		in[n], out[n] = floorKeys(n, 1), floorKeys(n, 2)
	}
	buf, plain := make([]byte, 1500), make([]byte, 1600)
	var h rtp.Header
	for {
		size, from, err := udp.ReadFromUDPAddrPort(buf)
		if err != nil || size < 12 {
			continue
		}
		n := int(binary.BigEndian.Uint32(buf[8:]) / 2)
		if n >= people {
			continue
		}
		at[n] = from
		packet, err := in[n].DecryptRTP(plain[:0], buf[:size], &h)
		if err != nil || !at[n^1].IsValid() {
			continue
		}
		if sealed, err := out[n^1].EncryptRTP(packet, packet, &h); err == nil {
			_, _ = udp.WriteToUDPAddrPort(sealed, at[n^1])
		}
	}
}

type bottom struct {
	cpu      float64
	p50, p99 time.Duration
}

// floorCPU measures the floor with the packets of calls: 30 pictures and 50 packets of sound a second.
func floorCPU(b *testing.B, people int, d time.Duration) bottom {
	b.Helper()
	p := startFloor(b, people)
	defer p.stop()
	to, err := net.ResolveUDPAddr("udp4", p.url)
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var delays []time.Duration
	stop := make(chan struct{})
	for n := range people {
		conn, err := net.DialUDP("udp4", nil, to)
		if err != nil {
			b.Fatal(err)
		}
		all.Add(2)
		go func() { defer all.Done(); floorSend(conn, n, stop) }()
		go func() {
			defer all.Done()
			mine := floorReceive(conn, n)
			mu.Lock()
			defer mu.Unlock()
			delays = append(delays, mine...)
		}()
	}
	time.Sleep(time.Second)
	before := p.cpu()
	time.Sleep(d)
	used := p.cpu() - before
	close(stop)
	all.Wait()
	return bottom{used / float64(people) / d.Seconds(), signalingtest.Quantile(delays, 0.5), signalingtest.Quantile(delays, 0.99)}
}

func floorSend(conn *net.UDPConn, n int, stop chan struct{}) {
	defer func() { _ = conn.Close() }()
	keys := floorKeys(n, 1)
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	var seq [2]uint16
	send := func(stream, size int) {
		seq[stream]++
		packet := make([]byte, 12+size, 12+size+32)
		packet[0], packet[1] = 0x80, 96
		binary.BigEndian.PutUint16(packet[2:], seq[stream])
		binary.BigEndian.PutUint32(packet[8:], uint32(2*n+stream))
		binary.BigEndian.PutUint64(packet[12:], uint64(time.Now().UnixNano()))
		if sealed, err := keys.EncryptRTP(nil, packet, nil); err == nil {
			_, _ = conn.Write(sealed)
		}
	}
	for i := 0; ; i++ {
		if i%2 == 0 {
			send(0, 80)
		}
		if i*30/100 != (i-1)*30/100 {
			for left := 1_000_000 / 8 / 30; left > 0; left -= 1100 {
				send(1, max(20, min(left, 1100)))
			}
		}
		select {
		case <-stop:
			return
		case <-t.C:
		}
	}
}

func floorReceive(conn *net.UDPConn, n int) (delays []time.Duration) {
	keys := floorKeys(n, 2)
	buf := make([]byte, 1500)
	for {
		size, err := conn.Read(buf)
		if err != nil {
			return delays
		}
		if plain, err := keys.DecryptRTP(nil, buf[:size], nil); err == nil {
			delays = append(delays, time.Since(time.Unix(0, int64(binary.BigEndian.Uint64(plain[12:])))))
		}
	}
}

func startFloor(b *testing.B, people int) *process {
	b.Helper()
	p := &process{b: b}
	p.cmd = pinned(os.Args[0])
	p.cmd.Env = append(os.Environ(), "HOUSECALL_BENCH_FLOOR="+strconv.Itoa(people))
	p.begin()
	return p
}
