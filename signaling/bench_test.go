package signaling_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"housecall/internal/clock"
	"housecall/signaling"
	"housecall/signaling/sfu"
	"housecall/signaling/signalingtest"
)

// BenchmarkCalls measures a media node of its own process, with twenty calls of two, beside the floor: a
// process that only decrypts, encrypts and sends the same packets. scripts/bench pins servers and clients
// to cores of their own and says which binary is measured.
func BenchmarkCalls(b *testing.B) {
	binary := os.Getenv("HOUSECALL_BENCH_BINARY")
	if binary == "" {
		b.Skip("HOUSECALL_BENCH_BINARY names no binary: scripts/bench does")
	}
	const calls = 20
	for b.Loop() {
		bottom := floorCPU(b, 2*calls, 8*time.Second)
		ours := startMedia(b, binary)
		b.ReportMetric(ours.memory("VmRSS"), "idle-MiB")
		crowd, err := signalingtest.Gather(b.Context(), ours.load(calls))
		if err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Second)
		before := ours.cpu()
		r := crowd.Measure(b.Context(), 8*time.Second)
		cpu := (ours.cpu() - before) / float64(2*calls) / 8
		b.ReportMetric(cpu, "cpu-ms/person-s")
		b.ReportMetric(bottom.cpu, "floor-cpu-ms/person-s")
		b.ReportMetric(cpu/bottom.cpu, "x-floor")
		b.ReportMetric(ms(r.P50), "oneway-p50-ms")
		b.ReportMetric(ms(r.P99), "oneway-p99-ms")
		b.ReportMetric(ms(bottom.p50), "floor-oneway-p50-ms")
		b.ReportMetric(ms(bottom.p99), "floor-oneway-p99-ms")
		b.ReportMetric(r.Fraction(), "delivered")
		b.ReportMetric(ours.memory("VmRSS"), "MiB")
		b.ReportMetric(ours.memory("RssAnon"), "own-MiB")
		comings(b, ours)
		crowd.Leave()
		ours.stop()
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// process is a server that is measured from outside.
type process struct {
	b      *testing.B
	cmd    *exec.Cmd
	url    string
	secret []byte
}

// pinned runs a command on the servers' core, where scripts/bench has said which.
func pinned(command ...string) *exec.Cmd {
	if core := os.Getenv("HOUSECALL_BENCH_SERVER_CORE"); core != "" {
		command = append([]string{"taskset", "-c", core}, command...)
	}
	return exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // our own servers, stopped by the benchmark
}

func startMedia(b *testing.B, binary string) *process {
	b.Helper()
	file := filepath.Join(b.TempDir(), "secret")
	if err := os.WriteFile(file, secret, 0o600); err != nil {
		b.Fatal(err)
	}
	p := &process{b: b, secret: secret}
	p.cmd = pinned(binary, "media", "--listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--secret-file", file)
	p.begin()
	time.Sleep(2 * time.Second) // idle is after starting
	return p
}

// begin starts the process and reads where it listens.
func (p *process) begin() {
	p.b.Helper()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.b.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.b.Fatal(err)
	}
	said, buf := "", make([]byte, 4096)
	for !strings.Contains(said, "pid") {
		n, err := out.Read(buf)
		if err != nil {
			p.b.Fatal(err)
		}
		said += string(buf[:n])
	}
	_, rest, _ := strings.Cut(said, "websocket ")
	p.url, _, _ = strings.Cut(rest, "\n")
}

func (p *process) load(calls int) signalingtest.LoadOptions {
	return signalingtest.LoadOptions{URL: p.url, Secret: p.secret, Calls: calls, Now: time.Now}
}

// cpu is milliseconds of both kinds that the process has used.
func (p *process) cpu() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')'):]))
	user, _ := strconv.ParseFloat(f[12], 64)
	system, _ := strconv.ParseFloat(f[13], 64)
	return (user + system) * 10 // ticks of 10 ms
}

func (p *process) memory(what string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), what+":")
	kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kb / 1024
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// comings measures joins and returns beside the load: how long until the first keyframe is there, on
// either side.
func comings(b *testing.B, p *process) {
	b.Helper()
	steady := comes(b, p, "steady", 900, signalingtest.MediaOptions{})
	defer steady.Close()
	var mine, theirs, backMine, backTheirs []time.Duration
	for n := range 25 {
		mark := uint32(1000 + 2*n)
		c, a, o := coming(b, p, steady, mark)
		mine, theirs = append(mine, a), append(theirs, o)
		c.Media.Paused.Store(true) // lost without a word
		again, a, o := coming(b, p, steady, mark+1)
		backMine, backTheirs = append(backMine, a), append(backTheirs, o)
		c.Close()
		_ = again.Send(b.Context(), m{"t": "leave"})
		again.Close()
	}
	for name, all := range map[string][]time.Duration{"join": mine, "join-other": theirs, "back": backMine, "back-other": backTheirs} {
		b.ReportMetric(ms(signalingtest.Quantile(all, 0.5)), name+"-p50-ms")
		b.ReportMetric(ms(signalingtest.Quantile(all, 0.95)), name+"-p95-ms")
	}
}

func options(b *testing.B, p *process, seat string, o signalingtest.MediaOptions) signalingtest.JoinOptions {
	b.Helper()
	ticket, err := signalingtest.TicketFor(p.secret, time.Now(), "coming", seat)
	if err != nil {
		b.Fatal(err)
	}
	return signalingtest.JoinOptions{URL: p.url, Ticket: ticket, Media: o}
}

