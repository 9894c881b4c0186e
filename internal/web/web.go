package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Options say what the app may reach beside the server it came from.
type Options struct {
	// Reach lists further origins that files are put to and read from ("https://files.example").
	Reach []string
	// Ground is what maps are drawn on.
	Ground Ground
}

// New serves the app: its files as they are, and the app's page at every other address, since the
// addresses of screens are known to the app alone.
func New(o Options) http.Handler {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error())
	}
	reach := slices.Clone(o.Reach)
	if tiles, err := url.Parse(o.Ground.Tiles); err == nil && tiles.Host != "" {
		reach = append(reach, tiles.Scheme+"://"+tiles.Host)
	}
	h := &handler{files: map[string]*file{}, policy: policy(reach)}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".br") {
			return err
		}
		return h.add(root, name)
	})
	if err != nil || h.files["index.html"] == nil {
		panic("web: the built app is not whole: run npm run build in internal/web")
	}
	h.keep("map.json", o.Ground.JSON())
	return h
}

// policy lets the page load, run and reach what came with it, and nothing else.
func policy(reach []string) string {
	further := ""
	if len(reach) > 0 {
		further = " " + strings.Join(reach, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; " +
		"img-src 'self' data: blob:" + further + "; media-src 'self' blob:; connect-src 'self'" + further + "; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

type handler struct {
	files  map[string]*file
	policy string
}

// file is one file of the app, as it is and made small.
type file struct {
	name, kind, tag string
	brotli          []byte
	plain, gzip     func() []byte // one is there, the other is made when first asked for
	small           bool          // not worth being packed
}

func (h *handler) add(root fs.FS, name string) error {
	raw, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	name, packed := strings.CutSuffix(name, ".gz") // what is large is kept packed alone
	f := h.keep(name, raw)
	if packed {
		f.gzip = func() []byte { return raw }
		f.plain = sync.OnceValue(func() []byte { return unsqueezed(raw) })
	}
	f.brotli, _ = fs.ReadFile(root, name+".br") // what is small already has none
	return nil
}

func (h *handler) keep(name string, raw []byte) *file {
	sum := sha256.Sum256(raw)
	f := &file{name: name, kind: kindOf(name), plain: func() []byte { return raw }, tag: hex.EncodeToString(sum[:8]), small: len(raw) <= 1000}
	f.gzip = sync.OnceValue(func() []byte { return squeeze(raw) })
	h.files[name] = f
	return f
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".webmanifest":
		return "application/manifest+json"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

func squeeze(plain []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(plain)
	_ = w.Close()
	return b.Bytes()
}

func unsqueezed(packed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("web: a packed file of the app can't be read: " + err.Error()) // it was built in
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		panic("web: a packed file of the app can't be read: " + err.Error())
	}
	return plain
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address is read only.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	f := h.files[name]
	switch {
	case f != nil:
	case strings.HasPrefix(name, "assets/"):
		http.Error(w, "There is no such file in this version.", http.StatusNotFound) // a page of an older version asks: it loads anew
		return
	default:
		f = h.files["index.html"]
	}
	h.send(w, r, f)
}

func (h *handler) send(w http.ResponseWriter, r *http.Request, f *file) {
	head := w.Header()
	head.Set("Content-Type", f.kind)
	head.Set("Vary", "Accept-Encoding")
	if f.name == "index.html" {
		head.Set("Content-Security-Policy", h.policy)
		head.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=(self), screen-wake-lock=(self)")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	var body []byte
	encoding := ""
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case f.brotli != nil && strings.Contains(accepted, "br"):
		body, encoding = f.brotli, "br"
	case !f.small && !strings.HasSuffix(f.name, ".png") && !strings.HasSuffix(f.name, ".woff2") && strings.Contains(accepted, "gzip"):
		body, encoding = f.gzip(), "gzip"
	default:
		body = f.plain()
	}
	tag := `"` + f.tag + encoding + `"`
	head.Set("ETag", tag)
	if strings.HasPrefix(f.name, "assets/") {
		head.Set("Cache-Control", "public, max-age=31536000, immutable") // the name changes with what is inside
	} else {
		head.Set("Cache-Control", "no-cache")
	}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		head.Set("Content-Encoding", encoding)
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // who has left is not told
	}
}
