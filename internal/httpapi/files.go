package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/blob"
)

// Files keeps what signed addresses lead to.
type Files interface {
	AcceptPut(ctx context.Context, key string, query url.Values, contentType string, length int64, body io.Reader) (blob.Info, error)
	AcceptGet(ctx context.Context, key string, query url.Values) (file io.ReadSeekCloser, info blob.Info, filename string, err error)
}

// FileMounts are the addresses of files. The signature in the address is the permission: it was given to
// who may read or write this one file, for minutes.
func FileMounts(files Files) []Mount {
	f := fileMounts{files}
	return []Mount{
		{Method: http.MethodPut, Path: blob.Path + "*key", Action: "file.put", Handle: f.put},
		{Method: http.MethodGet, Path: blob.Path + "*key", Action: "file.get", Handle: f.get},
	}
}

type fileMounts struct{ files Files }

// transferTime is how long 20 MB may take over a weak network.
const transferTime = 5 * time.Minute

func (f fileMounts) put(w http.ResponseWriter, r *http.Request, _ access.Actor) {
	end := time.Now().Add(transferTime) //nolint:forbidigo // a limit of the connection, whatever time the service shows
	_ = http.NewResponseController(w).SetReadDeadline(end)
	_, err := f.files.AcceptPut(r.Context(), keyOf(r), r.URL.Query(), r.Header.Get("Content-Type"), r.ContentLength, r.Body)
	if err != nil {
		answerProblem(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (f fileMounts) get(w http.ResponseWriter, r *http.Request, _ access.Actor) {
	file, info, name, err := f.files.AcceptGet(r.Context(), keyOf(r), r.URL.Query())
	if err != nil {
		answerProblem(w, r, err)
		return
	}
	defer func() { _ = file.Close() }()
	end := time.Now().Add(transferTime) //nolint:forbidigo // as above
	_ = http.NewResponseController(w).SetWriteDeadline(end)
	if name == "" {
		name = path.Base(info.Key)
	}
	how := "inline"
	if !strings.HasPrefix(info.Type, "image/") {
		how = "attachment" // what people upload is never a page of ours
	}
	h := w.Header()
	h.Set("Content-Type", info.Type)
	h.Set("Content-Disposition", how+`; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+info.SHA256+`"`)
	http.ServeContent(w, r, "", info.At, file)
}

func keyOf(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, blob.Path) }

// answerProblem refuses a request of a mount.
func answerProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(r.Context(), err)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
