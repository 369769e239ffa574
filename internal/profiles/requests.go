package profiles

import (
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// requests knows which request a goroutine works for: the innermost of the tasks that it began, and
// of the tasks of the regions that it is in, as long as they are open.
type requests struct {
	names   []string // by number; 0 is none
	numbers map[string]uint32
	tasks   map[detectors.TaskID]task
	open    map[detectors.GoID][]span
	spans   int    // all that are open
	unnamed uint64 // tasks whose name was one too many
}

// task is one that has begun and not ended.
type task struct {
	name  uint32
	by    detectors.GoID
	since detectors.Time
}

// span is a task that a goroutine has begun, or a region of a task that it is in.
type span struct {
	task   detectors.TaskID
	name   uint32
	region bool
	since  detectors.Time
}

func newRequests() requests {
	return requests{
		names: make([]string, 1), numbers: make(map[string]uint32),
		tasks: make(map[detectors.TaskID]task), open: make(map[detectors.GoID][]span),
	}
}

// of returns the number of the name of the request that a goroutine works for, 0 if none is known.
func (r *requests) of(g detectors.GoID) uint32 {
	if len(r.open) == 0 {
		return 0
	}
	if open := r.open[g]; len(open) > 0 {
		return open[len(open)-1].name
	}
	return 0
}

func (r *requests) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.TaskBegin:
		if len(r.tasks) < limits.Tasks {
			k := task{name: r.number(o.Text), by: o.By, since: o.Time}
			r.tasks[o.Task] = k
			r.enter(o.By, span{task: o.Task, name: k.name, since: o.Time})
		}
	case detectors.TaskEnd:
		if k, ok := r.tasks[o.Task]; ok {
			delete(r.tasks, o.Task)
			r.leave(k.by, func(s span) bool { return !s.region && s.task == o.Task })
		}
	case detectors.RegionBegin:
		if k, ok := r.tasks[o.Task]; ok { // else it is in none, or in one whose name is not known
			r.enter(o.G.ID, span{task: o.Task, name: k.name, region: true, since: o.Time})
		}
	case detectors.RegionEnd:
		begin := o.Time.Add(-o.Duration)
		r.leave(o.G.ID, func(s span) bool { return s.region && s.task == o.Task && s.since == begin })
	}
}

// number returns the number of a name, 0 if it is one too many.
func (r *requests) number(name string) uint32 {
	n, ok := r.numbers[name]
	if ok {
		return n
	}
	if name == "" || len(r.names) > limits.RequestNames {
		r.unnamed++
		return 0
	}
	n = uint32(len(r.names))
	name = strings.Clone(name)
	r.names = append(r.names, name)
	r.numbers[name] = n
	return n
}

// enter and leave bound a span of a goroutine. Of those whose name is not known nothing is kept.
func (r *requests) enter(g detectors.GoID, s span) {
	if s.name != 0 && g != detectors.NoGoroutine && r.spans < limits.Tasks {
		r.open[g] = append(r.open[g], s)
		r.spans++
	}
}

func (r *requests) leave(g detectors.GoID, is func(span) bool) {
	open := r.open[g]
	for i := len(open) - 1; i >= 0; i-- {
		if is(open[i]) {
			r.keep(g, slices.Delete(open, i, i+1), 1)
			return
		}
	}
}

// keep keeps what is still open of a goroutine's, and counts what is not.
func (r *requests) keep(g detectors.GoID, open []span, ended int) {
	if r.spans -= ended; len(open) == 0 {
		delete(r.open, g)
	} else {
		r.open[g] = open
	}
}

// ended drops what a goroutine was in.
func (r *requests) ended(g detectors.GoID) {
	if open := r.open[g]; len(open) > 0 {
		r.keep(g, nil, len(open))
	}
}

// forget drops what began before a moment: there was a gap.
func (r *requests) forget(before detectors.Time) {
	for id, k := range r.tasks {
		if k.since < before {
			delete(r.tasks, id)
		}
	}
	for g, open := range r.open {
		n := len(open)
		open = slices.DeleteFunc(open, func(s span) bool { return s.since < before })
		r.keep(g, open, n-len(open))
	}
}
