package leaktest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/traceback"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// A leak is goroutines that came to be in the same way and are at the same place.
type leak struct {
	ids    []detectors.GoID
	g      traceback.Goroutine // one of them
	frames []detectors.Frame   // where it is, without how Go waits
	chain  []link              // how it came to be, up to the test; at least one
	whole  bool                // the chain goes back to the test
	life   life                // of the one that has been there longest
	lived  bool                // life is known
	proven bool                // nothing can wake any of them
}

// reporter writes what is left of a test.
type reporter struct {
	*check
	root  detectors.GoID // the test's goroutine; NoGoroutine: the package's tests are meant
	rec   *recording
	dir   string // paths are written relative to it
	ended time.Time
	after time.Duration // the test's end, up to when it was looked for the last time
}

// waited says how long ago the test ended when what is reported was seen.
func (r *reporter) waited() string { return wording.Duration(r.after) }

// leaks groups what is left.
func (r *reporter) leaks(left []traceback.Goroutine) []leak {
	lives := r.rec.lives(r.bubble != 0, left)
	r.after = time.Since(r.ended)
	var leaks []leak
	at := make(map[string]int)
	for _, g := range left {
		l := leak{g: g, frames: placeOf(g.Frames()), proven: g.Leaked}
		l.chain, l.whole = r.chain(&g)
		l.life, l.lived = lives[g.ID]
		key := l.key()
		i, ok := at[key]
		if !ok {
			i = len(leaks)
			at[key] = i
			leaks = append(leaks, l)
		}
		same := &leaks[i]
		same.ids = append(same.ids, g.ID)
		same.proven = same.proven && g.Leaked
		if l.life.since > same.life.since {
			same.life, same.lived = l.life, l.lived
		}
	}
	slices.SortStableFunc(leaks, func(a, b leak) int { return cmp.Compare(len(b.ids), len(a.ids)) })
	return leaks
}

// chain returns how a goroutine came to be, up to the test. What the trace does not tell the traceback does, of those that
// are alive: their go statement, and who it was.
func (r *reporter) chain(g *traceback.Goroutine) (chain []link, whole bool) {
	for _, l := range r.rec.chain(g.ID) {
		if isTestings(l) {
			return chain, true
		}
		chain = append(chain, l)
		if l.parent == r.root {
			return chain, true
		}
	}
	id := g.ID
	if len(chain) > 0 {
		id = chain[len(chain)-1].parent
	}
	for len(chain) < shownLinks {
		g := r.alive[id]
		if g == nil || g.Created.Func == "" {
			break
		}
		l := link{id: id, parent: g.Creator, frames: []detectors.Frame{g.Created}}
		if isTestings(l) {
			return chain, true
		}
		chain = append(chain, l)
		if l.parent == r.root {
			return chain, true
		}
		id = l.parent
	}
	return chain, len(chain) > 0 && chain[len(chain)-1].parent == detectors.NoGoroutine
}

// isTestings reports whether a go statement is the testing package's: the one that began the test.
func isTestings(l link) bool {
	return len(l.frames) > 0 && strings.HasPrefix(l.frames[0].Func, "testing.")
}

// key is the same for goroutines that have the same story.
func (l *leak) key() string {
	var b strings.Builder
	fmt.Fprint(&b, l.g.State, l.frames)
	for _, c := range l.chain {
		fmt.Fprint(&b, c.frames)
	}
	return b.String()
}

// How much is written: frames of a stack, steps of a descent, groups, and numbers of goroutines.
const (
	shownFrames = 8
	shownLinks  = 20
	shownLeaks  = 20
	shownIDs    = 5
)

// write writes all that is left.
func (r *reporter) write(leaks []leak) string {
	var b strings.Builder
	for i := range leaks {
		if i == shownLeaks {
			fmt.Fprintf(&b, "\nAnd %s more, each with a story of its own.\n", wording.Many(len(leaks)-i, "group"))
			break
		}
		b.WriteByte('\n')
		r.leak(&b, &leaks[i])
	}
	return b.String()
}

