package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"housecall/internal/fault"
)

// Problem is every refusal: RFC 9457 application/problem+json.
type Problem struct {
	Type      string        `json:"type" doc:"What sort of problem; stable for programs."`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail" doc:"What happened and what to do, for a person."`
	Errors    []fault.Field `json:"errors,omitempty" doc:"Each field that was wrong."`
	Reference string        `json:"reference,omitempty" doc:"Quote this when you ask for help."`

	retryAfter string
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

var statusOf = map[fault.Kind]int{
	fault.Internal: 500, fault.Invalid: 422, fault.Malformed: 400, fault.Unauthenticated: 401, fault.Denied: 403,
	fault.NotFound: 404, fault.Conflict: 409, fault.Stale: 412, fault.VersionNeeded: 428, fault.TooLarge: 413,
	fault.WrongType: 415, fault.Limited: 429, fault.Unavailable: 503,
}

// problemOf turns an error into what the person reads. The cause of an internal one goes to the log
// with the request, never into the answer.
func problemOf(ctx context.Context, err error) *Problem {
	info := infoOf(ctx)
	var f *fault.Error
	if !errors.As(err, &f) {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			f = fault.New(fault.Unavailable, "This took too long and was given up. Nothing half done is kept; try again.")
		} else {
			f = fault.New(fault.Internal, "That did not work, nothing changed. Try again, or quote the reference.")
		}
	}
	status := statusOf[f.Kind]
	if info != nil && status >= 500 {
		info.cause = err
	}
	p := newProblem(status, f.Message)
	if f.Code != "" {
		p.Type = "/problems/" + f.Code
	}
	p.Errors = f.Fields
	if f.RetryAfter > 0 {
		p.retryAfter = strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds())))
	}
	if info != nil {
		p.Reference = info.reference
	}
	return p
}

func newProblem(status int, detail string) *Problem {
	title := http.StatusText(status)
	return &Problem{Type: "/problems/" + strings.ToLower(strings.ReplaceAll(title, " ", "-")), Title: title, Status: status, Detail: detail}
}

// humaProblem is what huma answers through: what it found wrong in parameters and bodies, without
// the values, which may describe a person.
func humaProblem(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	p := newProblem(status, sentence(status))
	for _, err := range errs {
		var own *Problem
		var detail huma.ErrorDetailer
		switch {
		case errors.As(err, &own):
			return own
		case errors.As(err, &detail):
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, fault.Field{Pointer: pointer(d.Location) + missing(d.Message), Message: plain(d.Message)})
		case status < 500:
			p.Errors = append(p.Errors, fault.Field{Pointer: "", Message: plain(err.Error())})
		}
	}
	if ctx != nil {
		if info := infoOf(ctx.Context()); info != nil {
			p.Reference = info.reference
			if status >= 500 {
				info.cause = errors.Join(append(errs, errors.New(msg))...)
			}
		}
	}
	return p
}

func sentence(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "This could not be read. Check that it is complete JSON."
	case http.StatusUnprocessableEntity:
		return "Some of what was sent can't be right. Mend the fields named here and send it again."
	case http.StatusRequestEntityTooLarge:
		return "This is too large. Send less at once."
	case http.StatusUnsupportedMediaType:
		return "Send this as application/json."
	case http.StatusNotAcceptable:
		return "The answer is JSON only."
	case http.StatusRequestTimeout:
		return "It took too long to arrive. Send it again."
	}
	return "That did not work, nothing changed. Try again, or quote the reference."
}

// missing is the rest of the pointer to a field that is not there, which huma tells in words alone.
func missing(msg string) string {
	name, is := strings.CutPrefix(msg, "expected required property ")
	name, ends := strings.CutSuffix(name, " to be present")
	if !is || !ends {
		return ""
	}
	return "/" + name
}

// plain cuts what a parser quotes of the input.
func plain(msg string) string {
	if i := strings.IndexAny(msg, "'\"`"); i > 0 && strings.HasPrefix(msg, "invalid character") {
		return "not readable"
	}
	return msg
}

// pointer turns huma's "body.items[0].dose" into the JSON pointer "/items/0/dose".
func pointer(location string) string {
	location = strings.TrimPrefix(location, "body")
	if location == "" {
		return ""
	}
	location = strings.NewReplacer("[", ".", "]", "").Replace(strings.TrimPrefix(location, "."))
	return "/" + strings.ReplaceAll(location, ".", "/")
}

// refuse ends a Gin request with a problem.
func refuse(c *gin.Context, err error) {
	p := problemOf(c.Request.Context(), err)
	for k, v := range p.GetHeaders() {
		c.Header(k, v[0])
	}
	c.Header("Content-Type", problemType)
	c.AbortWithStatusJSON(p.Status, p)
}

// logCause is the log attribute for what went wrong inside; an error's text carries ids only.
func logCause(err error) slog.Attr { return slog.Any("error", err) }
