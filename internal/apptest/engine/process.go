package engine

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// program is a server that a test may need, and where it is looked for.
type program struct {
	asked  string // set to 1 by scripts/test
	named  string // the variable that names it
	name   string // on the PATH
	cached string // what scripts/test brings, below the root of the repository
	get    string // how else to get it
}

var (
	mongod = program{
		"HOUSECALL_TEST_MONGO", "HOUSECALL_TEST_MONGOD", "mongod", ".cache/mongod/mongod",
		"install MongoDB, or run scripts/test on Linux x86-64, which brings one",
	}
	minioServer = program{
		"HOUSECALL_TEST_BUCKET", "HOUSECALL_TEST_MINIO", "minio", ".cache/bin/minio",
		"install MinIO, or run scripts/test, which builds it",
	}
	natsServer = program{
		"HOUSECALL_TEST_CLUSTER", "HOUSECALL_TEST_NATS", "nats-server", ".cache/bin/nats-server",
		"install nats-server, or run scripts/test, which builds it",
	}
)

// Wanted tells whether a suite was asked for, for tests that need several engines.
func (p program) wanted() bool { return os.Getenv(p.asked) == "1" }

// find answers the program to use, or skips the test: a plain `go test ./...` needs nothing. With CI=true,
// asked for and not there is a failure.
func (p program) find(tb testing.TB) string {
	tb.Helper()
	if !p.wanted() {
		tb.Skipf("not asked for: scripts/test sets %s=1", p.asked)
	}
	if named := os.Getenv(p.named); named != "" {
		return named
	}
	if found, err := exec.LookPath(p.name); err == nil {
		return found
	}
	for folder, err := os.Getwd(); err == nil && folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		found := filepath.Join(folder, p.cached)
		if info, err := os.Stat(found); err == nil && info.Mode()&0o100 != 0 {
			return found
		}
	}
	missing := fmt.Sprintf("no %s: set %s to one, %s", p.name, p.named, p.get)
	if os.Getenv("CI") == "true" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}

// process is one running server. It ends with the test, however that ends.
type process struct {
	cmd *exec.Cmd
	log string // the file with what it said
}

// Side is one end of a network that may be cut: where a server listens, and the group that its process runs as, by
// which a firewall knows what it sends. The group is 0 where HOUSECALL_TEST_FIREWALL is not set.
type Side struct {
	Group uint32
	Ports []string
}

// sideOf is that of a server with these addresses; its group is the number of its first port.
func sideOf(addresses ...string) Side {
	var s Side
	for _, a := range addresses {
		s.Ports = append(s.Ports, portOf(a))
	}
	if os.Getenv("HOUSECALL_TEST_FIREWALL") != "" {
		port, _ := strconv.ParseUint(s.Ports[0], 10, 16)
		s.Group = uint32(port)
	}
	return s
}

// start runs a program; what it says goes to a file of the folder.
func start(tb testing.TB, folder, program string, env []string, side Side, args ...string) *process {
	tb.Helper()
	log, err := os.OpenFile(filepath.Join(folder, filepath.Base(program)+".out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	p := &process{cmd: exec.Command(program, args...), log: log.Name()} //nolint:noctx,gosec // lives as long as the test; named by the tester
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append([]string{"HOME=" + folder, "PATH=" + os.Getenv("PATH")}, env...)
	dieWithParent(p.cmd)
	if side.Group != 0 {
		runAs(p.cmd, side.Group)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatalf("start %s: %v", program, err)
	}
	tb.Cleanup(p.stop)
	return p
}

// Kill ends it as a power cut does.
func (p *process) Kill(tb testing.TB) {
	tb.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		tb.Fatal(err)
	}
	_ = p.cmd.Wait()
}

// Pause stops it where it is, connections open, until Resume.
func (p *process) Pause(tb testing.TB) {
	tb.Helper()
	p.signal(tb, syscall.SIGSTOP)
}

// Resume has a paused one go on.
func (p *process) Resume(tb testing.TB) {
	tb.Helper()
	p.signal(tb, syscall.SIGCONT)
}

func (p *process) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		tb.Fatal(err)
	}
}

func (p *process) stop() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// said is the end of what it said.
func (p *process) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
