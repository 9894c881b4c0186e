package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"housecall/internal/sim"
)

// Options say how large the load is.
type Options struct {
	URLs     []string // of the nodes, "http://localhost:8080"
	Token    string   // of an operator's session, or the administrator's
	Patients int      // at once
	Doctors  int      // 0: two for each patient, since each signs once in half a minute
	Callers  int      // requests under way at once; 0: 16
	For      time.Duration
	Grace    time.Duration // for what is on its way at the end; 0: a minute and a half
	Patience time.Duration // how long one request is asked again; 0: a minute
	Settle   time.Duration // for what follows an order's end by itself, before it is judged; 0: 20 s
	// RepeatOneIn so many POSTs is sent a second time with its key though it was answered; 0: 50.
	RepeatOneIn int
	Seed        uint64
	// Watch is how often the nodes are asked for their memory, goroutines and open files; 0: never.
	Watch time.Duration
	// Transport carries the requests; nil: one of our own.
	Transport http.RoundTripper
	// Progress is told now and then how far it is; may be nil.
	Progress func(Progress)
}

// Progress is how far a run is.
type Progress struct {
	Phase       string
	Done, Total int
	Steps       int64 // so far
	Errors      int64
}

func (o Options) filled() (Options, error) {
	if o.Patients < 1 || o.For <= 0 {
		return o, errors.New("say how many patients, and for how long")
	}
	if o.Callers == 0 {
		o.Callers = 16
	}
	if o.Grace == 0 {
		o.Grace = 90 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Settle == 0 {
		o.Settle = 20 * time.Second
	}
	if o.RepeatOneIn == 0 {
		o.RepeatOneIn = 50
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{MaxIdleConnsPerHost: o.Callers + 8, IdleConnTimeout: time.Minute}
	}
	return o, nil
}

// run is one load under way.
type run struct {
	Options
	meter    *meter
	http     *http.Client
	operator *sim.Client
	name     string
	expiry   string     // of every pack: a run may go on past midnight
	rand     *rand.Rand // of whoever prepares; everybody else has their own
	offers   offers

	zones     []*zone
	overseer  *follower
	seen      times // from placed to the job's arrival on the operators' feed
	whole     times // from the first word to the door
	signWaits times

	steps   atomic.Int64
	inTime  atomic.Int64 // steps within the time that is measured
	anew    atomic.Int64 // jobs that were given to another courier before the bag was theirs
	failed  atomic.Int64
	ends    time.Time
	done    atomic.Int64
	total   atomic.Int64
	phase   atomic.Value
	running sync.WaitGroup // feeds

	mu        sync.Mutex // guards what follows, and lists of zones while people are enrolled
	followers []*follower
	lives     []*life
	errors    map[string]int
	stepTimes map[string]*times
	follows   func(f *follower)
	leaves    func(f *follower) // who does not come back closes their screen: a long run has no more of them than a short one

	watched   []Sample // of the time that is measured
	delivered atomic.Int64
}

// Run puts the load on and judges what came of it. An error: it could not be done; what is wrong with the
// service stands in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	m, err := newMeter(o)
	if err != nil {
		return nil, err
	}
	r := &run{
		Options: o, meter: m, http: &http.Client{Transport: m}, rand: rand.New(rand.NewPCG(o.Seed, uint64(now().UnixNano()))), //nolint:gosec // chance for a test, not a secret
		errors: map[string]int{}, stepTimes: map[string]*times{},
	}
	r.name, r.expiry = shortName(r.rand), now().AddDate(1, 0, 0).UTC().Format(time.DateOnly)
	r.operator = &sim.Client{Base: "http://housecall", Token: o.Token, HTTP: r.http} // the meter says which node
	feeds, cut := context.WithCancel(ctx)
	defer r.running.Wait()
	defer cut()
	r.follows = func(f *follower) {
		begun := make(chan struct{})
		live, leave := context.WithCancel(feeds)
		f.leave = leave
		r.running.Go(func() { f.run(live, func() { close(begun) }) })
		wait(ctx, begun, stuckAfter)
	}
	r.leaves = func(f *follower) {
		r.running.Go(func() {
			rest(feeds, r.Settle) // for what follows their last order by itself
			f.leave()
		})
	}
	stopTelling := r.tell(ctx)
	defer stopTelling()
	return r.all(ctx)
}

