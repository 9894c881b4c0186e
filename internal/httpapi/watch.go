package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/bus"
)

// Watched is what an operator may know of the processes and of what waits between them.
type Watched interface {
	Queues(ctx context.Context) ([]bus.Queue, error)
	Members(ctx context.Context) ([]bus.Member, error)
	Unsent(ctx context.Context) (int, error)
}

// Watch are the routes of who watches the service itself.
func Watch(w Watched, node, version string) []Route {
	r := watchRoutes{w, node, version}
	return []Route{get("/service", "service.watch", "Read which nodes are up and what waits in the queues", r.read)}
}

type watchRoutes struct {
	watched       Watched
	node, version string
}

// ServiceView is how the service itself is.
type ServiceView struct {
	Node    string      `json:"node" doc:"The node that answered."`
	Version string      `json:"version" doc:"Its version."`
	Nodes   []NodeView  `json:"nodes" nullable:"false" doc:"Those that are up. One that died stays for some seconds."`
	Queues  []QueueView `json:"queues" nullable:"false" doc:"What waits for each consumer of events."`
	Unsent  int         `json:"unsent" doc:"Events that wait in their documents, up to 256."`
}

// NodeView is one process.
type NodeView struct {
	Name  string `json:"name"`
	Zones int    `json:"zones" doc:"Zones whose couriers it plans."`
	Reads int    `json:"reads" doc:"Consumers that it reads for; on one machine they are not counted."`
}

// QueueView is what waits for one consumer.
type QueueView struct {
	Consumer string `json:"consumer"`
	Waiting  uint64 `json:"waiting" doc:"Not handed out yet."`
	InHand   int    `json:"in_hand" doc:"Handed out and not done."`
	Again    int    `json:"again" doc:"Of these, handed out more than once."`
}

func (r watchRoutes) read(ctx context.Context, _ access.Actor, _ *none) (*Reply[ServiceView], error) {
	v := ServiceView{Node: r.node, Version: r.version, Nodes: []NodeView{}, Queues: []QueueView{}}
	members, err := r.watched.Members(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		v.Nodes = append(v.Nodes, NodeView{m.Name, m.Leases["dispatch"], m.Leases["consumer"]})
	}
	queues, err := r.watched.Queues(ctx)
	if err != nil {
		return nil, err
	}
	for _, q := range queues {
		v.Queues = append(v.Queues, QueueView(q))
	}
	if v.Unsent, err = r.watched.Unsent(ctx); err != nil {
		return nil, err
	}
	return reply(0, v), nil
}
