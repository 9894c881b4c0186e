package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"housecall/internal/access"
	"housecall/internal/fault"
)

// Authenticator tells who a session token belongs to.
type Authenticator interface {
	// Authenticate answers Unauthenticated for a token that is unknown, over or revoked.
	Authenticate(ctx context.Context, token string) (access.Actor, error)
}

// SessionCookie is the name of the browser's session.
const SessionCookie = "hc_session"

// identify finds the actor: Bearer for programs, the cookie for browsers. A cookie is sent by the
// browser whoever made the page, so a request that changes something must come from our own origin.
func (s *Server) identify(c *gin.Context, r Route, i *info) error {
	i.actor = access.Actor{Role: access.Nobody}
	token, found := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !found {
		cookie, err := c.Cookie(SessionCookie)
		if err != nil || cookie == "" {
			return nil //nolint:nilerr // no cookie: nobody asks
		}
		if !safe(r.Method) && !s.sameOrigin(c.Request) {
			return fault.New(fault.Denied, "This page is not ours. Open housecall itself and try again.").Coded("foreign-origin")
		}
		token = cookie
	}
	actor, err := s.auth.Authenticate(c.Request.Context(), token)
	if err == nil {
		i.actor, i.token = actor, token
		return nil
	}
	if fault.Is(err, fault.Unauthenticated) && s.guard.Route(i.actor, r.Action) == nil {
		return nil // the route is open to nobody: an old cookie must not keep a person from signing in
	}
	return err
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func (s *Server) sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") == "same-origin"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