// leak writes one group.
func (r *reporter) leak(b *strings.Builder, l *leak) {
	fmt.Fprintf(b, "%s (%s): %s%s\n", wording.Many(len(l.ids), "goroutine"), numbers(l.ids), l.g.State, r.since(l))
	t := table{out: b}
	r.stack(&t, "at", l.frames, "", r.line)
	if n, _ := l.g.Elided(); n > 0 {
		t.row("", wording.Many(n, "frame")+" of the middle are not known")
	}
	if l.g.Locked {
		t.row("holds", "a thread: runtime.LockOSThread")
	}
	for i, c := range l.chain {
		if i == shownLinks {
			t.row("", fmt.Sprintf("and so on, %s more", wording.Many(len(l.chain)-i, "step")))
			break
		}
		r.started(&t, c, i < len(l.chain)-1)
	}
	if !l.whole {
		t.row("", "who started that one is not known")
	}
	if w := workerOf(&l.g); w != nil {
		t.row("is", w.what)
		t.row("to end it", w.fix)
	} else {
		r.wakes(&t, l)
	}
	if l.proven {
		t.row("for ever", hopeless(r.operation(l)))
	}
	r.allow(&t, l)
	t.flush()
}

// started writes a go statement and what led to it. Inner says that it was not in the test's own goroutine.
func (r *reporter) started(t *table, c link, inner bool) {
	if len(c.frames) == 0 || c.parent == detectors.NoGoroutine && c.frames[0].Func == "time.goFunc" {
		t.row("started by", "a timer (time.AfterFunc)")
		return
	}
	where := ""
	if inner {
		where = fmt.Sprintf(" (goroutine %d)", c.parent)
	}
	r.stack(t, "started by", userFrames(c.frames), where, func(i int, f detectors.Frame) string {
		if stmt := r.files.GoStatement(f.File, f.Line); i == 0 && stmt != "" {
			return stmt
		}
		return r.line(i, f)
	})
	if c.repeats > 0 {
		t.row("", fmt.Sprintf("the last of %d in a row, each of which started the next", c.repeats+1))
	}
}

// allow says how to have a leak ignored, if it is meant to stay. What the test started itself is not.
func (r *reporter) allow(t *table, l *leak) {
	if len(l.chain) == 0 {
		return
	}
	if _, global, found := r.once(l.chain); found && !global {
		t.row("begun once", "by a sync.Once: if that is the process's, it is no leak of this test")
	}
	by := userFrames(l.chain[0].frames)
	if len(by) == 0 || by[0].Func == "time.goFunc" || within(by[0].Func, r.tests) {
		return
	}
	t.row("if intended", fmt.Sprintf("leaktest.IgnoreCreatedBy(%q)", by[0].Func))
}

// since says how long a leak has been what it is.
func (r *reporter) since(l *leak) string {
	if !l.lived && l.g.Minutes > 0 {
		return fmt.Sprintf(" for %s", wording.Many(l.g.Minutes, "minute"))
	}
	if !l.lived {
		return ""
	}
	if !l.life.whole {
		return " for more than " + wording.Duration(l.life.since)
	}
	s := " for " + wording.Duration(l.life.since)
	if before := l.life.since - r.after; before > 0 && r.bubble == 0 {
		what := "test"
		if r.root == detectors.NoGoroutine {
			what = "tests"
		}
		s += fmt.Sprintf(", since %s before the %s ended", wording.Duration(before), what)
	}
	return s
}

// stack writes a stack, with a line of source for each frame. Where is written behind the first.
func (r *reporter) stack(t *table, title string, frames []detectors.Frame, where string, line func(i int, f detectors.Frame) string) {
	rows := 0
	for i := 0; i < len(frames); i++ {
		f, again := frames[i], 1
		for i+1 < len(frames) && frames[i+1] == f {
			i, again = i+1, again+1
		}
		if rows == shownFrames {
			t.row("", fmt.Sprintf("and %s more", wording.Many(len(frames)-i, "frame")))
			return
		}
		fn := short(f.Func) + where
		if again > 1 {
			fn += fmt.Sprintf(", %d times", again)
		}
		t.row(title, fn, location(f, r.dir), line(i, f))
		title, where = "", ""
		rows++
	}
}

// line returns a frame's line of source. Of Go's own packages it says little.
func (r *reporter) line(_ int, f detectors.Frame) string {
	if isStandard(f) {
		return ""
	}
	return r.files.Line(f.File, f.Line)
}

// numbers writes the goroutines' numbers, the first of them if they are many.
func numbers(ids []detectors.GoID) string {
	var b strings.Builder
	for i, id := range ids {
		if i == shownIDs {
			return b.String() + ", …"
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, id)
	}
	return b.String()
}
