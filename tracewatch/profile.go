package tracewatch

import (
	"fmt"
	"io"
	"math"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/profiles"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// A ProfileKind names a profile that is made of a trace, for go tool pprof.
type ProfileKind string

// ProfileKinds returns all there are: sched, network, network-queue, mutex, channel, select, sleep, syscall, gc,
// gc-assist, preempt, running and goroutines.
func ProfileKinds() []ProfileKind {
	var all []ProfileKind
	for _, k := range profiles.Kinds() {
		all = append(all, ProfileKind(k))
	}
	return all
}

// Doc says in a line what a sample of the profile is, and what its stack.
func (k ProfileKind) Doc() string { return profiles.Kind(k).Doc() }

// WriteProfile writes a profile that [WithProfiles] asked for, as go tool pprof reads it. Each sample has the labels
// goroutine and p, and where they are known request, the name of the task that the goroutine had begun; those
// that are not the service's goroutines have the label class. The error is [ErrOption] if it was not asked for.
func (r *Report) WriteProfile(w io.Writer, kind ProfileKind) error {
	if r.profiles != nil {
		if p := r.profiles.Profile(profiles.Kind(kind)); p != nil {
			return p.Write(w)
		}
	}
	return fmt.Errorf("%w: WriteProfile: WithProfiles did not ask for %q", ErrOption, kind)
}

// profilesView makes the profiles of a report.
type profilesView struct {
	*interval
	*profiles.Collector
}

func (v *profilesView) observer() timeline.Observer {
	o := v.Observer()
	if v.from == 0 && v.to == 0 {
		return o
	}
	observe := o.Observe
	told := false
	o.Observe = func(x *detectors.Observation) {
		if !told { // now it is known when the trace begins
			told = true
			from, to := v.cut(math.MinInt64, math.MaxInt64)
			v.Between(from, to)
		}
		observe(x)
	}
	return o
}

func (v *profilesView) window(w *detectors.Window) { v.Window(w) }
