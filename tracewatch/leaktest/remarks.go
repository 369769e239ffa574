package leaktest

import (
	"fmt"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/traceback"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// excuses says what was not counted.
func excuses(all []excused) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "leaktest: goroutine %d is not counted: %s\n", e.id, e.why)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// unclear says what may be the test's.
func (r *reporter) unclear(gs []traceback.Goroutine) string {
	var b strings.Builder
	b.WriteString("leaktest: ")
	if len(gs) == 1 {
		b.WriteString("1 goroutine is")
	} else {
		fmt.Fprintf(&b, "%d goroutines are", len(gs))
	}
	b.WriteString(" still alive that may be this test's or one's that ran beside it; not counted: a timer started it, or the trace does not tell who did\n")
	for i := range gs {
		g := &gs[i]
		fmt.Fprintf(&b, "    goroutine %d: %s", g.ID, g.State)
		if frames := userFrames(placeOf(g.Frames())); len(frames) > 0 {
			fmt.Fprintf(&b, " in %s (%s)", short(frames[0].Func), location(frames[0], r.dir))
		}
		fmt.Fprintf(&b, ", started by %s (%s)\n", short(g.Created.Func), location(g.Created, r.dir))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// remarks says what the report could not know.
func (r *reporter) remarks() string {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	switch {
	case !r.traced:
		return "\nThere is no trace to tell more: none was wanted."
	case r.rec.absent != nil:
		return fmt.Sprintf("\nThere is no trace to tell more: %v.", r.rec.absent)
	case r.rec.broken != nil:
		return fmt.Sprintf("\nSome of the trace is missing: %v.", r.rec.broken)
	}
	if _, dropped := r.rec.tree.Len(); dropped > 0 {
		return fmt.Sprintf("\nThere were too many goroutines: of %s nobody knows who started them.", wording.Many(dropped, "goroutine"))
	}
	return ""
}
