package detectors

import "time"

// occupancy tells who used the Ps during a window: running time by the function a
// goroutine began in, and by the site where it was seen to stop.
type occupancy struct {
	code    *Code
	byStart []time.Duration
	bySite  []siteRun
	total   time.Duration
}

type siteRun struct {
	run     time.Duration
	longest time.Duration
	runs    int

	// start is the function whose goroutines ran here for more than half of the time, if
	// there is one, and lead by how much (Boyer and Moore's majority vote).
	start SiteID
	lead  time.Duration
}

// occupancyKinds are the observations that end a run.
const occupancyKinds Kinds = 1<<GoStop | 1<<GoPark | 1<<GoSyscall | 1<<GoEnd

// ended counts a run of the service's own code that has just ended.
func (u *occupancy) ended(o *Observation) {
	if o.From != Running || !o.Known || o.G.Class != ClassUser {
		return
	}
	u.total += o.Duration
	u.byStart = grow(u.byStart, int(o.G.Start))
	u.byStart[o.G.Start] += o.Duration
	site := u.code.seenAt(o)
	u.bySite = grow(u.bySite, int(site))
	r := &u.bySite[site]
	r.run += o.Duration
	r.longest = max(r.longest, o.Duration)
	r.runs++
	switch {
	case r.start == o.G.Start:
		r.lead += o.Duration
	case o.Duration > r.lead:
		r.start, r.lead = o.G.Start, o.Duration-r.lead
	default:
		r.lead -= o.Duration
	}
}

// top returns the function whose goroutines ran longest, and the site among theirs
// where most of that time went.
func (u *occupancy) top() (start, site SiteID, run time.Duration) {
	for id, d := range u.byStart {
		if d > run {
			start, run = SiteID(id), d
		}
	}
	var most time.Duration
	for id := range u.bySite {
		if r := &u.bySite[id]; r.start == start && r.run > most {
			site, most = SiteID(id), r.run
		}
	}
	if site == 0 {
		site = start
	}
	return start, site, run
}

func (u *occupancy) reset() {
	clear(u.byStart)
	clear(u.bySite)
	u.total = 0
}
