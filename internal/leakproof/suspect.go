package leakproof

import (
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A Suspect is where goroutines wait that may be leaked, as the trace tells it.
type Suspect struct {
	// Parked is the site of the stack they wait with (detectors.Stack.Site). A Line of 0 stands
	// for every line of the function, an empty Func for every place.
	Parked detectors.Site

	// Start is the function that they began in (detectors.Goroutine.Start), whatever the line.
	// An empty Func stands for every function.
	Start detectors.Site
}

// Count returns how many of the leaked goroutines are a suspect's. The profile does not tell the go
// statement, so that two of them with one function are not told apart. Nothing is proven of a
// suspect of which nothing is known, and of a stack that is so deep that its end is cut off.
func Count(leaks []Leak, s Suspect) (goroutines int) {
	if s == (Suspect{}) {
		return 0
	}
	for _, l := range leaks {
		if s.is(l.Frames) {
			goroutines += l.Goroutines
		}
	}
	return goroutines
}

// is reports whether a stack is the suspect's.
func (s Suspect) is(frames []detectors.Frame) bool {
	if len(frames) == 0 || len(frames) >= limits.StackFrames {
		return false
	}
	site := detectors.SiteOf(frames)
	switch {
	case s.Parked.Func != "" && (site.Func != s.Parked.Func || site.File != s.Parked.File):
		return false
	case s.Parked.Line != 0 && site.Line != s.Parked.Line:
		return false
	}
	return s.Start.Func == "" || firstOf(frames).Func == s.Start.Func
}

// firstOf returns the frame of the function that the goroutine began in. A go statement with
// arguments begins in a function that the compiler made, which the trace does not name.
func firstOf(frames []detectors.Frame) detectors.Frame {
	last := len(frames) - 1
	for last > 0 && isWrapper(frames[last].Func) {
		last--
	}
	return frames[last]
}

// isWrapper reports whether a function is one that the compiler made for a go statement:
// shop.serve.gowrap1.
func isWrapper(fn string) bool {
	const made = ".gowrap"
	at := strings.LastIndex(fn, made)
	return at >= 0 && strings.Trim(fn[at+len(made):], "0123456789") == ""
}
