package httpapi

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"time"

	"housecall/internal/access"
	"housecall/internal/clock"
	"housecall/internal/notify"
	"housecall/internal/phi"
)

// Outbox is what a demo alone has: the messages it would have sent, and how fast its clock runs. Nobody
// else may have it: it shows codes.
func Outbox(box *notify.Outbox, c clock.Clock) []Route {
	r := outboxRoutes{box, c}
	return []Route{
		get("/demo", "outbox.read", "Learn that this is a demo, and how fast its clock runs", r.demo),
		get("/outbox", "outbox.read", "Read the messages that the demo would have sent", r.list),
	}
}

// OutboxMounts is the same as a page for people.
func OutboxMounts(box *notify.Outbox) []Mount {
	page := template.Must(template.ParseFS(outboxFiles, "outbox.html"))
	return []Mount{{Method: http.MethodGet, Path: "/outbox", Action: "outbox.read", Handle: func(w http.ResponseWriter, r *http.Request, _ access.Actor) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_ = page.Execute(w, messagesOf(box, phi.Text(r.URL.Query().Get("to"))))
	}}}
}

//go:embed outbox.html
var outboxFiles embed.FS

type outboxRoutes struct {
	box   *notify.Outbox
	clock clock.Clock
}

// DemoView tells that a service is a demo.
type DemoView struct {
	Now   time.Time `json:"now" doc:"What the demo's clock shows."`
	Speed int       `json:"speed" minimum:"1" doc:"How many of its seconds pass in one."`
}

func (r outboxRoutes) demo(_ context.Context, _ access.Actor, _ *none) (*Reply[DemoView], error) {
	v := DemoView{Now: r.clock.Now(), Speed: 1}
	if fast, ok := r.clock.(interface{ Speed() int }); ok {
		v.Speed = fast.Speed()
	}
	return &Reply[DemoView]{Body: v}, nil
}

// OutboxIn asks for what went to one address.
type OutboxIn struct {
	To string `query:"to" maxLength:"254" doc:"A mail address or a number of the demo; all when absent."`
}

// OutboxMessage is a message that was not really sent.
type OutboxMessage struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Channel string    `json:"channel" enum:"mail,sms"`
	To      string    `json:"to"`
	Subject string    `json:"subject,omitempty"`
	Text    string    `json:"text"`
}

func (r outboxRoutes) list(_ context.Context, _ access.Actor, in *OutboxIn) (*Reply[ListOf[OutboxMessage]], error) {
	return &Reply[ListOf[OutboxMessage]]{Body: ListOf[OutboxMessage]{Items: messagesOf(r.box, phi.Text(in.To))}}, nil
}

func messagesOf(box *notify.Outbox, to phi.Text) []OutboxMessage {
	out := []OutboxMessage{}
	for _, k := range box.List(to) {
		out = append(out, OutboxMessage{ID: k.ID, At: k.At, Channel: string(k.Channel), To: k.To.Reveal(), Subject: k.Subject, Text: k.Text.Reveal()})
	}
	return out
}
