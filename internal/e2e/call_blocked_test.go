package e2e_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"housecall/internal/sim"
)

// Addresses of the two ends of a cable between this machine and one that a firewall stands before.
const (
	outside = "10.201.77.1"
	inside  = "10.201.77.2"
)

// walled is a machine of its own, behind a cable, as a network namespace.
type walled struct {
	t    *testing.T
	name string
}

// behindWall makes the machine; who may not make any skips the story, but not in CI.
func behindWall(t *testing.T) *walled {
	t.Helper()
	chromium(t)
	w := &walled{t, fmt.Sprintf("hc%d", os.Getpid())}
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can make a network of its own for this story")
		}
		t.Skip("only root can make a network of its own")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Fatal("no ip here: apt-get install iproute2")
	}
	w.ip("netns", "add", w.name)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", w.name).Run() }) //nolint:noctx,gosec // the end of it, with its cable
	w.ip("link", "add", w.name+"a", "type", "veth", "peer", "name", w.name+"b", "netns", w.name)
	w.ip("addr", "add", outside+"/30", "dev", w.name+"a")
	w.ip("link", "set", w.name+"a", "up")
	w.in("addr", "add", inside+"/30", "dev", w.name+"b")
	w.in("link", "set", w.name+"b", "up")
	w.in("link", "set", "lo", "up")
	return w
}

func (w *walled) ip(args ...string) {
	w.t.Helper()
	if out, err := exec.CommandContext(w.t.Context(), "ip", args...).CombinedOutput(); err != nil { //nolint:gosec // words of this file
		w.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (w *walled) in(args ...string) {
	w.t.Helper()
	w.ip(append([]string{"-n", w.name}, args...)...)
}

// lets only TCP through, and of that only to these ports; to every one when none is named.
func (w *walled) lets(ports ...string) {
	w.t.Helper()
	w.in("rule", "add", "pref", "10", "ipproto", "udp", "prohibit")
	for _, port := range ports {
		w.in("rule", "add", "pref", "20", "ipproto", "tcp", "dport", port, "lookup", "main")
	}
	if len(ports) > 0 {
		w.in("rule", "add", "pref", "30", "ipproto", "tcp", "prohibit")
	}
}

// opens takes the wall down again.
func (w *walled) opens() {
	for w.gone("rule", "del", "pref", "10") || w.gone("rule", "del", "pref", "20") || w.gone("rule", "del", "pref", "30") {
		continue
	}
}

func (w *walled) gone(args ...string) bool {
	return exec.CommandContext(w.t.Context(), "ip", append([]string{"-n", w.name}, args...)...).Run() == nil //nolint:gosec // as above
}

// within lets a program run on that machine.
func (w *walled) within(cmd *exec.Cmd) {
	ip, _ := exec.LookPath("ip")
	cmd.Args = append([]string{"ip", "netns", "exec", w.name, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = ip
}

// trusted is the pin of a demo's certificate, as Chromium wants it.
func trusted(t *testing.T, data string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(data, "tls-cert.pem")) //nolint:gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// remembersConnections keeps what the page connects by, to be asked which way it took; %s may change how.
const remembersConnections = `(() => { const Real = RTCPeerConnection; window.__all = [];
	window.RTCPeerConnection = class extends Real { constructor(with_) { super({ ...with_ %s }); window.__all.push(this); } }; })()`

// way is how media reaches somebody: "host udp", "relay tls".
func (b *browser) way() string {
	b.t.Helper()
	b.eval(`(async () => {
		window.__way = '';
		const pc = window.__all.findLast((x) => x.connectionState === 'connected');
		const stats = pc && [...(await pc.getStats()).values()];
		const pair = stats?.find((x) => x.id === stats.find((s) => s.type === 'transport')?.selectedCandidatePairId);
		const local = stats?.find((x) => x.id === pair?.localCandidateId);
		if (local) window.__way = (local.candidateType === 'relay' ? 'relay ' + local.relayProtocol : 'direct ' + local.protocol);
	})()`, nil)
	b.until("the way of the media", `window.__way`)
	var way string
	b.eval(`window.__way`, &way)
	return way
}

func TestCallWorksWhereTheNetworkLetsNoUDPThrough(t *testing.T) {
	w := behindWall(t)
	data := t.TempDir()
	demo, err := sim.StartDemo(t.Context(), sim.DemoOptions{Listen: outside + ":0", TLS: true, Quiet: true, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Stop(context.WithoutCancel(t.Context())) })
	v := admitted(t, &ward{demo: demo}, pair{"demo@lampford.example", "vale@lampford.example"})
	web, relay := portsOf(t, v)
	trust := chromedp.Flag("ignore-certificate-errors-spki-list", trusted(t, data))
	doctor := sits(camera(t, blue, trust), t, v.doctor, "the doctor")
	doctor.visit("/d/visit/" + v.id)
	doctor.state(within, "call", "phase", "here")
	chrome := camera(t, red, trust, chromedp.ModifyCmdFunc(w.within))

	for _, tt := range []struct {
		name    string
		ports   []string
		changed string
		way     string
	}{
		{"media over TCP on its own port, where there is no relay", nil, ", iceServers: []", "direct tcp"},
		{"nothing but the web and the relay over TCP", []string{web, relay}, "", "relay tcp"},
		{"nothing but the web's own port, over TLS", []string{web}, "", "relay tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.lets(tt.ports...)
			t.Cleanup(w.opens)
			patient := sits(chrome, t, v.patient, "the patient")
			patient.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
				_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(remembersConnections, tt.changed)})
				return err
			}))

			patient.visit("/visit/" + v.id + "/call")

			patient.state(within, "call", "phase", "here")
			patient.watches(blue)
			doctor.watches(red)
			if got := patient.way(); got != tt.way {
				t.Errorf("media goes %q, want %q", got, tt.way)
			}
		})
	}
}

