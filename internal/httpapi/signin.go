package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// SignIn are the routes by which people come in and go. The website decides whether a browser sends
// the cookie over TLS alone.
func SignIn(people *identity.Service, website string) []Route {
	r := signInRoutes{people, strings.HasPrefix(website, "https://")}
	return []Route{
		post("/sign-in/code", "signin.code", "Ask for a code to sign in with", r.code).keyless(),
		post("/sign-in", "signin.open", "Sign in with a code, as a patient", r.patient).keyless(),
		post("/sign-in/staff", "signin.open", "Sign in with a password and an authenticator's code", r.staff).keyless(),
		post("/enrolment/accept", "invite.accept", "Take up an enrolment link", r.accept),
		post("/enrolment/confirm", "invite.accept", "End an enrolment with the authenticator's first code", r.confirm),
		del("/session", "session.end", "Sign out", r.out),
	}
}

type signInRoutes struct {
	people *identity.Service
	secure bool
}

// Keep says how a program or a browser keeps its session.
type Keep struct {
	Keep   string `json:"keep,omitempty" enum:"token,cookie" default:"token" doc:"token: answered in the body. cookie: set for the browser, out of reach of scripts."`
	Device string `json:"device,omitempty" maxLength:"200" doc:"What the device calls itself, for the list of sessions."`
}

// SignedIn is a session that was just opened.
type SignedIn struct {
	Token   string      `json:"token,omitempty" doc:"Send it as Authorization: Bearer. Shown this once; absent when kept as a cookie."`
	Session id.Session  `json:"session"`
	Until   time.Time   `json:"until"`
	Account AccountView `json:"account"`
}

// SignedInReply carries the cookie beside the answer.
type SignedInReply struct {
	SetCookie string `header:"Set-Cookie"`
	Body      SignedIn
}

func (r signInRoutes) answered(o *identity.Opened, keep string) *SignedInReply {
	out := &SignedInReply{Body: SignedIn{Session: o.Session.ID, Until: o.Session.Until, Account: accountView(o.Account)}}
	if keep == "cookie" {
		out.SetCookie = r.cookie(o.Token, o.Session.Until)
		return out
	}
	out.Body.Token = o.Token
	return out
}

