package dispatch

import (
	"math"
	"math/rand/v2"
	"slices"

	"housecall/internal/id"
)

// search holds the sequences as they stand and makes them better.
type search struct {
	*problem
	random *rand.Rand
	routes []route
	holder []int32   // by task: the rider it stands with, nobody
	atShop [][]int32 // by shop: riders with a bundle there
	busy   []int32   // riders with anything in their route
	isBusy []int32   // by rider: place in busy, -1
	left   []int32   // tasks that nobody has
	before []int32   // the same before this iteration

	most    float64 // the greatest bonus of any rider
	scratch []bundle
	saved   []savedRoute
	touched []bool
	queue   []int32
}

type savedRoute struct {
	rider   int32
	cost    float64
	bundles []bundle
}

func newSearch(p *problem) *search {
	s := &search{
		problem: p, random: rand.New(rand.NewPCG(p.Seed, uint64(p.now.Unix()))),
		routes: make([]route, len(p.riders)), holder: make([]int32, len(p.tasks)), atShop: make([][]int32, len(p.shops)),
		isBusy: make([]int32, len(p.riders)), touched: make([]bool, len(p.riders)),
	}
	for i := range s.holder {
		s.holder[i] = nobody
	}
	for r := range s.routes {
		s.isBusy[r] = -1
		s.most = max(s.most, p.riders[r].bonus)
		if c := &p.riders[r]; c.locked() > 0 {
			s.routes[r].bundles = append(s.routes[r].bundles, bundle{shop: c.shop})
		}
	}
	s.stand()
	for r := range s.routes {
		s.settle(int32(r))
	}
	for t := range s.tasks {
		if s.holder[t] == nobody {
			s.left = append(s.left, int32(t))
		}
	}
	return s
}

// stand puts back what was held and what was planned before, as far as it still makes sense.
func (s *search) stand() {
	standing := slices.Clone(s.Standing)
	slices.SortStableFunc(standing, func(a, b Sequence) int {
		if a.Courier < b.Courier {
			return -1
		}
		if a.Courier > b.Courier {
			return 1
		}
		return 0
	})
	for _, q := range standing {
		r, ok := slices.BinarySearchFunc(s.couriers, q.Courier, func(c Courier, who id.Account) int { return compare(c.ID, who) })
		if !ok {
			continue
		}
		for k, jobs := range q.Bundles {
			s.standBundle(int32(r), jobs, k == 0)
		}
	}
	for t := range s.tasks { // what somebody goes for stays theirs until the search finds better
		if x := &s.tasks[t]; x.holder != nobody && s.holder[t] == nobody {
			s.holdOn(x.holder, int32(t))
		}
	}
}

func compare[T ~string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *search) taskOf(j id.Job) int32 {
	i, ok := slices.BinarySearchFunc(s.jobs, j, func(x Job, name id.Job) int { return compare(x.ID, name) })
	if !ok || s.holder[i] != nobody {
		return nobody
	}
	return int32(i)
}

// standBundle appends a bundle of the plan before to a rider, or fills the one they go for.
func (s *search) standBundle(r int32, jobs []id.Job, first bool) {
	c := &s.riders[r]
	b := bundle{shop: nobody}
	for _, j := range jobs {
		t := s.taskOf(j)
		if t == nobody || b.n == maxBundle || s.shunned(r, t) {
			continue
		}
		x := &s.tasks[t]
		if x.holder != nobody && x.holder != r && x.stays {
			continue
		}
		if b.n == 0 {
			b.shop = x.shop
		}
		b.insert(b.n, t)
		if _, n := s.counters(&b); n > s.limit() {
			b.n--
		}
	}
	if b.n == 0 {
		return
	}
	if first && c.locked() > 0 {
		if c.bound && !s.at(&b, c.shop) && !c.loaded || c.asked && !s.inherited(r, &b) {
			return
		}
		if c.bound {
			b.shop = c.shop
		}
		s.routes[r].bundles[0] = b
	} else {
		s.routes[r].bundles = append(s.routes[r].bundles, b)
	}
	for _, t := range b.list() {
		s.holder[t] = r
	}
}

