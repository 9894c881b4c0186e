package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

func TestServeThatCannotServeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for _, tt := range []struct {
		name string
		args []string // after those that are right
		want []string
	}{
		{"a flag that is none", []string{"--lisen", "x"}, []string{"--lisen"}},
		{"an unknown key in the file", []string{"--config", c.file("c.yaml", "lisen: x\n")}, []string{"lisen", "c.yaml"}},
		{"a weak secret", []string{"--secret-file", c.file("weak", "secret")}, []string{"too weak", "openssl rand -hex 32"}},
		{"no secret", []string{"--secret-file", ""}, []string{"secret_file is not set", "openssl rand -hex 32"}},
		{"a folder that can't be written", []string{"--data", c.file("file", "x")}, []string{"--data"}},
		{"no mail server named", []string{"--mail-host", ""}, []string{"mail.host", "SMTP"}},
		{"a mail server that is not there", []string{"--mail-port", "1"}, []string{"mail server can't be used", "mail.*"}},
		{"no address for people", []string{"--public-url", ""}, []string{"public_url", "https://"}},
		{"an address that is taken", []string{"--listen", "127.0.0.1:" + c.mail.port}, []string{"another housecall", "--listen"}},
	} {
		said, code := run(t, append(append([]string{"serve"}, c.args...), tt.args...)...)

		if code == 0 {
			t.Errorf("%s: exit code 0", tt.name)
		}
		for _, want := range tt.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q: %s", tt.name, want, said)
			}
		}
		if strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
			t.Errorf("%s: it says %s", tt.name, said)
		}
	}
}

func TestUnknownVariableIsRefusedByName(t *testing.T) {
	t.Parallel()
	cmd := command(t.Context(), "check-config")
	cmd.Env = append(cmd.Env, "HOUSECALL_LISEN=x")

	said, err := cmd.CombinedOutput()

	if err == nil || !strings.Contains(string(said), "HOUSECALL_LISEN") {
		t.Errorf("check-config = %v: %s", err, said)
	}
}

func TestPatientSignsInByTheMailedCodeAndTheFirstTimeMakesTheAccount(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	s := c.serve()
	t.Cleanup(s.stop)

	token, patient := s.patient(c.mail)
	begun := s.ask(token, "POST", "/intakes", map[string]any{"patient": patient}, http.StatusCreated)

	if begun["state"] != "draft" || begun["patient"] != patient {
		t.Errorf("intake = %v", begun)
	}
	if strings.Contains(s.log.String(), "wang") {
		t.Errorf("the log names the patient: %s", s.log.String())
	}
}

var shownSecret = regexp.MustCompile(`once: ([A-Z2-7]+)`)

func TestFirstOperatorIsMadeByACommandAndSignsInWithPasswordAndAuthenticator(t *testing.T) {
	t.Parallel()
	c := newClinic(t).unhurried()
	const password = "a long enough phrase for an operator"
	said := c.tool("user", "add", "op@clinic.example", "--password-file", c.file("password", password+"\n"))
	secret := shownSecret.FindStringSubmatch(said)
	if secret == nil {
		t.Fatalf("no secret shown: %s", said)
	}
	s := c.serve()
	t.Cleanup(s.stop)
	code, err := totp.GenerateCode(secret[1], time.Now())
	if err != nil {
		t.Fatal(err)
	}

	s.ask("", "POST", "/sign-in/staff", map[string]any{"address": "op@clinic.example", "password": "not this phrase at all", "code": code}, http.StatusUnauthorized)
	opened := s.ask("", "POST", "/sign-in/staff", map[string]any{"address": "op@clinic.example", "password": password, "code": code}, http.StatusOK)

	token, _ := opened["token"].(string)
	s.ask(token, "GET", "/ledger", nil, http.StatusOK)
}

func TestToolThatCannotStartSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for _, tt := range []struct{ args, want []string }{
		{[]string{"user", "add", "op@clinic.example"}, []string{"--password-file"}},
		{[]string{"user", "add", "op@clinic.example", "--password-file", c.file("short", "short")}, []string{"12 characters"}},
		{[]string{"events", "replay", "first"}, []string{"`housecall events dead`"}},
		{[]string{"audit", "verify", "--data", t.TempDir()}, []string{"no housecall", "--data"}},
	} {
		said, code := run(t, append(slices.Clone(c.args), tt.args...)...)

		for _, want := range tt.want {
			if code == 0 || !strings.Contains(said, want) {
				t.Errorf("%v: exit code %d, want it to say %q: %s", tt.args, code, want, said)
			}
		}
	}
}

