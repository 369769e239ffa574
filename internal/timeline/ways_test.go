package timeline

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// summary is a window's totals in a form that can be compared: without what is zero.
type summary struct {
	Delays, Requeued, Yielded, Ran, Answers detectors.Histogram

	DelaysOn    map[detectors.StackID]detectors.Histogram // by P
	OtherDelays [detectors.NumClasses]detectors.Sum
	Heat        map[heatAt]detectors.HeatCell
	Runs        map[detectors.StackID]detectors.Sum
	Unseen      map[unseenKey]detectors.Sum
	Waits       [detectors.NumClasses][detectors.NumReasons]detectors.Sum
	Network     map[detectors.StackID]detectors.NetworkWaits
	Locks       map[detectors.StackID]detectors.Sum
	Births      map[detectors.StackID]detectors.Births
	Syscalls    detectors.Sum
	Others      [detectors.NumClasses]detectors.Sum

	Woken   map[detectors.StackID]uint64 // by timers
	Created map[detectors.StackID]uint64 // by timers, by the site they began in
	Fired   map[int64]uint32             // by column, whose numbers count from the clock's beginning

	TimerCreates, TimerWakeups, Preempted uint64

	Live, Goal uint64
	Columns    map[int64]detectors.HeapColumn // numbers count from the clock's beginning
	Marked     map[detectors.SiteID]uint64
	Assists    detectors.Histogram
	AssistsAt  map[detectors.StackID]detectors.Sum
	Longest    detectors.GoroutineEvidence
}

// heatAt is a place in the heat map: the column's number counts from the clock's beginning.
type heatAt struct {
	proc   int
	column int64
}

func summarize(t *detectors.Totals) *summary {
	s := &summary{
		Delays: t.Delays, Requeued: t.Requeued, Yielded: t.Yielded, DelaysOn: nonzero(t.DelaysOn), OtherDelays: t.OtherDelays, Ran: t.Ran, Answers: t.Answers,
		Heat: make(map[heatAt]detectors.HeatCell),
		Runs: nonzero(t.Runs), Unseen: make(map[unseenKey]detectors.Sum), Network: nonzero(t.Network), Locks: nonzero(t.Locks), Births: nonzero(t.Births),
		Waits: t.Waits, Syscalls: t.Syscalls, Others: t.Others,
		TimerCreates: t.TimerCreates, TimerWakeups: t.TimerWakeups, Preempted: t.Preempted,
		Live: t.Heap.Live, Goal: t.Heap.Goal, Columns: make(map[int64]detectors.HeapColumn), Marked: make(map[detectors.SiteID]uint64),
		Assists: t.Heap.Assists, AssistsAt: nonzero(t.Heap.AssistsAt), Longest: t.Heap.Longest,
	}
	s.Woken, s.Created, s.Fired = nonzero(t.Timers.Woken), nonzero(t.Timers.Created), make(map[int64]uint32)
	for i, n := range t.Timers.Columns {
		if n > 0 {
			s.Fired[int64(t.Timers.Start)/int64(detectors.HeatBucket)+int64(i)] = n
		}
	}
	for i, c := range t.Heap.Columns {
		if c != (detectors.HeapColumn{}) {
			s.Columns[int64(t.Heap.Start)/int64(detectors.HeatBucket)+int64(i)] = c
		}
	}
	for site, n := range t.Heap.Marked {
		if n > 0 {
			s.Marked[detectors.SiteID(site)] = n
		}
	}
	for _, r := range t.Unseen {
		s.Unseen[unseenKey{r.Creator, r.Start}] = r.Sum
	}
	for p, row := range t.Heat.Procs {
		for column, c := range row {
			if c.Starts > 0 {
				s.Heat[heatAt{p, int64(t.Heat.Start)/int64(detectors.HeatBucket) + int64(column)}] = c
			}
		}
	}
	return s
}

func nonzero[T comparable](s []T) map[detectors.StackID]T {
	m := make(map[detectors.StackID]T)
	var zero T
	for i, x := range s {
		if x != zero {
			m[detectors.StackID(i)] = x
		}
	}
	return m
}

