package tracewatch

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// goroutineView follows one goroutine.
type goroutineView struct {
	*interval
	code *detectors.Code
	line GoroutineLine
	seen bool

	// What it is doing.
	since  detectors.Time // 0: not known, it has ended or nothing is known of it yet
	state  detectors.GoState
	reason detectors.Reason
	stack  detectors.StackID
	proc   detectors.ProcID
	open   bool // it began before it was seen

	assists bool // in a GC mark assist

	// It is ready because the network is, or because it was preempted.
	network, preempted bool

	last detectors.Time // the newest window's end
}

func newGoroutineView(code *detectors.Code, i *interval, id detectors.GoID) *goroutineView {
	return &goroutineView{interval: i, code: code, line: GoroutineLine{Goroutine: id}}
}

func (v *goroutineView) observer() timeline.Observer {
	return timeline.Observer{Observes: detectors.Set(
		detectors.GoCreate, detectors.GoList, detectors.GoStart, detectors.GoPreempt, detectors.GoYield, detectors.GoPark,
		detectors.GoUnpark, detectors.GoSyscall, detectors.GoSyscallEnd, detectors.GoEnd, detectors.AssistBegin, detectors.AssistEnd,
	), Observe: v.observe}
}

func (v *goroutineView) observe(o *detectors.Observation) {
	if o.G == nil || o.G.ID != v.line.Goroutine {
		return
	}
	v.is(o.G)
	switch o.Kind {
	case detectors.GoCreate:
		v.line.Born, v.line.CreatedAt = v.has(o.Time), v.code.Site(v.code.SiteOf(o.ByStack))
	case detectors.GoList:
		if v.since != 0 && o.From != detectors.Undetermined {
			return // it goes on
		}
		v.end(v.last, nil) // before a gap
		v.assists = false
		v.begin(o, true)
		return
	case detectors.AssistBegin, detectors.AssistEnd:
		if v.state != detectors.Running {
			return
		}
	}
	v.end(o.Time, o)
	v.begin(o, false)
}

// is notes who the goroutine is.
func (v *goroutineView) is(g *detectors.Goroutine) {
	l := &v.line
	v.seen = true
	if l.Start == "" {
		l.Start = v.code.Site(g.Start).Func
	}
	if l.Parent == detectors.NoGoroutine {
		l.Parent = g.Parent
	}
	if l.CreatedAt == (detectors.Site{}) && g.Creator != 0 {
		l.CreatedAt = v.code.Site(v.code.SiteOf(g.Creator))
	}
}

// begin notes what it does from now on. Open says that it has for longer.
func (v *goroutineView) begin(o *detectors.Observation, open bool) {
	if o.Kind == detectors.GoEnd {
		v.line.Ended, v.since = v.has(o.Time), 0
		return
	}
	before := v.dimension(o)
	g := o.G
	v.since, v.open, v.state, v.stack, v.proc = o.Time, open, g.State, g.Stack, detectors.NoProc
	if g.State == detectors.Running || g.State == detectors.Syscall {
		v.proc = o.Proc
	}
	if o.Kind != detectors.AssistBegin && o.Kind != detectors.AssistEnd {
		v.reason = g.Reason
	}
	switch {
	case o.Kind == detectors.AssistBegin:
		v.assists = true
	case o.Kind == detectors.AssistEnd:
		v.assists = false
	}
	v.network = o.Kind == detectors.GoUnpark && before == detectors.DimNetwork
	v.preempted = o.Kind == detectors.GoPreempt
}

// dimension is what it did until an observation ended that, nil if it goes on.
func (v *goroutineView) dimension(o *detectors.Observation) detectors.Dimension {
	switch {
	case v.since == 0:
		return detectors.DimUnknown
	case v.assists:
		return detectors.DimAssist
	}
	switch v.state {
	case detectors.Running:
		return detectors.DimRunning
	case detectors.Syscall:
		return detectors.DimSyscall
	case detectors.Runnable:
		switch {
		case v.network:
			return detectors.DimNetworkQueue
		case v.preempted:
			return detectors.DimPreempted
		}
		return detectors.DimRunnable
	case detectors.Waiting:
		return explain.WaitDimension(v.reason, v.code.Stack(v.stack).Lock, o != nil && o.By == detectors.NoGoroutine)
	}
	return detectors.DimUnknown
}

// end adds what it did until now. The observation is what ended it, nil if it goes on.
func (v *goroutineView) end(at detectors.Time, o *detectors.Observation) {
	if v.since == 0 || !v.overlaps(v.since, at) {
		return
	}
	from, to := v.cut(v.since, at)
	d := v.dimension(o)
	v.line.Parts[d] += to.Sub(from)
	if len(v.line.Line) >= limits.GoroutinePieces {
		v.line.Left++
		return
	}
	p := GoroutinePiece{Begin: from, End: to, Dimension: d, Proc: v.proc, Open: v.open || o == nil}
	stack := v.stack
	if o != nil && (o.Kind == detectors.GoPark || o.Kind == detectors.GoPreempt || o.Kind == detectors.GoYield || o.Kind == detectors.GoSyscall) {
		stack = o.Stack // a run's place is where it ended
	}
	if stack != 0 {
		p.Site = v.code.Site(v.code.SiteOf(stack))
	}
	if v.state == detectors.Waiting {
		p.What = v.reason.String()
		if o != nil {
			p.By = o.By
			if o.ByStack != 0 {
				p.BySite = v.code.Site(v.code.SiteOf(o.ByStack))
			}
		}
	}
	v.line.Line = append(v.line.Line, p)
}

func (v *goroutineView) window(w *detectors.Window) {
	if w.Fresh && v.since != 0 && v.since < w.Start { // it is not there any more after a gap
		v.end(v.last, nil)
		v.since, v.assists = 0, false
	}
	v.last = w.End
}

// result returns the line, nil if the goroutine was not seen.
func (v *goroutineView) result() *GoroutineLine {
	if !v.seen {
		return nil
	}
	v.end(v.last, nil)
	v.since = 0
	return &v.line
}
