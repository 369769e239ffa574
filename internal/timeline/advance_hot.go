package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// hot lets c's event happen, if it can. The six types that are nine of ten events are
// dealt with here, unfolded: they share one ending, which makes the transition and the
// observation of it. All others go to advance.
func (t *Timeline) hot(c *cursor) outcome {
	var (
		th     = c.thread
		g      = th.g
		gid    = th.gid
		kind   detectors.Kind
		to     wire.GoStatus
		reason detectors.Reason
		stack  detectors.StackID
		by     detectors.StackID
	)
	switch c.Type {
	case wire.EvGoStart:
		g = t.gs.find(c.Args[0])
		if g == nil || g.status != wire.GoRunnable || c.Args[1] != g.seq+1 || g.gen != t.gen {
			// It may not be created, not listed or not woken yet, on a thread whose
			// events come later here.
			return notYet
		}
		if gid != 0 || th.p < 0 {
			return t.broke(th.check(needThread | needProc | needNoGo))
		}
		kind, to = detectors.GoStart, wire.GoRunning
		reason, stack = g.Reason, g.Stack
		g.seq++
		g.LastP = detectors.ProcID(th.p)
		g.Assisted = g.assist.active
		th.bind(g)

	case wire.EvGoUnblock:
		g = t.gs.find(c.Args[0])
		if g == nil || g.status != wire.GoWaiting || c.Args[1] != g.seq+1 || g.gen != t.gen {
			return notYet
		}
		kind, to = detectors.GoUnpark, wire.GoRunnable
		reason, stack = g.Reason, g.Stack
		by = t.sym.stack(c.Args[2])
		g.seq++
		// A goroutine that another one wakes from a channel is given something. Locks and
		// timers give nothing.
		if gid != 0 && (reason == detectors.ReasonChanReceive || reason == detectors.ReasonSelect) {
			g.given = true
		}

	case wire.EvGoBlock:
		if g == nil || g.status != wire.GoRunning || th.p < 0 || uint64(g.ID) != gid {
			return t.notRunning(th)
		}
		kind, to = detectors.GoPark, wire.GoWaiting
		reason, stack = t.sym.reason(c.Args[0]), t.sym.stack(c.Args[1])
		t.stopped(g, reason, stack)
		if reason == detectors.ReasonNetwork || reason == detectors.ReasonSelect {
			if s := t.code.Stack(stack); s.Net.FD != detectors.FDNone {
				t.parkedOnNet(g, s)
			}
		}
		th.unbind()

	case wire.EvGoStop:
		if g == nil || g.status != wire.GoRunning || th.p < 0 || uint64(g.ID) != gid {
			return t.notRunning(th)
		}
		kind, to = detectors.GoStop, wire.GoRunnable
		reason, stack = t.sym.reason(c.Args[0]), t.sym.stack(c.Args[1])
		t.stopped(g, reason, stack)
		th.unbind()

	case wire.EvGoSyscallBegin:
		if g == nil || g.status != wire.GoRunning || th.p < 0 || uint64(g.ID) != gid {
			return t.notRunning(th)
		}
		p := t.proc(th.p)
		if p == nil {
			return t.broke(fmt.Errorf("P %d is not known", th.p))
		}
		if c.Args[0] != p.seq+1 || p.gen != t.gen {
			return t.broke(fmt.Errorf("P %d's events are out of sequence: %d after %d", th.p, c.Args[0], p.seq))
		}
		kind, to = detectors.GoSyscall, wire.GoSyscall
		stack = t.sym.stack(c.Args[1])
		t.stopped(g, detectors.ReasonNone, stack)
		p.seq++
		p.status = wire.ProcSyscall

	case wire.EvGoSyscallEnd:
		if g == nil || g.status != wire.GoSyscall || th.p < 0 || uint64(g.ID) != gid {
			return t.notRunning(th)
		}
		p := t.proc(th.p)
		if p == nil || p.status != wire.ProcSyscall {
			return t.broke(fmt.Errorf("P %d is not in a system call", th.p))
		}
		kind, to = detectors.GoSyscallEnd, wire.GoRunning
		stack = g.Stack
		p.status = wire.ProcRunning

	default:
		return t.advance(c)
	}

	at := t.stamp(detectors.Time(c.Time))
	state := goState[to]
	if t.heard.Has(kind) {
		o := &t.pending[0] // there is nothing before it: every event is told before the next
		if t.stained[0] {
			*o = detectors.Observation{}
			t.stained[0] = false
		}
		t.kinds[0], t.npending = kind, 1
		o.Kind = kind
		o.From, o.To = g.State, state
		o.Known = g.SinceKnown
		o.Reason = reason
		o.Thread = th.id
		o.Proc = detectors.ProcID(th.p)
		o.By = detectors.GoID(gid)
		o.Time = at
		o.Duration = at.Sub(g.Since)
		o.G = &g.Goroutine
		o.Stack, o.ByStack = stack, by
	}
	g.status, g.State = to, state
	g.Since, g.SinceKnown = at, true
	return happened
}

// stopped notes where and why g stopped running.
func (t *Timeline) stopped(g *goroutine, reason detectors.Reason, stack detectors.StackID) {
	g.Reason, g.Stack = reason, stack
	if g.Start == 0 && stack != 0 {
		s := t.code.Stack(stack)
		g.Start, g.Class = s.Bottom, s.Class
	}
}