func (r signInRoutes) cookie(token string, until time.Time) string {
	c := http.Cookie{Name: SessionCookie, Value: token, Path: "/", Expires: until, HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteStrictMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c.String()
}

type askCodeIn struct {
	Body struct {
		Address  phi.Text `json:"address" minLength:"3" maxLength:"254" doc:"Mail address, or phone number with the country's number."`
		Language string   `json:"language,omitempty" enum:"en,zh" default:"en"`
	}
}

func (r signInRoutes) code(ctx context.Context, _ access.Actor, in *askCodeIn) (*none, error) {
	return nil, r.people.RequestCode(ctx, identity.Ask{Address: in.Body.Address, Language: in.Body.Language, Remote: remoteOf(ctx)})
}

// ProfileIn is what somebody tells about themselves.
type ProfileIn struct {
	Name      phi.Text `json:"name" minLength:"1" maxLength:"480"`
	BirthDate phi.Text `json:"birth_date" format:"date"`
	Sex       phi.Text `json:"sex" enum:"female,male,other,unknown"`
	Language  string   `json:"language,omitempty" enum:"en,zh" default:"en"`
	TypeSize  string   `json:"type_size,omitempty" enum:"normal,large,largest" default:"normal"`
}

type signInIn struct {
	Body struct {
		Keep
		Address phi.Text   `json:"address" minLength:"3" maxLength:"254"`
		Code    phi.Text   `json:"code" minLength:"6" maxLength:"6"`
		Profile *ProfileIn `json:"profile,omitempty" doc:"Asked of who comes for the first time (problem sign-up-needed)."`
	}
}

func (r signInRoutes) patient(ctx context.Context, _ access.Actor, in *signInIn) (*SignedInReply, error) {
	s := identity.SignIn{Address: in.Body.Address, Code: in.Body.Code, Origin: identity.Origin{Device: in.Body.Device, Remote: remoteOf(ctx)}}
	if in.Body.Profile != nil {
		p := identity.Profile(*in.Body.Profile)
		s.Profile = &p
	}
	opened, err := r.people.SignIn(ctx, s)
	if err != nil {
		return nil, err
	}
	return r.answered(opened, in.Body.Keep.Keep), nil
}

type signInStaffIn struct {
	Body struct {
		Keep
		Address  phi.Text `json:"address" minLength:"3" maxLength:"254"`
		Password phi.Text `json:"password" minLength:"1" maxLength:"512"`
		Code     phi.Text `json:"code" minLength:"6" maxLength:"6" doc:"What the authenticator shows now; each is good once."`
	}
}

func (r signInRoutes) staff(ctx context.Context, _ access.Actor, in *signInStaffIn) (*SignedInReply, error) {
	opened, err := r.people.SignInStaff(ctx, identity.Credentials{
		Address: in.Body.Address, Password: in.Body.Password, Code: in.Body.Code,
		Origin: identity.Origin{Device: in.Body.Device, Remote: remoteOf(ctx)},
	})
	if err != nil {
		return nil, err
	}
	return r.answered(opened, in.Body.Keep.Keep), nil
}

type acceptIn struct {
	Body struct {
		Keep
		Token    string   `json:"token" maxLength:"100" doc:"What stands behind the # of the link."`
		Password phi.Text `json:"password,omitempty" maxLength:"512" doc:"Of staff; 12 characters or more."`
	}
}

// Enrolled is what who takes up a link gets: staff the secret of their authenticator, patients a session.
type Enrolled struct {
	State   string    `json:"state" enum:"accepted,confirmed"`
	Secret  phi.Text  `json:"secret,omitempty" doc:"Of the authenticator, in base32. Shown until the first code confirms it."`
	URL     phi.Text  `json:"url,omitempty" doc:"The same as an otpauth address, for a QR code."`
	Session *SignedIn `json:"session,omitempty"`
}

// EnrolledReply carries the cookie beside the answer.
type EnrolledReply struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Enrolled
}

func (r signInRoutes) accept(ctx context.Context, a access.Actor, in *acceptIn) (*EnrolledReply, error) {
	accepted, err := r.people.Accept(ctx, a, identity.Acceptance{
		Token: in.Body.Token, Password: in.Body.Password,
		Origin: identity.Origin{Device: in.Body.Device, Remote: remoteOf(ctx)},
	})
	if err != nil {
		return nil, err
	}
	out := &EnrolledReply{Body: Enrolled{State: string(identity.InviteIsAccepted), Secret: accepted.Secret, URL: accepted.URL}}
	if accepted.Opened != nil {
		signed := r.answered(accepted.Opened, in.Body.Keep.Keep)
		out.SetCookie, out.Body.Session, out.Body.State = signed.SetCookie, &signed.Body, string(identity.InviteIsConfirmed)
	}
	return out, nil
}

type confirmEnrolmentIn struct {
	Body struct {
		Keep
		Token string   `json:"token" maxLength:"100"`
		Code  phi.Text `json:"code" minLength:"6" maxLength:"6"`
	}
}

func (r signInRoutes) confirm(ctx context.Context, a access.Actor, in *confirmEnrolmentIn) (*SignedInReply, error) {
	opened, err := r.people.ConfirmAccepted(ctx, a, in.Body.Token, in.Body.Code, identity.Origin{Device: in.Body.Device, Remote: remoteOf(ctx)})
	if err != nil {
		return nil, err
	}
	return r.answered(opened, in.Body.Keep.Keep), nil
}

// SignedOut takes the cookie back.
type SignedOut struct {
	SetCookie string `header:"Set-Cookie"`
}

func (r signInRoutes) out(ctx context.Context, a access.Actor, _ *none) (*SignedOut, error) {
	return &SignedOut{SetCookie: r.cookie("", time.Time{})}, r.people.SignOut(ctx, a)
}
