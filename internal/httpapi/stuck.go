package httpapi

import (
	"context"
	"time"

	"housecall/internal/access"
	"housecall/internal/bus"
)

// DeadLetters keeps the events that no handler could deal with.
type DeadLetters interface {
	Dead(ctx context.Context) ([]bus.DeadLetter, error)
	Replay(ctx context.Context, seq uint64) error
}

// Stuck are the routes of the operator who looks after events that got stuck.
func Stuck(letters DeadLetters) []Route {
	r := stuckRoutes{letters}
	return []Route{
		get("/stuck-events", "event.stuck", "List events that no handler could deal with", r.list),
		post("/stuck-events/{number}/replay", "event.replay", "Send one of them again", r.replay),
	}
}

type stuckRoutes struct{ letters DeadLetters }

// StuckView is an event that got stuck. It carries ids and codes only.
type StuckView struct {
	Number   uint64    `json:"number"`
	At       time.Time `json:"at"`
	Consumer string    `json:"consumer" doc:"Who could not deal with it."`
	Kind     string    `json:"kind"`
	Document string    `json:"document"`
	Tries    int       `json:"tries"`
	Cause    string    `json:"cause"`
}

func (r stuckRoutes) list(ctx context.Context, _ access.Actor, _ *none) (*Reply[ListOf[StuckView]], error) {
	letters, err := r.letters.Dead(ctx)
	if err != nil {
		return nil, err
	}
	v := ListOf[StuckView]{Items: make([]StuckView, 0, len(letters))}
	for _, l := range letters {
		v.Items = append(v.Items, StuckView{l.Seq, l.At, l.Consumer, string(l.Event.Kind), l.Event.Doc, l.Tries, l.Cause})
	}
	return reply(0, v), nil
}

type byNumber struct {
	Number uint64 `path:"number" minimum:"1"`
}

func (r stuckRoutes) replay(ctx context.Context, _ access.Actor, in *byNumber) (*none, error) {
	return nil, r.letters.Replay(ctx, in.Number)
}
