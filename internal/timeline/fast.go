package timeline

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// fast goes through the events for as long as nothing is out of the ordinary: the earliest
// event can happen, has short numbers, and its thread has another. Six types, which are
// nine events of ten, are dealt with in the loop itself; the others by [Timeline.advance],
// in which the rules of these six are too, and easier to read. Whenever in doubt, fast
// changes nothing and leaves the event to try and to step. A test holds that all do
// the same.
func (t *Timeline) fast() outcome {
	for len(t.frontier) > 0 {
		if len(t.samples) > 0 && t.samples[0].Time < t.frontier[0].time {
			break
		}
		if out := t.fastThread(); out != happened {
			return out
		}
	}
	return notYet
}

// fastThread goes through the events of the earliest thread until another one's is
// earlier, or a CPU sample, or an event is out of the ordinary; that one it only tries. It
// tells what there is to tell.
func (t *Timeline) fastThread() outcome {
	f := t.frontier
	c := f[0].c
	th := c.thread
	if th == nil || th == &t.nothing {
		return t.tryAndTell()
	}
	data, off, end, clock := c.Open()
	typ, now, limit := c.Type, c.Time, f.second()
	if len(t.samples) > 0 {
		limit = min(limit, t.samples[0].Time)
	}
	last, gen, events := t.last, t.gen, t.events
	for {
		if len(data)-off < wire.Room {
			break
		}
		var (
			args  = wire.LoadPacked(data, off)
			first = args.Ends()
			size  int // of the arguments
			g     *goroutine
			kind  detectors.Kind // of what it does, and its state then
			to    detectors.GoState
			at    = max(detectors.Time(now), last+1) // as stamp does
			d     time.Duration
			by    detectors.StackID
		)
		switch typ {
		case wire.EvGoStart:
			second := first.Next()
			if size = second.Size(); size > min(8, end-off) {
				goto leave
			}
			g = t.gs.near(args.First(first))
			if g == nil || g.State != detectors.Runnable || g.gen != gen || args.After(first, second) != g.seq+1 ||
				th.gid != 0 || th.p < 0 {
				goto leave
			}
			d = t.delayed(g, th.p, at)
			t.starts(th, g)
			kind, to = detectors.GoStart, detectors.Running

		case wire.EvGoUnblock:
			second := first.Next()
			third := second.Next()
			if size = third.Size(); size > min(8, end-off) {
				goto leave
			}
			g = t.gs.near(args.First(first))
			if g == nil || g.State != detectors.Waiting || g.gen != gen || args.After(first, second) != g.seq+1 {
				goto leave
			}
			stack := t.sym.met(args.After(second, third))
			if stack == 0 {
				goto leave
			}
			by = stack - 1
			d = t.waited(g, at, th.gid == 0 && by == 0)
			t.wakes(th, g)
			kind, to = detectors.GoUnpark, detectors.Runnable

		case wire.EvGoBlock, wire.EvGoStop:
			second := first.Next()
			if size = second.Size(); size > min(8, end-off) {
				goto leave
			}
			reason, stack := t.sym.metReason(args.First(first)), t.sym.met(args.After(first, second))
			if g = th.runs(detectors.Running); g == nil || reason == 0 || stack == 0 {
				goto leave
			}
			t.stopsAt(g, detectors.Reason(reason-1), stack-1)
			d = t.ran(g, at)
			if typ == wire.EvGoBlock {
				t.parks(g)
				kind, to = detectors.GoPark, detectors.Waiting
			} else {
				kind, to = t.yields(g), detectors.Runnable
			}
			th.unbind()

		case wire.EvGoSyscallBegin:
			second := first.Next()
			if size = second.Size(); size > min(8, end-off) {
				goto leave
			}
			p, stack := t.proc(th.p), t.sym.met(args.After(first, second))
			if g = th.runs(detectors.Running); g == nil || p == nil || p.gen != gen || args.First(first) != p.seq+1 || stack == 0 {
				goto leave
			}
			t.stopsAt(g, detectors.ReasonNone, stack-1)
			d = t.ran(g, at)
			p.seq++
			p.status = wire.ProcSyscall
			kind, to = detectors.GoSyscall, detectors.Syscall

		case wire.EvGoSyscallEnd:
			p := t.proc(th.p)
			if g = th.runs(detectors.Syscall); g == nil || p == nil || p.status != wire.ProcSyscall {
				goto leave
			}
			d = g.lasted(at)
			p.status = wire.ProcRunning
			kind, to = detectors.GoSyscallEnd, detectors.Running

		default: // what it does is for advance
			if size = args.Load(typ, &c.Args); size > min(8, end-off) {
				goto leave
			}
			t.last, t.events = last, events
			c.Stand(typ, now, off)
			switch t.happen(c) {
			case notYet:
				goto leave
			case broken:
				return broken
			}
			if last = t.last; t.npending > 0 {
				limit = -1
			}
			goto done
		}
		last = at
		if d >= t.least[kind] {
			t.note(kind, at, th, g, to, by)
			limit = -1 // nothing else until it is told
		}
		g.become(to, at)
	done:
		events++

		off += size
		if off == end || len(data)-off < wire.Room {
			goto pass
		}
		typ = wire.EventType(data[off])
		dt, n := wire.Delta(data, off+1)
		if n == 0 || n >= end-off || !typ.Timed() {
			goto pass
		}
		now = clock.After(now, dt)
		off += 1 + n
		if now > limit {
			t.last, t.events = last, events
			c.Stand(typ, now, off)
			f[0].time = now
			f.down(0)
			if t.npending > 0 {
				t.tell()
			}
			return happened
		}
	}
leave:
	t.last, t.events = last, events
	c.Stand(typ, now, off)
	f[0].time = now
	return t.tryAndTell()
pass:
	t.last, t.events = last, events
	c.Pass(now, off)
	t.move(c, 0)
	if t.npending > 0 {
		t.tell()
	}
	return happened
}

// tryAndTell tries the earliest event, whatever it is.
func (t *Timeline) tryAndTell() outcome {
	out := t.try(0)
	if out == happened && t.npending > 0 {
		t.tell()
	}
	return out
}

// note makes the observation of what g has done on th, but for becoming what it is to be.
func (t *Timeline) note(kind detectors.Kind, at detectors.Time, th *thread, g *goroutine, to detectors.GoState, by detectors.StackID) {
	o := &t.pending[0]
	if t.stained[0] {
		*o = detectors.Observation{}
		t.stained[0] = false
	}
	o.Kind = kind
	t.kinds[0], t.npending = kind, 1
	o.From, o.To = g.State, to
	o.Known = g.SinceKnown
	o.Reason = g.Reason
	o.Thread = th.id
	o.Proc = detectors.ProcID(th.p)
	o.By = g.ID
	switch kind {
	case detectors.GoStart:
		o.By = detectors.NoGoroutine
	case detectors.GoUnpark:
		o.By = detectors.GoID(th.gid)
	case detectors.GoSyscallEnd:
		o.Reason = detectors.ReasonNone
	}
	o.Time = at
	o.Duration = at.Sub(g.Since)
	o.G = &g.Goroutine
	o.Stack, o.ByStack = g.Stack, by
}
