package leaktest

import (
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// owner says whose a goroutine is, for one check.
type owner uint8

const (
	unsure  owner = iota // who started it has ended, and the trace does not tell
	mine                 // the test's: it descends from the test's goroutine
	others               // another test's, the process's, or it was there before
	nobodys              // no goroutine's go statement led to it: a timer's, or a finalizer's
)

// owner follows a goroutine's ancestors up to the first that a check began on and that answers for it.
//
// What started before a check began is not its own, even if the same test started it: its cleanup
// runs later than the check's. A check that has ended has answered for what was alive then. The rest, what its test's
// later cleanups start for example, is left to the check of the test above, if there is one. The lock is held.
func (p *checks) owner(c *check, id detectors.GoID) owner {
	var path []detectors.GoID
	for !slices.Contains(path, id) {
		if has(c.before, id) {
			return others
		}
		path = append(path, id)
		if at := p.roots[id]; at != nil {
			switch {
			case at.root == c.root:
				return mine
			case at.answersFor(path):
				return others
			}
		}
		up, known := p.parent(c, id)
		if !known {
			return unsure
		}
		if up == detectors.NoGoroutine {
			return nobodys
		}
		id = up
	}
	return unsure
}

// parent returns who started a goroutine; NoGoroutine if no goroutine of the program did. It returns false if that is not
// known. The trace is asked first: it may have folded what the traceback names.
func (p *checks) parent(c *check, id detectors.GoID) (detectors.GoID, bool) {
	if up, ok := p.recording.parent(id); ok {
		return up, true
	}
	if g := c.alive[id]; g != nil && (g.Creator != detectors.NoGoroutine || g.Created.Func != "") {
		return g.Creator, true
	}
	up, ok := c.elders[id]
	return up, ok
}

// answersFor reports whether a goroutine is a check's, of which is known what led from the check's test to it.
func (c *check) answersFor(path []detectors.GoID) bool {
	if c.ended {
		return slices.ContainsFunc(path, func(id detectors.GoID) bool { return has(c.judged, id) })
	}
	return !slices.ContainsFunc(path, func(id detectors.GoID) bool { return has(c.before, id) })
}

// has reports whether a goroutine is among those.
func has(sorted []detectors.GoID, id detectors.GoID) bool {
	_, found := slices.BinarySearch(sorted, id)
	return found
}

// ancestors returns a goroutine and who started it, as far as they are alive.
func ancestors(id detectors.GoID, gs []traceback.Goroutine) (line []detectors.GoID) {
	for id != detectors.NoGoroutine && !slices.Contains(line, id) {
		line = append(line, id)
		i := slices.IndexFunc(gs, func(g traceback.Goroutine) bool { return g.ID == id })
		if i < 0 {
			return line
		}
		id = gs[i].Creator
	}
	return line
}

// only reports whether no other test can run at the same time: neither this one nor one around it has called
// t.Parallel. Who started a test that has not waits for it; who started one that has went on.
func (c *check) only(gs []traceback.Goroutine) bool {
	line := ancestors(c.root, gs)
	for i := range gs {
		g := &gs[i]
		if !isTest(g) || !slices.Contains(line, g.ID) {
			continue
		}
		by := slices.IndexFunc(gs, func(other traceback.Goroutine) bool { return other.ID == g.Creator })
		if by < 0 || !waitsForTest(&gs[by]) {
			return false
		}
	}
	return true
}

// wrote reports whether a goroutine begins in a function that is written inside one of the test's, and of no other test
// that is there: of a table's rows all are written in the same.
func (c *check) wrote(g *traceback.Goroutine, gs []traceback.Goroutine) bool {
	frames := g.Frames()
	if len(frames) == 0 || !within(frames[len(frames)-1].Func, c.tests) {
		return false
	}
	for i := range gs {
		if other := &gs[i]; other.ID != c.root && isTest(other) &&
			slices.ContainsFunc(other.Frames(), func(f detectors.Frame) bool { return slices.Contains(c.tests, f.Func) }) {
			return false
		}
	}
	return true
}

// notTests reports whether a goroutine is never a test's to end: those that the testing package, the
// runtime and leaktest start for themselves.
func notTests(g *traceback.Goroutine) bool {
	fn := g.Created.Func
	if fn == "" { // the main goroutine, and C threads that call into Go
		return true
	}
	for _, p := range []string{"runtime.", "runtime/trace.", "testing.", "testing/synctest.", "internal/synctest.", "internal/fuzz.",
		"github.com/gotracewatch/tracewatch/tracewatch/leaktest.(*recording)."} {
		if strings.HasPrefix(fn, p) {
			return true
		}
	}
	return false
}

// isTest reports whether a goroutine is one that the testing package starts for a test, a benchmark or a fuzz
// function.
func isTest(g *traceback.Goroutine) bool {
	fn := g.Created.Func
	return fn == "testing.(*T).Run" || strings.HasPrefix(fn, "testing.(*B).") || strings.HasPrefix(fn, "testing.(*F).")
}

// waitsForTest reports whether a goroutine has started a test and waits for its end.
func waitsForTest(g *traceback.Goroutine) bool {
	return slices.ContainsFunc(g.Frames(), func(f detectors.Frame) bool {
		switch f.Func {
		case "testing.(*T).Run", "testing.(*B).Run", "testing.(*B).run", "testing.(*B).doBench", "testing.(*B).run1", "testing.(*F).Fuzz":
			return true
		}
		return false
	})
}
