package detectors

import "time"

// occupancy tells who used the Ps during a window. On the hot path it only adds to a
// table by stack; what that means is worked out at the window's end.
type occupancy struct {
	code *Code

	// byStack is running time by the stack that ended the run, or was seen last before.
	byStack []runs

	// stackless is that of goroutines that ended without having been seen anywhere, by
	// the stack of their go statement.
	stackless []stacklessRuns

	total time.Duration
}

// runs sums up uninterrupted runs.
type runs struct {
	n              int
	total, longest time.Duration
}

type stacklessRuns struct {
	runs
	start SiteID // the function they began in
}

func (r *runs) add(d time.Duration) {
	r.n++
	r.total += d
	r.longest = max(r.longest, d)
}

func (r *runs) merge(o runs) {
	r.n += o.n
	r.total += o.total
	r.longest = max(r.longest, o.longest)
}

// occupancyKinds are the observations that end a run.
const occupancyKinds Kinds = 1<<GoStop | 1<<GoPark | 1<<GoSyscall | 1<<GoEnd

// ended counts a run of the service's own code that has just ended.
func (u *occupancy) ended(o *Observation) {
	g := o.G
	if o.From != Running || !o.Known || g.Class != ClassUser {
		return
	}
	u.total += o.Duration
	id := o.Stack
	if id == 0 {
		id = g.Stack
	}
	if id != 0 {
		if int(id) >= len(u.byStack) {
			u.byStack = grow(u.byStack, int(id))
		}
		u.byStack[id].add(o.Duration)
		return
	}
	u.stackless = grow(u.stackless, int(g.Creator))
	r := &u.stackless[g.Creator]
	r.add(o.Duration)
	r.start = g.Start
}

// occupant is a function whose goroutines used the Ps.
type occupant struct {
	start SiteID // the function
	runs  runs   // of all its goroutines
	site  SiteID // where among its code most of the time went
	at    runs   // what ran there
}

// top returns the function whose goroutines ran longest.
func (u *occupancy) top() occupant {
	type place struct{ start, site SiteID }
	starts, places := make(map[SiteID]*runs), make(map[place]*runs)
	count := func(start, site SiteID, r runs) {
		if starts[start] == nil {
			starts[start] = new(runs)
		}
		starts[start].merge(r)
		at := place{start, site}
		if places[at] == nil {
			places[at] = new(runs)
		}
		places[at].merge(r)
	}
	for id, r := range u.byStack {
		if r.n > 0 {
			s := u.code.Stack(StackID(id))
			site := s.Site
			if !s.User {
				site = s.Bottom
			}
			count(s.Bottom, site, r)
		}
	}
	for id, r := range u.stackless {
		if r.n > 0 {
			count(r.start, u.code.home(r.start, StackID(id)), r.runs)
		}
	}
	var top occupant
	for start, r := range starts {
		if r.total > top.runs.total || r.total == top.runs.total && start < top.start {
			top.start, top.runs = start, *r
		}
	}
	for at, r := range places {
		if at.start == top.start && (r.total > top.at.total || r.total == top.at.total && at.site < top.site) {
			top.site, top.at = at.site, *r
		}
	}
	return top
}

func (u *occupancy) reset() {
	clear(u.byStack)
	clear(u.stackless)
	u.total = 0
}
