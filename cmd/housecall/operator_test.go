package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"housecall/internal/apptest/scratch"
)

// asMain has this test program be housecall, so that the tests meet a real process.
const asMain = "HOUSECALL_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// office is a mail server in the process, with what it was sent.
type office struct {
	port string
	mail chan string
}

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{mail: make(chan string, 32)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return letterbox{o}, nil }))
	server.Domain = "localhost"
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, o.port, _ = net.SplitHostPort(l.Addr().String())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return o
}

type letterbox struct{ office *office }

func (letterbox) Mail(string, *smtp.MailOptions) error { return nil }
func (letterbox) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (letterbox) Reset()                               {}
func (letterbox) Logout() error                        { return nil }

func (b letterbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	select {
	case b.office.mail <- string(text):
	default: // nobody reads so many; a mail server that stood still would hold up who stops
	}
	return err
}

var sixDigits = regexp.MustCompile(`code is (\d{6})`)

// code is the code in the next mail.
func (o *office) code(t *testing.T) string {
	t.Helper()
	select {
	case text := <-o.mail:
		if found := sixDigits.FindStringSubmatch(text); found != nil {
			return found[1]
		}
		t.Fatalf("no code in the mail:\n%s", text)
	case <-t.Context().Done():
		t.Fatal("no mail came")
	}
	return ""
}

// clinic is what an operator has prepared: a data folder, a secret, a mail server.
type clinic struct {
	t    *testing.T
	mail *office
	data string
	args []string
	// program is the binary that serves; empty: this one.
	program string
	// group is what its processes run as, where the rules of a firewall are to know them.
	group uint32
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{t: t, mail: openOffice(t), data: filepath.Join(scratch.Folder(t), "data")}
	secret := c.file("secret", strings.Repeat("0123456789abcdef", 4))
	c.args = []string{
		"--data", c.data, "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--secret-file", secret,
		"--mail-host", "127.0.0.1", "--mail-port", c.mail.port, "--mail-from", "care@clinic.example", "--mail-tls", "none",
	}
	return c
}

func (c *clinic) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// command is housecall in a process of its own, that sees nothing of this one's environment.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = []string{asMain + "=1", "HOME=" + os.TempDir()}
	return cmd
}

// run answers what a command said, and its exit code.
func run(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	cmd := command(t.Context(), args...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// tool runs a command on the clinic's configuration and wants it to work.
func (c *clinic) tool(args ...string) string {
	c.t.Helper()
	said, code := run(c.t, append(args, c.args...)...)
	if code != 0 {
		c.t.Fatalf("%s: exit code %d: %s", strings.Join(args, " "), code, said)
	}
	return said
}

// served is a running `housecall serve`.
type served struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	ended   sync.WaitGroup
	log     said
}

// said is what a process says, which may be read while it goes on.
type said struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (c *clinic) serve() *served {
	c.t.Helper()
	s := &served{t: c.t, cmd: command(context.WithoutCancel(c.t.Context()), append([]string{"serve"}, c.args...)...)}
	if c.program != "" {
		s.cmd.Path, s.cmd.Args[0], s.cmd.Env = c.program, c.program, []string{"HOME=" + os.TempDir()}
	}
	if c.group != 0 {
		s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Gid: c.group}}
	}
	lines, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	address := make(chan string, 1)
	s.ended.Go(func() {
		defer close(address)
		for in := bufio.NewScanner(lines); in.Scan(); {
			_, _ = s.log.Write(append(in.Bytes(), '\n'))
			var line struct{ Msg, Address string }
			if json.Unmarshal(in.Bytes(), &line) == nil && line.Msg == "serving began" {
				address <- line.Address
			}
		}
	})
	s.address = <-address
	if s.address == "" {
		s.ended.Wait()
		c.t.Fatalf("serve ended: %s", s.log.String())
	}
	return s
}

// stop asks the process to end, as a service manager does.
func (s *served) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	s.wait()
}

func (s *served) wait() {
	s.t.Helper()
	s.ended.Wait()
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("serve ended with %v: %s", err, s.log.String())
	}
}

// ask sends JSON and answers JSON.
func (s *served) ask(token, method, path string, body any, want int) map[string]any {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if body == nil {
		raw = nil
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.address+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "key-"+strconv.FormatInt(time.Now().UnixNano(), 36))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode != want {
		s.t.Fatalf("%s %s: status = %d, want %d: %s %v", method, path, w.StatusCode, want, text, err)
	}
	answer := map[string]any{}
	_ = json.Unmarshal(text, &answer)
	return answer
}

// patient signs in by the mailed code; the first sign-in makes the account.
func (s *served) patient(mail *office) (token, patient string) {
	s.t.Helper()
	s.ask("", "POST", "/sign-in/code", map[string]any{"address": "wang@mail.example"}, http.StatusNoContent)
	opened := s.ask("", "POST", "/sign-in", map[string]any{
		"address": "wang@mail.example", "code": mail.code(s.t),
		"profile": map[string]any{"name": "Wang", "birth_date": "1950-05-05", "sex": "female"},
	}, http.StatusOK)
	token, _ = opened["token"].(string)
	patient, _ = s.ask(token, "GET", "/me", nil, http.StatusOK)["patient"].(string)
	return token, patient
}