// portsOf are the ports of the web and of the relay, as a ticket names them.
func portsOf(t *testing.T, v visit) (web, relay string) {
	t.Helper()
	at, err := url.Parse(v.ward.demo.URL)
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := v.patient.Post(t.Context(), "/visits/"+v.id+"/ticket", nil)
	if err != nil {
		t.Fatal(err)
	}
	urls, _ := ticket.At("relay.urls").([]any)
	for _, one := range urls {
		text, _ := one.(string)
		if rest, found := strings.CutPrefix(text, "turn:"+outside+":"); found {
			relay, _, _ = strings.Cut(rest, "?")
		}
	}
	if relay == "" {
		t.Fatalf("the ticket names no relay: %v", urls)
	}
	return at.Port(), relay
}

// refusedOnce has the relay refuse the first connection of a page, which then reaches nothing, and remembers what the
// page said of it.
const refusedOnce = `(() => { const Real = RTCPeerConnection; let first = true;
	window.RTCPeerConnection = class extends Real {
		constructor(with_) { super(first ? { ...with_, iceServers: [], iceTransportPolicy: 'relay' } : with_); this.refused = first; first = false; }
		async setLocalDescription(d) {
			await super.setLocalDescription(d);
			if (this.refused) this.dispatchEvent(new RTCPeerConnectionIceErrorEvent('icecandidateerror', { url: 'turns:relay.example', errorCode: 401, errorText: 'Unauthorized' }));
		}
	};
	new MutationObserver(() => { if (document.body?.innerText.includes('had run out')) window.__said = true; }).observe(document, { subtree: true, childList: true, characterData: true });
})()`

func TestWhoseCredentialOfTheRelayHasRunOutIsToldAndComesInWithANewOne(t *testing.T) {
	v, doctor := alone(t)
	patient := sits(camera(t, red), t, v.patient, "the patient")
	patient.before(refusedOnce)

	patient.visit("/visit/" + v.id + "/call")

	patient.until("it to be said that the credential had run out", `window.__said`)
	patient.state(within, "call", "phase", "here")
	patient.until("nothing said of it any more", `!document.body.innerText.includes('had run out')`)
	patient.watches(blue)
	doctor.watches(red)
}
