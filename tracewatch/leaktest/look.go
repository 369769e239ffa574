package leaktest

import (
	"runtime"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/leakproof"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

const (
	// yields is how often a check that finds something alive lets others run before it looks again, twice as
	// often each time up to mostYields: what is about to end needs microseconds, and the
	// shortest sleep is a millisecond where nothing else goes on.
	yields     = 64
	mostYields = 512

	// first is how long it sleeps after that, twice as long each time up to most. From thorough on the trace is
	// read: most of what was about to end has ended by then.
	first    = time.Millisecond
	thorough = 4 * time.Millisecond
	most     = 10 * time.Millisecond

	// proveAfter is how long goroutines have to stand still until the runtime is asked whether anything can wake
	// them, which takes a garbage collection. If nothing can there is nothing to wait for.
	proveAfter = 100 * time.Millisecond

	// maxAsked is how often the runtime is asked. What it has not proven the first time it may the next: where a
	// goroutine was stopped amid a function, every word of that function's frame counts as a pointer.
	maxAsked = 3

	// bubbleLooks is how often a check in a bubble of testing/synctest looks while something there works, or
	// waits for what is outside of it. No time passes in the bubble then.
	bubbleLooks = 1000

	// maxAgain is how often those that were left may have ended when they are looked up once more. If there are
	// always others, they come from each other for ever.
	maxAgain = 4
)

// wait waits until nothing is left that the test started, or what is left has had its time to end. It
// returns that, and apart from it what may be the test's: nobody knows.
func (p *checks) wait(c *check) (left, unclear []traceback.Goroutine) {
	var pause time.Duration
	var last bool
	asked, yield, looks, again := 0, yields, 0, 0
	provable := c.bubble == 0 && leakproof.Available()
	begun := time.Now()
	for {
		left, unclear = p.look(c, last || asked > 0 || pause >= thorough, last)
		if last || len(left)+len(unclear) == 0 || asked > 0 && stuckForEver(left, unclear) {
			alive, perhaps := p.still(left), p.still(unclear) // reading the trace took its time
			if len(alive)+len(perhaps) > 0 || len(left)+len(unclear) == 0 {
				return alive, perhaps
			}
			if again++; again > maxAgain {
				return left, unclear
			}
			continue // they may have started others
		}
		waited := time.Since(begun)
		works := atWork(left) || atWork(unclear)
		over := waited >= c.cfg.grace && !works || waited >= 10*c.cfg.grace || looks >= bubbleLooks
		switch {
		case provable && (asked == 0 && waited >= proveAfter && !works || over && asked < maxAsked):
			asked++
			_ = leakproof.Mark() // what is not proven is not said to be
		case over:
			last = true
		case yield <= mostYields:
			letOthersRun(yield, len(left)+len(unclear))
			yield *= 2
		case c.bubble != 0 && !c.rests:
			letOthersRun(mostYields, len(left)+len(unclear))
			looks++
		default:
			pause = min(max(2*pause, first), most)
			time.Sleep(pause)
		}
	}
}

// letOthersRun yields so often, or until so many goroutines have ended.
func letOthersRun(yields, ending int) {
	for want := runtime.NumGoroutine() - ending; yields > 0 && runtime.NumGoroutine() > want; yields-- {
		runtime.Gosched()
	}
}

// atWork reports whether one of the goroutines does not wait: it runs, or would if the machine had less to do.
func atWork(gs []traceback.Goroutine) bool {
	return slices.ContainsFunc(gs, func(g traceback.Goroutine) bool { return g.State == "running" || g.State == "runnable" })
}

// stuckForEver reports whether nothing will ever wake any of what is left.
func stuckForEver(left, unclear []traceback.Goroutine) bool {
	return len(unclear) == 0 && !slices.ContainsFunc(left, func(g traceback.Goroutine) bool { return !g.Leaked })
}

// rests reports whether time can pass in a bubble: all in it but the one that asks wait for something in it. None does
// while one of them runs, or waits for what is outside: a lock, the network.
func rests(bubble int64, asks detectors.GoID, gs []traceback.Goroutine) bool {
	return !slices.ContainsFunc(gs, func(g traceback.Goroutine) bool {
		return g.Bubble == bubble && g.ID != asks && !g.Durable
	})
}

// still returns those goroutines that are alive.
func (p *checks) still(gs []traceback.Goroutine) []traceback.Goroutine {
	if len(gs) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now, cut := p.reader.All()
	if cut {
		return gs
	}
	alive := make(map[detectors.GoID]bool, len(now))
	for i := range now {
		alive[now[i].ID] = true
	}
	return slices.DeleteFunc(slices.Clone(gs), func(g traceback.Goroutine) bool { return !alive[g.ID] })
}

// look returns what is left of what a test started, and what may be. Trace says that the trace is to be read where it
// is needed to tell, patient that this may take as long as the runtime needs to hand it out.
func (p *checks) look(c *check, trace, patient bool) (left, unclear []traceback.Goroutine) {
	gs, candidates := p.candidates(c)
	if len(candidates) == 0 {
		return nil, nil
	}
	if trace {
		defer p.recording.keep(candidates)() // some may end meanwhile, and others follow
		p.recording.upToNow(c.bubble != 0, patient, func() bool { return p.recording.knows(candidates) })
	}
	whose := p.divide(c, candidates)
	only := c.only(gs) && !p.meets(c)
	for i, g := range candidates {
		if whose[i] == others {
			c.others[g.ID] = true
			continue
		}
		if p.excuse(c, g, trace) {
			continue
		}
		if whose[i] == mine || only || c.wrote(g, gs) {
			left = append(left, *g)
		} else {
			unclear = append(unclear, *g)
		}
	}
	return left, unclear
}

// candidates returns all goroutines, and those that may be the test's to end.
func (p *checks) candidates(c *check) (gs []traceback.Goroutine, candidates []*traceback.Goroutine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gs, _ = p.reader.All()
	if c.bubble != 0 {
		c.rests = rests(c.bubble, c.root, gs)
	}
	c.alive = make(map[detectors.GoID]*traceback.Goroutine, len(gs))
	c.elders = make(map[detectors.GoID]detectors.GoID)
	for i := range gs {
		g := &gs[i]
		c.alive[g.ID] = g
		for line := g.Ancestors(); len(line) > 1; line = line[1:] {
			c.elders[line[0]] = line[1]
		}
		if g.ID != c.root && !has(c.before, g.ID) && !c.others[g.ID] && !p.reported[g.ID] && !notTests(g) {
			candidates = append(candidates, g)
		}
	}
	return gs, candidates
}

// divide says whose each goroutine is.
func (p *checks) divide(c *check, gs []*traceback.Goroutine) []owner {
	p.mu.Lock()
	defer p.mu.Unlock()
	whose := make([]owner, len(gs))
	for i, g := range gs {
		if c.bubble != 0 { // whatever is in it is the test's
			if whose[i] = others; g.Bubble == c.bubble {
				whose[i] = mine
			}
			continue
		}
		whose[i] = p.owner(c, g.ID)
	}
	return whose
}

// meets reports whether another check has run at the same time, neither around this one nor in it.
func (p *checks) meets(c *check) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.shared
}