func TestToolRefusesAFolderThatARunningServerUsesAndWorksAfterwards(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	s := c.serve()

	said, code := run(t, append([]string{"events", "dead"}, c.args...)...)
	token, patient := s.patient(c.mail)
	s.ask(token, "POST", "/intakes", map[string]any{"patient": patient}, http.StatusCreated)
	s.stop()
	after := c.tool("events", "dead")

	if code == 0 || !strings.Contains(said, "another housecall is running") {
		t.Errorf("exit code %d, want a refusal that says why: %s", code, said)
	}
	if !strings.Contains(after, "CONSUMER") || strings.Count(after, "\n") != 1 {
		t.Errorf("dead letters = %s, want the heading alone", after)
	}
}

func TestAuditOfADataFolderIsProved(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	s := c.serve()
	token, patient := s.patient(c.mail)
	begun := s.ask(token, "POST", "/intakes", map[string]any{"patient": patient}, http.StatusCreated)
	s.ask(token, "GET", fmt.Sprint("/intakes/", begun["id"]), nil, http.StatusOK)
	s.stop()

	said := c.tool("audit", "verify")

	if !regexp.MustCompile(`is whole: [1-9][0-9]* entries in [1-9][0-9]* blocks\. Note down its sum elsewhere: [0-9A-Za-z+/=]{20}`).MatchString(said) {
		t.Errorf("proof = %s, want words, entries and a sum", said)
	}
}

func TestCheckConfigPrintsWhatWouldBeUsedWithoutSecrets(t *testing.T) {
	t.Parallel()
	c := newClinic(t)

	said := c.tool("check-config")

	if !strings.Contains(said, "from: care@clinic.example") || strings.Contains(said, "0123456789abcdef") {
		t.Errorf("it prints %s", said)
	}
}

func TestVersionIsPrinted(t *testing.T) {
	t.Parallel()

	said, code := run(t, "version")

	if code != 0 || !strings.HasPrefix(said, "housecall ") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestStopAnswersWhatIsInFlightAndLosesNothing(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	first := c.serve()
	token, patient := first.patient(c.mail)
	body := fmt.Sprintf(`{"patient":%q}`, patient)
	slow, err := net.Dial("tcp", first.address) //nolint:noctx // a client that is slow in the middle of its request
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	fmt.Fprintf(slow, "POST /api/v1/intakes HTTP/1.1\r\nHost: care.example\r\nAuthorization: Bearer %s\r\nIdempotency-Key: slow\r\n"+ //nolint:errcheck // the answer tells
		"Content-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", token, len(body))
	in := bufio.NewReader(slow)
	if line, _ := in.ReadString('\n'); !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server says %q, want that it reads the body", line)
	}
	_, _ = in.ReadString('\n')

	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until it takes nobody new
		if late, err := net.Dial("tcp", first.address); err != nil { //nolint:noctx // as above
			break
		} else if err := late.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(slow, body); err != nil {
		t.Fatal(err)
	}
	w, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("the request in flight was not answered: %v", err)
	}
	var begun struct{ ID string }
	err = json.NewDecoder(w.Body).Decode(&begun)
	_ = w.Body.Close()
	first.wait()

	if err != nil || w.StatusCode != http.StatusCreated {
		t.Fatalf("status = %d, %v", w.StatusCode, err)
	}
	second := c.serve()
	t.Cleanup(second.stop)
	if read := second.ask(token, "GET", "/intakes/"+begun.ID, nil, http.StatusOK); read["id"] != begun.ID {
		t.Errorf("after the restart = %v, want %s", read, begun.ID)
	}
}

func TestStopDoesNotWaitForWhoFollowsALiveFeed(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	s := c.serve()
	token, _ := s.patient(c.mail)
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+s.address+"/api/v1/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()

	s.stop() // within its time, else its exit code says so

	if w.StatusCode != http.StatusOK || !strings.HasPrefix(w.Header.Get("Content-Type"), "text/event-stream") {
		t.Errorf("the feed was %d %s", w.StatusCode, w.Header.Get("Content-Type"))
	}
	if _, err := io.Copy(io.Discard, w.Body); err != nil {
		t.Errorf("the feed was cut in the middle: %v", err)
	}
}
