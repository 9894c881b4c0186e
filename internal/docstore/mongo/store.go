package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"housecall/internal/docstore"
)

const (
	gone  = "gone"  // events of deleted documents
	probe = "probe" // what Ping writes

	openTime  = 5 * time.Second  // to find a server at the start
	writeTime = 20 * time.Second // for one write with the driver's retries, through an election
	// findServer is how long one try waits for a server that takes writes, unless the URI says otherwise: a
	// new primary is chosen within some twelve seconds of the loss of the old one (electionTimeoutMillis is 10,000
	// where nobody has changed it), and who waits has no error but latency.
	findServer = writeTime
)

// Store is a docstore.Store in one MongoDB database. Open makes it.
type Store struct {
	client *mongo.Client
	db     *mongo.Database
	wake   chan struct{}
	router bool // we talk to the router of a sharded cluster
	turn   turn

	gets    together[string, docstore.Record]
	inserts together[bson.Raw, struct{}]
	last    last
	left    left

	mu          sync.RWMutex // guards collections
	collections []string     // declared, sorted
}

var _ docstore.Store = (*Store)(nil)

// Open connects to the database that the URI names, `housecall` if it names none, and looks whether
// it takes writes. The error of one that can't be reached, or refuses the password, says so.
func Open(ctx context.Context, uri string) (*Store, error) {
	s := &Store{wake: make(chan struct{}, 1)}
	s.gets.do = s.getAll
	s.inserts.do, s.inserts.begun = s.insertAll, true
	opts := options.Client().
		SetServerMonitor(s.turn.monitor()).
		SetServerSelectionTimeout(findServer).
		SetAppName("housecall").
		ApplyURI(uri). // after the default above: what the URI says counts
		SetRetryWrites(true).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: new(true)})
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("read the address of MongoDB: %w", err)
	}
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, fmt.Errorf("open store in MongoDB: %w", err)
	}
	s.client, s.db = client, client.Database(databaseOf(uri))
	first, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	if err := s.ping(first); err != nil {
		_ = client.Disconnect(context.WithoutCancel(ctx))
		return nil, explain(strings.Join(opts.Hosts, ","), err)
	}
	var hello struct {
		Msg string `bson:"msg"`
	}
	if err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		_ = client.Disconnect(context.WithoutCancel(ctx))
		return nil, explain(strings.Join(opts.Hosts, ","), err)
	}
	s.router = hello.Msg == "isdbgrid"
	return s, nil
}

// databaseOf is the path of the URI. net/url can't read it: there may be several hosts.
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, name, _ := strings.Cut(rest, "/")
	return cmp.Or(name, "housecall")
}

// Close ends the connections; writes that have begun end first.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	return s.client.Disconnect(ctx)
}

// Declare implements docstore.Store. Documents that an index does not list are not in it.
func (s *Store) Declare(ctx context.Context, collection string, indexes []string) error {
	if collection == gone || collection == probe {
		return fmt.Errorf("the name %s is the store's own", collection)
	}
	if s.router {
		if err := s.shard(ctx, collection); err != nil {
			return err
		}
	}
	models := []mongo.IndexModel{onlyWith("ob", "ob.id", bson.D{{Key: "ob.id", Value: 1}}), onlyWith("tm", "tm.kind", bson.D{{Key: "_id", Value: 1}, {Key: "tm.kind", Value: 1}})}
	for _, name := range indexes {
		models = append(models, onlyWith("k."+name, "k."+name+".e", along(name, 1)))
	}
	if _, err := s.db.Collection(collection).Indexes().CreateMany(ctx, models); err != nil {
		return translate(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.collections, collection) {
		// A new slice: declared gives the present one to readers.
		s.collections = append(slices.Clone(s.collections), collection)
		slices.Sort(s.collections)
	}
	return nil
}

// ShardKey is how the documents of every collection are spread over the shards of a cluster.
func ShardKey() bson.D { return bson.D{{Key: "_id", Value: "hashed"}} }

// shard spreads a collection. One that is spread already stays as it is.
func (s *Store) shard(ctx context.Context, collection string) error {
	err := s.client.Database("admin").RunCommand(ctx, bson.D{
		{Key: "shardCollection", Value: s.db.Name() + "." + collection}, {Key: "key", Value: ShardKey()},
	}).Err()
	var server mongo.ServerError
	if errors.As(err, &server) && server.HasErrorCode(codeAlreadySharded) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("spread collection %s over the shards (give this user the role clusterManager, or spread it by hand by a hashed _id): %w", collection, err)
	}
	return nil
}

