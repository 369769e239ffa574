package profiles

import (
	"fmt"

	"github.com/google/pprof/profile"

	"github.com/gotracewatch/tracewatch/detectors"
)

// The keys of labels.
const (
	labelGoroutine = "goroutine" // a number: the goroutine that it is about
	labelP         = "p"         // a number: the P on which it was, had been, or went on
	labelRequest   = "request"   // the name of the task
	labelClass     = "class"     // of goroutines that are not the service's: runtime or watch
	unitID         = "id"        // without a unit, pprof would take P 0 for no label
)

// Profile returns a profile of what was seen until now, nil if it was not asked for. Its samples have
// two values: how many, and how long.
func (c *Collector) Profile(kind Kind) *profile.Profile {
	i, ok := kind.index()
	if !ok || !c.wants(i) {
		return nil
	}
	def := &definitions[i]
	b := builder{
		p: &profile.Profile{
			SampleType:        []*profile.ValueType{{Type: def.count, Unit: "count"}, {Type: def.time, Unit: "nanoseconds"}},
			DefaultSampleType: def.time,
			PeriodType:        &profile.ValueType{Type: "trace", Unit: "count"}, // as go tool trace's
			Period:            1,
			Comments:          c.comments(i),
		},
		code:      c.code,
		functions: make(map[[2]string]*profile.Function),
		locations: make(map[location]*profile.Location),
		stacks:    make(map[key][]*profile.Location),
	}
	begin, end := max(c.span.begin, c.from), min(c.span.end, c.to)
	b.p.DurationNanos = max(0, end.Sub(begin)).Nanoseconds()
	if at := c.span.at(begin); !at.IsZero() {
		b.p.TimeNanos = at.UnixNano()
	}
	t := c.samples.tables[i].mapped(func(k key) key {
		if i != goroutines { // whose stack is of no stop
			k.stack = c.stacks.of(k.stack)
		}
		return k
	})
	for _, s := range t.samples {
		b.add(s.key, s.sum, c.requests.names)
	}
	return b.p
}

// comments say what a profile is, and what is missing.
func (c *Collector) comments(i index) []string {
	t, def := c.samples.tables[i], &definitions[i]
	said := []string{fmt.Sprintf("tracewatch, %s: %s.", def.kind, def.doc)}
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	known := int64(0)
	for i := range t.samples {
		known += t.samples[i].sum.count
	}
	if n := c.unknown[i]; n > 0 && i == goroutines {
		say("The lifetimes of %d goroutines are not in it: they were there when the trace began.", n)
	} else if n > 0 {
		say("%d of %d (%.1f %%) are not in it: the trace did not see them begin.", n, known+int64(n), 100*float64(n)/float64(known+int64(n)))
	}
	if n := len(c.preempted); n > 0 && i == preempt {
		say("%d are not in it: the goroutine had not gone on when the trace ended.", n)
	}
	if i == goroutines {
		say("Those that had not ended are counted, without a lifetime.")
	}
	switch t.detail {
	case noNumbers:
		say("Its samples have no labels %s and %s: there were too many of them.", labelGoroutine, labelP)
	case noLabels:
		say("Its samples have no labels: there were too many of them.")
	}
	if t.lost > 0 {
		say("%d are at no stack: there were too many of them.", t.lost)
	}
	if n := c.requests.unnamed; n > 0 {
		say("The names of %d tasks are not among the requests: there were too many of them, or they had none.", n)
	}
	return said
}

// builder makes a profile of what a Code knows.
type builder struct {
	p         *profile.Profile
	code      *detectors.Code
	functions map[[2]string]*profile.Function
	locations map[location]*profile.Location
	stacks    map[key][]*profile.Location // by key without labels
}

// A location is a line of a function. It is enough: what is symbolized here needs no addresses.
type location struct {
	function *profile.Function
	line     int
}

func (b *builder) add(k key, x sum, requests []string) {
	s := &profile.Sample{Location: b.stack(k), Value: []int64{x.count, int64(x.time)}}
	number := func(label string, n int64) {
		if s.NumLabel == nil {
			s.NumLabel, s.NumUnit = make(map[string][]int64, 2), make(map[string][]string, 2)
		}
		s.NumLabel[label], s.NumUnit[label] = []int64{n}, []string{unitID}
	}
	if k.g != detectors.NoGoroutine {
		number(labelGoroutine, int64(k.g))
	}
	if p := k.p(); p != detectors.NoProc {
		number(labelP, int64(p))
	}
	name := func(label, text string) {
		if text != "" {
			if s.Label == nil {
				s.Label = make(map[string][]string, 2)
			}
			s.Label[label] = []string{text}
		}
	}
	name(labelRequest, requests[k.request])
	switch k.class() {
	case detectors.ClassSystem:
		name(labelClass, "runtime")
	case detectors.ClassWatch:
		name(labelClass, "watch")
	}
	b.p.Sample = append(b.p.Sample, s)
}

// stack returns the locations of a key, the innermost first. Where nothing is known there is one that
// says so: pprof shows no samples without.
func (b *builder) stack(k key) []*profile.Location {
	k = k.cut(noLabels)
	if at, ok := b.stacks[k]; ok {
		return at
	}
	var at []*profile.Location
	if site := b.code.Site(k.start); site.Func != "" {
		at = append(at, b.location(site.Func, site.File, site.Line))
	}
	for _, f := range b.code.Frames(k.stack) {
		at = append(at, b.location(f.Func, f.File, f.Line))
	}
	if len(at) == 0 {
		at = append(at, b.location("", "", 0))
	}
	b.stacks[k] = at
	return at
}

func (b *builder) location(function, file string, line int) *profile.Location {
	at := location{b.function(function, file), line}
	l := b.locations[at]
	if l == nil {
		l = &profile.Location{ID: uint64(len(b.p.Location) + 1), Line: []profile.Line{{Function: at.function, Line: int64(line)}}}
		b.locations[at] = l
		b.p.Location = append(b.p.Location, l)
	}
	return l
}

func (b *builder) function(name, file string) *profile.Function {
	if name == "" {
		name = "unknown"
	}
	f := b.functions[[2]string{name, file}]
	if f == nil {
		f = &profile.Function{ID: uint64(len(b.p.Function) + 1), Name: name, SystemName: name, Filename: file}
		b.functions[[2]string{name, file}] = f
		b.p.Function = append(b.p.Function, f)
	}
	return f
}
