package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const startTime = 60 * time.Second

// MongoServer is a mongod of a test's own.
type MongoServer struct {
	*process
	// URI reaches it; append the name of a database.
	URI string

	binary, folder, host, set string
}

// Mongod starts a replica set of one node, or skips the test where it was not asked for or there is
// no mongod (with CI=true, asked for and not there is a failure). It ends with the test.
func Mongod(tb testing.TB) *MongoServer {
	tb.Helper()
	return startMongod(tb, "rs0")
}

// LoneMongod starts a stand-alone mongod; otherwise it is as Mongod.
func LoneMongod(tb testing.TB) *MongoServer {
	tb.Helper()
	return startMongod(tb, "")
}

func startMongod(tb testing.TB, set string) *MongoServer {
	tb.Helper()
	s := &MongoServer{binary: mongod.find(tb), folder: tb.TempDir(), host: freeAddress(tb), set: set}
	s.URI = "mongodb://" + s.host + "/"
	if set != "" {
		s.URI += "?replicaSet=" + set
	}
	s.Start(tb)
	return s
}

// Side is its end of the network.
func (s *MongoServer) Side() Side { return sideOf(s.host) }

// Database is the URI of one database.
func (s *MongoServer) Database(name string) string { return databaseIn(s.URI, name) }

func databaseIn(uri, name string) string {
	address, settings, _ := strings.Cut(uri, "?")
	return address + name + "?" + settings
}

// Start starts it again after Kill, with what it has kept, and waits until it takes writes.
func (s *MongoServer) Start(tb testing.TB) {
	tb.Helper()
	s.launch(tb)
	if err := primary(tb.Context(), s.set, s.host); err != nil {
		tb.Fatalf("mongod is not ready: %v\n%s", err, s.said())
	}
}

func (s *MongoServer) launch(tb testing.TB) {
	tb.Helper()
	args := []string{
		"--dbpath", s.folder, "--logpath", filepath.Join(s.folder, "mongod.out"), "--logappend", "--quiet",
		"--bind_ip", "127.0.0.1", "--port", portOf(s.host), "--nounixsocket",
		"--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false",
	}
	if s.set != "" {
		args = append(args, "--replSet", s.set)
	}
	s.process = start(tb, s.folder, s.binary, nil, s.Side(), args...)
}

// primary waits until one of the hosts takes writes; a set that nobody has told its members is told.
func primary(ctx context.Context, set string, hosts ...string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		var last error
		for _, host := range hosts {
			var h hello
			if h, last = ask(ctx, host); h.Primary {
				return nil
			}
			if h.Fresh {
				tell(ctx, set, hosts) // asked again until it is one
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w, at last: %w", ctx.Err(), last)
		}
		pause(20 * time.Millisecond)
	}
}

type hello struct {
	Primary bool `bson:"isWritablePrimary"`
	Follows bool `bson:"secondary"`
	Fresh   bool `bson:"isreplicaset"` // a member that nobody has told its set
}

// ask has one server say what it is.
func ask(ctx context.Context, host string) (h hello, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	client, err := direct(host)
	if err != nil {
		return h, err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	return h, client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&h)
}

// tell makes the hosts a set, whose members look after each other twice a second and choose a new primary after two.
func tell(ctx context.Context, set string, hosts []string) {
	client, err := direct(hosts[0])
	if err != nil {
		return
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	members := bson.A{}
	for i, host := range hosts {
		members = append(members, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: host}})
	}
	settings := bson.D{{Key: "electionTimeoutMillis", Value: 2000}, {Key: "heartbeatIntervalMillis", Value: 500}}
	config := bson.D{{Key: "_id", Value: set}, {Key: "members", Value: members}, {Key: "settings", Value: settings}}
	_ = client.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err()
}

func direct(host string) (*mongo.Client, error) {
	return mongo.Connect(options.Client().SetHosts([]string{host}).SetDirect(true).SetServerSelectionTimeout(time.Second))
}

// pause waits where nothing can be waited for but time: a server of others.
func pause(d time.Duration) { <-time.After(d) }
