package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// NATSCluster is three nats-server that know people by signed credentials and speak TLS.
type NATSCluster struct {
	Members [3]*NATSServer
	// URL names all three; CA is the file with the authority of their certificates.
	URL, CA string

	accounts []account
	bare     account
	used     atomic.Int64
}

// NATSServer is one of them.
type NATSServer struct {
	*process
	URL string

	binary, folder, client, route string
}

// account is a space of its own on the cluster, with the credentials of its one user.
type account struct{ id, token, creds string }

const natsAccounts = 64

// NATS starts a cluster of three, or skips the test where it was not asked for or there is no nats-server.
// It ends with the test.
func NATS(tb testing.TB) *NATSCluster {
	tb.Helper()
	c := &NATSCluster{}
	binary, folder := natsServer.find(tb), tb.TempDir()
	pair := certify(tb, folder)
	c.CA = pair.authority
	operator, token := c.people(tb, folder)
	var routes, urls []string
	var clients [3]string
	var rafts [3]string
	for i := range c.Members {
		clients[i], rafts[i] = freeAddress(tb), freeAddress(tb)
		routes = append(routes, "nats-route://"+rafts[i])
		urls = append(urls, "tls://"+clients[i])
	}
	c.URL = strings.Join(urls, ",")
	for i := range c.Members {
		home := tb.TempDir()
		write(tb, filepath.Join(home, "nats.conf"), fmt.Sprintf(`
server_name: n%d
listen: %q
jetstream { store_dir: %q, max_memory_store: 256MB, max_file_store: 4GB }
tls { cert_file: %q, key_file: %q }
cluster { name: tests, listen: %q, routes: [%s] }
operator: %q
system_account: %s
resolver: MEMORY
resolver_preload: { %s }
`, i, clients[i], home, pair.cert, pair.key, rafts[i], strings.Join(routes, ", "), token, operator, c.preload()))
		c.Members[i] = &NATSServer{URL: urls[i], binary: binary, folder: home, client: clients[i], route: rafts[i]}
		c.Members[i].launch(tb)
	}
	c.Ready(tb)
	return c
}

func (s *NATSServer) launch(tb testing.TB) {
	tb.Helper()
	s.process = start(tb, s.folder, s.binary, nil, s.Side(), "-c", filepath.Join(s.folder, "nats.conf"))
}

// Side is its end of the network, towards clients and towards the other members.
func (s *NATSServer) Side() Side { return sideOf(s.client, s.route) }

// Revive starts a member again after Kill, with what it has kept, without waiting for it to catch up.
func (c *NATSCluster) Revive(tb testing.TB, m *NATSServer) {
	tb.Helper()
	m.launch(tb)
}

// Credentials is the file with the credentials of a new account, in which there is nothing yet.
func (c *NATSCluster) Credentials(tb testing.TB) string {
	tb.Helper()
	n := c.used.Add(1)
	if int(n) > natsAccounts {
		tb.Fatal("the cluster has no account left: raise natsAccounts")
	}
	return c.accounts[n].creds
}

// BareCredentials are those of an account without JetStream.
func (c *NATSCluster) BareCredentials() string { return c.bare.creds }

// StreamLeader is the member that leads a stream of an account, by its name in the cluster.
func (c *NATSCluster) StreamLeader(tb testing.TB, creds, stream string) *NATSServer {
	tb.Helper()
	conn, js := c.connect(tb, creds)
	defer conn.Close()
	for {
		s, err := js.Stream(tb.Context(), stream)
		if err == nil {
			info := s.CachedInfo()
			if info.Cluster != nil && info.Cluster.Leader != "" {
				return c.Members[info.Cluster.Leader[1]-'0']
			}
		}
		if tb.Context().Err() != nil {
			tb.Fatalf("stream %s has no leader: %v", stream, err)
		}
		pause(50 * time.Millisecond)
	}
}

// catchUp is how long the servers may take until every copy is up to date: most often half a minute, by their own pauses.
const catchUp = 4 * time.Minute

// Healthy waits until every copy of every stream of an account is up to date: only then may another server be
// lost.
func (c *NATSCluster) Healthy(tb testing.TB, creds string) {
	tb.Helper()
	conn, js := c.connect(tb, creds)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(tb.Context(), catchUp)
	defer cancel()
	for !healthy(ctx, js) {
		if ctx.Err() != nil {
			tb.Fatal("the copies of the streams do not catch up")
		}
		pause(100 * time.Millisecond)
	}
}

