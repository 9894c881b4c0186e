package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"housecall/internal/geo"
	"housecall/internal/web"
)

// answered is what came back.
type answered struct {
	StatusCode int
	Header     http.Header
	Text       string
}

func ask(t *testing.T, method, at string, head ...string) answered {
	t.Helper()
	return askOf(t, web.New(web.Options{}), method, at, head...)
}

func askOf(t *testing.T, h http.Handler, method, at string, head ...string) answered {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, at, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answered{w.Code, w.Header(), w.Body.String()}
}

func TestEveryAddressOfAScreenOpensTheApp(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"/", "/visit/vis_1", "/order/ord_1", "/t", "/../../etc/passwd", "/nothing.txt"} {
		r := ask(t, http.MethodGet, at)

		if page := r.Text; r.StatusCode != http.StatusOK || !strings.Contains(page, `<div id="app">`) {
			t.Errorf("%s answered %d and no app", at, r.StatusCode)
		}
		if r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s may be kept: %q", at, r.Header.Get("Cache-Control"))
		}
	}
}

func TestPageRunsNothingThatDidNotComeWithIt(t *testing.T) {
	t.Parallel()
	r := ask(t, http.MethodGet, "/")

	policy := r.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy is loose: %s", policy)
	}
	page := r.Text
	if regexp.MustCompile(`<script>|<style>|style="|onload=|https?://`).MatchString(page) {
		t.Error("the page holds something of its own, or of elsewhere, that the policy forbids")
	}
	inline := regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(inline) == 0 {
		t.Error("the page loads no asset")
	}
}

func TestFilesWithTheirHashInTheNameAreKeptForGood(t *testing.T) {
	t.Parallel()
	name := asset(t, "main-", ".js")

	r := ask(t, http.MethodGet, "/"+name)

	if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control = %q, want immutable", got)
	}
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/javascript") {
		t.Errorf("Content-Type = %q", got)
	}
	again := ask(t, http.MethodGet, "/"+name, "If-None-Match", r.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("who has the file gets it again: %d", again.StatusCode)
	}
	if gone := ask(t, http.MethodGet, "/assets/main-gone.js"); gone.StatusCode != http.StatusNotFound {
		t.Errorf("a file of another version answered %d, want 404", gone.StatusCode)
	}
}

func TestFilesComeSmallToWhoTakesThemSmall(t *testing.T) {
	t.Parallel()
	for what, name := range map[string]string{
		"kept as it is": asset(t, "main-", ".js"), "kept packed": strings.TrimSuffix(asset(t, "maplibre-", ".js.gz"), ".gz"),
	} {
		plain := ask(t, http.MethodGet, "/"+name)

		brotli := ask(t, http.MethodGet, "/"+name, "Accept-Encoding", "gzip, br")
		small := ask(t, http.MethodGet, "/"+name, "Accept-Encoding", "gzip")

		if got := brotli.Header.Get("Content-Encoding"); got != "br" || len(brotli.Text) > len(plain.Text)/2 {
			t.Errorf("%s: encoding = %q, want br at less than half", what, got)
		}
		unpacked, err := gzip.NewReader(strings.NewReader(small.Text))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(unpacked)
		if err != nil || !bytes.Equal(raw, []byte(plain.Text)) {
			t.Errorf("%s: gzip holds something else (%v)", what, err)
		}
		if vary := small.Header.Get("Vary"); vary != "Accept-Encoding" {
			t.Errorf("%s: Vary = %q", what, vary)
		}
		for _, got := range []string{plain.Header.Get("Content-Type"), small.Header.Get("Content-Type"), brotli.Header.Get("Content-Type")} {
			if got != "text/javascript; charset=utf-8" {
				t.Errorf("%s: Content-Type = %q", what, got)
			}
		}
	}
}

func TestMapsAreDrawnOnTheStreetsOfTheTownAndReachOneTileServer(t *testing.T) {
	t.Parallel()
	ground := web.Ground{Tiles: "https://tiles.example/{z}/{x}/{y}.png", Streets: [][]geo.Point{{{Lat: 54.6, Lon: 2.1}, {Lat: 54.7, Lon: 2.1}}}}
	h := web.New(web.Options{Ground: ground})
	answer := func(at string) answered { return askOf(t, h, http.MethodGet, at) }

	if got := answer("/map.json").Text; !strings.Contains(got, `"streets":[[[2.1,54.6],[2.1,54.7]]]`) {
		t.Errorf("map.json = %s", got)
	}
	if policy := answer("/").Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' https://tiles.example;") {
		t.Errorf("the policy does not let the tiles through: %s", policy)
	}
}

