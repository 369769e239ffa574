package leakproof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/pprof"

	"github.com/google/pprof/profile"

	"github.com/gotracewatch/tracewatch/detectors"
)

// ErrNotAvailable says that this program was built without the profile.
var ErrNotAvailable = errors.New("no goroutineleak profile: it needs Go 1.27, or Go 1.26 with GOEXPERIMENT=goroutineleakprofile")

// name is that of the runtime's profile.
const name = "goroutineleak"

// Available reports whether the runtime can be asked. It costs nothing.
func Available() bool { return pprof.Lookup(name) != nil }

// A Leak is a stack on which goroutines wait that can never be woken.
type Leak struct {
	Goroutines int
	Frames     []detectors.Frame // innermost first, with the runtime's own; PC is 0
}

// Mark runs a garbage collection that looks for leaked goroutines. From then on [runtime.Stack] marks
// them. The error is as for Ask.
func Mark() error {
	p := pprof.Lookup(name)
	if p == nil {
		return ErrNotAvailable
	}
	return p.WriteTo(io.Discard, 0)
}

// Ask runs a garbage collection that looks for leaked goroutines and returns them by their
// stacks, those with the most goroutines first. It waits for the collection to end, and
// for others who ask. The error is [ErrNotAvailable] where the runtime cannot be asked.
func Ask() ([]Leak, error) {
	p := pprof.Lookup(name)
	if p == nil {
		return nil, ErrNotAvailable
	}
	var b bytes.Buffer
	if err := p.WriteTo(&b, 0); err != nil {
		return nil, fmt.Errorf("writing the goroutineleak profile: %w", err)
	}
	return parse(b.Bytes())
}

// parse reads the profile. Goroutines with different labels stand apart in it, although their
// stacks are the same.
func parse(data []byte) ([]Leak, error) {
	p, err := profile.ParseData(data)
	if err != nil {
		return nil, fmt.Errorf("reading the goroutineleak profile: %w", err)
	}
	var leaks []Leak
	byStack := make(map[string]int)
	var key []byte
	for _, s := range p.Sample {
		if len(s.Value) == 0 || s.Value[0] <= 0 {
			continue
		}
		key = key[:0]
		for _, l := range s.Location {
			key = fmt.Append(key, l.ID, " ")
		}
		i, ok := byStack[string(key)]
		if !ok {
			i = len(leaks)
			byStack[string(key)] = i
			leaks = append(leaks, Leak{Frames: frames(s)})
		}
		leaks[i].Goroutines += int(s.Value[0])
	}
	return leaks, nil
}

// frames returns the frames of a stack. A location has several where functions were inlined, the
// innermost first.
func frames(s *profile.Sample) []detectors.Frame {
	var frames []detectors.Frame
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				frames = append(frames, detectors.Frame{
					Func: line.Function.Name, File: line.Function.Filename, Line: int(line.Line),
				})
			}
		}
	}
	return frames
}
