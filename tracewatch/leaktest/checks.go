package leaktest

import (
	"slices"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/source"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// process is what all checks share. It is a variable of the package because the goroutines that
// they judge, and the runtime's trace, are the process's, and Check is given nothing but a test.
var process checks

type checks struct {
	recording recording

	mu       sync.Mutex                // before the recording's
	main     *config                   // Main's, nil if there is none
	roots    map[detectors.GoID]*check // by the goroutine that it began on; of those that have ended only who has judged something
	active   []*check
	reported map[detectors.GoID]bool // goroutines that a check has complained about
	reader   traceback.Reader
}

// begin notes what is there before a test.
func (p *checks) begin(opts []Option) *check {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &check{
		cfg:    newConfig(p.main, opts),
		others: make(map[detectors.GoID]bool), chains: make(map[detectors.GoID][]link), files: source.NewFiles(),
	}
	c.root, c.bubble = traceback.Current()
	switch {
	case c.cfg.untraced:
		c.alone = true
		p.recording.suspend()
	case flagOf("test.bench") == "" && flagOf("test.fuzz") == "": // what is measured, or runs for hours, is not recorded
		c.traced = true
		p.recording.join(c.bubble != 0)
	}
	gs := p.there(c)
	p.meet(c, gs)
	if p.roots == nil {
		p.roots, p.reported = make(map[detectors.GoID]*check), make(map[detectors.GoID]bool)
	}
	p.roots[c.root] = c
	p.active = append(p.active, c)
	return c
}

// there notes which goroutines are there before a test, and returns all. The trace is not read in between: whoever
// descends from them is told by them. The lock is held.
func (p *checks) there(c *check) []traceback.Goroutine {
	r := &p.recording
	r.mu.Lock()
	defer r.mu.Unlock()
	gs, _ := p.reader.All()
	for i := range gs {
		g := &gs[i]
		if g.ID != c.root {
			c.before = append(c.before, g.ID)
			continue
		}
		for _, f := range g.Frames() {
			if !detectors.IsStandard(f.Func) {
				c.tests = append(c.tests, f.Func)
			}
		}
	}
	slices.Sort(c.before)
	if c.tree = r.tree; c.tree != nil {
		c.tree.Keep(c.before)
	}
	return gs
}

// meet notes which other checks a new one runs beside: all but those of the tests around it.
func (p *checks) meet(c *check, gs []traceback.Goroutine) {
	around := ancestors(c.root, gs)
	for _, a := range p.active {
		if !slices.Contains(around, a.root) {
			a.shared, c.shared = true, true
		}
	}
}

// finish is called when a check is over.
func (p *checks) finish(c *check) {
	p.mu.Lock()
	if c.tree != nil {
		p.recording.mu.Lock()
		c.tree.Drop(c.before)
		p.recording.mu.Unlock()
	}
	p.active = slices.DeleteFunc(p.active, func(a *check) bool { return a == c })
	slices.Sort(c.judged)
	*c = check{cfg: c.cfg, root: c.root, traced: c.traced, alone: c.alone, judged: c.judged, ended: true}
	if p.roots[c.root] == c && len(c.judged) == 0 {
		delete(p.roots, c.root)
	}
	for _, a := range p.active {
		if a.root == c.root { // a test that is checked twice
			p.roots[a.root] = a
		}
	}
	if len(p.active) == 0 {
		p.roots, p.reported = nil, nil
	}
	p.mu.Unlock()
	if c.traced {
		p.recording.leave()
	}
	if c.alone {
		p.recording.resume()
	}
}

// complain notes that a check has judged goroutines, and is about to say so.
func (p *checks) complain(c *check, gs []traceback.Goroutine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range gs {
		p.reported[gs[i].ID] = true
		c.judged = append(c.judged, gs[i].ID)
	}
}

// reporter returns one for what is left of a test that ended at a moment.
func (p *checks) reporter(c *check, ended time.Time) *reporter {
	return &reporter{check: c, root: c.root, rec: &p.recording, dir: here(), ended: ended, after: time.Since(ended)}
}
