package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/phi"
)

// Threads are the routes of what is asked about a visit after it.
func Threads(visits *consult.Service) []Route {
	r := threadRoutes{visits}
	return []Route{
		get("/visits/{id}/thread", "visit.read_thread", "Read questions and answers about a visit", r.read),
		post("/visits/{id}/questions", "visit.question", "Ask the doctor, within 72 hours", r.question).created(),
		post("/visits/{id}/side-effects", "visit.report_side_effect", "Tell the doctor of a side effect", r.sideEffect).created(),
		post("/visits/{id}/thread/{item}/answer", "visit.answer", "Answer a question", r.answer).created(),
	}
}

type threadRoutes struct{ visits *consult.Service }

// ThreadItem is one thing that was written.
type ThreadItem struct {
	ID      id.Message       `json:"id"`
	Kind    consult.ItemKind `json:"kind" enum:"question,side_effect,answer"`
	By      id.Account       `json:"by"`
	Role    access.Role      `json:"role"`
	At      time.Time        `json:"at"`
	Text    phi.Text         `json:"text"`
	Answers id.Message       `json:"answers,omitempty" doc:"Which item this answers."`
}

func threadItem(x consult.Item) ThreadItem {
	return ThreadItem{x.ID, x.Kind, x.By, x.Role, x.At, x.Text, x.Answers}
}

func threadReply(t *consult.Thread, err error) (*Reply[ListOf[ThreadItem]], error) {
	if err != nil {
		return nil, err
	}
	return reply(t.Version, ListOf[ThreadItem]{Items: each(t.Items, threadItem)}), nil
}

func (r threadRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[ListOf[ThreadItem]], error) {
	return threadReply(r.visits.Thread(ctx, a, id.Visit(in.ID)))
}

type textIn struct {
	ByID
	Body struct {
		Text phi.Text `json:"text" minLength:"1" maxLength:"8000"`
	}
}

func (r threadRoutes) question(ctx context.Context, a access.Actor, in *textIn) (*Reply[ListOf[ThreadItem]], error) {
	return threadReply(r.visits.Question(ctx, a, id.Visit(in.ID), in.Body.Text))
}

func (r threadRoutes) sideEffect(ctx context.Context, a access.Actor, in *textIn) (*Reply[ListOf[ThreadItem]], error) {
	return threadReply(r.visits.ReportSideEffect(ctx, a, id.Visit(in.ID), in.Body.Text))
}

type answerItemIn struct {
	ByID
	Item string `path:"item" maxLength:"96"`
	Body struct {
		Text phi.Text `json:"text" minLength:"1" maxLength:"8000"`
	}
}

func (r threadRoutes) answer(ctx context.Context, a access.Actor, in *answerItemIn) (*Reply[ListOf[ThreadItem]], error) {
	return threadReply(r.visits.Answer(ctx, a, id.Visit(in.ID), id.Message(in.Item), in.Body.Text))
}