func TestNothingIsWrittenThroughTheApp(t *testing.T) {
	t.Parallel()
	if r := ask(t, http.MethodPost, "/visit/vis_1"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d, want 405", r.StatusCode)
	}
}

// What a patient loads until home is there, made small: the page, what it names, and what the screens of
// a patient and home import.
func TestFirstLoadIsUnder150KilobytesWithoutTheMap(t *testing.T) {
	t.Parallel()
	const limit = 150_000
	graph := buildGraph(t)

	needed := map[string]bool{"index.html": true, "early.js": true}
	for _, from := range []string{"index.html", "src/screens/patient/routes.ts", "src/screens/patient/home.tsx"} {
		graph.follow(t, from, needed)
	}
	total := 0
	for name := range needed {
		if size := fileSize(t, name+".br"); size > 0 {
			total += size
		} else {
			total += fileSize(t, name)
		}
	}

	t.Logf("first load: %d bytes in %d files", total, len(needed))
	if len(needed) < 8 || total > limit {
		t.Errorf("first load is %d bytes in %d files, at most %d bytes", total, len(needed), limit)
	}
	for name := range needed {
		if strings.Contains(name, "maplibre") {
			t.Errorf("the map's library %s is loaded before a map is opened", name)
		}
	}
}

// graph is which file of the build imports which, by the name of its source.
type graph map[string]struct {
	File    string   `json:"file"`
	CSS     []string `json:"css"`
	Imports []string `json:"imports"`
}

func buildGraph(t *testing.T) graph {
	t.Helper()
	raw, err := os.ReadFile("dist/graph.json")
	if err != nil {
		t.Fatal(err)
	}
	var g graph
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g graph) follow(t *testing.T, name string, needed map[string]bool) {
	t.Helper()
	node, known := g[name]
	if !known {
		t.Fatalf("the build has no %s", name)
	}
	if needed[node.File] {
		return
	}
	needed[node.File] = true
	for _, css := range node.CSS {
		needed[css] = true
	}
	for _, next := range node.Imports {
		g.follow(t, next, needed)
	}
}

func TestLicencesOfAllThatIsInsideComeWithIt(t *testing.T) {
	t.Parallel()
	all := ask(t, http.MethodGet, "/licences.txt").Text
	for _, want := range []string{"preact ", "@preact/signals ", "maplibre-gl ", "lucide-static "} {
		if !strings.Contains(all, "\n"+want) {
			t.Errorf("the licence of %sis missing", want)
		}
	}
}

func asset(t *testing.T, begin, end string) string {
	t.Helper()
	found := ""
	walk(t, func(name string) {
		if base := path.Base(name); strings.HasPrefix(base, begin) && strings.HasSuffix(base, end) {
			found = name
		}
	})
	if found == "" {
		t.Fatalf("dist has no %s*%s", begin, end)
	}
	return found
}

func walk(t *testing.T, visit func(name string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			visit(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func fileSize(t *testing.T, name string) int {
	t.Helper()
	i, err := os.Stat(path.Join("dist", name))
	if err != nil {
		return 0
	}
	return int(i.Size())
}

func TestAppCanBeInstalled(t *testing.T) {
	t.Parallel()
	page, file := ask(t, http.MethodGet, "/"), ask(t, http.MethodGet, "/manifest.webmanifest")
	var m struct {
		Name, Display string
		StartURL      string `json:"start_url"`
		Icons         []struct{ Src, Sizes, Purpose string }
	}
	if err := json.Unmarshal([]byte(file.Text), &m); err != nil || file.Header.Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("the manifest is answered as %s: %v", file.Header.Get("Content-Type"), err)
	}
	sizes := map[string]bool{}
	for _, icon := range m.Icons {
		sizes[icon.Sizes+icon.Purpose] = true
		if r := ask(t, http.MethodGet, icon.Src); r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "image/") {
			t.Errorf("icon %s: %d %s", icon.Src, r.StatusCode, r.Header.Get("Content-Type"))
		}
	}

	if !strings.Contains(page.Text, `rel="manifest" href="/manifest.webmanifest"`) || m.Name == "" || m.Display != "standalone" || m.StartURL != "/" {
		t.Errorf("the page does not name its manifest, or it is %+v", m)
	}
	if !sizes["192x192"] || !sizes["512x512"] || !sizes["512x512maskable"] {
		t.Errorf("icons = %v, want those that phones ask for", sizes)
	}
	if worker := ask(t, http.MethodGet, "/sw.js"); worker.StatusCode != http.StatusOK || !strings.Contains(worker.Header.Get("Content-Type"), "javascript") || !strings.Contains(worker.Text, "fetch") {
		t.Errorf("the worker that serves the app without a network: %d %s", worker.StatusCode, worker.Header.Get("Content-Type"))
	}
}
