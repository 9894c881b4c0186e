package turn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
)

// checkTime is how long the self-test may take.
const checkTime = 2 * time.Second

// Check goes through the relay as a client would: a credential, an allocation, leave to reach the media
// address, and none to reach another. It answers what does not work.
func (r *Relay) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	conn, server, err := r.enter(ctx)
	if err != nil {
		return fmt.Errorf("check the relay: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing was kept in it
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	cred := r.Credential("self-test")
	client, err := pion.NewClient(&pion.ClientConfig{
		TURNServerAddr: server.String(), Username: cred.Username, Password: cred.Password, Realm: r.Realm, Conn: conn,
		RequestedAddressFamily: r.family(), LoggerFactory: silence{}, RTO: 200 * time.Millisecond,
	})
	if err != nil {
		return fmt.Errorf("check the relay: %w", err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return fmt.Errorf("check the relay: %w", err)
	}
	relayed, err := client.Allocate()
	if err != nil {
		return fmt.Errorf("check the relay: make an allocation: %w", err)
	}
	defer relayed.Close() //nolint:errcheck // the allocation goes with it
	if err := client.CreatePermission(net.UDPAddrFromAddrPort(r.Media[0])); err != nil {
		return fmt.Errorf("check the relay: reach the media address: %w", err)
	}
	if err := client.CreatePermission(r.elsewhere()); err == nil {
		return errors.New("check the relay: it lets through to an address that is not ours")
	}
	return nil
}

// family is that of the first media address.
func (r *Relay) family() pion.RequestedAddressFamily {
	if r.Media[0].Addr().Is4() {
		return pion.RequestedAddressFamilyIPv4
	}
	return pion.RequestedAddressFamilyIPv6
}

// elsewhere is an address for documentation, where nobody is (RFC 5737, RFC 3849).
func (r *Relay) elsewhere() net.Addr {
	if r.Media[0].Addr().Is4() {
		return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}
	}
	return &net.UDPAddr{IP: net.ParseIP("2001:db8::1"), Port: 9}
}

// enter goes in by the first door: the UDP socket, or a connection.
func (r *Relay) enter(ctx context.Context) (net.PacketConn, net.Addr, error) {
	if len(r.UDP) > 0 {
		server, ok := r.UDP[0].LocalAddr().(*net.UDPAddr)
		if !ok {
			return nil, nil, errors.New("it listens on no UDP address")
		}
		network := "udp6"
		if near(server.IP).To4() != nil {
			network = "udp4"
		}
		conn, err := net.ListenUDP(network, nil)
		if err != nil {
			return nil, nil, err
		}
		return conn, &net.UDPAddr{IP: near(server.IP), Port: server.Port}, nil
	}
	dial := r.Dial
	if dial == nil {
		dial = func(ctx context.Context) (net.Conn, error) {
			server, ok := r.TCP[0].Addr().(*net.TCPAddr)
			if !ok {
				return nil, errors.New("it listens on no TCP address")
			}
			return (&net.Dialer{}).DialContext(ctx, "tcp", (&net.TCPAddr{IP: near(server.IP), Port: server.Port}).String())
		}
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	return pion.NewSTUNConn(conn), conn.RemoteAddr(), nil
}

// near is where a socket that listens on every address is reached from this machine.
func near(ip net.IP) net.IP {
	if ip == nil || ip.IsUnspecified() {
		return net.IPv4(127, 0, 0, 1)
	}
	return ip
}

// silence is pion's logger: what it writes holds addresses of people.
type silence struct{}

// NewLogger implements pion's LoggerFactory.
func (silence) NewLogger(scope string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope(scope, logging.LogLevelDisabled, io.Discard)
}