// onlyWith is an index of the documents that have a field.
func onlyWith(name, field string, keys bson.D) mongo.IndexModel {
	exists := bson.D{{Key: field, Value: bson.D{{Key: "$exists", Value: true}}}}
	return mongo.IndexModel{Keys: keys, Options: options.Index().SetName(name).SetPartialFilterExpression(exists)}
}

// along is the key of an index, and the order of a walk along it.
func along(index string, direction int) bson.D {
	return bson.D{{Key: "k." + index + ".e", Value: direction}, {Key: "k." + index + ".o", Value: direction}, {Key: "_id", Value: direction}}
}

// declared lists the collections, sorted. The answer must not be changed.
func (s *Store) declared() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.collections
}

// Wake implements docstore.Store. What another node writes wakes that node.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// Ping implements docstore.Store: it writes, and a majority has it.
func (s *Store) Ping(ctx context.Context) error {
	return s.write(ctx, s.ping)
}

func (s *Store) ping(ctx context.Context) error {
	_, err := s.db.Collection(probe).UpdateOne(ctx, bson.D{{Key: "_id", Value: probe}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: int64(1)}}}}, options.UpdateOne().SetUpsert(true))
	return err
}

// write runs a write to its end once it has begun: who reads "cancelled" must be able to trust that
// nothing was written. Only the loss of every server leaves a write unknown, and says so.
func (s *Store) write(ctx context.Context, run func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return translate(toItsEnd(ctx, run))
}

func toItsEnd(ctx context.Context, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	return run(ctx)
}

// hidden keeps the words of an error but not its identity: it was our deadline that passed, not the caller's.
type hidden struct{ cause error }

func (h hidden) Error() string { return h.cause.Error() }

const (
	codeAuthenticationFailed = 18
	codeAlreadySharded       = 23
	codeOutOfDiskSpace       = 14031
)

// notNow are what a server answers that has no primary, is none, or can't ask a majority in time: PrimarySteppedDown,
// NotWritablePrimary and its kin, ShutdownInProgress, InterruptedAtShutdown, InterruptedDueToReplStateChange,
// WriteConcernTimeout, ReadConcernMajorityNotAvailableYet, and the network between servers.
var notNow = []int{6, 7, 64, 89, 91, 134, 189, 9001, 10058, 10107, 11600, 11602, 13435, 13436}

// away tells whether nobody answered who may, so that the same asked again can go well. The driver has tried twice.
func away(err error) bool {
	var server mongo.ServerError
	return mongo.IsNetworkError(err) || mongo.IsTimeout(err) || errors.As(err, &server) && slices.ContainsFunc(notNow, server.HasErrorCode)
}

// translate answers what docstore calls a full disk, a taken id and a store that is away; anything else stays as it is.
func translate(err error) error {
	var server mongo.ServerError
	switch {
	case err == nil:
		return nil
	case mongo.IsDuplicateKeyError(err):
		return fmt.Errorf("%w: in MongoDB", docstore.ErrExists)
	case errors.As(err, &server) && server.HasErrorCode(codeOutOfDiskSpace):
		return fmt.Errorf("%w: %w", docstore.ErrFull, err)
	case away(err):
		return fmt.Errorf("%w: %w", docstore.ErrAway, hidden{err})
	}
	return err
}
