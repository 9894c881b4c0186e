package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// MongoSet is a replica set of three mongod.
type MongoSet struct {
	Members [3]*MongoServer
	// URI reaches it; append the name of a database.
	URI string
}

// MongodSet starts three mongod that choose a new primary within about three seconds of the loss of
// theirs; otherwise it is as Mongod.
func MongodSet(tb testing.TB) *MongoSet {
	tb.Helper()
	s := &MongoSet{}
	binary := mongod.find(tb)
	var hosts []string
	for i := range s.Members {
		s.Members[i] = &MongoServer{binary: binary, folder: tb.TempDir(), host: freeAddress(tb), set: "rs3"}
		s.Members[i].launch(tb)
		hosts = append(hosts, s.Members[i].host)
	}
	s.URI = "mongodb://" + strings.Join(hosts, ",") + "/?replicaSet=rs3"
	s.Ready(tb)
	s.complete(tb)
	return s
}

// complete waits until every member is one to count on: while it copies what there is, it takes part in choosing a
// primary, but acknowledges nothing, and if the one it copies from stands still it waits for that for half a minute.
func (s *MongoSet) complete(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), startTime)
	defer cancel()
	for _, m := range s.Members {
		for h := (hello{}); !h.Primary && !h.Follows; pause(20 * time.Millisecond) {
			h, _ = ask(ctx, m.host)
			if ctx.Err() != nil {
				tb.Fatalf("%s has not joined the set\n%s", m.host, m.said())
			}
		}
	}
}

// Database is the URI of one database.
func (s *MongoSet) Database(name string) string { return databaseIn(s.URI, name) }

// Ready waits until one of them takes writes.
func (s *MongoSet) Ready(tb testing.TB) {
	tb.Helper()
	if err := primary(tb.Context(), "rs3", s.hosts()...); err != nil {
		tb.Fatalf("the replica set is not ready: %v\n%s", err, s.Members[0].said())
	}
}

func (s *MongoSet) hosts() []string {
	var hosts []string
	for _, m := range s.Members {
		hosts = append(hosts, m.host)
	}
	return hosts
}

// Primary is the member that takes writes now.
func (s *MongoSet) Primary(tb testing.TB) *MongoServer {
	tb.Helper()
	s.Ready(tb)
	for _, m := range s.Members {
		if h, err := ask(tb.Context(), m.host); err == nil && h.Primary {
			return m
		}
	}
	tb.Fatal("the set has lost its primary again")
	return nil
}

// Succeeded waits until another member has taken over from one that is dead or stands still, and the third follows
// it: left alone, that one may go on asking who stands still, and acknowledge nothing, for half a minute and longer.
func (s *MongoSet) Succeeded(tb testing.TB, from *MongoServer) {
	tb.Helper()
	others := slices.DeleteFunc(s.hosts(), func(host string) bool { return host == from.host })
	if err := primary(tb.Context(), "rs3", others...); err != nil {
		tb.Fatalf("nobody has taken over: %v", err)
	}
	if h, err := ask(tb.Context(), others[0]); err == nil && h.Follows {
		slices.Reverse(others)
	}
	if err := follow(tb.Context(), others[1], others[0]); err != nil {
		tb.Fatalf("%s does not follow %s: %v", others[1], others[0], err)
	}
}

// follow has one member copy from another.
func follow(ctx context.Context, host, from string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	client, err := direct(host)
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	return client.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetSyncFrom", Value: from}}).Err()
}

// Revive starts a member again after Kill, without waiting for it to catch up.
func (s *MongoSet) Revive(tb testing.TB, m *MongoServer) {
	tb.Helper()
	m.launch(tb)
}