// model sums up observations by the definitions of [detectors.Totals].
type model struct {
	code    *detectors.Code
	s       *summary
	marking bool
	live    uint64
	said    bool // live was
}

func newModel(code *detectors.Code) *model {
	return &model{code: code, s: summarize(new(detectors.Totals))}
}

// heap follows what is said of the heap.
func (m *model) heap(o *detectors.Observation) {
	column := int64(o.Time) / int64(detectors.HeatBucket)
	c := m.s.Columns[column]
	switch o.Kind {
	case detectors.MarkBegin, detectors.MarkActive:
		m.marking = true
	case detectors.MarkEnd:
		m.marking = false
	case detectors.HeapGoal:
		m.s.Goal = o.Value
	case detectors.HeapAlloc:
		m.s.Live = o.Value
		if m.said && o.Value > m.live {
			c.Grown += o.Value - m.live
			m.s.Columns[column] = c
			if m.marking && o.G != nil && o.G.Class == detectors.ClassUser {
				m.s.Marked[m.code.SeenAt(o.G.Stack, o.G.Start, o.G.Creator)] += o.Value - m.live
			}
		}
		m.live, m.said = o.Value, true
	case detectors.AssistEnd:
		if !o.Known || o.G.Class != detectors.ClassUser {
			return
		}
		m.s.Assists.Add(o.Duration)
		c.Assist += o.Duration
		m.s.Columns[column] = c
		at := m.s.AssistsAt[o.Stack]
		at.Add(o.Duration)
		m.s.AssistsAt[o.Stack] = at
		if o.Duration > m.s.Longest.Duration {
			m.s.Longest = detectors.GoroutineEvidence{
				ID: o.G.ID, Proc: o.Proc, At: o.Time.Add(-o.Duration), Duration: o.Duration, Stack: o.Stack, What: "assisted the garbage collector",
			}
		}
	}
}

func (m *model) observe(o *detectors.Observation) {
	m.heap(o)
	if o.G == nil {
		return
	}
	g, user := o.G, o.G.Class == detectors.ClassUser
	switch o.Kind {
	case detectors.GoCreate:
		m.birth(g, user, detectors.Births{Created: 1})
		if user && o.FromTimer() {
			m.s.TimerCreates++
			m.s.Created[detectors.StackID(g.Start)]++
			m.s.Fired[int64(o.Time)/int64(detectors.HeatBucket)]++
		}
	case detectors.GoEnd:
		m.birth(g, user, detectors.Births{Ended: 1})
	case detectors.GoPreempt:
		if user {
			m.s.Preempted++
		}
	case detectors.GoUnpark:
		if user && o.FromTimer() && (o.Reason == detectors.ReasonSleep || o.Reason == detectors.ReasonSelect || o.Reason == detectors.ReasonChanReceive) {
			m.s.TimerWakeups++
			m.s.Woken[o.Stack]++
			m.s.Fired[int64(o.Time)/int64(detectors.HeatBucket)]++
		}
	}
	if !o.Known {
		return
	}
	d := o.Duration
	switch {
	case o.Kind == detectors.GoStart && user:
		m.delayed(o)
	case o.Kind == detectors.GoStart:
		m.s.OtherDelays[g.Class].Add(d)
	case o.Kind == detectors.GoUnpark:
		m.s.Waits[g.Class][o.Reason].Add(d)
		if user {
			m.waited(o)
		}
	case o.Kind == detectors.GoSyscallEnd && o.To == detectors.Runnable && user:
		m.s.Syscalls.Add(d)
	case o.Kind != detectors.GoList && o.From == detectors.Running:
		m.ran(o, user)
	}
}

func (m *model) birth(g *detectors.Goroutine, user bool, one detectors.Births) {
	if user {
		b := m.s.Births[g.Creator]
		b.Created += one.Created
		b.Ended += one.Ended
		m.s.Births[g.Creator] = b
	}
}