// all is the run from the first zone to the verdict.
func (r *run) all(ctx context.Context) (*Report, error) {
	r.overseer = r.follow("an operator", r.operator, r.oversee)
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	begun := now()
	r.ends = begun.Add(r.For)
	r.expect("patients", int(r.For.Seconds()))
	stop := r.watch(ctx)
	hang := r.phones(ctx)
	r.live(ctx)
	hang()
	stop()
	r.expect("judging", 1)
	report := r.judge(ctx, now().Sub(begun))
	r.sendHome(ctx)
	return report, ctx.Err()
}

// oversee notes when the job of an order became known to all who listen, the dispatcher among them.
func (r *run) oversee(t told) {
	if t.Kind != "job.planned" {
		return
	}
	if placed, err := time.Parse(time.RFC3339Nano, t.Data["placed"]); err == nil {
		r.seen.add(now().Sub(placed))
	}
}

// follow starts a live feed and answers once it runs.
func (r *run) follow(who string, c *sim.Client, on func(told)) *follower {
	r.mu.Lock()
	f := newFollower(who, c, r.Seed+uint64(len(r.followers)), on)
	r.followers = append(r.followers, f)
	r.mu.Unlock()
	r.follows(f)
	return f
}

// live has every patient go through the chain over and over until the time is up, then lets those who
// are on their way come to their end.
func (r *run) live(ctx context.Context) {
	ctx, stop := context.WithDeadline(ctx, r.ends.Add(r.Grace))
	defer stop()
	var patients sync.WaitGroup
	for i := range r.Patients {
		z, seed := r.zones[i%len(r.zones)], r.Seed+uint64(i)
		patients.Go(func() {
			p := &patient{run: r, zone: z, rand: rand.New(rand.NewPCG(seed, 3))} //nolint:gosec // chance for a test, not a secret
			for now().Before(r.ends) && ctx.Err() == nil {
				p.comesAgain(ctx)
			}
		})
	}
	patients.Wait()
}

// stepped counts a durable step of the chain.
func (r *run) stepped(name string, took time.Duration) {
	r.steps.Add(1)
	if now().Before(r.ends) {
		r.inTime.Add(1)
	}
	r.mu.Lock()
	t := r.stepTimes[name]
	if t == nil {
		t = &times{}
		r.stepTimes[name] = t
	}
	r.mu.Unlock()
	t.add(took)
}

// wrong counts what went wrong, by what it is.
func (r *run) wrong(step string, err error) {
	r.failed.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors[step+": "+ids.ReplaceAllString(err.Error(), "{id}")]++
}

// ids are taken out of what went wrong, so that the same counts as the same.
var ids = regexp.MustCompile(`[a-z]+_[0-9A-Za-z_-]{8,}`)

func (r *run) expect(phase string, total int) {
	r.phase.Store(phase)
	r.done.Store(0)
	r.total.Store(int64(total))
}

func (r *run) enrolled() { r.done.Add(1) }

// tell says now and then how far it is, until it is stopped.
func (r *run) tell(ctx context.Context) (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() {
		for rest(ctx, 200*time.Millisecond) {
			phase, _ := r.phase.Load().(string)
			p := Progress{Phase: phase, Done: int(r.done.Load()), Total: int(r.total.Load()), Steps: r.steps.Load(), Errors: r.failed.Load()}
			if phase == "patients" {
				p.Done = min(p.Total, int(r.For.Seconds()-r.ends.Sub(now()).Seconds()))
			}
			r.Progress(p)
		}
	})
	return func() { cancel(); telling.Wait() }
}
