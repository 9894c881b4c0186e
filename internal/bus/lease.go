package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrHeld is answered when somebody else holds the lease. Try again after a while.
var ErrHeld = errors.New("the lease is held by another")

// Lease is the right to be the only one that does something, kept up by renewal. Whoever can't renew
// loses it before anybody else can have it.
type Lease struct {
	bus      *Bus
	in       bucket
	key      string
	holder   string
	revision uint64
	lost     chan struct{}
	release  chan struct{}
	once     sync.Once
	ended    chan struct{}
}

// Lease takes the named lease for the holder, or answers ErrHeld. A holder that died and came back under
// its name has its own lease again at once.
func (b *Bus) Lease(ctx context.Context, name, holder string) (*Lease, error) {
	return b.lease(ctx, b.leases, name, holder)
}

// postTTL is how long work waits for another node when the one that did it has died.
const postTTL = 3 * time.Second

// Post is a lease for work that another may take up at any time: it ends sooner after the holder's death, and is
// lost sooner when the engine chooses a new leader. It does no harm then, but to whom it would interrupt.
func (b *Bus) Post(ctx context.Context, name, holder string) (*Lease, error) {
	return b.lease(ctx, b.posts, name, holder)
}

func (b *Bus) lease(ctx context.Context, in bucket, name, holder string) (*Lease, error) {
	select {
	case <-b.stopping:
		return nil, errors.New("take lease " + name + ": the bus has stopped")
	default:
	}
	if b.adrift.Load() {
		return nil, fmt.Errorf("take lease %s: %w", name, clockIsWrong())
	}
	l := &Lease{
		bus: b, in: in, key: safe(name), holder: holder,
		lost: make(chan struct{}), release: make(chan struct{}), ended: make(chan struct{}),
	}
	asked := time.Now()
	var err error
	l.revision, err = in.Create(ctx, l.key, []byte(holder))
	if errors.Is(err, jetstream.ErrKeyExists) {
		err = l.takeBack(ctx)
	}
	if err != nil {
		if !errors.Is(err, ErrHeld) {
			err = fmt.Errorf("take lease %s: %w", name, err)
		}
		return nil, err
	}
	b.running.Go(func() { l.keep(asked) }) //nolint:contextcheck // it is kept long after this call
	return l, nil
}

// Holder is who has the named lease now; "" for nobody. It may be another's a moment later.
func (b *Bus) Holder(ctx context.Context, name string) (string, error) {
	entry, err := b.leases.Get(ctx, safe(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask who holds lease %s: %w", name, err)
	}
	return string(entry.Value()), nil
}

func (l *Lease) takeBack(ctx context.Context) error {
	entry, err := l.in.Get(ctx, l.key)
	if err != nil || string(entry.Value()) != l.holder {
		return ErrHeld
	}
	if l.revision, err = l.in.Update(ctx, l.key, []byte(l.holder), entry.Revision()); err != nil {
		return ErrHeld
	}
	return nil
}

// Lost is closed when the lease is no longer ours, released or not.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Release gives the lease back, so that the next one need not wait for its end.
func (l *Lease) Release() {
	l.once.Do(func() { close(l.release) })
	<-l.ended
}

// keep renews at a third of the time to live. After two thirds without success the lease counts as lost:
// the key outlives that by the last third.
func (l *Lease) keep(renewed time.Time) {
	defer close(l.ended)
	defer close(l.lost)
	ttl := l.in.ttl
	tick := time.NewTicker(ttl / 3)
	defer tick.Stop()
	for {
		select {
		case <-l.release:
			l.giveBack()
			return
		case <-l.bus.stopping:
			l.giveBack()
			return
		case <-tick.C:
		}
		if l.bus.adrift.Load() {
			l.giveBack()
			return
		}
		asked := time.Now()
		err := l.renew(renewed.Add(2 * ttl / 3))
		switch {
		case err == nil:
			renewed = asked
		case errors.Is(err, ErrHeld), time.Since(renewed) >= 2*ttl/3:
			l.bus.log.Warn("lease was lost", "lease", l.key, "error", err)
			return
		}
	}
}

func (l *Lease) renew(until time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	revision, err := l.in.Update(ctx, l.key, []byte(l.holder), l.revision)
	var refused *jetstream.APIError
	if errors.As(err, &refused) && refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return ErrHeld
	}
	if err != nil {
		return fmt.Errorf("renew lease %s: %w", l.key, err)
	}
	l.revision = revision
	return nil
}

// giveBack deletes the key if it is still ours.
func (l *Lease) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := l.in.Delete(ctx, l.key, jetstream.LastRevision(l.revision)); err != nil {
		l.bus.log.Warn("lease was not given back", "lease", l.key, "error", err)
	}
}
