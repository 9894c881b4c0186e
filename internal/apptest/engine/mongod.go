package engine

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	wantMongo  = "HOUSECALL_TEST_MONGO"  // set to 1 by scripts/test
	mongodPath = "HOUSECALL_TEST_MONGOD" // the server to use
	cached     = ".cache/mongod/mongod"  // what scripts/test brings, below the root of the repository

	startTime = 60 * time.Second
)

// MongoServer is a mongod of a test's own.
type MongoServer struct {
	// URI reaches it; append the name of a database.
	URI string

	binary, folder, host, set string
	process                   *exec.Cmd
}

// Mongod starts a replica set of one node, or skips the test where it was not asked for or there is
// no mongod (with CI=true, asked for and not there is a failure). It ends with the test.
func Mongod(tb testing.TB) *MongoServer {
	tb.Helper()
	return start(tb, "rs0")
}

// LoneMongod starts a stand-alone mongod; otherwise it is as Mongod.
func LoneMongod(tb testing.TB) *MongoServer {
	tb.Helper()
	return start(tb, "")
}

func start(tb testing.TB, set string) *MongoServer {
	tb.Helper()
	s := &MongoServer{binary: findMongod(tb), folder: tb.TempDir(), host: freeAddress(tb), set: set}
	s.URI = "mongodb://" + s.host + "/"
	if set != "" {
		s.URI += "?replicaSet=" + set
	}
	tb.Cleanup(s.stop)
	s.Start(tb)
	return s
}

// Database is the URI of one database.
func (s *MongoServer) Database(name string) string {
	address, settings, _ := strings.Cut(s.URI, "?")
	return address + name + "?" + settings
}

// Start starts it again after Kill, with what it has kept.
func (s *MongoServer) Start(tb testing.TB) {
	tb.Helper()
	args := []string{
		"--dbpath", s.folder, "--logpath", filepath.Join(s.folder, "mongod.log"), "--logappend", "--quiet",
		"--bind_ip", "127.0.0.1", "--port", s.host[strings.LastIndex(s.host, ":")+1:], "--nounixsocket",
		"--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false",
	}
	if s.set != "" {
		args = append(args, "--replSet", s.set)
	}
	s.process = exec.Command(s.binary, args...) //nolint:noctx,gosec // lives as long as the test; named by the tester
	dieWithParent(s.process)
	if err := s.process.Start(); err != nil {
		tb.Fatalf("start %s: %v", s.binary, err)
	}
	if err := s.ready(tb.Context()); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.folder, "mongod.log"))
		tb.Fatalf("mongod is not ready: %v\n%s", err, log[max(0, len(log)-2000):])
	}
}

// Kill ends it as a power cut does.
func (s *MongoServer) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.process.Process.Kill(); err != nil {
		tb.Fatal(err)
	}
	_ = s.process.Wait()
}

func (s *MongoServer) stop() {
	if s.process != nil && s.process.Process != nil && s.process.ProcessState == nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
	}
}

// ready waits until it takes writes; the first time, it is told to be a replica set of one.
func (s *MongoServer) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	client, err := mongo.Connect(options.Client().SetHosts([]string{s.host}).SetDirect(true))
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	admin := client.Database("admin")
	member := bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: s.host}}
	config := bson.D{{Key: "_id", Value: s.set}, {Key: "members", Value: bson.A{member}}}
	for {
		var hello struct {
			Primary bool `bson:"isWritablePrimary"`
			Fresh   bool `bson:"isreplicaset"` // a member that nobody has told its set
		}
		err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("%w, at last: %w", ctx.Err(), err)
		case hello.Primary:
			return nil
		case hello.Fresh:
			_ = admin.RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err() // asked again until it is one
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// findMongod answers the server to use, or skips the test.
func findMongod(tb testing.TB) string {
	tb.Helper()
	if os.Getenv(wantMongo) != "1" {
		tb.Skipf("not asked for: scripts/test sets %s=1", wantMongo)
	}
	if named := os.Getenv(mongodPath); named != "" {
		return named
	}
	if found, err := exec.LookPath("mongod"); err == nil {
		return found
	}
	for folder, err := os.Getwd(); err == nil && folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		found := filepath.Join(folder, cached)
		if info, err := os.Stat(found); err == nil && info.Mode()&0o100 != 0 {
			return found
		}
	}
	missing := fmt.Sprintf("no mongod: set %s to one, install MongoDB so that it is on the PATH, "+
		"or run scripts/test on Linux x86-64, which brings one", mongodPath)
	if os.Getenv("CI") == "true" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