func healthy(ctx context.Context, js jetstream.JetStream) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	list := js.ListStreams(ctx)
	for s := range list.Info() {
		if s.Cluster == nil || s.Cluster.Leader == "" || len(s.Cluster.Replicas) != 2 {
			return false
		}
		for _, r := range s.Cluster.Replicas {
			if !r.Current || r.Offline {
				return false
			}
		}
	}
	return list.Err() == nil
}

// Replicas is how many copies a stream has.
func (c *NATSCluster) Replicas(tb testing.TB, creds, stream string) int {
	tb.Helper()
	conn, js := c.connect(tb, creds)
	defer conn.Close()
	s, err := js.Stream(tb.Context(), stream)
	if err != nil {
		tb.Fatal(err)
	}
	return s.CachedInfo().Config.Replicas
}

func (c *NATSCluster) connect(tb testing.TB, creds string) (*nats.Conn, jetstream.JetStream) {
	tb.Helper()
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	conn, err := nats.Connect(c.URL, nats.UserCredentials(creds), nats.Secure(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}),
		nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		tb.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		tb.Fatal(err)
	}
	return conn, js
}

// Ready waits until a stream of three copies can be made.
func (c *NATSCluster) Ready(tb testing.TB) {
	tb.Helper()
	conn, js := c.connect(tb, c.accounts[0].creds)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(tb.Context(), startTime)
	defer cancel()
	for {
		short, over := context.WithTimeout(ctx, 2*time.Second)
		_, err := js.CreateOrUpdateStream(short, jetstream.StreamConfig{Name: "READY", Subjects: []string{"ready"}, Replicas: 3, Storage: jetstream.MemoryStorage})
		over()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			tb.Fatalf("the NATS cluster is not ready: %v\n%s", err, c.Members[0].said())
		}
		pause(20 * time.Millisecond)
	}
}

// people makes the operator who signs for the cluster, its accounts and one user for each.
func (c *NATSCluster) people(tb testing.TB, folder string) (system, operator string) {
	tb.Helper()
	signer := must(nkeys.CreateOperator())
	o := jwt.NewOperatorClaims(must(signer.PublicKey()))
	sys := newAccount(tb, signer, folder, "system", jwt.JetStreamLimits{})
	o.SystemAccount = sys.id
	everything := jwt.JetStreamLimits{MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}
	c.bare = newAccount(tb, signer, folder, "bare", jwt.JetStreamLimits{})
	for i := range natsAccounts + 1 {
		c.accounts = append(c.accounts, newAccount(tb, signer, folder, fmt.Sprint("account", i), everything))
	}
	c.accounts = append(c.accounts, sys)
	return sys.id, must(o.Encode(signer))
}

func (c *NATSCluster) preload() string {
	var all []string
	for _, a := range append(c.accounts, c.bare) {
		all = append(all, a.id+": "+a.token)
	}
	return strings.Join(all, ", ")
}

func newAccount(tb testing.TB, operator nkeys.KeyPair, folder, name string, limits jwt.JetStreamLimits) account {
	tb.Helper()
	keys := must(nkeys.CreateAccount())
	claims := jwt.NewAccountClaims(must(keys.PublicKey()))
	claims.Name, claims.Limits.JetStreamLimits = name, limits
	user := must(nkeys.CreateUser())
	person := jwt.NewUserClaims(must(user.PublicKey()))
	creds := must(jwt.FormatUserConfig(must(person.Encode(keys)), must(user.Seed())))
	file := filepath.Join(folder, name+".creds")
	write(tb, file, string(creds))
	return account{id: claims.Subject, token: must(claims.Encode(operator)), creds: file}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic("engine: " + err.Error()) // making keys fails only without randomness
	}
	return v
}

func write(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// Leads waits until every stream of an account has a leader.
func (c *NATSCluster) Leads(tb testing.TB, creds string) {
	tb.Helper()
	conn, js := c.connect(tb, creds)
	defer conn.Close()
	for _, stream := range []string{"EVENTS", "FEED", "TIMERS", "DEAD", "KV_LEASES", "KV_POSTS"} {
		for {
			ctx, cancel := context.WithTimeout(tb.Context(), time.Second)
			s, err := js.Stream(ctx, stream)
			cancel()
			if err == nil && s.CachedInfo().Cluster != nil && s.CachedInfo().Cluster.Leader != "" {
				break
			}
			if tb.Context().Err() != nil {
				tb.Fatalf("stream %s has no leader: %v", stream, err)
			}
			pause(50 * time.Millisecond)
		}
	}
}
