package httpapi

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// Passkeys are the routes of one's own passkeys, and of coming in by one. The website decides whether a browser sends
// the cookie over TLS alone.
func Passkeys(people *identity.Service, website string) []Route {
	r := passkeyRoutes{people, signInRoutes{people, strings.HasPrefix(website, "https://")}}
	return []Route{
		post("/sign-in/passkey/options", "signin.code", "Ask what a device needs to show a passkey", r.ask).keyless(),
		post("/sign-in/passkey", "signin.open", "Sign in by a passkey", r.signIn).keyless(),
		get("/passkeys", "passkey.read", "List one's own passkeys, oldest first", r.list),
		post("/passkeys/options", "passkey.add", "Ask what a device needs to make a passkey", r.begin).keyless(),
		post("/passkeys", "passkey.add", "Add the passkey that a device has made", r.add).created(),
		put("/passkeys/{id}", "passkey.edit", "Give a passkey another name", r.rename),
		del("/passkeys/{id}", "passkey.remove", "Remove a passkey, and end what it has opened", r.remove),
	}
}

type passkeyRoutes struct {
	people *identity.Service
	doors  signInRoutes
}

// PasskeyOptions are for the device, as the browser takes them.
type PasskeyOptions struct {
	PublicKey json.RawMessage `json:"public_key" doc:"PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON of WebAuthn. Good once, for five minutes."`
}

// PasskeyView is a passkey as it is answered to its owner.
type PasskeyView struct {
	ID      id.Passkey `json:"id"`
	State   string     `json:"state" enum:"active,suspect" doc:"suspect: its counter went back, so it may have been copied. It signs nobody in."`
	Name    phi.Text   `json:"name"`
	Synced  bool       `json:"synced" doc:"Kept by a service that may have it on several devices."`
	AddedAt time.Time  `json:"added_at"`
	UsedAt  *time.Time `json:"used_at,omitempty"`
	Version int64      `json:"version" doc:"For If-Match."`
}

func passkeyView(p *identity.Passkey) PasskeyView {
	v := PasskeyView{ID: p.ID, State: string(p.State), Name: p.Name, Synced: p.Synced, AddedAt: p.CreatedAt, Version: p.Version}
	if !p.Used.IsZero() {
		v.UsedAt = &p.Used
	}
	return v
}

func offered(options json.RawMessage, err error) (*Reply[PasskeyOptions], error) {
	if err != nil {
		return nil, err
	}
	return reply(0, PasskeyOptions{options}), nil
}

func (r passkeyRoutes) ask(ctx context.Context, _ access.Actor, _ *none) (*Reply[PasskeyOptions], error) {
	return offered(r.people.BeginPasskeySignIn(ctx, remoteOf(ctx)))
}

type passkeySignInIn struct {
	Body struct {
		Keep
		Credential json.RawMessage `json:"credential" doc:"What the device answered: PublicKeyCredential.toJSON() of navigator.credentials.get."`
	}
}

func (r passkeyRoutes) signIn(ctx context.Context, _ access.Actor, in *passkeySignInIn) (*SignedInReply, error) {
	opened, err := r.people.SignInByPasskey(ctx, in.Body.Credential, identity.Origin{Device: in.Body.Device, Remote: remoteOf(ctx)})
	if err != nil {
		return nil, err
	}
	return r.doors.answered(opened, in.Body.Keep.Keep), nil
}

func (r passkeyRoutes) list(ctx context.Context, a access.Actor, _ *none) (*Reply[ListOf[PasskeyView]], error) {
	all, err := r.people.Passkeys(ctx, a)
	if err != nil {
		return nil, err
	}
	return listed(all, "", passkeyView), nil
}

func (r passkeyRoutes) begin(ctx context.Context, a access.Actor, _ *none) (*Reply[PasskeyOptions], error) {
	return offered(r.people.BeginPasskey(ctx, a))
}

type addPasskeyIn struct {
	Body struct {
		Name       phi.Text        `json:"name" minLength:"1" maxLength:"240"`
		Credential json.RawMessage `json:"credential" doc:"What the device answered: PublicKeyCredential.toJSON() of navigator.credentials.create."`
	}
}

func (r passkeyRoutes) answered(p *identity.Passkey, err error) (*Reply[PasskeyView], error) {
	if err != nil {
		return nil, err
	}
	return reply(p.Version, passkeyView(p)), nil
}

func (r passkeyRoutes) add(ctx context.Context, a access.Actor, in *addPasskeyIn) (*Reply[PasskeyView], error) {
	return r.answered(r.people.AddPasskey(ctx, a, in.Body.Name, in.Body.Credential))
}

type renamePasskeyIn struct {
	ByID
	Edit
	Body struct {
		Name phi.Text `json:"name" minLength:"1" maxLength:"240"`
	}
}

func (r passkeyRoutes) rename(ctx context.Context, a access.Actor, in *renamePasskeyIn) (*Reply[PasskeyView], error) {
	return r.answered(r.people.RenamePasskey(ctx, a, id.Passkey(in.ID), in.Version(), in.Body.Name))
}

func (r passkeyRoutes) remove(ctx context.Context, a access.Actor, in *ByID) (*none, error) {
	return nil, r.people.RemovePasskey(ctx, a, id.Passkey(in.ID))
}
