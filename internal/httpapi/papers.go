package httpapi

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"time"

	"housecall/internal/access"
	"housecall/internal/fault"
	"housecall/internal/id"
	"housecall/internal/paper"
	"housecall/internal/prescribing"
)

// Papers are the routes of printed prescriptions: the file, what anybody may ask of one, and the keys
// that sign them.
func Papers(prescriptions *prescribing.Service) []Route {
	r := paperRoutes{prescriptions}
	return []Route{
		get("/prescriptions/{id}/paper", "prescription.download", "Download a signed prescription as a PDF", r.paper),
		post("/verify", "prescription.verify", "Ask what became of the prescription on a paper", r.verify).keyless(),
		get("/signing-keys", "signing_key.read", "Public keys of prescriptions with their times, as /.well-known/jwks.json", r.keys),
		get("/doctors/{id}/signing-keys", "signing_key.manage", "List a doctor's public signing keys", r.ofDoctor),
		post("/doctors/{id}/signing-keys", "signing_key.manage", "Give a doctor a new signing key; old signatures stay good", r.replace).created(),
		post("/signing-keys/{id}/revoke", "signing_key.manage", "Make what a key has signed since a moment worthless", r.revoke),
	}
}

// PaperMounts are the list of keys where programs look for it, and a plain page for who has no app.
func PaperMounts(prescriptions *prescribing.Service) []Mount {
	r := paperRoutes{prescriptions}
	return []Mount{
		{Method: http.MethodGet, Path: "/.well-known/jwks.json", Action: "signing_key.read", Handle: r.jwks, Limited: true},
		{Method: http.MethodGet, Path: "/verify/plain", Action: "prescription.verify", Handle: r.plain, Limited: true},
		{Method: http.MethodPost, Path: "/verify/plain", Action: "prescription.verify", Handle: r.plain, Limited: true},
	}
}

type paperRoutes struct{ prescriptions *prescribing.Service }

type printIn struct {
	ByID
	Language string `query:"language" enum:"en,zh" default:"en"`
}

// PaperFile is a prescription to print.
type PaperFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte `contentType:"application/pdf"`
}

func (r paperRoutes) paper(ctx context.Context, a access.Actor, in *printIn) (*PaperFile, error) {
	p, err := r.prescriptions.Paper(ctx, a, id.Prescription(in.ID), in.Language)
	if err != nil {
		return nil, err
	}
	return &PaperFile{"application/pdf", `attachment; filename="` + p.Name + `"`, p.PDF}, nil
}

type verifyIn struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"40000" doc:"The text of its QR codes, with spaces between several, or its fingerprint, 7F3A-21C9-E0B4."`
	}
}

// VerifyView is all that anybody is told.
type VerifyView struct {
	State prescribing.PublicState `json:"state" enum:"valid,cancelled,dispensed,expired,forged" doc:"Forged is also what nobody here has signed."`
}

func (r paperRoutes) verify(ctx context.Context, _ access.Actor, in *verifyIn) (*Reply[VerifyView], error) {
	state, err := r.prescriptions.Lookup(ctx, in.Body.Code)
	if err != nil {
		return nil, err
	}
	return reply(0, VerifyView{state}), nil
}

// KeysView is a JWK Set.
type KeysView struct {
	Keys []KeyView `json:"keys" nullable:"false"`
}

// KeyView is a public signing key with the times between which its signatures count.
type KeyView struct {
	Kty     string     `json:"kty"`
	Crv     string     `json:"crv"`
	Use     string     `json:"use"`
	Alg     string     `json:"alg"`
	Kid     string     `json:"kid"`
	X       string     `json:"x"`
	Y       string     `json:"y"`
	Since   time.Time  `json:"since"`
	Retired *time.Time `json:"retired,omitempty" doc:"Another took over; what it signed before stays good."`
	Revoked *time.Time `json:"revoked,omitempty" doc:"What claims to be signed from then on is forged."`
}

func keysView(keys []paper.Key) KeysView {
	out := KeysView{Keys: make([]KeyView, 0, len(keys))}
	for _, k := range keys {
		out.Keys = append(out.Keys, KeyView(k))
	}
	return out
}

func keysReply(keys []paper.Key, err error) (*Reply[KeysView], error) {
	if err != nil {
		return nil, err
	}
	return reply(0, keysView(keys)), nil
}

func (r paperRoutes) keys(ctx context.Context, _ access.Actor, _ *none) (*Reply[KeysView], error) {
	all, err := r.prescriptions.PublicKeys(ctx)
	return keysReply(all.Keys, err)
}

func (r paperRoutes) ofDoctor(ctx context.Context, a access.Actor, in *ByID) (*Reply[KeysView], error) {
	return keysReply(r.prescriptions.SigningKeys(ctx, a, id.Account(in.ID)))
}

func (r paperRoutes) replace(ctx context.Context, a access.Actor, in *ByID) (*Reply[KeysView], error) {
	return keysReply(r.prescriptions.ReplaceKey(ctx, a, id.Account(in.ID)))
}

type revokeIn struct {
	ByID
	Body struct {
		From   *time.Time `json:"from,omitempty" doc:"Since when somebody else may have had it; absent: now."`
		Reason string     `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (r paperRoutes) revoke(ctx context.Context, a access.Actor, in *revokeIn) (*Reply[KeysView], error) {
	var from time.Time
	if in.Body.From != nil {
		from = *in.Body.From
	}
	return keysReply(r.prescriptions.RevokeKey(ctx, a, in.ID, from, in.Body.Reason))
}

func (r paperRoutes) jwks(w http.ResponseWriter, req *http.Request, _ access.Actor) {
	all, err := r.prescriptions.PublicKeys(req.Context())
	if err != nil {
		answerProblem(w, req, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Access-Control-Allow-Origin", "*") // public keys, for anybody's page
	_ = json.NewEncoder(w).Encode(keysView(all.Keys))
}

//go:embed verify.html
var verifyFile embed.FS

var verifyPage = template.Must(template.ParseFS(verifyFile, "verify.html"))

// plain asks and answers on a page without a script: one word, in both languages.
func (r paperRoutes) plain(w http.ResponseWriter, req *http.Request, _ access.Actor) {
	said := struct{ State, Refused string }{}
	if req.Method == http.MethodPost {
		req.Body = http.MaxBytesReader(w, req.Body, defaultBodyLimit)
		code := req.PostFormValue("code")
		state, err := r.prescriptions.Lookup(req.Context(), code)
		switch {
		case fault.Is(err, fault.Invalid):
			said.Refused = "This can't be read. Scan all its codes, or type the fingerprint. 无法识别，请扫描全部二维码或输入指纹。"
		case err != nil:
			answerProblem(w, req, err)
			return
		default:
			said.State = string(state)
		}
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = verifyPage.Execute(w, said)
}