// holdOn gives a task to who goes for it already.
func (s *search) holdOn(r, t int32) {
	if b, ok := s.held(r, t); ok {
		s.routes[r].bundles[0] = b
		s.holder[t] = r
	}
}

// held is what a rider goes for with one of their tasks put back; false when that can't be.
func (s *search) held(r, t int32) (bundle, bool) {
	x := &s.tasks[t]
	if r == nobody || s.riders[r].locked() == 0 {
		return bundle{}, false
	}
	c, b := &s.riders[r], s.routes[r].bundles[0]
	if b.n >= maxBundle {
		return b, false
	}
	if b.n == 0 && !c.bound {
		b.shop = x.shop
	}
	b.insert(b.n, t)
	_, n := s.counters(&b)
	return b, n <= s.limit() && (x.aboard || !c.bound || c.shop == x.shop || s.limit() > 1)
}

// settle prices a rider's route anew after a change and keeps the books; a route that can't be ridden
// any more gives up its last tasks.
func (s *search) settle(r int32) {
	for {
		if s.reprice(r); s.routes[r].cost < far || !s.giveUp(r) {
			break
		}
	}
	s.book(r)
}

// giveUp takes the last task that is not on board out of a route; false when there is none.
func (s *search) giveUp(r int32) bool {
	rt := &s.routes[r]
	for i := len(rt.bundles) - 1; i >= 0; i-- {
		b := &rt.bundles[i]
		for k := b.n - 1; k >= 0; k-- {
			if t := b.tasks[k]; !s.tasks[t].aboard {
				b.remove(t)
				s.holder[t] = nobody
				if b.n == 0 && i >= int(s.riders[r].locked()) {
					rt.bundles = slices.Delete(rt.bundles, i, i+1)
				}
				return true
			}
		}
	}
	return false
}

// book notes at which shops a rider has bundles and whether they have anything at all.
func (s *search) book(r int32) {
	rt := &s.routes[r]
	has := false
	for i := range rt.bundles {
		if b := &rt.bundles[i]; b.n > 0 {
			has = true
			shops, n := s.counters(b)
			for _, at := range shops[:n] {
				s.atShop[at] = append(s.atShop[at], r)
			}
		}
	}
	if has && s.isBusy[r] < 0 {
		s.isBusy[r] = int32(len(s.busy))
		s.busy = append(s.busy, r)
	}
	if !has && s.isBusy[r] >= 0 {
		at, last := s.isBusy[r], s.busy[len(s.busy)-1]
		s.busy[at], s.isBusy[last] = last, at
		s.busy = s.busy[:len(s.busy)-1]
		s.isBusy[r] = -1
	}
}

// unbook undoes the notes on shops before a route changes.
func (s *search) unbook(r int32) {
	rt := &s.routes[r]
	for i := range rt.bundles {
		if b := &rt.bundles[i]; b.n > 0 {
			shops, n := s.counters(b)
			for _, shop := range shops[:n] {
				list := s.atShop[shop]
				at := slices.Index(list, r)
				list[at] = list[len(list)-1]
				s.atShop[shop] = list[:len(list)-1]
			}
		}
	}
}

// save remembers a route before the first change of an iteration.
func (s *search) save(r int32) {
	if s.touched[r] {
		return
	}
	s.touched[r] = true
	n := len(s.saved)
	if n < cap(s.saved) {
		s.saved = s.saved[:n+1]
	} else {
		s.saved = append(s.saved, savedRoute{})
	}
	v := &s.saved[n]
	v.rider, v.cost = r, s.routes[r].cost
	v.bundles = append(v.bundles[:0], s.routes[r].bundles...)
}

// improve takes parts out of the plan and puts them back, so many times.
func (s *search) improve(iterations int) {
	if len(s.tasks) == 0 || len(s.riders) == 0 {
		return
	}
	for n := range iterations {
		s.ruin()
		allowed := 0.0
		if s.weights.heat > 0 {
			allowed = -s.weights.heat * (1 - float64(n+1)/float64(iterations)) * math.Log(s.random.Float64()+1e-9)
		}
		if s.recreate() > allowed-1e-9 {
			s.undo()
		}
		s.forget()
	}
}

