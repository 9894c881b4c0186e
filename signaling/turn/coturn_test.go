package turn_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// coturn answers the path of one of coturn's tools, or ends the test.
func coturn(t *testing.T, tool string) string {
	t.Helper()
	if os.Getenv("HOUSECALL_TEST_COTURN") == "" {
		if os.Getenv("CI") == "true" && !testing.Short() { // the race detector goes over the short ones alone
			t.Fatal("scripts/test sets HOUSECALL_TEST_COTURN; install coturn, or run the tests by it")
		}
		t.Skip("scripts/test runs this with coturn's client")
	}
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatalf("HOUSECALL_TEST_COTURN is set, and %s is not here: apt-get install coturn", tool)
	}
	return path
}

// peer is coturn's own echo server, on a port of 127.0.0.1.
func peer(t *testing.T, port int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), coturn(t, "turnutils_peer"), "-L", "127.0.0.1", "-p", strconv.Itoa(port))
	must(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
}

func TestCoturnsClientReachesMediaAddressAndNoOther(t *testing.T) {
	t.Parallel()
	coturn(t, "turnutils_uclient")
	for name, flags := range map[string][]string{"over UDP": nil, "over TCP": {"-t"}, "over TLS": {"-t", "-S"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			allowed, elsewhere := at(w.media).Port(), at(w.other).Port()
			must(t, w.media.Close())
			must(t, w.other.Close())
			peer(t, int(allowed))
			peer(t, int(elsewhere))
			server := map[string]string{"over UDP": w.udp, "over TCP": w.tcp, "over TLS": w.overTLS}[name]

			t.Run("to the media address", func(t *testing.T) {
				t.Parallel()
				if received, out := uclient(t, w, server, allowed, flags); received != 10 {
					t.Errorf("coturn's client got %d of 10 messages back:\n%s", received, out)
				}
			})
			t.Run("to another port", func(t *testing.T) {
				t.Parallel()
				if received, out := uclient(t, w, server, elsewhere, flags); received > 0 {
					t.Errorf("coturn's client got %d messages back:\n%s", received, out)
				}
				if w.relay.Refused() == 0 {
					t.Error("nothing was refused: coturn's client sent nothing")
				}
			})
		})
	}
}

// uclient sends ten messages to a port of 127.0.0.1 through the relay, and counts what came back.
func uclient(t *testing.T, w *world, server string, to uint16, flags []string) (int, string) {
	t.Helper()
	cred := w.relay.Credential("room_1.patient")
	host, port, err := net.SplitHostPort(server)
	must(t, err)
	args := append([]string{
		"-u", cred.Username, "-w", cred.Password, "-p", port, "-e", "127.0.0.1", "-r", strconv.Itoa(int(to)), "-n", "10", "-m", "1", "-c", "-z", "20",
	}, flags...)
	ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second) // where nothing comes back it waits for long
	defer cancel()
	c := exec.CommandContext(ctx, coturn(t, "turnutils_uclient"), append(args, host)...)
	c.WaitDelay = time.Second
	out, _ := c.CombinedOutput() // it may end with an error where it is refused
	text := string(out)
	_, tail, found := strings.Cut(text, "tot_recv_msgs=")
	for rest := tail; found; { // the last line counts
		if _, more, again := strings.Cut(rest, "tot_recv_msgs="); again {
			tail, rest = more, more
			continue
		}
		break
	}
	digits := strings.FieldsFunc(tail, func(r rune) bool { return r < '0' || r > '9' })
	if !found || len(digits) == 0 {
		return 0, text
	}
	n, err := strconv.Atoi(digits[0])
	must(t, err)
	return n, text
}
