package sfu

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// datagrams reads and writes a UDP socket without telling Go's scheduler of each call: none of them ever
// waits, and what is told wakes the runtime's watching thread for every single packet of a node that is
// not busy, which was a fifth of all it did. Whatever has come is read at once, in one system call.
type datagrams struct {
	raw syscall.RawConn
	six bool // the socket speaks IPv6, and IPv4 mapped into it
	out sync.Pool
}

func newDatagrams(conn *net.UDPConn) (*datagrams, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	d := &datagrams{raw: raw}
	var name error
	err = raw.Control(func(fd uintptr) {
		var at unix.Sockaddr
		at, name = unix.Getsockname(int(fd))
		_, d.six = at.(*unix.SockaddrInet6)
	})
	if err == nil {
		err = name
	}
	d.out.New = func() any {
		o := &outgoing{}
		o.run = o.send
		return o
	}
	return d, err
}

// batch is how many datagrams are taken at once: those of a keyframe, say.
const batch = 16

type message struct {
	head unix.Msghdr
	size uint32
}

// incoming is room for one batch.
type incoming struct {
	messages [batch]message
	vectors  [batch]unix.Iovec
	from     [batch]unix.RawSockaddrInet6
	buffers  [batch][maxPacket]byte
}

func (in *incoming) ready() {
	for i := range in.messages {
		in.vectors[i].Base = &in.buffers[i][0]
		in.vectors[i].SetLen(maxPacket)
		in.messages[i].head = unix.Msghdr{
			Name: (*byte)(unsafe.Pointer(&in.from[i])), Namelen: unix.SizeofSockaddrInet6, Iov: &in.vectors[i],
		}
		in.messages[i].head.SetIovlen(1)
	}
}

// read hands over what arrives, batch by batch, until the socket is closed: then it answers why.
func (d *datagrams) read(handle func(from netip.AddrPort, packet []byte, at time.Time), batched func(at time.Time)) error {
	in := &incoming{}
	var failed error
	once := func(fd uintptr) (more bool) {
		in.ready()
		n, _, code := syscall.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.messages)), batch, unix.MSG_DONTWAIT, 0, 0)
		switch code {
		case 0:
		case unix.EAGAIN:
			return false
		case unix.EBADF, unix.ENOTSOCK, unix.EFAULT, unix.EINVAL, unix.ENOSYS:
			failed = code
			return true
		default:
			return true // interrupted, or an ICMP answer to something we sent
		}
		at := time.Now()
		for i := range int(n) {
			handle(addressOf(&in.from[i]), in.buffers[i][:in.messages[i].size], at)
		}
		batched(at)
		return n == batch // else the socket was empty: whatever comes from now on wakes us
	}
	for {
		// Between two full batches it is looked whether somebody closes the socket: a flood must not keep it open.
		if err := d.raw.Read(once); err != nil || failed != nil {
			runtime.KeepAlive(in)
			return errors.Join(failed, err)
		}
	}
}

func addressOf(a *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&a.Port))[:])
	if a.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(a)).Addr), port)
	}
	ip := netip.AddrFrom16(a.Addr).Unmap()
	if a.Scope_id != 0 && ip.Is6() {
		if zone, err := net.InterfaceByIndex(int(a.Scope_id)); err == nil {
			ip = ip.WithZone(zone.Name)
		}
	}
	return netip.AddrPortFrom(ip, port)
}

// outgoing is one datagram on its way.
type outgoing struct {
	packet []byte
	to     unix.RawSockaddrInet6
	size   uintptr
	run    func(fd uintptr) bool
}

// send waits only where the socket has no room.
func (o *outgoing) send(fd uintptr) bool {
	_, _, code := syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(o.packet))), uintptr(len(o.packet)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&o.to)), o.size)
	return code != unix.EAGAIN
}

// write sends one datagram. A lost one is what UDP does anyway: loss recovery is the receiver's.
func (d *datagrams) write(packet []byte, to netip.AddrPort) {
	ip := to.Addr()
	if len(packet) == 0 || !d.six && !ip.Is4() {
		return
	}
	o := d.out.Get().(*outgoing)
	defer d.out.Put(o)
	o.packet = packet
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&o.to.Port))[:], to.Port())
	if d.six {
		o.to.Family, o.to.Addr, o.to.Scope_id, o.size = unix.AF_INET6, ip.As16(), scopeOf(ip), unix.SizeofSockaddrInet6
	} else {
		o.to.Family, o.size = unix.AF_INET, unix.SizeofSockaddrInet4
		(*unix.RawSockaddrInet4)(unsafe.Pointer(&o.to)).Addr = ip.As4()
	}
	_ = d.raw.Write(o.run)
	o.packet = nil
}

func scopeOf(ip netip.Addr) uint32 {
	if ip.Zone() == "" {
		return 0
	}
	if zone, err := net.InterfaceByName(ip.Zone()); err == nil {
		return uint32(zone.Index)
	}
	return 0
}