func comes(b *testing.B, p *process, seat string, mark uint32, o signalingtest.MediaOptions) *signalingtest.Client {
	b.Helper()
	c, err := signalingtest.Join(b.Context(), options(b, p, seat, o))
	if err != nil {
		b.Fatal(err)
	}
	c.Media.Send(mark)
	<-c.Media.Connected
	return c
}

// coming joins, and answers when the joiner saw the other's first keyframe, and the other the joiner's.
func coming(b *testing.B, p *process, steady *signalingtest.Client, mark uint32) (c *signalingtest.Client, mine, theirs time.Duration) {
	b.Helper()
	join, media, err := signalingtest.Prepare(options(b, p, "comer", signalingtest.MediaOptions{}))
	if err != nil {
		b.Fatal(err)
	}
	seen, shown := make(chan time.Time, 64), make(chan time.Time, 64)
	tell := func(to chan time.Time, of uint32) func(signalingtest.Frame) {
		return func(f signalingtest.Frame) {
			if f.Mark == of {
				select {
				case to <- f.At:
				default:
				}
			}
		}
	}
	media.OnKeyframe(1, tell(seen, 900))
	steady.Media.OnKeyframe(1, tell(shown, mark))
	media.Send(mark)
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	if c, err = join(ctx); err != nil {
		b.Fatal(err)
	}
	if os.Getenv("HOUSECALL_BENCH_TRACE") != "" {
		b.Log("joined", time.Since(c.Began))
		<-c.Media.Connected
		b.Log("connected", time.Since(c.Began))
	}
	for range 2 {
		select {
		case at := <-seen:
			mine = at.Sub(c.Began)
			seen = nil
		case at := <-shown:
			theirs = at.Sub(c.Began)
			shown = nil
		case <-ctx.Done():
			b.Fatalf("no keyframe: mine %v, theirs %v", mine, theirs)
		}
	}
	return c, mine, theirs
}

// BenchmarkRecovery sends half a minute over a network that loses 2 % each way and takes 80 ms there and
// back twice: what part of the picture is there in the end, and how long sound was missing.
func BenchmarkRecovery(b *testing.B) {
	if os.Getenv("HOUSECALL_BENCH_RECOVERY") == "" {
		b.Skip("takes long: scripts/bench runs it")
	}
	for b.Loop() {
		media, err := sfu.Start(sfu.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		relay, err := signalingtest.NewRelay(media.Addr().Port)
		if err != nil {
			b.Fatal(err)
		}
		relay.Delay.Store(int64(40 * time.Millisecond))
		server := signaling.New(signaling.Deps{
			Gate: signaling.SecretGate{Secret: secret, Clock: clock.NewReal()}, Media: media, Clock: clock.NewReal(), Log: slog.New(slog.DiscardHandler),
		})
		web := httptest.NewServer(server)
		p := &process{b: b, url: "ws" + strings.TrimPrefix(web.URL, "http"), secret: secret}
		o := signalingtest.MediaOptions{Recover: true, Via: func(int) int { return relay.Port() }}
		first, second := comes(b, p, "first", 1, o), comes(b, p, "second", 2, o)
		time.Sleep(time.Second)
		relay.Loss.Store(200)
		second.Media.Shown[0].Arrivals()
		time.Sleep(30 * time.Second)
		var gaps []time.Duration
		at := second.Media.Shown[0].Arrivals()
		for i := 1; i < len(at); i++ {
			gaps = append(gaps, at[i].Sub(at[i-1]))
		}
		relay.Loss.Store(0)
		time.Sleep(time.Second)
		came, all := second.Media.Shown[1].Whole()
		b.ReportMetric(float64(came)/float64(all), "picture-delivered")
		b.ReportMetric(ms(signalingtest.Quantile(gaps, 0.99)), "sound-gap-p99-ms")
		b.ReportMetric(float64(all), "packets")
		first.Close()
		second.Close()
		server.Stop()
		web.Close()
		media.Stop()
		relay.Close()
	}
}

// BenchmarkJoins has two people join and leave a thousand times, and looks at what is left in the node.
func BenchmarkJoins(b *testing.B) {
	binary := os.Getenv("HOUSECALL_BENCH_BINARY")
	if binary == "" {
		b.Skip("HOUSECALL_BENCH_BINARY names no binary: scripts/bench does")
	}
	for b.Loop() {
		node := startMedia(b, binary)
		var before, files float64
		for n := range 1000 {
			if n == 100 { // pools and buffers have found their size
				before, files = node.memory("RssAnon"), node.files()
			}
			c, err := signalingtest.Join(b.Context(), options(b, node, fmt.Sprintf("seat_%d", n%2), signalingtest.MediaOptions{}))
			if err != nil {
				b.Fatal(err)
			}
			<-c.Media.Connected
			_ = c.Send(b.Context(), m{"t": "leave"})
			c.Close()
		}
		time.Sleep(3 * time.Second)
		b.ReportMetric(node.memory("RssAnon")-before, "own-MiB-left")
		b.ReportMetric(node.files()-files, "files-left")
		node.stop()
	}
}

// files counts the open files and ports of the process.
func (p *process) files() float64 {
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	return float64(len(all))
}
