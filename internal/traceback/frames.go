package traceback

import (
	"math"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// Frames returns the goroutine's stack, the innermost frame first, with the inlined ones. The caller may
// keep it. Of a type argument the runtime writes three dots: main.work[...]. Of the runtime's own
// frames it leaves out those that say nothing (waits, the goroutine's end); PC is 0. A
// goroutine that runs on another thread while the traceback is written has no frames.
func (g *Goroutine) Frames() []detectors.Frame {
	frames, _, _ := g.frames()
	return frames
}

// Elided returns how many frames of a deep stack the runtime left out, and in front of which of
// [Goroutine.Frames] they were: it writes the 50 innermost and the 50 outermost.
func (g *Goroutine) Elided() (frames, before int) {
	_, frames, before = g.frames()
	return frames, before
}

func (g *Goroutine) frames() (frames []detectors.Frame, elided, before int) {
	text := strings.TrimPrefix(g.stack, "\n")
	frames = make([]detectors.Frame, 0, strings.Count(text, "\n\t"))
	for text != "" {
		var call string
		call, text, _ = strings.Cut(text, "\n")
		if n, ok := elision(call); ok {
			elided, before = n, len(frames)
			continue
		}
		if call == "" || call[0] == '\t' || !strings.HasPrefix(text, "\t") {
			continue // what the runtime says of a stack that it cannot walk
		}
		var at string
		at, text, _ = strings.Cut(text, "\n")
		// Arguments have no brackets in them. C functions come without any.
		if i := strings.LastIndexByte(call, '('); i >= 0 && strings.HasSuffix(call, ")") {
			call = call[:i]
		}
		if f, ok := frame(call, at); ok {
			frames = append(frames, f)
		}
	}
	return frames, elided, before
}

// Ancestors returns the numbers of the goroutines that began this one, its creator first, then that one's,
// whether or not they still live. The runtime remembers them with GODEBUG=tracebackancestors=N
// only, N of them; without it there are none.
func (g *Goroutine) Ancestors() []detectors.GoID {
	var ids []detectors.GoID
	for line := range strings.SplitSeq(g.ancestors, "\n") {
		if s, ok := strings.CutPrefix(line, "[originating from goroutine "); ok {
			if id, end, ok := number(s); ok && end == "]:" {
				ids = append(ids, detectors.GoID(id))
			}
		}
	}
	return ids
}

// elision reads a line that stands for frames that are left out.
func elision(line string) (frames int, ok bool) {
	line, ok = strings.CutPrefix(line, "...")
	if !ok {
		return 0, false
	}
	n, rest, ok := number(line)
	return int(n), ok && rest == " frames elided..." && n <= math.MaxInt32
}

// frame puts a frame together of a function's name and the line behind it:
//
//	[tab]/path of/file.go:12 +0x1d fp=0xc000 sp=0xc000 pc=0x47
func frame(fn, at string) (detectors.Frame, bool) {
	if fn == "panic" { // the only function that the runtime gives another name here
		fn = "runtime.gopanic"
	}
	f := detectors.Frame{Func: fn}
	at, ok := strings.CutPrefix(at, "\t")
	i := strings.LastIndexByte(at, ':') // what is behind the line's number has none
	if !ok || i < 0 {
		return f, false
	}
	line, rest, ok := number(at[i+1:])
	if !ok || line > math.MaxInt32 || rest != "" && rest[0] != ' ' {
		return f, false
	}
	f.File, f.Line = at[:i], int(line)
	return f, true
}
