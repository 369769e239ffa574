package traceback

import (
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A Goroutine is one goroutine of a traceback.
type Goroutine struct {
	ID detectors.GoID

	// State is what the runtime calls it: running, runnable, syscall, or what it waits for, such as
	// "chan receive" or "chan receive (nil chan)". What else the runtime adds to it is in the
	// fields below.
	State   string
	Minutes int   // that it has waited or been in a system call, 0 if less than one or not known
	Bubble  int64 // the number of its testing/synctest bubble, 0: it is in none
	Durable bool  // it waits for something that only its bubble can end
	Leaked  bool  // the runtime has found that nothing can wake it (the goroutineleak profile)
	Locked  bool  // to its thread

	// Creator is the goroutine whose go statement began it. That one may have ended. NoGoroutine:
	// it is the main goroutine, a C thread, or a timer's (time.AfterFunc).
	Creator detectors.GoID

	// Created is the go statement: the function it is in, its file and line. An empty Func: the
	// traceback does not say.
	Created detectors.Frame

	stack     string // its lines, with the end of the line before each
	ancestors string // the same, of those that began it
}

// Parse returns the goroutines of a traceback. The first stands at the text's beginning or, as do the others, behind
// an empty line. Of a text that is none it returns nothing.
func Parse(text string) []Goroutine { return parse(text, 0) }

// parse is Parse of a text that is expected to have so many goroutines.
func parse(text string, goroutines int) []Goroutine {
	const gap, begins = "\n\n", "goroutine "
	gs := make([]Goroutine, 0, goroutines)
	from := 0 // where the text of the last one begins, behind its first line
	for at := 0; ; {
		line, _, _ := strings.Cut(text[at:], "\n")
		if g, end, ok := header(line); ok && strings.HasSuffix(end, ":") {
			if len(gs) > 0 {
				gs[len(gs)-1].read(text[from : at-len(gap)])
			}
			gs = append(gs, g)
			from = at + len(line)
		}
		next := strings.Index(text[at+len(line):], gap+begins)
		if next < 0 {
			break
		}
		at += len(line) + next + len(gap)
	}
	if len(gs) > 0 {
		gs[len(gs)-1].read(text[from:])
	}
	return gs
}

// read takes what stands behind a goroutine's first line: its frames, its go statement, and the same of the
// goroutines that began it (GODEBUG=tracebackancestors).
func (g *Goroutine) read(text string) {
	const created, ancestor = "\ncreated by ", "\n[originating from goroutine "
	g.stack = strings.TrimSuffix(text, "\n")
	if i := strings.Index(g.stack, ancestor); i >= 0 {
		g.stack, g.ancestors = g.stack[:i], g.stack[i:]
	}
	i := strings.Index(g.stack, created)
	if i < 0 {
		return
	}
	by := g.stack[i+len(created):]
	g.stack = g.stack[:i]
	by, at, _ := strings.Cut(by, "\n")
	const in = " in goroutine "
	if i := strings.LastIndex(by, in); i >= 0 {
		if id, rest, ok := number(by[i+len(in):]); ok && rest == "" {
			by, g.Creator = by[:i], detectors.GoID(id)
		}
	}
	g.Created, _ = frame(by, at)
}
