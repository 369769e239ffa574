package leaktest

import (
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// excuse reports whether a goroutine that the test has started, or may have, is none that it has to end. What can be
// closed on the test's behalf is. Trace says whether the trace is read.
func (p *checks) excuse(c *check, g *traceback.Goroutine, trace bool) bool {
	if slices.ContainsFunc(g.Frames(), func(f detectors.Frame) bool { return within(f.Func, c.cfg.functions) }) {
		c.judged = append(c.judged, g.ID)
		return true // as long as it is there
	}
	if within(g.Created.Func, c.cfg.creators) {
		return c.excuseAlways(g, "")
	}
	w := workerOf(g)
	if w != nil && w.process {
		return c.excuseAlways(g, w.what)
	}
	if w != nil && w.close != nil {
		w.close()
	}
	if !trace {
		return false
	}
	chain := p.chain(c, g.ID)
	for _, l := range chain {
		if slices.ContainsFunc(l.frames, func(f detectors.Frame) bool { return within(f.Func, c.cfg.creators) }) {
			return c.excuseAlways(g, "")
		}
	}
	if name, global, _ := c.once(chain); global {
		return c.excuseAlways(g, "it was started once for the whole process, by "+name)
	}
	return false
}

// excuseAlways notes that a goroutine is not the test's to end, and why, if the test did not ask for it.
func (c *check) excuseAlways(g *traceback.Goroutine, why string) bool {
	c.others[g.ID] = true
	c.judged = append(c.judged, g.ID)
	if why != "" {
		c.excused = append(c.excused, excused{g.ID, why})
	}
	return true
}

// chain returns how a goroutine came to be, which does not change while it lives.
func (p *checks) chain(c *check, id detectors.GoID) []link {
	if _, ok := c.chains[id]; !ok {
		chain := p.recording.chain(id)
		if len(chain) == 0 {
			return nil
		}
		c.chains[id] = chain
	}
	return c.chains[id]
}

// once returns the sync.Once through which a goroutine or one of its ancestors was started. If that is a variable of a
// package (global), whichever test comes first starts it, and it is none's. Where the source is not there nobody
// knows.
func (c *check) once(chain []link) (name string, global, found bool) {
	for _, l := range chain {
		for i, f := range l.frames {
			if f.Func != "sync.(*Once).doSlow" {
				continue
			}
			at := slices.IndexFunc(l.frames[i:], func(f detectors.Frame) bool { return !isStandard(f) || !strings.Contains(f.File, "/sync/") })
			if at < 0 {
				continue
			}
			found = true
			if name, global, known := c.files.GlobalOnce(l.frames[i+at].File, l.frames[i+at].Line); known && global {
				return name, true, true
			}
		}
	}
	return "", false, found
}
