package httpapi

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/docstore"
	"housecall/internal/id"
)

// RecordedFiles opens files of recordings.
type RecordedFiles interface {
	Open(ctx context.Context, rec id.Recording, n int, size int64) (io.ReadSeeker, error)
}

// Recordings are the routes to what was recorded of a visit's calls.
func Recordings(visits *consult.Service) []Route {
	r := recordingRoutes{visits: visits}
	return []Route{
		get("/visits/{id}/recordings", "visit.read_recording", "List what was recorded of a visit's calls, by consent of all present", r.list),
	}
}

// RecordingMounts are the files themselves: WebM, which a player may ask for from anywhere in it.
func RecordingMounts(visits *consult.Service, files RecordedFiles) []Mount {
	r := recordingRoutes{visits, files}
	return []Mount{{Method: http.MethodGet, Path: Base + "/visits/:id/recordings/:recording/:file", Action: "visit.read_recording", Handle: r.file, Limited: true}}
}

type recordingRoutes struct {
	visits *consult.Service
	files  RecordedFiles
}

// RecordingView is one recording. All its files are played from the same moment: each begins at its offset.
type RecordingView struct {
	ID          id.Recording       `json:"id"`
	BeganAt     time.Time          `json:"began_at"`
	Ready       bool               `json:"ready" doc:"False: it still runs, or its files are being made."`
	DestroyedAt *time.Time         `json:"destroyed_at,omitempty" doc:"It was kept for as long as it had to be; its files are gone."`
	Broken      bool               `json:"broken,omitempty" doc:"Some of it could not be read again."`
	Agreed      []consult.Seat     `json:"agreed" nullable:"false" doc:"Everybody who was present."`
	Files       []RecordedFileView `json:"files" nullable:"false"`
}

// RecordedFileView is what one person said and showed, or the screen they shared.
type RecordedFileView struct {
	Role     string                 `json:"role" enum:"doctor,patient,caregiver,guest"`
	Screen   bool                   `json:"screen,omitempty"`
	URL      string                 `json:"url" doc:"A WebM; parts of it can be asked for with Range."`
	OffsetMS int                    `json:"offset_ms"`
	LengthMS int                    `json:"length_ms"`
	Gaps     []consult.RecordingGap `json:"gaps" nullable:"false"`
}

func (r recordingRoutes) list(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[RecordingView]], error) {
	all, err := r.visits.Recordings(ctx, a, id.Visit(in.ID))
	if err != nil {
		return nil, err
	}
	return reply(0, ListOf[RecordingView]{Items: each(all, recordingView)}), nil
}

func recordingView(r *consult.Recording) RecordingView {
	v := RecordingView{ID: r.ID, BeganAt: r.BeganAt, Ready: r.Seen(), Broken: r.Broken, DestroyedAt: r.DestroyedAt, Agreed: r.Agreed, Files: []RecordedFileView{}}
	if r.DestroyedAt != nil {
		return v
	}
	for n, f := range r.Files {
		v.Files = append(v.Files, RecordedFileView{
			Role: f.Role, Screen: f.Screen, OffsetMS: f.OffsetMS, LengthMS: f.LengthMS, Gaps: append([]consult.RecordingGap{}, f.Gaps...),
			URL: Base + "/visits/" + string(r.Visit) + "/recordings/" + string(r.ID) + "/" + strconv.Itoa(n),
		})
	}
	return v
}

func (r recordingRoutes) file(w http.ResponseWriter, req *http.Request, a access.Actor) {
	visit, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, Base+"/visits/"), "/recordings/")
	rec, number, _ := strings.Cut(rest, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		answerProblem(w, req, docstore.NotFound())
		return
	}
	of, f, err := r.visits.RecordedFile(req.Context(), a, id.Visit(visit), id.Recording(rec), n)
	if err != nil {
		answerProblem(w, req, err)
		return
	}
	content, err := r.files.Open(req.Context(), of.ID, n, f.Size)
	if err != nil {
		answerProblem(w, req, err)
		return
	}
	end := time.Now().Add(transferTime) //nolint:forbidigo // a limit of the connection, whatever time the service shows
	_ = http.NewResponseController(w).SetWriteDeadline(end)
	h := w.Header()
	h.Set("Content-Type", "video/webm")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(w, req, "", of.BeganAt, content)
}