func (m *model) delayed(o *detectors.Observation) {
	switch o.Reason {
	case detectors.ReasonPreempted:
		m.s.Requeued.Add(o.Duration)
		return
	case detectors.ReasonGosched:
		m.s.Yielded.Add(o.Duration)
		return
	}
	m.s.Delays.Add(o.Duration)
	if o.Proc >= limits.HeatRows {
		return
	}
	on := m.s.DelaysOn[detectors.StackID(o.Proc)]
	on.Add(o.Duration)
	m.s.DelaysOn[detectors.StackID(o.Proc)] = on
	at := heatAt{int(o.Proc), int64(o.Time) / int64(detectors.HeatBucket)}
	c := m.s.Heat[at]
	c.Starts++
	c.Sum = min(c.Sum, math.MaxInt64-o.Duration) + o.Duration
	c.Max = max(c.Max, o.Duration)
	m.s.Heat[at] = c
}

func (m *model) waited(o *detectors.Observation) {
	if o.Reason == detectors.ReasonSync && m.code.Stack(o.Stack).Lock.Excludes() {
		l := m.s.Locks[o.Stack]
		l.Add(o.Duration)
		m.s.Locks[o.Stack] = l
		return
	}
	direct := o.Reason == detectors.ReasonNetwork
	if !direct && (o.Reason != detectors.ReasonSelect || m.code.Stack(o.Stack).Net.FD == detectors.FDNone) {
		return
	}
	n := m.s.Network[o.Stack]
	if direct {
		n.Waits.Add(o.Duration)
	}
	if !direct || o.G.OnBehalf {
		n.Answers.Add(o.Duration)
	}
	if direct && !o.G.OnBehalf && o.G.Asked {
		n.Asked.Add(o.Duration)
	}
	if direct && o.G.OnBehalf {
		m.s.Answers.Add(o.Duration)
	}
	m.s.Network[o.Stack] = n
}

func (m *model) ran(o *detectors.Observation, user bool) {
	if !user {
		m.s.Others[o.G.Class].Add(o.Duration)
		return
	}
	m.s.Ran.Add(o.Duration)
	stack := o.Stack
	if stack == 0 {
		stack = o.G.Stack
	}
	if stack != 0 {
		r := m.s.Runs[stack]
		r.Add(o.Duration)
		m.s.Runs[stack] = r
		return
	}
	key := unseenKey{o.G.Creator, o.G.Start}
	r := m.s.Unseen[key]
	r.Add(o.Duration)
	m.s.Unseen[key] = r
}

// trim drops the columns for which a heat map that starts at a moment has no room.
func (s *summary) trim(start detectors.Time) {
	maps.DeleteFunc(s.Fired, func(column int64, _ uint32) bool {
		return column-int64(start)/int64(detectors.HeatBucket) >= limits.HeatColumns
	})
	maps.DeleteFunc(s.Columns, func(column int64, _ detectors.HeapColumn) bool {
		return column-int64(start)/int64(detectors.HeatBucket) >= limits.HeatColumns
	})
	maps.DeleteFunc(s.Heat, func(at heatAt, _ detectors.HeatCell) bool {
		return at.column-int64(start)/int64(detectors.HeatBucket) >= limits.HeatColumns
	})
}

// equal compares without printing the four thousand buckets of each histogram.
func (s *summary) equal(t *testing.T, other *summary, what string) {
	t.Helper()
	a, b := *s, *other
	for i, pair := range [...][2]*detectors.Histogram{{&a.Delays, &b.Delays}, {&a.Requeued, &b.Requeued}, {&a.Yielded, &b.Yielded}, {&a.Ran, &b.Ran}, {&a.Answers, &b.Answers}, {&a.Assists, &b.Assists}} {
		if *pair[0] != *pair[1] {
			t.Fatalf("%s: histogram %d: %v, want %v", what, i, pair[1].Sum(), pair[0].Sum())
		}
		*pair[0], *pair[1] = detectors.Histogram{}, detectors.Histogram{}
	}
	if !reflect.DeepEqual(a, b) {
		for i := range reflect.TypeOf(a).NumField() {
			name := reflect.TypeOf(a).Field(i).Name
			x, y := reflect.ValueOf(a).Field(i).Interface(), reflect.ValueOf(b).Field(i).Interface()
			if !reflect.DeepEqual(x, y) {
				t.Fatalf("%s: %s:\n%v\nwant\n%v", what, name, y, x)
			}
		}
	}
}