// start finds a place for what the plan before did not know.
func (s *search) start() {
	s.queue = append(s.queue[:0], s.left...)
	slices.SortStableFunc(s.queue, func(a, b int32) int { return int(s.tasks[a].ready - s.tasks[b].ready) })
	s.fill()
	s.forget()
}

// forget makes the present plan the one to go on from.
func (s *search) forget() {
	for i := range s.saved {
		s.touched[s.saved[i].rider] = false
	}
	s.saved = s.saved[:0]
}

// undo brings back the plan before the iteration.
func (s *search) undo() {
	for i := range s.saved {
		r := s.saved[i].rider
		s.unbook(r)
		for k := range s.routes[r].bundles {
			for _, t := range s.routes[r].bundles[k].list() {
				s.holder[t] = nobody
			}
		}
	}
	for i := range s.saved {
		v := &s.saved[i]
		rt := &s.routes[v.rider]
		rt.bundles = append(rt.bundles[:0], v.bundles...)
		for k := range rt.bundles {
			for _, t := range rt.bundles[k].list() {
				s.holder[t] = v.rider
			}
		}
		s.reprice(v.rider)
		s.book(v.rider)
	}
	s.left = append(s.left[:0], s.before...)
}

// ruin takes some tasks that lie together out of the plan.
func (s *search) ruin() {
	s.before = append(s.before[:0], s.left...)
	s.queue = s.queue[:0]
	seed := int32(s.random.IntN(len(s.tasks)))
	if len(s.left) > 0 && s.random.IntN(4) == 0 {
		seed = s.left[s.random.IntN(len(s.left))]
	}
	want := 1 + s.random.IntN(s.weights.ruin)
	nearby := s.shops[s.tasks[seed].shop].nearby
	s.take(seed, want)
	for tries := 0; len(s.queue) < want && tries < 3*want; tries++ {
		k := min(s.random.IntN(len(nearby)), s.random.IntN(len(nearby)))
		list := s.shops[nearby[k]].tasks
		s.take(list[s.random.IntN(len(list))], want)
	}
	s.queue = append(s.queue, s.left...)
}

// take removes a task from its route, sometimes with all that stands in the same route.
func (s *search) take(t int32, want int) {
	r := s.holder[t]
	if r == nobody || s.tasks[t].stays {
		return
	}
	s.save(r)
	s.unbook(r)
	rt := &s.routes[r]
	whole := s.random.IntN(3) == 0
	locked := s.riders[r].locked()
	for i := 0; i < len(rt.bundles); i++ {
		b := &rt.bundles[i]
		for k := b.n - 1; k >= 0; k-- {
			x := b.tasks[k]
			if (x == t || whole && len(s.queue) < want) && !s.tasks[x].stays {
				b.remove(x)
				s.holder[x] = nobody
				s.queue = append(s.queue, x)
			}
		}
		if b.n == 0 && i >= locked {
			rt.bundles = slices.Delete(rt.bundles, i, i+1)
			i--
		}
	}
	s.reprice(r)
	s.book(r)
}

// recreate puts the tasks of the queue back where they cost least, in some sequence, and answers by
// how much the plan is dearer than before the ruin.
func (s *search) recreate() float64 {
	s.random.Shuffle(len(s.queue), func(i, j int) { s.queue[i], s.queue[j] = s.queue[j], s.queue[i] })
	if s.random.IntN(2) == 0 {
		slices.SortStableFunc(s.queue, func(a, b int32) int { return int(s.tasks[a].ready - s.tasks[b].ready) })
	}
	s.fill()
	change := 0.0
	for i := range s.saved {
		change += s.routes[s.saved[i].rider].cost - s.saved[i].cost
	}
	for _, t := range s.left {
		change += s.tasks[t].penalty
	}
	for _, t := range s.before {
		change -= s.tasks[t].penalty
	}
	return change
}

// fill inserts the queue; what finds no place is left.
func (s *search) fill() {
	s.left = s.left[:0]
	for _, t := range s.queue {
		if !s.insert(t) {
			s.left = append(s.left, t)
		}
	}
}