// A way is one way to read a trace by time, and what came of it.
type way struct {
	name   string
	slowly bool
	kinds  detectors.Kinds // that somebody is told of
	long   bool            // only if they lasted for a microsecond

	accounts []account
	unknown  uint64
	err      error
}

// read reads a trace this way. If all is told, the totals must be what the model makes of it.
func (w *way) read(t *testing.T, data []byte) {
	n := names{detectors.NewCode(), make(stackTexts[detectors.StackID])}
	m := newModel(n.code)
	var heard []told
	tell := teller(n.code, func(x told) { heard = append(heard, x) })
	o := Observer{Observes: w.kinds, Observe: func(o *detectors.Observation) {
		tell(o)
		m.observe(o)
	}}
	if w.long {
		o.Observes, o.Long, o.AtLeast = 0, w.kinds, time.Microsecond
	}
	tl := New(n.code, []Observer{o})
	tl.slowly = w.slowly
	tl.ahead.own, tl.ahead.far = false, false
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err != nil {
			w.err = errors.Join(w.err, err)
			return
		}
		if !tl.Follows(g.Number) {
			m.marking, m.said = false, false
		}
		win, err := tl.Feed(g)
		w.err = errors.Join(w.err, err)
		if w.kinds == allKinds && !w.long {
			m.s.trim(win.Totals.Heat.Start)
			m.s.equal(t, summarize(win.Totals), fmt.Sprintf("%s: generation %d", w.name, raw.Number))
		}
		m.s = summarize(new(detectors.Totals))
		a := n.account(&win)
		a.told, heard = heard, nil
		w.accounts = append(w.accounts, a)
	}}
	_, err := s.Write(data)
	if err == nil {
		err = s.Close()
	}
	w.err = errors.Join(w.err, err)
	w.unknown, _ = tl.Unknown()
}

// checkWays reads a trace in every way, by time. What somebody is told, what the totals are,
// who is alive, and what is wrong with the trace must not depend on the way.
func checkWays(t *testing.T, data []byte, corrupt bool) (told int) {
	t.Helper()
	var first *way
	for _, w := range []*way{
		{name: "all, slowly", slowly: true, kinds: allKinds},
		{name: "all", kinds: allKinds},
		{name: "long", kinds: allKinds, long: true},
		{name: "long, slowly", kinds: allKinds, long: true, slowly: true},
		{name: "nothing"},
	} {
		w.read(t, data)
		if first == nil {
			first = w
			continue
		}
		require.Equal(t, first.err, w.err, w.name)
		require.Len(t, w.accounts, len(first.accounts), w.name)
		for i := range w.accounts {
			want, got := first.accounts[i], w.accounts[i]
			told += len(got.told)
			if corrupt && w.kinds == 0 {
				want.unname()
				got.unname()
			}
			checkAccount(t, order{name: w.name, kinds: w.kinds, long: w.long}, want, got)
		}
		if w.kinds != 0 {
			require.Equal(t, first.unknown, w.unknown, w.name)
		} else if !corrupt {
			require.LessOrEqual(t, w.unknown, first.unknown, w.name) // what nobody hears is not looked up
		}
	}
	return told
}

// TestWays: fast and slow are the same, and so is who listens. The slowest of them tells
// what the reference tells, see [TestDifferential].
func TestWays(t *testing.T) {
	t.Parallel()
	traces, told := 0, 0
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		told += checkWays(t, data, false)
		traces++
	}
	for _, v := range versions {
		for _, shape := range shapes {
			shape.Version = v
			for seed := range uint64(2) {
				told += checkWays(t, tracegen.Random(seed, shape), false)
				traces++
			}
		}
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 4, Goroutines: 20, Events: 300})
		for seed := range uint64(250) {
			told += checkWays(t, tracegen.Corrupt(seed, data), true)
			traces++
		}
	}
	t.Logf("%d traces, %d observations", traces, told)
}
